//! Who signs access tokens, and the keys in the table that it signs with: each published before it signs, and kept
//! until the last token under it has expired ([`super::key_ring`]).

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use crate::store::StoreFault;
use crate::store::oauth::OAuthStore;
use crate::timestamp::Timestamp;

use super::access_token::Claims;
use super::issuer::Issuer;
use super::key_ring::{KeySecret, OwnKey, PrivateHalf, signing};
use super::signing::SigningKey;

/// For how long the keys are believed before they are read again, in seconds. A key is published longer than that
/// before it signs.
const KEYS_FRESH: u64 = 60;

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
    /// AWS KMS did not sign.
    #[error("KMS did not sign with the key `{key}`: {reason}")]
    Kms {
        /// Its `kid`.
        key: String,
        /// What KMS, or the way to it, says.
        reason: String,
    },
}

/// What comes of signing: the token, in time.
pub type Signing<'a> = Pin<Box<dyn Future<Output = Result<String, SigningFault>> + Send + 'a>>;

/// Whoever signs access tokens.
pub trait Signer: Send + Sync {
    /// Signs the claims as a compact JWT.
    fn sign<'a>(&'a self, claims: &'a Claims) -> Signing<'a>;
}

/// The keys in the table. Those whose private half is there too sign by themselves.
#[derive(Debug)]
pub struct TableKeys {
    store: OAuthStore,
    issuer: Issuer,
    read: Mutex<Option<(Timestamp, Vec<OwnKey>)>>,
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
    pub async fn keys(&self, now: Timestamp) -> Result<Vec<OwnKey>, StoreFault> {
        let fresh = |(at, _): &&(Timestamp, Vec<OwnKey>)| now >= *at && now.since(*at) < KEYS_FRESH;
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

    /// The key that signs these claims, among those whose private half is where `usable` finds it.
    pub(super) async fn signing_key<T>(
        &self,
        claims: &Claims,
        usable: impl Fn(&PrivateHalf) -> Option<T>,
    ) -> Result<(OwnKey, T), SigningFault> {
        let keys = self.keys(claims.issued).await?;
        let usable_keys = keys.iter().filter(|key| usable(&key.private).is_some());
        let key = signing(usable_keys, claims.issued, claims.expires).ok_or(SigningFault::NoKey)?;
        let private = usable(&key.private).ok_or(SigningFault::NoKey)?;
        Ok((key.clone(), private))
    }
}

impl Signer for TableKeys {
    fn sign<'a>(&'a self, claims: &'a Claims) -> Signing<'a> {
        Box::pin(async move {
            let (key, secret) = self.signing_key(claims, in_the_table).await?;
            let failed = |_| SigningFault::Key { key: key.record.key_id.clone() };
            claims.sign(&SigningKey::from_secret(secret.expose()).map_err(failed)?).map_err(failed)
        })
    }
}

fn in_the_table(private: &PrivateHalf) -> Option<KeySecret> {
    match private {
        PrivateHalf::Table(secret) => Some(secret.clone()),
        PrivateHalf::Kms(_) => None,
    }
}
