//! What a REST API says where no backend speaks: its gateway responses.
//!
//! The generated definition of the REST API writes them into it, and the local gateway renders them. This is the one
//! list of both, so that nobody sees locally what AWS would not send.
//!
//! Bodies and headers are static but for `$context` variables, and there is no logic: that is all that API Gateway
//! can do. Of the authorizer's context only names of the catalogue and fixed codes are shown, because API Gateway puts
//! the values between the quotes as they are.
//!
//! Source: "Gateway responses in API Gateway", Amazon API Gateway Developer Guide.

use serde_json::{Map, Value, json};

/// The path of the protected resource's metadata, to which every 401 points (RFC 9728 §3).
pub const RESOURCE_METADATA_PATH: &str = "/.well-known/oauth-protected-resource";

/// One gateway response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewayResponse {
    /// API Gateway's name for it.
    pub kind: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Whether it carries the challenge that tells a client where to get a token ([`challenge`]).
    pub challenges: bool,
    /// The JSON body, with `$context` variables.
    pub body: &'static str,
}

/// Every 401: no identity source, not of the form of a bearer token, or refused by the authorizer. They are one, so
/// that nobody learns from it whether a token ever existed.
pub const UNAUTHORIZED: GatewayResponse = GatewayResponse {
    kind: "UNAUTHORIZED",
    status: 401,
    challenges: true,
    body: r#"{"error":"unauthorized","message":"The bearer token is missing or not valid.","request_id":"$context.requestId"}"#,
};

/// The policy does not allow the route: what the token may do is in it, and why it is not enough.
pub const ACCESS_DENIED: GatewayResponse = GatewayResponse {
    kind: "ACCESS_DENIED",
    status: 403,
    challenges: false,
    body: concat!(
        r#"{"error":"forbidden","reason":"$context.authorizer.deny_reason","#,
        r#""message":"The token's scope, its user's role or the tenant's features do not cover this operation.","#,
        r#""scopes":"$context.authorizer.scopes","permissions":"$context.authorizer.permissions","#,
        r#""request_id":"$context.requestId"}"#
    ),
};

/// The authorizer failed: a fault on this side, never a 401.
pub const AUTHORIZER_FAILURE: GatewayResponse =
    GatewayResponse { kind: "AUTHORIZER_FAILURE", status: 500, challenges: false, body: FAILED };

/// The gateway could not call the authorizer, or could not read its answer.
pub const AUTHORIZER_CONFIGURATION_ERROR: GatewayResponse =
    GatewayResponse { kind: "AUTHORIZER_CONFIGURATION_ERROR", status: 500, challenges: false, body: FAILED };

const FAILED: &str = concat!(
    r#"{"error":"internal","message":"The request could not be authorized. Try again later.","#,
    r#""request_id":"$context.requestId"}"#
);

/// The gateway's own words for a path or a verb that the API does not have; they are its default, and stay so.
pub const MISSING_AUTHENTICATION_TOKEN: GatewayResponse = GatewayResponse {
    kind: "MISSING_AUTHENTICATION_TOKEN",
    status: 403,
    challenges: false,
    body: r#"{"message":"Missing Authentication Token"}"#,
};

/// All of them, in the order in which the definition writes them.
pub const ALL: [GatewayResponse; 5] =
    [UNAUTHORIZED, ACCESS_DENIED, AUTHORIZER_FAILURE, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN];

/// The headers that every gateway response carries beside its content type: any page may read why it was refused.
pub const HEADERS: [(&str, &str); 2] = [("Access-Control-Allow-Origin", "*"), ("Cache-Control", "no-store")];

/// The verbs that a browser's preflight is told of, and for how many seconds it may remember them. The preflight needs
/// no token; what the verbs may do is decided when they come.
pub const PREFLIGHT_METHODS: &str = "GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS";

/// See [`PREFLIGHT_METHODS`]; browsers keep it for a day at most.
pub const PREFLIGHT_MAX_AGE: &str = "86400";

/// The value of `WWW-Authenticate` on a 401 (RFC 6750 §3, RFC 9728 §5.1); `resource` is the API's origin.
///
/// There is no error code in it, as the same response answers requests without any credentials.
pub fn challenge(resource: &str) -> String {
    format!("Bearer resource_metadata=\"{resource}{RESOURCE_METADATA_PATH}\"")
}

/// The protected resource's metadata (RFC 9728 §2): who issues tokens for the API at `resource`, and which scopes a
/// client asks for that wants nothing in particular. That is the least, and no list of all that there are.
pub fn resource_metadata(resource: &str, authorization_servers: &[&str], scopes: &[&str]) -> Value {
    let mut metadata = Map::new();
    metadata.insert("resource".to_owned(), json!(resource));
    if !authorization_servers.is_empty() {
        metadata.insert("authorization_servers".to_owned(), json!(authorization_servers));
    }
    metadata.insert("bearer_methods_supported".to_owned(), json!(["header"]));
    metadata.insert("scopes_supported".to_owned(), json!(scopes));
    Value::Object(metadata)
}

/// What the gateway checks before it calls the authorizer: the form of the header (RFC 6750 §2.1), as the whole of a
/// regular expression that Java and Rust read alike.
pub const IDENTITY_VALIDATION_EXPRESSION: &str = "^[Bb][Ee][Aa][Rr][Ee][Rr] +[-A-Za-z0-9._~+/]+=* *$";
