//! The keys of issuers: fetched outside the one read, once for all who wait, and never because of what a token says
//! of itself, but for the name of a key of an issuer that the configuration names.
//!
//! Which set serves when is in [`known`], and pure. Where sets come from is in [`fetch`], and in the store.

pub mod fetch;
pub mod known;

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use url::Url;

use self::fetch::{FetchError, KEY_SET};
use self::known::{Known, Patience};
use crate::store::{Store, StoreFault};
use crate::timestamp::Timestamp;
use crate::token::issuer::{Issuer, KeySource};
use crate::token::issuers::Issuers;
use crate::token::jwk::PublicKey;
use crate::token::jwt::candidate::Candidate;
use crate::token::key_set::{KeySet, UnusableKeySet, Wanted};

/// The whole of a fetch, from the look-up of the name to the last byte. With the store's deadline behind it, it stays
/// below the five seconds that the template gives the function.
pub const FETCH_TIMEOUT: Duration = Duration::from_millis(1500);

/// No usable key set could be had. Never the caller's fault, so never a 401: it would log users out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keys of the issuer `{issuer}` cannot be had: {problem}")]
pub struct KeySetFault {
    /// `iss`, from the configuration.
    pub issuer: String,
    /// What went wrong.
    pub problem: KeySetProblem,
}

/// Why a key set could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetProblem {
    /// It took longer than [`FETCH_TIMEOUT`].
    #[error("there was no whole answer within {} ms", FETCH_TIMEOUT.as_millis())]
    Timeout,
    /// The request failed.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What came is no key set.
    #[error(transparent)]
    Unusable(#[from] UnusableKeySet),
    /// The table's keys could not be read.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl KeySetFault {
    /// The reason code: closed, documented, stable.
    pub fn code(&self) -> &'static str {
        match &self.problem {
            KeySetProblem::Timeout => "key_set_timeout",
            KeySetProblem::Fetch(_) => "key_set_unreachable",
            KeySetProblem::Unusable(_) => "key_set_unusable",
            KeySetProblem::Store(fault) => fault.code(),
        }
    }
}

/// The key sets of all issuers, as far as they are known.
#[derive(Debug, Default)]
pub struct KeySets {
    http: OnceLock<SharedHttpConnector>,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
}

/// What is known of one issuer's keys, and whose turn it is to ask for more.
#[derive(Debug, Default)]
struct Slot {
    known: Mutex<Known>,
    turn: tokio::sync::Mutex<()>,
}

impl KeySets {
    /// Key sets fetched through that connector, rather than the one that all of the program shares.
    pub fn through(http: SharedHttpConnector) -> Self {
        Self { http: OnceLock::from(http), slots: Mutex::default() }
    }

    /// The key that a token asks for; none when its issuer has no such key.
    ///
    /// # Errors
    /// [`KeySetFault`] when that cannot be known.
    pub async fn find(
        &self,
        token: &Candidate<'_>,
        store: &impl Store,
        now: Timestamp,
    ) -> Result<Option<Arc<PublicKey>>, KeySetFault> {
        self.look_up(token.issuer(), token.wanted(), store, now).await
    }

    /// Fetches what is not known yet, so that the first request finds it. Best effort: a failure is met again, and
    /// answered for, when a token needs the set. All issuers are asked at once: however many of them are down, a start
    /// takes no longer than one fetch may.
    pub async fn warm(&self, issuers: &Issuers, store: &impl Store, now: Timestamp) {
        let mut asked: Vec<_> = issuers.iter().map(|issuer| Box::pin(self.warm_one(issuer, store, now))).collect();
        poll_fn(|context| {
            asked.retain_mut(|it| it.as_mut().poll(context).is_pending());
            if asked.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    async fn warm_one(&self, issuer: &Issuer, store: &impl Store, now: Timestamp) {
        let Some(patience) = patience(issuer.keys()) else { return };
        let slot = self.slot(issuer.name());
        let _turn = slot.turn.lock().await;
        if slot.known().is_stale(patience, now) {
            let fetched = self.fetch(issuer, store).await;
            slot.known().note(fetched, now);
        }
    }

    async fn look_up(
        &self,
        issuer: &Issuer,
        wanted: Wanted<'_>,
        store: &impl Store,
        now: Timestamp,
    ) -> Result<Option<Arc<PublicKey>>, KeySetFault> {
        if let KeySource::Inline(set) = issuer.keys() {
            return Ok(set.find(wanted, now));
        }
        let patience = patience(issuer.keys()).unwrap_or_default();
        self.known(issuer.name(), wanted, patience, now, || self.fetch(issuer, store)).await
    }

    /// The key that a signed text of somebody else asks for, whose key set is at that URL.
    ///
    /// # Errors
    /// [`KeySetFault`] when that cannot be known.
    #[cfg(feature = "auth")]
    pub async fn find_at(
        &self,
        issuer: &str,
        url: &Url,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Option<Arc<PublicKey>>, KeySetFault> {
        self.known(issuer, wanted, Patience::URL, now, || in_time(issuer, self.at(url))).await
    }

    /// What key sets are fetched through.
    pub fn http(&self) -> &SharedHttpConnector {
        self.http.get_or_init(crate::store::client::http_connector)
    }

    /// The key out of the set at hand, or out of a new one.
    async fn known<F: Future<Output = Result<KeySet, KeySetFault>>>(
        &self,
        issuer: &str,
        wanted: Wanted<'_>,
        patience: Patience,
        now: Timestamp,
        fetch: impl FnOnce() -> F,
    ) -> Result<Option<Arc<PublicKey>>, KeySetFault> {
        let slot = self.slot(issuer);
        if slot.known().needs_fetch(wanted, patience, now) {
            let _turn = slot.turn.lock().await;
            // Whoever had the turn before may have brought what is needed.
            if slot.known().needs_fetch(wanted, patience, now) {
                // Boxed, since it is seldom: no decision carries the room for a fetch with it.
                let fetched = Box::pin(fetch()).await;
                slot.known().note(fetched, now);
            }
        }
        slot.known().answer(wanted, patience, now)
    }

    async fn fetch(&self, issuer: &Issuer, store: &impl Store) -> Result<KeySet, KeySetFault> {
        in_time(issuer.name(), self.fetch_from(issuer, store)).await
    }

    async fn fetch_from(&self, issuer: &Issuer, store: &impl Store) -> Result<KeySet, KeySetProblem> {
        match issuer.keys() {
            KeySource::Table => Ok(KeySet::from_records(&store.keys(issuer.name()).await?)?),
            KeySource::Url(url) => self.at(url).await,
            KeySource::Inline(set) => Ok(KeySet::clone(set)),
        }
    }

    async fn at(&self, url: &Url) -> Result<KeySet, KeySetProblem> {
        Ok(KeySet::parse(&fetch::document(self.http(), url, &KEY_SET).await?.body)?)
    }

    fn slot(&self, issuer: &str) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(issuer.to_owned()).or_default())
    }
}

impl Slot {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn in_time(
    issuer: &str,
    fetching: impl Future<Output = Result<KeySet, KeySetProblem>>,
) -> Result<KeySet, KeySetFault> {
    let fetched = tokio::time::timeout(FETCH_TIMEOUT, fetching).await.unwrap_or(Err(KeySetProblem::Timeout));
    fetched.map_err(|problem| KeySetFault { issuer: issuer.to_owned(), problem })
}

fn patience(source: &KeySource) -> Option<Patience> {
    match source {
        KeySource::Table => Some(Patience::TABLE),
        KeySource::Url(_) => Some(Patience::URL),
        KeySource::Inline(_) => None,
    }
}
