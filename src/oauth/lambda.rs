//! The router behind API Gateway: the event of a proxy integration in, its answer out. Pure, but for the router.
//!
//! Both kinds of API and both formats are read: REST APIs and payload format 1.0, and payload format 2.0 of HTTP APIs.
//! The structs are plain maps. A library would do it with `http`'s header map, which turns a byte beyond ASCII in any
//! header into a failed invocation, lets the last of two headers of one name win, and builds a URL of the `Host` and
//! the `X-Forwarded-Proto` that a client sent, with a panic where that is none.
//!
//! The address is the one that the gateway saw (`sourceIp`). What `X-Forwarded-For` says is anybody's word.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;

use super::error::Problem;
use super::http::{ClientAddress, RequestId};
use super::server::Failure;
use super::telemetry::Seen;
use crate::gateway::event::is_request_id;

/// No answer of this server is longer.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// An event that is none of a proxy integration: the function is attached to something else.
#[derive(Debug, thiserror::Error)]
#[error("not the event of a proxy integration of API Gateway: {0}")]
pub struct ForeignEvent(#[from] serde_json::Error);

/// Answers an event.
///
/// # Errors
/// [`ForeignEvent`]. Whatever is wrong with the request itself is an answer.
pub async fn answer(router: &Router, event: &str) -> Result<Answer, ForeignEvent> {
    let read = Proxied::read(event)?;
    let format = read.format;
    let response = match read.request() {
        Some(request) => router.clone().oneshot(request).await.unwrap_or_else(|never| match never {}),
        None => Failure::Problem(Problem::Malformed("the request is not one of HTTP")).note("gateway").json(),
    };
    Ok(Answer::of(response, format).await)
}

/// Payload formats of proxy integrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// REST APIs, and HTTP APIs that are told so.
    One,
    /// HTTP APIs.
    Two,
}

/// A request, in the same terms for both formats.
struct Proxied {
    format: Format,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    address: String,
    request_id: String,
    body: String,
    is_base64: bool,
}

type Map<T> = Option<BTreeMap<String, T>>;

#[derive(Deserialize)]
struct AnyEvent {
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventOne {
    http_method: String,
    path: String,
    headers: Map<String>,
    multi_value_headers: Map<Vec<String>>,
    query_string_parameters: Map<String>,
    multi_value_query_string_parameters: Map<Vec<String>>,
    request_context: ContextOne,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContextOne {
    #[serde(default)]
    request_id: String,
    identity: Source,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventTwo {
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    cookies: Option<Vec<String>>,
    headers: Map<String>,
    request_context: ContextTwo,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContextTwo {
    #[serde(default)]
    request_id: String,
    stage: String,
    http: Source,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    #[serde(default)]
    method: String,
    source_ip: String,
}

impl Proxied {
    fn read(event: &str) -> Result<Self, ForeignEvent> {
        let any: AnyEvent = serde_json::from_str(event)?;
        Ok(match any.version.as_deref() {
            Some("2.0") => Self::of_two(serde_json::from_str(event)?),
            Some(_) | None => Self::of_one(serde_json::from_str(event)?),
        })
    }

    fn of_one(event: EventOne) -> Self {
        // All values of a name stand in the second map, the last alone in the first.
        let query = listed(event.multi_value_query_string_parameters, event.query_string_parameters);
        Self {
            format: Format::One,
            method: event.http_method,
            path: event.path,
            // The gateway has decoded it; the parser of queries decodes it again.
            query: url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish(),
            headers: listed(event.multi_value_headers, event.headers),
            address: event.request_context.identity.source_ip,
            request_id: event.request_context.request_id,
            body: event.body.unwrap_or_default(),
            is_base64: event.is_base64_encoded,
        }
    }

    fn of_two(event: EventTwo) -> Self {
        let cookies = event.cookies.unwrap_or_default().into_iter().map(|cookie| (COOKIE.to_string(), cookie));
        let context = event.request_context;
        // A stage with a name of its own stands in front of the path.
        let stage = format!("/{}/", context.stage);
        let path = event.raw_path.strip_prefix(&stage).map(|rest| format!("/{rest}"));
        Self {
            format: Format::Two,
            method: context.http.method,
            path: path.unwrap_or(event.raw_path),
            query: event.raw_query_string,
            headers: listed(None, event.headers).into_iter().chain(cookies).collect(),
            address: context.http.source_ip,
            request_id: context.request_id,
            body: event.body.unwrap_or_default(),
            is_base64: event.is_base64_encoded,
        }
    }

    /// The request for the router; none where HTTP has no such thing.
    fn request(self) -> Option<Request> {
        let target = if self.query.is_empty() { self.path } else { format!("{}?{}", self.path, self.query) };
        let body = if self.is_base64 { STANDARD.decode(&self.body).ok()? } else { self.body.into_bytes() };
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = Method::from_bytes(self.method.as_bytes()).ok()?;
        *request.uri_mut() = target.parse().ok().filter(|_| target.starts_with('/'))?;
        for (name, value) in self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        request.extensions_mut().insert(ClientAddress(self.address));
        if !self.request_id.is_empty() && is_request_id(&self.request_id) {
            request.extensions_mut().insert(RequestId(self.request_id));
        }
        Some(request)
    }
}

/// Names and values, each value by itself.
fn listed(several: Map<Vec<String>>, one: Map<String>) -> Vec<(String, String)> {
    match several {
        Some(several) => several
            .into_iter()
            .flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)))
            .collect(),
        None => one.unwrap_or_default().into_iter().collect(),
    }
}

/// What the gateway is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Map<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Map<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
    /// What it is an answer to, for the log.
    #[serde(skip)]
    pub seen: Seen,
}

impl Answer {
    async fn of(response: Response, format: Format) -> Self {
        let seen = Seen::in_answer(&response);
        let (parts, body) = response.into_parts();
        let Ok(bytes) = to_bytes(body, ANSWER_LIMIT).await else { return Self::broken(seen) };
        let (body, is_base64_encoded) = match String::from_utf8(bytes.to_vec()) {
            Ok(text) => (text, false),
            Err(binary) => (STANDARD.encode(binary.into_bytes()), true),
        };
        let mut answer = Self { status_code: parts.status.as_u16(), body, is_base64_encoded, ..Self::broken(seen) };
        match format {
            Format::One => answer.multi_value_headers = Some(grouped(&parts.headers)),
            Format::Two => {
                let mut headers = grouped(&parts.headers);
                answer.cookies = headers.remove(SET_COOKIE.as_str()).unwrap_or_default();
                answer.headers = Some(headers.into_iter().map(|(name, values)| (name, values.join(", "))).collect());
            }
        }
        answer
    }

    fn broken(seen: Seen) -> Self {
        Self {
            seen,
            status_code: StatusCode::INTERNAL_SERVER_ERROR.as_u16(),
            headers: None,
            multi_value_headers: None,
            cookies: Vec::new(),
            body: String::new(),
            is_base64_encoded: false,
        }
    }
}

/// Headers by name. The router's own are ASCII; one that is not is left out.
fn grouped(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut grouped: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        if let Ok(value) = value.to_str() {
            grouped.entry(name.to_string()).or_default().push(value.to_owned());
        }
    }
    grouped
}
