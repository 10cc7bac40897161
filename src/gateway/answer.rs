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
use super::event::EventKind;

/// The longest answer that a WebSocket API accepts, context and all, in bytes.
///
/// Source: "Quotas for configuring and running a WebSocket API in API Gateway": Lambda authorizer result size.
const MAX_WEBSOCKET_LENGTH: usize = 8192;

/// What a principal is answered. It is chosen once: what is written and what is said of it cannot differ.
#[derive(Debug)]
pub struct Answer {
    patterns: Arc<Patterns>,
    is_simple: bool,
    allows: bool,
}

impl Answer {
    /// The answer for a principal: the whole effective permission, whatever route was asked for, unless the settings
    /// say that no answer is used twice.
    ///
    /// `verdict` is of the route that was asked for, none where the API has no such route. Only a WebSocket's and a
    /// simple answer use it.
    pub fn choose(
        principal: &Principal,
        verdict: Option<Verdict>,
        kind: EventKind,
        arn: &MethodArn<'_>,
        api: &Api,
        settings: &Settings,
    ) -> Self {
        let is_simple = settings.simple_answers && kind == EventKind::HttpV2;
        let patterns = match arn.verb() {
            Some(verb) if kind != EventKind::WebSocket => {
                patterns(principal, verb, arn.path(), is_simple || settings.answers_each_request, api)
            }
            _ => Arc::new(connecting(verdict)),
        };
        // The policy guards odd paths too, so a simple answer must not be wider than it.
        let allows = patterns.allow_route(&arn.route()) && !(is_simple && verdict != Some(Verdict::Allowed));
        Self { patterns, is_simple, allows }
    }

    /// Whether the gateway lets the very request through that was asked about.
    pub fn allows(&self) -> bool {
        self.allows
    }

    /// Writes it for the gateway and the stage that asked.
    ///
    /// # Errors
    /// When the answer cannot be written as JSON, or is longer than the gateway accepts, which is a fault.
    pub fn write(
        &self,
        principal: &Principal,
        kind: EventKind,
        arn: &MethodArn<'_>,
        api: &Api,
        settings: &Settings,
    ) -> Result<Box<RawValue>, serde_json::Error> {
        let context = Context::of(principal, &api.catalogue, &settings.context_names);
        if self.is_simple {
            return to_raw_value(&SimpleAnswer { is_authorized: self.allows, context });
        }
        let answer = to_raw_value(&PolicyAnswer {
            principal_id: principal.user.id.to_string(),
            policy_document: document::write(&self.patterns, arn)?,
            context,
            usage_identifier_key: principal.tenant.usage_key.clone(),
        })?;
        if kind == EventKind::WebSocket && answer.get().len() > MAX_WEBSOCKET_LENGTH {
            return Err(serde_json::Error::custom("the answer is longer than a WebSocket API accepts"));
        }
        Ok(answer)
    }
}

/// The patterns that a principal's request for a verb and a path is answered with. `is_alone` says that the answer is
/// not used for another request.
pub fn patterns(principal: &Principal, verb: &str, path: &str, is_alone: bool, api: &Api) -> Arc<Patterns> {
    let (kind, effective) = (principal.token.kind, principal.effective());
    if is_alone {
        api.policies.patterns_for(kind, effective, verb, path)
    } else {
        api.policies.patterns(kind, effective)
    }
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
