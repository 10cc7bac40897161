//! What happens to one request, in API Gateway's order: the route, the identity source, the authorizer or its cache,
//! the policy, the backend.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use regex::Regex;
use serde_json::json;

use super::authorization::Authorization;
use super::backend::{Backend, Call};
use super::cache::{Key, ResultCache};
use super::response::{json, render};
use crate::authorize::Authorizer;
use crate::decision::{Decision, Outcome};
use crate::flush::{CacheFlush, Flushing};
use crate::gateway::response::{
    self, ACCESS_DENIED, AUTHORIZER_CONFIGURATION_ERROR, AUTHORIZER_FAILURE, GatewayResponse,
    IDENTITY_VALIDATION_EXPRESSION, MISSING_AUTHENTICATION_TOKEN, PREFLIGHT_MAX_AGE, PREFLIGHT_METHODS,
    RESOURCE_METADATA_PATH, UNAUTHORIZED,
};
use crate::local::store::REGION;
use crate::policy::operation::Operation;
use crate::policy::router::Router;
use crate::store::read::DynamoStore;
use crate::timestamp::Timestamp;
use crate::token::issuer::{Issuer, KeySource};

/// Reads the time. An argument, so that a test can let the cache grow old.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// Is told of every request when it has been answered.
pub type Log = Box<dyn Fn(&Handled<'_>) + Send + Sync>;

/// The account, the API and the stage that the local gateway says it is.
const ACCOUNT: &str = "123456789012";
const API: &str = "local00000";
const STAGE: &str = "local";

/// The header by which a client asks for another verb than the one on the request line. API Gateway obeys it before it
/// looks for a route.
const METHOD_OVERRIDE: &str = "x-http-method-override";

/// A stage of a REST API with its authorizer.
pub struct Stage {
    authorizer: Authorizer,
    store: DynamoStore,
    backend: Backend,
    /// The address under which clients know the API.
    origin: String,
    validation: Regex,
    cache: Mutex<ResultCache>,
    clock: Clock,
    log: Log,
}

/// What became of a request, for whoever watches. Neither token nor path is in it.
#[derive(Debug)]
pub struct Handled<'a> {
    /// `operationId` of the route.
    pub operation: Option<&'a str>,
    /// What the client was told.
    pub status: StatusCode,
    /// The authorizer's decision, if it was called.
    pub decision: Option<&'a Decision>,
    /// Whether the answer of an earlier call was judged instead.
    pub cached: bool,
}

/// Why the gateway answered by itself.
struct Refused {
    response: GatewayResponse,
    context: BTreeMap<String, String>,
}

impl From<GatewayResponse> for Refused {
    fn from(response: GatewayResponse) -> Self {
        Self { response, context: BTreeMap::new() }
    }
}

/// What is found out about a request on the way, for the log.
#[derive(Default)]
struct Trace<'a> {
    operation: Option<&'a str>,
    decision: Option<Decision>,
    cached: bool,
}

impl Stage {
    /// A stage for that authorizer; `ttl` is its result cache's, in seconds.
    ///
    /// # Errors
    /// When the identity validation expression is not one, which would be a mistake in this program.
    pub fn new(
        authorizer: Authorizer,
        store: DynamoStore,
        backend: Backend,
        origin: String,
        ttl: u64,
        clock: Clock,
        log: Log,
    ) -> Result<Self, regex::Error> {
        let validation = Regex::new(IDENTITY_VALIDATION_EXPRESSION)?;
        Ok(Self {
            authorizer,
            store,
            backend,
            origin,
            validation,
            cache: Mutex::new(ResultCache::new(ttl)),
            clock,
            log,
        })
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request<Body>) -> Response<Body> {
        if request.method() == Method::GET && request.uri().path() == RESOURCE_METADATA_PATH {
            return self.resource_metadata();
        }
        let request_id = request_id();
        let mut trace = Trace::default();
        let response = match self.line(request, &request_id, &mut trace).await {
            Ok(response) => response,
            Err(refused) => render(&refused.response, &self.origin, &request_id, &refused.context),
        };
        (self.log)(&Handled {
            operation: trace.operation,
            status: response.status(),
            decision: trace.decision.as_ref(),
            cached: trace.cached,
        });
        response
    }

