//! Client ID Metadata Documents: an https URL as `client_id`, and behind it what the client says of itself
//! (draft-ietf-oauth-client-id-metadata-document). Newer agents use them in place of registration.
//!
//! ```text
//! client_id ─ DocumentUrl ─▶ form ─ Documents::fetch ─▶ bytes ─ read ─▶ ClientMetadata ─▶ CLIENT#<url>
//!               no I/O              checked address,        no I/O         kept for minutes to a day,
//!                                   bounded in all                         and only if it is good
//! ```
//!
//! A stranger chooses what is fetched here, so this is the one place where the server may be led somewhere: see
//! [`address`] for where it does not go. Only public clients have such a document: nothing secret can be in it.

pub mod address;
pub mod read;
pub mod resolver;
pub mod url;

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;

use self::read::{Described, UnusableDocument};
use self::resolver::Guarded;
use self::url::DocumentUrl;
use super::client::{Client, Origin};
use super::error::ClientProblem;
use super::metadata::ClientMetadata;
use super::server::{AuthServer, Failure};
use super::session::REQUEST_LIFETIME;
use super::settings::ClientDocuments;
use crate::access::identity::ClientId;
use crate::keys::fetch::{Expected, FetchError, document};
use crate::store::client::guarded_connector;
use crate::store::oauth::Commit;
use crate::timestamp::Timestamp;

/// The whole of a fetch, from the look-up of the name to the last byte. A person is waiting.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest document, in bytes (the draft, §6.6).
pub const MAX_LENGTH: usize = 5 * 1024;

/// What a document is by its headers (the draft, §4).
const DOCUMENT: Expected = Expected { accept: "application/json", is_media_type: is_json, longest: MAX_LENGTH };

/// Where everybody is counted together.
const EVERYBODY: &str = "";

/// What fetches documents.
#[derive(Default)]
pub struct Documents {
    http: OnceLock<SharedHttpConnector>,
}

/// Why a document could not be had, or not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentProblem {
    /// It took longer than [`FETCH_TIMEOUT`].
    #[error("there was no whole answer within {} ms", FETCH_TIMEOUT.as_millis())]
    Timeout,
    /// The request failed, or went nowhere that it may go.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What came is not a document of that client.
    #[error(transparent)]
    Unusable(#[from] UnusableDocument),
}

impl Documents {
    /// Documents fetched through that connector, rather than the one that reaches public addresses alone: for tests,
    /// whose servers are on this machine. No setting leads here.
    pub fn through(http: SharedHttpConnector) -> Self {
        Self { http: OnceLock::from(http) }
    }

    /// Fetches what a client says of itself.
    ///
    /// # Errors
    /// [`DocumentProblem`].
    pub async fn fetch(&self, url: &DocumentUrl) -> Result<Described, DocumentProblem> {
        let http = self.http.get_or_init(|| guarded_connector(Guarded::default()));
        let fetched = tokio::time::timeout(FETCH_TIMEOUT, document(http, url.url(), &DOCUMENT)).await;
        let fetched = fetched.map_err(|_| DocumentProblem::Timeout)??;
        Ok(Described::read(url, &fetched.body, fetched.cache_control.as_deref())?)
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").finish_non_exhaustive()
    }
}

/// The client that an authorization request names: a registered one, or one that its document describes.
pub(super) async fn named_client(server: &AuthServer, id: &ClientId, address: &str) -> Result<Client, Failure> {
    let Some(url) = document_url(server, id)? else {
        return Ok(server.store.client(id).await?.ok_or(ClientProblem::Unknown)?.current(server.now())?);
    };
    let now = server.now();
    let known = server.store.client(id).await?.and_then(|client| client.current(now).ok());
    if let Some(client) = known.as_ref().filter(|client| is_good(client, now)) {
        return Ok(client.clone());
    }
    server.limit(&server.settings.limits.document_by_address, address).await?;
    if known.is_none() {
        // What is known does not count here: strangers cannot use up what it needs.
        server.limit(&server.settings.limits.document, EVERYBODY).await?;
    }
    let described = server.documents.fetch(&url).await.map_err(|problem| {
        tracing::info!(endpoint = "document", outcome = "refused", client = id.as_str(), reason = %problem, "oauth");
        match problem {
            DocumentProblem::Timeout | DocumentProblem::Fetch(_) => ClientProblem::DocumentNotFetched,
            DocumentProblem::Unusable(_) => ClientProblem::Document,
        }
    })?;
    let fresh_until = now.plus(described.fresh_for);
    let client = Client {
        id: id.clone(),
        metadata: described.metadata,
        secret: None,
        management: None,
        origin: Origin::Document { fresh_until },
        registered: known.as_ref().map_or(now, |known| known.registered),
        // Whoever asked while it was fresh may still answer, and what is answered then can be redeemed.
        expires: Some(fresh_until.plus(REQUEST_LIFETIME).plus(server.settings.lifetimes.code)),
    };
    let kept = match known {
        Some(_) => server.store.replace_client(&client, now).await?,
        None => server.store.register_client(&client, now).await?,
    };
    match kept {
        Commit::Done => Ok(client),
        // Somebody else fetched it at the same time, or removed the client.
        Commit::Conflict => {
            let client = server.store.client(id).await?.filter(|client| is_good(client, now));
            client.ok_or(Failure::Contention)
        }
    }
}

/// Whoever holds what was issued to a client without a record: its document is not fetched for that.
///
/// What may be done with a code or a refresh token stands in their own records, a client without a secret proves
/// nothing of itself, and a refresh must not depend on the client's web server.
pub(super) fn holder(server: &AuthServer, id: &ClientId) -> Result<Option<Client>, Failure> {
    let now = server.now();
    Ok(document_url(server, id)?.map(|_| Client {
        id: id.clone(),
        metadata: ClientMetadata::of_holder(),
        secret: None,
        management: None,
        origin: Origin::Document { fresh_until: now },
        registered: now,
        expires: None,
    }))
}

/// The document that a client is named by; none for a registered client.
fn document_url(server: &AuthServer, id: &ClientId) -> Result<Option<DocumentUrl>, ClientProblem> {
    if !id.is_url() {
        return Ok(None);
    }
    let ours = server.settings.issuer.as_str();
    match (server.settings.documents, DocumentUrl::parse(id.as_str())) {
        // A document of our own would have us ask ourselves.
        (ClientDocuments::Fetched, Some(url)) if !url.is_at(ours) => Ok(Some(url)),
        (ClientDocuments::Fetched | ClientDocuments::Off, _) => Err(ClientProblem::Unknown),
    }
}

/// Whether a record needs no document: it is fresh, or an operator vouches for it as it stands.
fn is_good(client: &Client, now: Timestamp) -> bool {
    match client.origin {
        Origin::Document { fresh_until } => now < fresh_until && client.expires.is_none_or(|at| now < at),
        Origin::Operator { .. } => client.expires.is_none_or(|at| now < at),
        Origin::SelfRegistered => false,
    }
}

/// `application/json`, or something more specific.
fn is_json(media_type: &str) -> bool {
    media_type.strip_prefix("application/").is_some_and(|name| name == "json" || name.ends_with("+json"))
}
