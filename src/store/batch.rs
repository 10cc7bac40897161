//! `BatchGetItem` by the SDK's own serializer, signer and parser, and without the machine that it runs them in.
//!
//! That machine lays out its configuration, walks its interceptors, evaluates its endpoint rules and asks its strategies
//! anew with each call, and costs more than all else in a decision. What it would find out is known here from the
//! start: one operation, one endpoint, one identity. Its retries, within the same bounds, are written out below.

use std::fmt;
use std::time::Duration;

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_dynamodb::config::ProvideCredentials;
use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::batch_get_item::{
    BatchGetItem, BatchGetItemError, BatchGetItemInput, BatchGetItemOutput,
};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Input};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse, SerializeRequest, SharedRequestSerializer, SharedResponseDeserializer,
};
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer};
use tokio::sync::OnceCell;

use super::client::{ATTEMPT_TIMEOUT, ATTEMPTS, Endpoint};
use super::skew::Skew;
use crate::transport::{Transport, may_be_repeated};

/// How long to wait before a request is sent again, doubled each time. The same in every process: there is no jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(25);

/// What signs for DynamoDB (AWS General Reference, "Service authorization").
const SIGNING_NAME: &str = "dynamodb";

const USER_AGENT: &str = concat!("edge-authorizer/", env!("CARGO_PKG_VERSION"));

/// What a call can end in.
pub(super) type Answer = Result<BatchGetItemOutput, Box<Failure>>;

type Failure = SdkError<BatchGetItemError, HttpResponse>;

/// The operation, ready to be called.
pub(super) struct Batch {
    transport: Transport,
    endpoint: Endpoint,
    url: OnceCell<String>,
    skew: Skew,
    /// The SDK's serializer and parser of the operation.
    operation: Option<FrozenLayer>,
    config: ConfigBag,
}

impl Batch {
    /// The operation at that endpoint.
    pub(super) fn new(transport: Transport, endpoint: Endpoint) -> Self {
        let operation = BatchGetItem::new().config();
        Self { transport, endpoint, url: OnceCell::new(), skew: Skew::default(), operation, config: ConfigBag::base() }
    }

    /// Calls it. Failures that may pass are tried again; the whole is bounded by the caller.
    pub(super) async fn call(&self, input: BatchGetItemInput) -> Answer {
        let request = self.request(input).await.map_err(unbuilt)?;
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.attempt(&request).await {
                Err(error) if self.may_pass(&error) => {}
                answer => return answer,
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
        self.attempt(&request).await
    }

    async fn request(&self, input: BatchGetItemInput) -> Result<HttpRequest, BoxError> {
        let serializer = self.operation.as_ref().and_then(|it| it.load::<SharedRequestSerializer>());
        let serializer = serializer.ok_or("the SDK has no serializer for the operation")?;
        let mut request = serializer.serialize_input(Input::erase(input), &mut ConfigBag::base())?;
        request.uri_mut().set_endpoint(self.url.get_or_try_init(|| url(&self.endpoint)).await?)?;
        request.headers_mut().insert("user-agent", USER_AGENT);
        Ok(request)
    }

    async fn attempt(&self, request: &HttpRequest) -> Answer {
        let attempt = tokio::time::timeout(ATTEMPT_TIMEOUT, self.exchange(request)).await;
        attempt.unwrap_or_else(|elapsed| Err(Box::new(Failure::timeout_error(elapsed))))
    }

    async fn exchange(&self, request: &HttpRequest) -> Answer {
        let signed = self.signed(request).await.map_err(unbuilt)?;
        let answer = self.transport.call(signed).await;
        self.parse(answer.map_err(|error| Box::new(Failure::dispatch_failure(error)))?)
    }

    async fn signed(&self, request: &HttpRequest) -> Result<HttpRequest, BoxError> {
        let mut request = request.try_clone().ok_or("the request cannot be sent twice")?;
        let identity: Identity = self.endpoint.credentials.provide_credentials().await?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.endpoint.region)
            .name(SIGNING_NAME)
            .time(self.skew.now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let body = SignableBody::Bytes(request.body().bytes().unwrap_or_default());
        let signable = SignableRequest::new(request.method(), request.uri(), request.headers().iter(), body)?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        for (name, value) in instructions.headers() {
            request.headers_mut().try_insert(name.to_owned(), value.to_owned())?;
        }
        may_be_repeated(&mut request);
        Ok(request)
    }

    fn parse(&self, response: HttpResponse) -> Answer {
        let broken = |what: &str, response| Err(Box::new(Failure::response_error(what, response)));
        let Some(parser) = self.operation.as_ref().and_then(|it| it.load::<SharedResponseDeserializer>()) else {
            return broken("the SDK has no parser for the operation", response);
        };
        match parser.deserialize_nonstreaming_with_config(&response, &self.config) {
            Ok(output) => match output.downcast() {
                Ok(output) => Ok(output),
                Err(_) => broken("the SDK's parser answered with another type", response),
            },
            Err(error) => match service_error(error) {
                Some(error) => Err(Box::new(Failure::service_error(error, response))),
                None => broken("an answer that cannot be read", response),
            },
        }
    }

    /// Whether the same request may well be answered a moment later: no answer, one that broke off, an error of the
    /// service's own, a request too many, or a clock that was wrong and is right now.
    fn may_pass(&self, error: &Failure) -> bool {
        match error {
            SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
            SdkError::DispatchFailure(failure) => failure.is_io() || failure.is_timeout(),
            SdkError::ServiceError(refusal) => {
                let code = refusal.err().code().unwrap_or_default();
                refusal.raw().status().is_server_error()
                    || THROTTLING_ERRORS.contains(&code)
                    || TRANSIENT_ERRORS.contains(&code)
                    || self.skew.learn(code, refusal.raw())
            }
            _ => false,
        }
    }
}

fn unbuilt(error: BoxError) -> Box<Failure> {
    Box::new(Failure::construction_failure(error))
}

/// The error that the service sent, out of the SDK's wrapping.
fn service_error(error: OrchestratorError<Error>) -> Option<BatchGetItemError> {
    let mut found = None;
    let _ = error.map_operation_error(|error| found = error.downcast().ok());
    found
}

/// The address that the SDK's rules give for the endpoint.
async fn url(endpoint: &Endpoint) -> Result<String, BoxError> {
    let parameters = Params::builder().region(&endpoint.region).set_endpoint(endpoint.url.clone()).build()?;
    Ok(DefaultResolver::new().resolve_endpoint(&parameters).await?.url().to_owned())
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