    /// Forgets every cached answer.
    pub fn flush_cache(&self) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).flush();
    }

    async fn line<'a>(
        &'a self,
        request: Request<Body>,
        request_id: &str,
        trace: &mut Trace<'a>,
    ) -> Result<Response<Body>, Refused> {
        let verb = verb(&request);
        let path = request.uri().path();
        if verb == "OPTIONS" && self.has_resource(path) {
            return Ok(preflight());
        }
        let operation = self.route(&verb, path).ok_or(MISSING_AUTHENTICATION_TOKEN)?;
        trace.operation = Some(&operation.id);
        let identity = self.identity(request.headers()).ok_or(UNAUTHORIZED)?;
        // The path as it was received: whether AWS decodes it, its documentation does not say.
        let arn = format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{API}/{STAGE}/{verb}{path}");
        let authorization = self.authorization(&identity, &arn, trace).await?;
        let context = authorization.context.clone();
        if !authorization.allows(&arn) {
            return Err(Refused { response: ACCESS_DENIED, context });
        }
        let call = Call { verb, operation: operation.id.clone(), request_id: request_id.to_owned(), context };
        Ok(self.backend.call(call, request).await)
    }

    fn route(&self, verb: &str, path: &str) -> Option<&Operation> {
        Router::Rest.route(&self.authorizer.api().operations, verb, path)
    }

    /// Whether any verb leads anywhere on that path.
    fn has_resource(&self, path: &str) -> bool {
        ["GET", "POST", "PATCH", "PUT", "DELETE"].iter().any(|verb| self.route(verb, path).is_some())
    }

    /// The identity source's value, if the gateway lets it through to the authorizer. Several headers of that name are
    /// one list (RFC 9110 §5.3), which is no bearer token.
    fn identity(&self, headers: &HeaderMap) -> Option<String> {
        let values = headers.get_all(AUTHORIZATION).iter().map(|value| value.to_str());
        let identity = values.collect::<Result<Vec<_>, _>>().ok()?.join(", ");
        self.validation.is_match(&identity).then_some(identity)
    }

    /// The kept answer for that identity, or the authorizer's.
    async fn authorization(
        &self,
        identity: &str,
        arn: &str,
        trace: &mut Trace<'_>,
    ) -> Result<Arc<Authorization>, GatewayResponse> {
        let now = (self.clock)();
        let key = Key::of(identity);
        if let Some(kept) = self.cache.lock().unwrap_or_else(PoisonError::into_inner).find(key, now) {
            trace.cached = true;
            return Ok(kept);
        }
        let event = json!({ "type": "TOKEN", "authorizationToken": identity, "methodArn": arn }).to_string();
        let decision = trace.decision.insert(self.authorizer.decide(&event, &self.store, now).await);
        match &decision.outcome {
            Outcome::Answer(answer) => {
                let answer = Authorization::from_json(answer.get()).map_err(|_| AUTHORIZER_CONFIGURATION_ERROR)?;
                let answer = Arc::new(answer);
                self.cache.lock().unwrap_or_else(PoisonError::into_inner).keep(key, Arc::clone(&answer), now);
                Ok(answer)
            }
            Outcome::Unauthorized(_) => Err(UNAUTHORIZED),
            Outcome::Fault(_) => Err(AUTHORIZER_FAILURE),
        }
    }

    /// The protected resource's metadata (RFC 9728 §2), open to all.
    fn resource_metadata(&self) -> Response<Body> {
        let own = |issuer: &&Issuer| matches!(issuer.keys(), KeySource::Table);
        let servers: Vec<&str> = self.authorizer.settings().issuers.iter().filter(own).map(Issuer::name).collect();
        let scopes: Vec<&str> = self.authorizer.api().reading_scopes().collect();
        let metadata = response::resource_metadata(&self.origin, &servers, &scopes);
        let mut response = json(StatusCode::OK, metadata.to_string());
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response
    }
}

/// The local gateway's cache empties through the same interface as API Gateway's.
impl CacheFlush for Stage {
    fn flush(&self) -> Flushing<'_> {
        self.flush_cache();
        Box::pin(std::future::ready(Ok(())))
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// The verb that API Gateway routes by.
fn verb(request: &Request<Body>) -> String {
    let override_by = request.headers().get(METHOD_OVERRIDE).and_then(|value| value.to_str().ok());
    override_by.unwrap_or(request.method().as_str()).to_owned()
}

/// Preflights are open: a browser sends them without credentials.
fn preflight() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    for (name, value) in PREFLIGHT_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

const PREFLIGHT_HEADERS: [(&str, &str); 4] = [
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", PREFLIGHT_METHODS),
    ("access-control-allow-headers", "Authorization,Content-Type,Version"),
    ("access-control-max-age", PREFLIGHT_MAX_AGE),
];

/// A name for the request, like the gateway's own.
#[expect(clippy::disallowed_methods, reason = "the local gateway is where its requests' ids are drawn")]
fn request_id() -> String {
    let mut bytes = [0; 16];
    // The id is for people to find a line of a log: without random bytes it is merely less useful.
    _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
