//! Who signs access tokens: the keys in the table, each published before it signs and kept until the last token under
//! it has expired.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use crate::store::StoreFault;
use crate::store::oauth::OAuthStore;
use crate::timestamp::Timestamp;
use crate::token::key_record::{KeyRecord, KeyState};

use super::access_token::Claims;
use super::issuer::Issuer;
use super::signing::{SECRET_LENGTH, SigningKey};

/// For how long the keys are believed before they are read again, in seconds. A key is published longer than that
/// before it signs.
const KEYS_FRESH: u64 = 60;

/// What a local key is made of.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret([u8; SECRET_LENGTH]);

impl KeySecret {
    /// The secret of these bytes.
    pub fn new(bytes: [u8; SECRET_LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes: for the key, and for the store.
    pub fn expose(&self) -> &[u8; SECRET_LENGTH] {
        &self.0
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySecret").finish_non_exhaustive()
    }
}

/// A key of this server: its public record, and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableKey {
    /// What the authorizer reads.
    pub record: KeyRecord,
    /// What only this server uses.
    pub secret: KeySecret,
}

impl TableKey {
    /// Whether it is published at `now`: from when it is made until it retires.
    pub fn is_published(&self, now: Timestamp) -> bool {
        self.record.state == KeyState::Active && self.record.retires.is_none_or(|at| now < at)
    }

    /// Whether it may sign what is good from `from` until `until`.
    fn may_sign(&self, from: Timestamp, until: Timestamp) -> bool {
        self.record.state == KeyState::Active
            && self.record.not_before.is_none_or(|at| from >= at)
            && self.record.retires.is_none_or(|at| until < at)
    }
}

/// Why nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningFault {
    /// No key may sign now.
    #[error("there is no key that may sign: make one with `edge keys rotate`")]
    NoKey,
    /// The keys could not be read.
    #[error("the keys cannot be read: {0}")]
    Store(#[from] StoreFault),
    /// The key did not sign.
    #[error("the key `{key}` did not sign")]
    Key {
        /// Its `kid`.
        key: String,
    },
}

/// What comes of signing: the token, in time.
pub type Signing<'a> = Pin<Box<dyn Future<Output = Result<String, SigningFault>> + Send + 'a>>;

/// Whoever signs access tokens.
pub trait Signer: Send + Sync {
    /// Signs the claims as a compact JWT.
    fn sign<'a>(&'a self, claims: &'a Claims) -> Signing<'a>;
}

/// The keys in the table.
#[derive(Debug)]
pub struct TableKeys {
    store: OAuthStore,
    issuer: Issuer,
    read: Mutex<Option<(Timestamp, Vec<TableKey>)>>,
}

impl TableKeys {
    /// The keys of that issuer.
    pub fn new(store: OAuthStore, issuer: Issuer) -> Self {
        Self { store, issuer, read: Mutex::new(None) }
    }

    /// The keys, as they were a minute ago at most.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn keys(&self, now: Timestamp) -> Result<Vec<TableKey>, StoreFault> {
        let fresh = |(at, _): &&(Timestamp, Vec<TableKey>)| now >= *at && now.since(*at) < KEYS_FRESH;
        let known = self.read.lock().ok().and_then(|read| read.as_ref().filter(fresh).map(|(_, keys)| keys.clone()));
        if let Some(keys) = known {
            return Ok(keys);
        }
        let keys = self.store.signing_keys(&self.issuer).await?;
        // No key at all is not kept: the first one is to sign at once.
        if let (Ok(mut read), false) = (self.read.lock(), keys.is_empty()) {
            *read = Some((now, keys.clone()));
        }
        Ok(keys)
    }
}

impl Signer for TableKeys {
    fn sign<'a>(&'a self, claims: &'a Claims) -> Signing<'a> {
        Box::pin(async move {
            let keys = self.keys(claims.issued).await?;
            // The newest of those that may: an older one stays for the tokens that it has signed.
            let may = keys.iter().filter(|key| key.may_sign(claims.issued, claims.expires));
            let key = may.max_by_key(|key| key.record.not_before).ok_or(SigningFault::NoKey)?;
            let failed = |_| SigningFault::Key { key: key.record.key_id.clone() };
            claims.sign(&SigningKey::from_secret(key.secret.expose()).map_err(failed)?).map_err(failed)
        })
    }
}
