//! The answer of an authorizer, within what every gateway accepts.
//!
//! Flat strings in the context, `principalId` always, and nothing that is `null`: a REST API breaks on it.
//!
//! Source: "Output from an API Gateway Lambda authorizer", Amazon API Gateway Developer Guide.

use std::sync::Arc;

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::value::{RawValue, to_raw_value};

use crate::access::principal::Principal;
use crate::access::requirement::Verdict;
use crate::api::Api;
use crate::policy::compiler::Patterns;
use crate::policy::document;
use crate::settings::Settings;

use super::arn::MethodArn;
use super::context::Context;
use super::event::{EventKind, Request};

/// The longest answer that a WebSocket API accepts, context and all, in bytes.
///
/// Source: "Quotas for configuring and running a WebSocket API in API Gateway": Lambda authorizer result size.
const MAX_WEBSOCKET_LENGTH: usize = 8192;

/// Writes the answer for a principal: the whole effective permission, whatever route was asked for, unless the settings
/// say that no answer is used twice.
///
/// `verdict` is of the route that was asked for, none where the API has no such route. Only a simple answer uses it.
///
/// # Errors
/// When the answer cannot be written as JSON, or is longer than the gateway accepts, which is a fault.
pub fn write(
    principal: &Principal,
    verdict: Option<Verdict>,
    request: &Request<'_>,
    arn: &MethodArn<'_>,
    api: &Api,
    settings: &Settings,
) -> Result<Box<RawValue>, serde_json::Error> {
    let context = Context::of(principal, &api.catalogue, &settings.context_names);
    let is_simple = settings.simple_answers && request.kind == EventKind::HttpV2;
    let patterns = match (request.kind, arn.verb()) {
        (EventKind::WebSocket, _) => Arc::new(connecting(verdict)),
        (_, Some(verb)) if is_simple || settings.answers_each_request => {
            api.policies.patterns_for(principal.token.kind, principal.effective(), verb, arn.path())
        }
        _ => api.policies.patterns(principal.token.kind, principal.effective()),
    };
    if is_simple {
        // The policy guards odd paths too, so an answer without one must not be wider than it.
        let allowed = verdict == Some(Verdict::Allowed) && patterns.allow_route(&arn.route());
        return to_raw_value(&SimpleAnswer { is_authorized: allowed, context });
    }
    let answer = to_raw_value(&PolicyAnswer {
        principal_id: principal.user.id.to_string(),
        policy_document: document::write(&patterns, arn)?,
        context,
        usage_identifier_key: principal.tenant.usage_key.clone(),
    })?;
    if request.kind == EventKind::WebSocket && answer.get().len() > MAX_WEBSOCKET_LENGTH {
        return Err(serde_json::Error::custom("the answer is longer than a WebSocket API accepts"));
    }
    Ok(answer)
}

/// A WebSocket's `$connect` is the only route that its authorizer is ever asked about.
fn connecting(verdict: Option<Verdict>) -> Patterns {
    let allow = if verdict == Some(Verdict::Allowed) { vec!["$connect".to_owned()] } else { Vec::new() };
    Patterns { allow, deny: Vec::new() }
}

/// An IAM policy with the context for the backend.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyAnswer {
    principal_id: String,
    policy_document: Box<RawValue>,
    context: Context,
    /// The tenant's API key, so that usage plans count and throttle by tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_identifier_key: Option<String>,
}

/// An HTTP API's simple answer: replayed for every route while it is cached, so it is off unless configured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SimpleAnswer {
    is_authorized: bool,
    context: Context,
}
