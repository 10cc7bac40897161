//! The DynamoDB client: trimmed, with our own bounds, and the same for every program.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Config, Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
#[cfg(feature = "auth")]
use aws_smithy_runtime_api::client::dns::ResolveDns;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};

use crate::token::key_set;
use crate::transport::Transport;

/// The whole of a read, retries included. An authorizer's own limit in the template is five seconds, the gateway's
/// thirty: the answer is ours before it is theirs.
pub const DEADLINE: Duration = Duration::from_millis(2500);

const CONNECT_TIMEOUT: Duration = Duration::from_millis(800);

/// One request and its answer, the opening of a connection included.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1000);

/// How often one request is sent, while what goes wrong may pass.
pub(super) const ATTEMPTS: u32 = 3;

/// The longest answer of the store, in bytes. Three items have 1.2 MB at most and a page of a query 1 MB ("Amazon DynamoDB
/// Developer Guide", quotas); in JSON, names and quotes come on top. A record
/// that is mostly control characters, each written with six bytes, may be longer, and is a fault.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// The longest document of a stranger, in bytes. Whoever asks for one has a bound of its own.
#[cfg(feature = "auth")]
const LONGEST_DOCUMENT: usize = key_set::MAX_LENGTH;

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
    through(transport(), endpoint)
}

/// A client for that endpoint over the connections of `transport`.
pub(super) fn through(transport: Transport, endpoint: Endpoint) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(endpoint.region))
        .credentials_provider(endpoint.credentials)
        .http_client(transport)
        // An answer comes whole out of the transport, within the timeouts: there is no stream that could stall.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
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

/// Connections to the store.
pub(super) fn transport() -> Transport {
    Transport::reading_at_most(LONGEST_ANSWER)
}

/// The same for the SDK's other calls: those that find an operator's credentials.
pub fn http_client() -> SharedHttpClient {
    SharedHttpClient::new(transport())
}

/// The same for what is not AWS: the key sets of other issuers. No more is read than a key set may have.
pub fn http_connector() -> SharedHttpConnector {
    SharedHttpConnector::new(Transport::reading_at_most(key_set::MAX_LENGTH))
}

/// The same for addresses that strangers choose: connections are made to what the resolver lets through, and to nothing
/// else.
#[cfg(feature = "auth")]
pub fn guarded_connector(resolver: impl ResolveDns + 'static) -> SharedHttpConnector {
    SharedHttpConnector::new(Transport::reading_at_most(LONGEST_DOCUMENT).resolving_by(resolver))
}

/// The same, with that one certificate (PEM) in place of the roots: for tests, whose servers are their own.
///
/// # Errors
/// The library's words, for what is no certificate.
#[cfg(feature = "auth")]
pub fn guarded_connector_trusting(
    resolver: impl ResolveDns + 'static,
    certificate: &str,
) -> Result<SharedHttpConnector, String> {
    let transport = Transport::reading_at_most(LONGEST_DOCUMENT).resolving_by(resolver);
    transport.trusting(certificate).map(SharedHttpConnector::new).map_err(|error| error.to_string())
}
