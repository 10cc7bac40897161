//! A signed call of AWS, with the HTTP client and the signature that the store's client has.
//!
//! Three operations of three services are needed. Their SDKs would be three hundred, to be compiled and shipped.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use crate::causes;
use crate::store::client::http_connector;

/// The whole of a call.
const TIMEOUT: Duration = Duration::from_secs(4);

/// So much of an answer that is no success is told.
const TOLD: usize = 300;

/// Who calls, and where.
#[derive(Clone, Debug)]
pub struct Caller {
    region: String,
    credentials: SharedCredentialsProvider,
    http: SharedHttpConnector,
    clock: fn() -> SystemTime,
}

/// One request, before it is signed.
#[derive(Debug)]
pub struct Call<'a> {
    /// The service that the signature is for, `sqs`.
    pub service: &'a str,
    /// `POST`, `DELETE`.
    pub method: &'a str,
    /// Where.
    pub url: String,
    /// Headers beside the signature's.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: String,
}

impl Caller {
    /// A caller in that region. Signatures carry the time, which `clock` tells.
    pub fn new(region: String, credentials: SharedCredentialsProvider, clock: fn() -> SystemTime) -> Self {
        Self { region, credentials, http: http_connector(), clock }
    }

    /// The region that is called.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Calls, and expects success.
    ///
    /// # Errors
    /// What went wrong, for an operator: it names the service, and never holds a credential.
    pub async fn call(&self, call: Call<'_>) -> Result<(), String> {
        let service = call.service.to_owned();
        let answered = tokio::time::timeout(TIMEOUT, self.send(call)).await;
        answered
            .unwrap_or_else(|_| Err("no answer in time".to_owned()))
            .map_err(|problem| format!("{service}: {problem}"))
    }

    async fn send(&self, call: Call<'_>) -> Result<(), String> {
        let request = self.signed(call).await?;
        let answer = self.http.call(request).await.map_err(|error| causes::told(&error))?;
        let status = answer.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(());
        }
        let mut body = ByteStream::new(answer.into_body());
        let said = body.try_next().await.ok().flatten().unwrap_or_default();
        let said: String = String::from_utf8_lossy(&said).chars().take(TOLD).collect();
        Err(format!("status {status}: {said}"))
    }

    async fn signed(&self, call: Call<'_>) -> Result<HttpRequest, String> {
        let credentials = self.credentials.provide_credentials().await.map_err(|error| error.to_string())?;
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(call.service)
            .time((self.clock)())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let body = SignableBody::Bytes(call.body.as_bytes());
        let signable = SignableRequest::new(call.method, &call.url, call.headers.iter().copied(), body);
        let signed = signable.and_then(|request| sign(request, &parameters)).map_err(|error| error.to_string())?;
        let (instructions, _) = signed.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(call.body));
        request.set_method(call.method).map_err(|error| error.to_string())?;
        request.set_uri(call.url).map_err(|error| error.to_string())?;
        let given = call.headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let signature = instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (name, value) in given.chain(signature) {
            request.headers_mut().try_insert(name, value).map_err(|error| error.to_string())?;
        }
        Ok(request)
    }
}
