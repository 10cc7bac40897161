//! The DynamoDB client: trimmed, with our own bounds, and the same for every program.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
#[cfg(feature = "auth")]
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
#[cfg(feature = "auth")]
use aws_smithy_runtime_api::client::dns::ResolveDns;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};

use super::bounded::BoundedAnswers;

/// The whole of a read, retries included. An authorizer's own limit in the template is five seconds, the gateway's
/// thirty: the answer is ours before it is theirs.
pub const DEADLINE: Duration = Duration::from_millis(2500);

const CONNECT_TIMEOUT: Duration = Duration::from_millis(800);
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1000);
const ATTEMPTS: u32 = 3;

const TLS: Provider = Provider::Rustls(CryptoMode::Ring);

/// Where the table is and who asks.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The region that requests are signed for.
    pub region: String,
    /// Another endpoint than the region's own: the embedded store, an emulator.
    pub url: Option<String>,
    /// Who asks.
    pub credentials: SharedCredentialsProvider,
}

impl Endpoint {
    /// Fixed credentials, as Lambda hands them to a function for the life of its process.
    pub fn with_keys(region: String, url: Option<String>, id: String, secret: String, session: Option<String>) -> Self {
        let credentials = Credentials::new(id, secret, session, None, "environment");
        Self { region, url, credentials: SharedCredentialsProvider::new(credentials) }
    }
}

/// A client for that endpoint.
pub fn connect(endpoint: Endpoint) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(endpoint.region))
        .credentials_provider(endpoint.credentials)
        .http_client(http_client())
        .interceptor(BoundedAnswers)
        .retry_config(retries())
        .timeout_config(timeouts());
    Client::from_conf(match endpoint.url {
        Some(url) => config.endpoint_url(url).build(),
        None => config.build(),
    })
}

/// How long a call may take, and each attempt at it.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(DEADLINE)
        .build()
}

/// How often a call is tried.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

/// The one HTTP client, over the one TLS stack.
pub fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(TLS).build_https()
}

/// The same for what is not AWS: the key sets of other issuers.
pub fn http_connector() -> SharedHttpConnector {
    SharedHttpConnector::new(aws_smithy_http_client::Connector::builder().tls_provider(TLS).build())
}

/// The same for addresses that strangers choose: connections are made to what the resolver lets through, and to nothing
/// else; no proxy stands between.
#[cfg(feature = "auth")]
pub fn guarded_connector(resolver: impl ResolveDns + Clone + 'static) -> SharedHttpConnector {
    SharedHttpConnector::new(
        aws_smithy_http_client::Connector::builder().tls_provider(TLS).build_with_resolver(resolver),
    )
}

/// The same, with that one certificate (PEM) in place of the system's roots: for tests, whose servers are their own.
///
/// # Errors
/// The library's words, for what is no certificate.
#[cfg(feature = "auth")]
pub fn guarded_connector_trusting(
    resolver: impl ResolveDns + Clone + 'static,
    certificate: &str,
) -> Result<SharedHttpConnector, String> {
    let trusted = TrustStore::empty().with_pem_certificate(certificate);
    let context = TlsContext::builder().with_trust_store(trusted).build().map_err(|error| error.to_string())?;
    let builder = aws_smithy_http_client::Connector::builder().tls_provider(TLS).tls_context(context);
    Ok(SharedHttpConnector::new(builder.build_with_resolver(resolver)))
}
