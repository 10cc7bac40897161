//! The definition of a REST API: a `TOKEN` authorizer, open preflights, and JSON bodies for whatever is refused.

use oas3::spec::{ObjectOrReference, SecurityScheme};
use serde_json::{Map, Value, json};

use crate::gateway::response::{
    self, GatewayResponse, HEADERS, IDENTITY_VALIDATION_EXPRESSION, PREFLIGHT_MAX_AGE, PREFLIGHT_METHODS,
    RESOURCE_METADATA_PATH,
};

use super::super::Reference;
use super::super::mistake::Problem;
use super::{TemplateNames, allowed_headers, document, invocation, paths};

pub(super) fn definition(reference: &Reference, names: &TemplateNames) -> Result<Value, Problem> {
    let origin = origin(reference).ok_or(Problem::NoServer)?;
    let mut paths = paths(reference, &integration(names));
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        item.insert("options".to_owned(), preflight(reference));
    }
    let metadata = resource_metadata(reference, &origin)?;
    paths.entry(RESOURCE_METADATA_PATH).or_insert(metadata);
    let mut document = document(reference, authorizer(names), paths);
    document.insert("x-amazon-apigateway-gateway-responses".to_owned(), gateway_responses(&origin));
    Ok(Value::Object(document))
}

fn integration(names: &TemplateNames) -> Value {
    json!({
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": invocation(&names.backend),
        "passthroughBehavior": "when_no_match",
    })
}

fn authorizer(names: &TemplateNames) -> Value {
    json!({
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "token",
            "authorizerUri": invocation(&names.authorizer),
            "authorizerResultTtlInSeconds": { "Ref": names.cache_seconds },
            "identityValidationExpression": IDENTITY_VALIDATION_EXPRESSION,
        },
    })
}

/// The origin that clients reach the API at: of its first server, without the path.
fn origin(reference: &Reference) -> Option<String> {
    let server = reference.document.spec.servers.first()?;
    https_origin(&server.url)
}

fn https_origin(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    (url.scheme() == "https").then(|| url.origin().ascii_serialization())
}

/// A browser asks before it sends a token, and without one.
fn preflight(reference: &Reference) -> Value {
    let headers = [
        ("Access-Control-Allow-Origin", "*".to_owned()),
        ("Access-Control-Allow-Methods", PREFLIGHT_METHODS.to_owned()),
        ("Access-Control-Allow-Headers", allowed_headers(reference).join(",")),
        ("Access-Control-Max-Age", PREFLIGHT_MAX_AGE.to_owned()),
    ];
    constant(204, &headers, None)
}

/// The document that a 401 points to: open, as it is for callers that have no token yet.
fn resource_metadata(reference: &Reference, origin: &str) -> Result<Value, Problem> {
    let servers = authorization_server(reference);
    let servers: Vec<&str> = servers.as_deref().into_iter().collect();
    let scopes = reference.reading_scopes()?;
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let body = response::resource_metadata(origin, &servers, &scopes).to_string();
    Ok(json!({ "get": constant(200, &[("Access-Control-Allow-Origin", "*".to_owned())], Some(&body)) }))
}

/// The authorization server's issuer: the origin of its `authorizationUrl`.
fn authorization_server(reference: &Reference) -> Option<String> {
    let components = reference.document.spec.components.as_ref()?;
    components.security_schemes.values().find_map(|scheme| match scheme {
        ObjectOrReference::Object(SecurityScheme::OAuth2 { flows, .. }) => {
            flows.authorization_code.as_ref().and_then(|flow| https_origin(flow.authorization_url.as_str()))
        }
        ObjectOrReference::Object(_) | ObjectOrReference::Ref { .. } => None,
    })
}

/// A method that the gateway answers by itself, the same for everybody.
fn constant(status: u16, headers: &[(&str, String)], body: Option<&str>) -> Value {
    let declared: Map<String, Value> =
        headers.iter().map(|(name, _)| ((*name).to_owned(), json!({ "schema": { "type": "string" } }))).collect();
    let parameters: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (format!("method.response.header.{name}"), json!(format!("'{value}'"))))
        .collect();
    let mut response = json!({ "statusCode": status.to_string(), "responseParameters": parameters });
    if let (Some(body), Some(response)) = (body, response.as_object_mut()) {
        response.insert("responseTemplates".to_owned(), json!({ "application/json": body }));
    }
    json!({
        "responses": { status.to_string(): { "description": "The same for everybody", "headers": declared } },
        "security": [],
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": { "application/json": format!("{{\"statusCode\": {status}}}") },
            "responses": { "default": response },
        },
    })
}

fn gateway_responses(origin: &str) -> Value {
    let written = |response: &GatewayResponse| (response.kind.to_owned(), gateway_response(response, origin));
    Value::Object(response::ALL.iter().map(written).collect())
}

fn gateway_response(response: &GatewayResponse, origin: &str) -> Value {
    let mut headers: Vec<(&str, String)> = HEADERS.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    if response.challenges {
        headers.push(("WWW-Authenticate", response::challenge(origin)));
    }
    let parameters: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (format!("gatewayresponse.header.{name}"), json!(format!("'{value}'"))))
        .collect();
    json!({
        "statusCode": response.status.to_string(),
        "responseParameters": parameters,
        "responseTemplates": { "application/json": response.body },
    })
}
