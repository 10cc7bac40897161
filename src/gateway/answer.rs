//! The answer of an authorizer, within what every gateway accepts.
//!
//! Flat strings in the context, `principalId` always, and nothing that is `null`: a REST API breaks on it.
//!
//! Source: "Output from an API Gateway Lambda authorizer", Amazon API Gateway Developer Guide.

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::access::principal::Principal;
use crate::access::tenant::TenantStatus;
use crate::api::Api;
use crate::policy::compiler::{self, Patterns};
use crate::policy::document;
use crate::settings::Settings;

use super::arn::MethodArn;
use super::event::{EventKind, Request};

/// Writes the answer for a principal: the whole effective permission, whatever route was asked for.
///
/// # Errors
/// When the answer cannot be written as JSON, which is a fault.
pub fn write(
    principal: &Principal,
    request: &Request<'_>,
    arn: &MethodArn<'_>,
    api: &Api,
    settings: &Settings,
) -> Result<Box<RawValue>, serde_json::Error> {
    let context = context(principal, api);
    let patterns = patterns(principal, request.kind, api, settings);
    to_raw_value(&PolicyAnswer {
        principal_id: principal.user.id.to_string(),
        policy_document: document::write(&patterns, arn)?,
        context,
        usage_identifier_key: principal.tenant.usage_key.clone(),
    })
}

fn patterns(principal: &Principal, kind: EventKind, api: &Api, settings: &Settings) -> Patterns {
    let effective = principal.effective();
    if kind != EventKind::WebSocket {
        return compiler::compile(&api.operations, principal.token.kind, effective);
    }
    let connect = settings.websocket_permission.as_deref().and_then(|name| api.catalogue.permission(name));
    let allow = match connect {
        Some(permission) if effective.contains(permission) => vec!["$connect".to_owned()],
        _ => Vec::new(),
    };
    Patterns { allow, deny: Vec::new() }
}

/// What the backend receives, and what the gateway's 403 can say. Flat strings only.
fn context(principal: &Principal, api: &Api) -> Context {
    let names = |set| api.catalogue.names(set).collect::<Vec<_>>().join(" ");
    let deny_reason = match principal.tenant.status {
        TenantStatus::Active => "insufficient_permission",
        TenantStatus::Suspended => "tenant_suspended",
    };
    let mut context = Context::default();
    context.push("business_id", principal.tenant.id.as_str());
    context.push("user_id", principal.user.id.as_str());
    context.push("token_id", &principal.token.id);
    context.push("token_type", principal.token.kind.as_str());
    context.push("client_id", principal.token.client_id.as_deref().unwrap_or_default());
    context.push("scopes", names(principal.token.scopes));
    context.push("permissions", names(principal.effective()));
    context.push("roles", principal.user.roles.join(" "));
    context.push("deny_reason", deny_reason);
    context
}

/// An IAM policy with the context for the backend.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyAnswer {
    pub principal_id: String,
    pub policy_document: Box<RawValue>,
    pub context: Context,
    /// The tenant's API key, so that usage plans count and throttle by tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_identifier_key: Option<String>,
}

/// An HTTP API's simple answer: replayed for every route while it is cached, so it is off unless configured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SimpleAnswer {
    pub is_authorized: bool,
    pub context: Context,
}

/// What a backend receives: names and flat strings, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(Vec<(String, String)>);

impl Context {
    /// Adds an entry.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The entries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
