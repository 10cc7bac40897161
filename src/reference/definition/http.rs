//! The definition of an HTTP API: an authorizer of payload format 2.0 that answers with policies.
//!
//! An HTTP API has no gateway responses and no validation expression. It answers preflights by itself, before it asks
//! the authorizer. Simple answers are off: the gateway would replay one for every route.

use serde_json::{Value, json};

use crate::gateway::response::{PREFLIGHT_MAX_AGE, PREFLIGHT_METHODS};

use super::super::Reference;
use super::{TemplateNames, allowed_headers, document, invocation, paths};

/// The version of the events and answers between an HTTP API and its functions.
const PAYLOAD_FORMAT: &str = "2.0";

pub(super) fn definition(reference: &Reference, names: &TemplateNames) -> Value {
    let mut document = document(reference, authorizer(names), paths(reference, &integration(names)));
    document.insert("x-amazon-apigateway-cors".to_owned(), cors(reference));
    Value::Object(document)
}

fn integration(names: &TemplateNames) -> Value {
    json!({
        "type": "aws_proxy",
        "httpMethod": "POST",
        "payloadFormatVersion": PAYLOAD_FORMAT,
        "uri": { "Fn::Sub": format!("${{{}.Arn}}", names.backend) },
    })
}

fn authorizer(names: &TemplateNames) -> Value {
    json!({
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authorizer": {
            "type": "request",
            "identitySource": "$request.header.Authorization",
            "authorizerUri": invocation(&names.authorizer),
            "authorizerPayloadFormatVersion": PAYLOAD_FORMAT,
            "authorizerResultTtlInSeconds": { "Ref": names.cache_seconds },
            "enableSimpleResponses": false,
        },
    })
}

fn cors(reference: &Reference) -> Value {
    json!({
        "allowOrigins": ["*"],
        "allowMethods": PREFLIGHT_METHODS.split(',').collect::<Vec<_>>(),
        "allowHeaders": allowed_headers(reference),
        "maxAge": PREFLIGHT_MAX_AGE.parse::<u32>().unwrap_or_default(),
    })
}
