//! The keys of this server's own issuer in their order: which one signs, which are published, and what a rotation or
//! a retirement makes of them. Pure; the store writes what comes of it.
//!
//! ```text
//!  old   ── signs, verifies ────────────────┬──────── verifies ───────┐ retires
//!  new            ┌ published, signs not yet ┴── signs, verifies ── …
//!              rotation                  not_before           + the longest token
//! ```

use std::fmt;

use super::signing::SECRET_LENGTH;
use crate::timestamp::Timestamp;
use crate::token::key_record::{KeyRecord, KeyState};

/// The longest life that an access token can be given, in seconds. So long, and a little longer, an old key stays.
pub const LONGEST_ACCESS_TOKEN: u64 = 3600;

/// What clocks and copies of the keys may be behind, in seconds: the authorizer forgives a minute, and an instance of
/// this server believes what it read a minute ago.
const SLACK: u64 = 120;

/// For how long the record of a key is kept after its end, in seconds: to tell "retired" from "never was".
const REMEMBERED: u64 = 90 * 24 * 3600;

/// What a key in the table is made of.
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

/// Where the private half of a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateHalf {
    /// Beside its record in the table: for one machine, and for tests.
    Table(KeySecret),
    /// In AWS KMS, which never gives it away; the key's ARN.
    Kms(String),
}

/// A key of this server: its public record, and where its private half is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnKey {
    /// What the authorizer reads.
    pub record: KeyRecord,
    /// What only this server uses.
    pub private: PrivateHalf,
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Published, and not yet signing.
    Published,
    /// The one that signs.
    Signing,
    /// Its last tokens may still be about.
    Verifying,
    /// Over: by its time, or by an operator's word.
    Retired,
}

/// Why a key was not retired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRetired {
    /// There is no such key.
    #[error("the issuer has no key `{key}`")]
    Unknown {
        /// The `kid` that was asked for.
        key: String,
    },
    /// It was before.
    #[error("the key `{key}` is retired already")]
    Already {
        /// Its `kid`.
        key: String,
    },
    /// Nothing could be signed without it.
    #[error("nothing would sign without `{key}`: put another in its place first, with `edge keys rotate --ahead 0`")]
    Last {
        /// Its `kid`.
        key: String,
    },
}

impl OwnKey {
    /// Whether it is published at `now`: from when it is made until it retires.
    pub fn is_published(&self, now: Timestamp) -> bool {
        self.record.state == KeyState::Active && self.record.retires.is_none_or(|at| now < at)
    }

    /// Whether it may sign what is good from `from` until `until`.
    pub fn may_sign(&self, from: Timestamp, until: Timestamp) -> bool {
        self.record.state == KeyState::Active
            && self.record.not_before.is_none_or(|at| from >= at)
            && self.record.retires.is_none_or(|at| until < at)
    }

    /// After when its record may be forgotten; never, while its end is not known.
    pub fn forgotten(&self, now: Timestamp) -> Option<Timestamp> {
        let ended = (self.record.state == KeyState::Retired).then_some(now);
        ended.or(self.record.retires).map(|at| at.plus(REMEMBERED))
    }

    fn has_begun(&self, now: Timestamp) -> bool {
        self.record.not_before.is_none_or(|at| now >= at)
    }
}

/// The key that signs what is good from `from` until `until`: the newest of those that may. An older one stays for the
/// tokens that it has signed.
pub fn signing<'a>(
    keys: impl IntoIterator<Item = &'a OwnKey>,
    from: Timestamp,
    until: Timestamp,
) -> Option<&'a OwnKey> {
    let may = keys.into_iter().filter(|key| key.may_sign(from, until));
    may.max_by_key(|key| (key.record.not_before, key.record.retires.is_none(), &key.record.key_id))
}

/// Where a key of these is in its life.
pub fn stage(keys: &[OwnKey], key: &OwnKey, now: Timestamp) -> Stage {
    if !key.is_published(now) {
        return Stage::Retired;
    }
    if !key.has_begun(now) {
        return Stage::Published;
    }
    match signing(keys, now, now) {
        Some(signing) if signing.record.key_id == key.record.key_id => Stage::Signing,
        Some(_) | None => Stage::Verifying,
    }
}

/// When a new key begins: after `ahead` seconds, in which everybody learns of it; at once, when nothing signs until then.
pub fn begins(keys: &[OwnKey], now: Timestamp, ahead: u64) -> Timestamp {
    let begins = now.plus(ahead);
    if signs_until(keys, now, begins) { begins } else { now }
}

/// What becomes of the keys that are there when a new one begins at `begins`: what has signed verifies until the last
/// token under it has expired, and what has not begun by then never will. Only the keys that change.
pub fn superseded(keys: &[OwnKey], begins: Timestamp, now: Timestamp) -> Vec<OwnKey> {
    let end = begins.plus(LONGEST_ACCESS_TOKEN + SLACK);
    let change = |key: &OwnKey| {
        let mut record = key.record.clone();
        if record.state == KeyState::Retired {
            return None;
        }
        if !key.has_begun(now) && record.not_before >= Some(begins) {
            record.state = KeyState::Retired;
        } else if record.retires.is_none_or(|at| at > end) {
            record.retires = Some(end);
        } else {
            return None;
        }
        Some(OwnKey { record, private: key.private.clone() })
    };
    keys.iter().filter_map(change).collect()
}

/// A key that ends now, whatever its times say, with every token under it. Not one without which nothing would sign,
/// now or later.
///
/// # Errors
/// [`NotRetired`].
pub fn retired(keys: &[OwnKey], key_id: &str, now: Timestamp) -> Result<OwnKey, NotRetired> {
    let key = || key_id.to_owned();
    let found = keys.iter().find(|it| it.record.key_id == key_id);
    let mut found = found.cloned().ok_or_else(|| NotRetired::Unknown { key: key() })?;
    if found.record.state == KeyState::Retired {
        return Err(NotRetired::Already { key: key() });
    }
    let others = keys.iter().filter(|it| it.record.key_id != key_id);
    let lasting = others.clone().filter(|it| it.record.state == KeyState::Active && it.record.retires.is_none());
    let begins = lasting.map(|it| it.record.not_before.unwrap_or_default()).min();
    if !begins.is_some_and(|begins| signs_until(others, now, begins)) {
        return Err(NotRetired::Last { key: key() });
    }
    found.record.state = KeyState::Retired;
    Ok(found)
}

/// Whether one of the keys signs even the longest token until that time; nothing needs to, when the time has come.
fn signs_until<'a>(keys: impl IntoIterator<Item = &'a OwnKey>, now: Timestamp, until: Timestamp) -> bool {
    until <= now || signing(keys, now, until.plus(LONGEST_ACCESS_TOKEN)).is_some()
}
