//! Gateway responses, rendered as API Gateway renders them: `$context` variables replaced, and nothing else.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::gateway::response::{GatewayResponse, HEADERS, challenge};

/// The variable that stands for the request's id.
const REQUEST_ID: &str = "$context.requestId";

/// What the variable of a value of the authorizer's context starts with.
const AUTHORIZER: &str = "$context.authorizer.";

/// Renders a gateway response. `origin` is the API's own, for the challenge.
pub(super) fn render(
    response: &GatewayResponse,
    origin: &str,
    request_id: &str,
    context: &BTreeMap<String, String>,
) -> Response<Body> {
    let mut body = response.body.replace(REQUEST_ID, request_id);
    for (name, value) in context {
        body = body.replace(&format!("{AUTHORIZER}{name}"), value);
    }
    let mut rendered = json(StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body);
    let headers = rendered.headers_mut();
    for (name, value) in HEADERS {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if response.challenges
        && let Ok(value) = HeaderValue::from_str(&challenge(origin))
    {
        headers.insert(WWW_AUTHENTICATE, value);
    }
    rendered
}

/// A JSON response.
pub(super) fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
