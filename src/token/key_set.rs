//! An issuer's public keys: what is usable of what it publishes.
//!
//! Another issuer's key set is input from strangers: bounded in number, and one `kid` names one key or the set is
//! refused. Keys of kinds that are not for us are passed over, as RFC 7517 §5 says.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::jwk::{PublicKey, UnusableKey};
use super::jwt::algorithm::Algorithm;
use super::jwt::json;
use super::key_record::KeyRecord;
use crate::timestamp::Timestamp;

/// How many keys a set may have, usable or not. The largest providers publish around ten.
pub const MAX_KEYS: usize = 64;

/// The longest document, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

/// A key set that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKeySet {
    /// The document is too long.
    #[error("the key set is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// Not JSON, or a name is there twice.
    #[error("the key set is not a JSON object whose member `keys` is a list of objects")]
    NotAKeySet,
    /// More keys than [`MAX_KEYS`].
    #[error("the key set has {count} keys, and at most {MAX_KEYS} are possible")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// One `kid`, two keys.
    #[error("two keys of the key set have one `kid`")]
    DuplicateKeyId,
    /// A record of the table holds no key.
    #[error("the record of the key `{key_id}` cannot be used: {problem}")]
    Record {
        /// Which.
        key_id: String,
        /// Why.
        problem: UnusableKey,
    },
    /// Nothing that a token could be verified with.
    #[error("no key of the key set can be used for ES256, EdDSA or RS256")]
    NoUsableKey,
}

/// Which key a token asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// `kid`, compared exactly.
    pub key_id: Option<&'a str>,
    /// `alg`.
    pub algorithm: Algorithm,
}

/// A key and when it counts.
#[derive(Clone, Debug)]
pub struct PublishedKey {
    /// `kid`.
    pub key_id: Option<String>,
    /// The key.
    pub key: Arc<PublicKey>,
    /// Tokens are not verified with it before this.
    pub not_before: Option<Timestamp>,
    /// Tokens are verified with it before this, and no longer at it.
    pub retires: Option<Timestamp>,
}

impl PublishedKey {
    fn counts_at(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|at| now >= at) && self.retires.is_none_or(|at| now < at)
    }
}

/// The usable keys of an issuer.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<PublishedKey>);

impl KeySet {
    /// Reads a JWK set (RFC 7517 §5) as it came from elsewhere.
    ///
    /// # Errors
    /// [`UnusableKeySet`].
    pub fn parse(document: &[u8]) -> Result<Self, UnusableKeySet> {
        if document.len() > MAX_LENGTH {
            return Err(UnusableKeySet::TooLong);
        }
        Self::from_json(&json::parse(document).map_err(|_| UnusableKeySet::NotAKeySet)?)
    }

    /// Reads a JWK set out of JSON that was parsed strictly.
    ///
    /// # Errors
    /// [`UnusableKeySet`].
    pub fn from_json(document: &Value) -> Result<Self, UnusableKeySet> {
        let keys = document.get("keys").and_then(Value::as_array).ok_or(UnusableKeySet::NotAKeySet)?;
        if keys.len() > MAX_KEYS {
            return Err(UnusableKeySet::TooMany { count: keys.len() });
        }
        let keys: Option<Vec<&Map<String, Value>>> = keys.iter().map(Value::as_object).collect();
        let set = Self::of(keys.ok_or(UnusableKeySet::NotAKeySet)?.into_iter().filter_map(published))?;
        if set.0.is_empty() {
            return Err(UnusableKeySet::NoUsableKey);
        }
        Ok(set)
    }

    /// The keys of these records, which may be none: an issuer that has not signed anything yet.
    ///
    /// # Errors
    /// [`UnusableKeySet`].
    pub fn from_records(records: &[KeyRecord]) -> Result<Self, UnusableKeySet> {
        let mut keys = Vec::with_capacity(records.len());
        for record in records {
            let broken = |problem| UnusableKeySet::Record { key_id: record.key_id.clone(), problem };
            keys.extend(record.published().map_err(broken)?);
        }
        Self::of(keys)
    }

    fn of(keys: impl IntoIterator<Item = PublishedKey>) -> Result<Self, UnusableKeySet> {
        let mut set = Self::default();
        for key in keys {
            if key.key_id.is_some() && set.0.iter().any(|other| other.key_id == key.key_id) {
                return Err(UnusableKeySet::DuplicateKeyId);
            }
            set.0.push(key);
        }
        Ok(set)
    }

    /// The key that a token asks for: by its `kid`, or, where the token names none, the only one for its algorithm.
    pub fn find(&self, wanted: Wanted<'_>, now: Timestamp) -> Option<Arc<PublicKey>> {
        let fits = |published: &&PublishedKey| match wanted.key_id {
            Some(key_id) => published.key_id.as_deref() == Some(key_id),
            None => published.key.algorithm() == wanted.algorithm,
        };
        let mut found = self.0.iter().filter(|published| published.counts_at(now)).filter(fits);
        let first = found.next()?;
        found.next().is_none().then(|| Arc::clone(&first.key))
    }
}

fn published(jwk: &Map<String, Value>) -> Option<PublishedKey> {
    let key_id = match jwk.get("kid") {
        None => None,
        Some(value) => Some(value.as_str()?.to_owned()),
    };
    let key = Arc::new(PublicKey::from_jwk(jwk).ok()?);
    Some(PublishedKey { key_id, key, not_before: None, retires: None })
}
