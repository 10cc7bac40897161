//! What is asked of another provider from this side: where its endpoints are, what a code is worth, its keys.
//!
//! Its issuer is in the configuration and its addresses come from there, so it is trusted to be asked. Each answer is
//! bounded in time and size, and follows no redirect.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::SignInProblem;
use super::provider::Provider;
use crate::keys::KeySets;
use crate::keys::fetch::{Expected, FetchError, Fetched, answer, document};
use crate::oauth::metadata::AuthenticationMethod;
use crate::oauth::server::Failure;
use crate::timestamp::Timestamp;
use crate::token::issuer::config::fetched_url;
use crate::token::jwt::json;

/// The whole of a question. A person is waiting.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// For how long a provider's addresses are believed, in seconds.
const FRESH: u64 = 3600;

/// JSON of a size that discovery documents and token responses have.
const JSON: Expected =
    Expected { accept: "application/json", is_media_type: |it| it == "application/json", longest: 64 * 1024 };

/// The provider did not do its part. Never the person's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamFault {
    /// No answer in time.
    #[error("the provider did not answer within {} ms", TIMEOUT.as_millis())]
    Timeout,
    /// The question failed.
    #[error("the provider could not be asked: {0}")]
    Fetch(#[from] FetchError),
    /// Its answer is not what it must be.
    #[error("the provider's answer cannot be used: `{0}`")]
    Unusable(&'static str),
}

/// Where a provider is.
#[derive(Clone, Debug)]
pub(super) struct Discovered {
    /// Where browsers go.
    pub(super) authorization_endpoint: Url,
    /// Where codes are redeemed.
    pub(super) token_endpoint: Url,
    /// Its keys.
    pub(super) jwks_uri: Url,
    /// Whether its answers name it (RFC 9207 §3).
    pub(super) names_itself: bool,
}

/// A code, and what proves that it is ours.
pub(super) struct TokenRequest<'a> {
    pub(super) code: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) verifier: &'a str,
}

/// What is known of those who sign people in.
#[derive(Default)]
pub struct Upstream {
    /// Their keys, and what everything is asked through.
    pub keys: KeySets,
    discovered: Mutex<Option<(Timestamp, Discovered)>>,
}

impl Upstream {
    /// Asked through that connector, rather than the one that all of the program shares.
    pub fn through(http: SharedHttpConnector) -> Self {
        Self { keys: KeySets::through(http), discovered: Mutex::default() }
    }

    /// Where the provider's endpoints are (OpenID Connect Discovery §4).
    pub(super) async fn discover(&self, provider: &Provider, now: Timestamp) -> Result<Discovered, Failure> {
        let known = || self.discovered.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |(at, _): &&(Timestamp, Discovered)| now >= *at && now.since(*at) < FRESH;
        if let Some((_, discovered)) = known().as_ref().filter(fresh) {
            return Ok(discovered.clone());
        }
        let text = format!("{}/.well-known/openid-configuration", provider.issuer.trim_end_matches('/'));
        let url = fetched_url("issuer", &text, provider.http).map_err(|_| UpstreamFault::Unusable("issuer"))?;
        let fetched = in_time(document(self.keys.http(), &url, &JSON)).await?;
        let discovered = Discovered::read(&fetched.body, provider)?;
        *known() = Some((now, discovered.clone()));
        Ok(discovered)
    }

    /// The ID token that a code is worth.
    pub(super) async fn redeem(
        &self,
        provider: &Provider,
        discovered: &Discovered,
        request: &TokenRequest<'_>,
    ) -> Result<String, Failure> {
        let request = token_request(provider, discovered, request)?;
        match in_time(answer(self.keys.http(), request, &JSON)).await {
            Ok(fetched) => {
                let fields = json::parse_object(&fetched.body).ok_or(UpstreamFault::Unusable("token response"))?;
                Ok(text(&fields, "id_token")?.to_owned())
            }
            // RFC 6749 §5.2. What is wrong with us there (401) is for us to mend.
            Err(UpstreamFault::Fetch(FetchError::Status(400))) => Err(SignInProblem::Code.into()),
            Err(fault) => Err(fault.into()),
        }
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").finish_non_exhaustive()
    }
}

impl Discovered {
    fn read(body: &[u8], provider: &Provider) -> Result<Self, UpstreamFault> {
        let fields = json::parse_object(body).ok_or(UpstreamFault::Unusable("discovery document"))?;
        // Discovery §4.3: exactly, or it is somebody else's.
        if text(&fields, "issuer")? != provider.issuer {
            return Err(UpstreamFault::Unusable("issuer"));
        }
        let url =
            |name| fetched_url(name, text(&fields, name)?, provider.http).map_err(|_| UpstreamFault::Unusable(name));
        Ok(Self {
            authorization_endpoint: url("authorization_endpoint")?,
            token_endpoint: url("token_endpoint")?,
            jwks_uri: url("jwks_uri")?,
            names_itself: fields.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        })
    }
}

fn token_request(
    provider: &Provider,
    discovered: &Discovered,
    request: &TokenRequest<'_>,
) -> Result<HttpRequest, UpstreamFault> {
    let secret = provider.secret.as_ref().map(|secret| secret.expose()).unwrap_or_default();
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", request.code)
        .append_pair("redirect_uri", request.redirect_uri)
        .append_pair("code_verifier", request.verifier);
    if provider.authentication != AuthenticationMethod::Basic {
        form.append_pair("client_id", &provider.client_id);
    }
    if provider.authentication == AuthenticationMethod::Post {
        form.append_pair("client_secret", secret);
    }
    let mut http = HttpRequest::new(SdkBody::from(form.finish()));
    let unusable = |_| UpstreamFault::Unusable("token_endpoint");
    http.set_uri(discovered.token_endpoint.as_str()).map_err(unusable)?;
    http.set_method("POST").map_err(|_| UpstreamFault::Unusable("token_endpoint"))?;
    http.headers_mut().insert("accept", JSON.accept);
    http.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
    if provider.authentication == AuthenticationMethod::Basic {
        http.headers_mut().insert("authorization", basic(&provider.client_id, secret));
    }
    Ok(http)
}

/// Both form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

async fn in_time(question: impl Future<Output = Result<Fetched, FetchError>>) -> Result<Fetched, UpstreamFault> {
    Ok(tokio::time::timeout(TIMEOUT, question).await.map_err(|_| UpstreamFault::Timeout)??)
}

fn text<'a>(fields: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, UpstreamFault> {
    fields.get(name).and_then(Value::as_str).ok_or(UpstreamFault::Unusable(name))
}
