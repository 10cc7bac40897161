//! The authorization server: what its endpoints share.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::api::Api;
use crate::flush::{CacheFlush, NoFlush};
use crate::keys::KeySetFault;
use crate::store::StoreFault;
use crate::store::oauth::OAuthStore;
use crate::store::stamp::Stamp;
use crate::timestamp::Timestamp;

use super::authorization_request::Offer;
use super::document::Documents;
use super::error::Problem;
use super::limit::Limit;
use super::secret::{SECRET_LENGTH, Secret};
use super::settings::OAuthSettings;
use super::sign_in::SignInProblem;
use super::sign_in::upstream::{Upstream, UpstreamFault};
use super::signer::{Signer, SigningFault, TableKeys};

/// Passwords that are hashed at once. Each takes 19 MB and a core for tens of milliseconds.
pub const HASHES_AT_ONCE: usize = 2;

/// The clock and the randomness of a program: only its `main` has real ones.
pub trait Surroundings: Send + Sync {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Fills the bytes from a cryptographically secure generator.
    ///
    /// # Errors
    /// [`NoRandomness`] when there is none; then nothing is issued.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct NoRandomness;

/// Why an endpoint does not do what it was asked: the caller's doing, or this side's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The caller's doing.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// Nothing was signed.
    #[error(transparent)]
    Signing(#[from] SigningFault),
    /// Another provider failed.
    #[error(transparent)]
    Upstream(#[from] UpstreamFault),
    /// The keys of whoever signs people in cannot be had.
    #[error(transparent)]
    Keys(#[from] KeySetFault),
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Others changed the same records again and again.
    #[error("the same records were changed by others, several times over")]
    Contention,
    /// Something that cannot be, was.
    #[error("{0}")]
    Broken(&'static str),
}

macro_rules! failure_from {
    ($($problem:ty),*) => {
        $(impl From<$problem> for Failure {
            fn from(problem: $problem) -> Self {
                Self::Problem(problem.into())
            }
        })*
    };
}

failure_from!(super::error::ClientProblem, super::error::GrantProblem, super::error::RedirectUriProblem, SignInProblem);

/// An authorization server.
pub struct AuthServer {
    /// What the installation decides.
    pub settings: OAuthSettings,
    /// The API: its scopes, and for who asks why a request is refused, its operations and policies.
    pub api: Api,
    /// The gateway's cache, where it is to be emptied after what ends a right. That of a stage in AWS is not: anybody
    /// could have every token decided anew.
    pub flush: Arc<dyn CacheFlush>,
    /// The records.
    pub store: OAuthStore,
    /// The keys that are published.
    pub keys: Arc<TableKeys>,
    /// What fetches the documents of clients.
    pub documents: Documents,
    /// What is known of those who sign people in.
    pub upstream: Upstream,
    /// Who signs.
    pub signer: Arc<dyn Signer>,
    /// The clock and the randomness.
    pub surroundings: Arc<dyn Surroundings>,
    hashing: Arc<Semaphore>,
}

impl AuthServer {
    /// A server whose signing keys are in the table.
    pub fn new(settings: OAuthSettings, api: Api, store: OAuthStore, surroundings: Arc<dyn Surroundings>) -> Self {
        let keys = Arc::new(TableKeys::new(store.clone(), settings.issuer.clone()));
        let signer: Arc<dyn Signer> = Arc::<TableKeys>::clone(&keys);
        let hashing = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        let documents = Documents::default();
        let upstream = Upstream::default();
        let flush = Arc::new(NoFlush);
        Self { settings, api, flush, store, keys, documents, upstream, signer, surroundings, hashing }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.surroundings.now()
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        self.surroundings.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A new secret; `kind` says what it is.
    pub(crate) fn secret(&self, kind: &str) -> Result<Secret, NoRandomness> {
        Ok(Secret::new(&format!("{}_{kind}_", self.settings.prefix), self.random::<SECRET_LENGTH>()?))
    }

    /// The stamp of a change that somebody makes now.
    pub(crate) fn stamp(&self, by: impl fmt::Display) -> Result<Stamp, NoRandomness> {
        let milliseconds = self.now().seconds().saturating_mul(1000);
        Ok(Stamp { by: by.to_string(), milliseconds, nonce: u64::from_be_bytes(self.random()?) })
    }

    pub(super) fn offer(&self) -> Offer<'_> {
        let settings = &self.settings;
        Offer { catalogue: &self.api.catalogue, default_scopes: &settings.default_scopes, resource: &settings.resource }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// [`Problem::TooMany`] beyond the limit.
    pub(crate) async fn limit(&self, limit: &Limit, whose: &str) -> Result<(), Failure> {
        let now = self.now();
        Ok(limit.judge(self.store.count(limit, whose, now).await?, now)?)
    }

    /// Does the work of a password hash beside the runtime's thread, and not too many at once: the others wait.
    ///
    /// # Errors
    /// [`Failure::Broken`] when the work panics.
    pub async fn hash<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let broken = |_| Failure::Broken("password hashing has stopped");
        tracing::debug!("a password is hashed");
        let permit = Arc::clone(&self.hashing).acquire_owned().await.map_err(broken)?;
        let worked = tokio::task::spawn_blocking(move || {
            let _held = permit;
            work()
        });
        worked.await.map_err(|_| Failure::Broken("password hashing has panicked"))
    }
}

impl fmt::Debug for AuthServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthServer").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}
