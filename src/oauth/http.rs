//! Requests as they come in, and answers as they go out: limits on what is read, and the headers that every answer has.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION,
    REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use crate::store::StoreFault;

use super::error::{Code, GrantProblem, Problem};
use super::parameters::Parameters;
use super::server::{AuthServer, Failure};
use super::telemetry::{Outcome, REUSED};

/// The longest body: four times the longest request with a state of 4 KB in it.
const BODY_LIMIT: usize = 16 * 1024;

/// What a caller is told to wait when this side has failed, in seconds.
const RETRY_SOON: u64 = 2;

/// Whom a request comes from, by the gateway's own word (`requestContext`, the socket), never by a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub String);

impl ClientAddress {
    /// Whom limits count as one: an address, or all of the /64 that a subscriber of IPv6 has, who could come from a new
    /// address each time.
    fn counted(&self) -> String {
        match self.0.parse() {
            Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) => address.to_string(),
                None => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).to_string(),
            },
            Ok(IpAddr::V4(_)) | Err(_) => self.0.clone(),
        }
    }
}

/// The gateway's id of a request, by its own word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(pub(crate) String);

/// A request, its body read.
pub(crate) struct Incoming {
    pub(crate) headers: HeaderMap,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) address: String,
    body: Bytes,
}

impl Incoming {
    /// Reads a request; a body beyond the limit is not read to its end.
    pub(crate) async fn read(request: Request) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let address = parts.extensions.get::<ClientAddress>().map(ClientAddress::counted).unwrap_or_default();
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let body = to_bytes(body, BODY_LIMIT).await.map_err(|_| Problem::TooLarge { limit: BODY_LIMIT })?;
        Ok(Self { headers: parts.headers, path, query, address, body })
    }

    /// A header's value; one that is there twice is as good as none.
    pub(crate) fn header(&self, name: &HeaderName) -> Result<Option<&str>, Problem> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => {
                value.to_str().map(Some).map_err(|_| Problem::Malformed("a header is not readable text"))
            }
            (Some(_), Some(_)) => Err(Problem::Malformed("a header is there more than once")),
        }
    }

    /// The `Authorization` header.
    pub(crate) fn authorization(&self) -> Result<Option<&str>, Problem> {
        self.header(&AUTHORIZATION)
    }

    /// The token in an `Authorization: Bearer` header; empty where there is none.
    pub(crate) fn bearer(&self) -> Result<&str, Problem> {
        let (scheme, token) = self.authorization()?.and_then(|header| header.split_once(' ')).unwrap_or_default();
        Ok(if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" })
    }

    /// The form in the body.
    pub(crate) fn form(&self) -> Result<Parameters, Problem> {
        self.expect("application/x-www-form-urlencoded")?;
        Parameters::parse(&self.body)
    }

    /// The JSON in the body.
    pub(crate) fn json(&self) -> Result<&[u8], Problem> {
        self.expect("application/json")?;
        Ok(&self.body)
    }

    fn expect(&self, media_type: &str) -> Result<(), Problem> {
        let given = self.header(&CONTENT_TYPE)?.unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(media_type) {
            return Ok(());
        }
        Err(Problem::Malformed("the body has another media type than this endpoint reads"))
    }
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A JSON answer, which nobody may keep (RFC 6749 §5.1).
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let mut response = empty(status);
    match serde_json::to_vec(body) {
        Ok(bytes) => *response.body_mut() = Body::from(bytes),
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A way on, always with 303: a 307 would send the form, password and all, along (RFC 9700 §4.12).
pub(crate) fn see_other(location: &str) -> Response {
    let mut response = empty(StatusCode::SEE_OTHER);
    match HeaderValue::from_str(location) {
        Ok(location) => drop(response.headers_mut().insert(LOCATION, location)),
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// What a failure looks like on the wire.
pub(crate) struct Told {
    pub(crate) code: Code,
    pub(crate) status: StatusCode,
    pub(crate) description: String,
    /// What the log and the metrics call it.
    outcome: Outcome,
    pub(crate) retry_after: Option<u64>,
}

impl Failure {
    /// The one translation of a failure to the wire. What this side's faults are is for the log alone.
    pub(crate) fn told(&self) -> Told {
        let fault = |code: Code, status, description: &str, retry_after| Told {
            code,
            status,
            description: description.to_owned(),
            outcome: Outcome(code.as_str()),
            retry_after,
        };
        let later = || {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            fault(Code::TemporarilyUnavailable, status, "try again in a moment", Some(RETRY_SOON))
        };
        let broken = || fault(Code::ServerError, StatusCode::INTERNAL_SERVER_ERROR, "something is broken here", None);
        match self {
            Self::Problem(problem) => {
                let (code, status) = problem.answer();
                let retry_after = match problem {
                    Problem::TooMany { retry_after } => Some(*retry_after),
                    _ => None,
                };
                let outcome = match problem {
                    Problem::Grant(GrantProblem::Reused) => Outcome(REUSED),
                    _ => Outcome(code.as_str()),
                };
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
                Told { code, status, description: problem.description(), outcome, retry_after }
            }
            Self::Store(StoreFault::Timeout | StoreFault::Unreachable(_) | StoreFault::Refused(_)) => later(),
            Self::Signing(_) | Self::Upstream(_) | Self::Keys(_) | Self::Contention => later(),
            Self::Store(StoreFault::BrokenRecord { .. }) | Self::Randomness(_) | Self::Broken(_) => broken(),
        }
    }

    /// Notes the failure: its code for everybody, its reason for the log.
    pub(crate) fn note(&self, endpoint: &'static str) -> Told {
        self.note_request(endpoint, None)
    }

    /// The same for a request whose id its caller is told.
    pub(crate) fn note_request(&self, endpoint: &'static str, request_id: Option<&str>) -> Told {
        let told = self.told();
        let status = told.status.as_u16();
        tracing::info!(endpoint, outcome = %told.code, status, reason = %self, request_id, "oauth");
        told
    }
}

impl Told {
    /// The failure as RFC 6749 §5.2 has it.
    pub(crate) fn json(&self) -> Response {
        let body = json!({"error": self.code.to_string(), "error_description": self.description});
        self.dressed(json(self.status, &body))
    }

    /// An answer that says, to this side alone, what it is about.
    pub(crate) fn marked(&self, mut response: Response) -> Response {
        response.extensions_mut().insert(self.outcome);
        response
    }

    /// An answer with the headers that belong to the failure.
    pub(crate) fn dressed(&self, mut response: Response) -> Response {
        response = self.marked(response);
        let challenge = match self.code {
            Code::InvalidClient => Some("Basic realm=\"token\""),
            Code::InvalidToken => Some("Bearer"),
            _ => None,
        };
        if let Some(challenge) = challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Tells the browser to stay with TLS, where this server is reached over it (RFC 6797).
pub(crate) async fn over_tls(State(server): State<Arc<AuthServer>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if server.settings.issuer.is_https() {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Lets scripts of any origin call an endpoint that reads no cookie (OAuth 2.1 §3.2).
pub(crate) async fn open_to_scripts(request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = if is_preflight { empty(StatusCode::NO_CONTENT) } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after, www-authenticate"));
    if is_preflight {
        // `*` does not cover `Authorization`; agents send headers of their own even for the metadata.
        headers.insert("access-control-allow-methods", HeaderValue::from_static("GET, POST"));
        headers.insert("access-control-allow-headers", HeaderValue::from_static("*, authorization"));
        headers.insert("access-control-max-age", HeaderValue::from_static("3600"));
    }
    response
}
