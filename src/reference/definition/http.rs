//! The definition of an HTTP API: an authorizer of payload format 2.0 that answers with policies.
//!
//! An HTTP API has no gateway responses and no validation expression. It answers preflights by itself, before it asks
//! the authorizer. Simple answers are off: the gateway would replay one for every route. It has no constant answers
//! either, so that the API's metadata (RFC 9728) come from the authorization server's function, where there is one.

use serde_json::{Value, json};

use crate::gateway::response::{PREFLIGHT_MAX_AGE, PREFLIGHT_METHODS, RESOURCE_METADATA_PATH};

use super::super::Reference;
use super::{AuthServerName, TemplateNames, allowed_headers, document, invocation, paths};

/// The version of the events and answers between an HTTP API and its functions.
const PAYLOAD_FORMAT: &str = "2.0";

pub(super) fn definition(reference: &Reference, names: &TemplateNames) -> Value {
    let mut paths = paths(reference, &integration(&names.backend));
    if let Some(server) = &names.auth_server {
        paths.entry(RESOURCE_METADATA_PATH).or_insert_with(|| resource_metadata(server));
    }
    let mut document = document(reference, authorizer(names), paths);
    document.insert("x-amazon-apigateway-cors".to_owned(), cors(reference));
    Value::Object(document)
}

fn integration(function: &str) -> Value {
    json!({
        "type": "aws_proxy",
        "httpMethod": "POST",
        "payloadFormatVersion": PAYLOAD_FORMAT,
        "uri": { "Fn::Sub": format!("${{{function}.Arn}}") },
    })
}

/// The document by which a client finds the authorization server: open, as it has no token yet.
fn resource_metadata(server: &AuthServerName) -> Value {
    let item = json!({
        "get": {
            "responses": { "200": { "description": "The same for everybody" } },
            "security": [],
            "x-amazon-apigateway-integration": integration(&server.function),
        },
    });
    match &server.condition {
        Some(condition) => json!({ "Fn::If": [condition, item, { "Ref": "AWS::NoValue" }] }),
        None => item,
    }
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
