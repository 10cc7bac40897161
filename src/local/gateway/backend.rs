//! What stands behind the local gateway: a backend that shows what it received, or a real one.
//!
//! A real one receives the context as headers, as an HTTP integration would map it. A client's own copies of these
//! headers are removed first, in any spelling that a backend might take for the same name.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{Method, Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;

use super::response;

/// What the headers of the context start with: `X-Authorizer-Business-Id`, …
const CONTEXT_PREFIX: &str = "x-authorizer-";

/// The largest body that a REST API passes on, in bytes ("API Gateway quotas": payload size).
const MAX_BODY: usize = 10 * 1024 * 1024;

/// Headers that speak of one connection only (RFC 9110 §7.6.1).
const HOP_BY_HOP: [HeaderName; 7] =
    [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// A backend.
#[derive(Debug)]
pub struct Backend(Kind);

#[derive(Debug)]
enum Kind {
    Shows,
    Upstream { base: Uri, client: Box<Client<HttpsConnector<HttpConnector>, Body>> },
}

/// An address that no backend can be reached at.
#[derive(Debug, thiserror::Error)]
pub enum InvalidUpstream {
    /// Not an address at all, or one with a path or query.
    #[error("`{0}` is not the address of a backend: `http://` or `https://`, a host, and a port if need be")]
    Address(String),
    /// The machine's own certificates cannot be read.
    #[error("the certificates of this machine cannot be read: {0}")]
    Certificates(#[from] std::io::Error),
}

/// What the gateway knows of an authorized request.
pub(super) struct Call {
    pub(super) verb: String,
    pub(super) operation: String,
    pub(super) request_id: String,
    pub(super) context: BTreeMap<String, String>,
}

impl Backend {
    /// A backend that answers with what it received.
    pub fn that_shows() -> Self {
        Self(Kind::Shows)
    }

    /// A real backend at that address.
    ///
    /// # Errors
    /// [`InvalidUpstream`] for anything but an origin.
    pub fn upstream(address: &str) -> Result<Self, InvalidUpstream> {
        let invalid = || InvalidUpstream::Address(address.to_owned());
        let base: Uri = address.trim_end_matches('/').parse().map_err(|_| invalid())?;
        let known = matches!(base.scheme_str(), Some("http" | "https"));
        if !known || base.authority().is_none() || base.path() != "/" || base.query().is_some() {
            return Err(invalid());
        }
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Kind::Upstream { base, client: Box::new(Client::builder(TokioExecutor::new()).build(tls)) }))
    }

    /// Passes an authorized request on.
    pub(super) async fn call(&self, call: Call, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MAX_BODY).await else {
            let message = json!({ "message": format!("HTTP content length exceeded {MAX_BODY} bytes.") });
            return response::json(StatusCode::PAYLOAD_TOO_LARGE, message.to_string());
        };
        match &self.0 {
            Kind::Shows => show(&call, head.uri.path()),
            Kind::Upstream { base, client } => {
                let forwarded = forward(base, &call, head.headers, &head.uri, Body::from(body));
                match forwarded {
                    Some(request) => match client.request(request).await {
                        Ok(answer) => received(answer.map(Body::new)),
                        Err(_) => failed(StatusCode::BAD_GATEWAY),
                    },
                    None => failed(StatusCode::INTERNAL_SERVER_ERROR),
                }
            }
        }
    }
}

fn show(call: &Call, path: &str) -> Response<Body> {
    let shown = json!({
        "operation": call.operation,
        "method": call.verb,
        "path": path,
        "request_id": call.request_id,
        "context": call.context,
    });
    response::json(StatusCode::OK, format!("{shown:#}\n"))
}

/// The request that the backend receives; none if something of it cannot be said in HTTP.
fn forward(base: &Uri, call: &Call, headers: HeaderMap, uri: &Uri, body: Body) -> Option<Request<Body>> {
    let mut parts = base.clone().into_parts();
    parts.path_and_query = uri.path_and_query().cloned();
    let mut request = Request::new(body);
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    *request.method_mut() = Method::from_bytes(call.verb.as_bytes()).ok()?;
    *request.headers_mut() = without_hop_by_hop(headers);
    let headers = request.headers_mut();
    // The client library writes the backend's own.
    headers.remove(HOST);
    let forged: Vec<HeaderName> = headers.keys().filter(|name| could_be_context(name)).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    for (name, value) in &call.context {
        let name = format!("{CONTEXT_PREFIX}{}", name.replace(['_', '.'], "-"));
        let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        headers.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    Some(request)
}

/// Many backends read `_` and `-` in a header's name as the same.
fn could_be_context(name: &HeaderName) -> bool {
    name.as_str().replace('_', "-").starts_with(CONTEXT_PREFIX)
}

fn received(answer: Response<Body>) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    head.headers = without_hop_by_hop(head.headers);
    Response::from_parts(head, body)
}

/// Also removes what `Connection` names.
fn without_hop_by_hop(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
    headers
}

/// API Gateway's words for an integration that does not answer.
fn failed(status: StatusCode) -> Response<Body> {
    response::json(status, json!({ "message": "Internal server error" }).to_string())
}
