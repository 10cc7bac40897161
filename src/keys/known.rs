//! What is known of an issuer's keys, and what follows from it at a moment. Pure: `now` is an argument.
//!
//! ```text
//!  fetched        fresh_for              usable_for
//!     ├── fresh ─────┼──── stale: asked for ────┼── gone: no answer without a fetch
//!     │              │     again, serves still  │
//! ```
//!
//! Asking has its pauses: strangers can make up key names, so unknown ones cause one fetch in a [`COOL_DOWN`], however
//! many come; and a server that is down is asked seldom.
//!
//! A clock may be set back. What was noted at a time that has not come yet has no age: it is neither relied on nor a
//! reason to wait.

use std::sync::Arc;

use super::KeySetFault;
use crate::timestamp::Timestamp;
use crate::token::jwk::PublicKey;
use crate::token::key_set::{KeySet, Wanted};

/// Seconds between two fetches while a set is at hand.
pub const COOL_DOWN: u64 = 30;

/// Seconds between two fetches while there is none.
pub const RETRY_PAUSE: u64 = 5;

/// By so much a time may be ahead of `now` and still be the present: a request that waited for its turn has an older
/// `now` than the one that brought the set, in seconds.
const SLACK: u64 = 30;

/// How long a set is good for, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    /// So long it serves without a question. A key that its issuer withdraws dies within this time.
    pub fresh_for: u64,
    /// So long it serves while no newer set can be had.
    pub usable_for: u64,
}

impl Patience {
    /// For sets in the table: a retired key dies within a minute, as what ends at a record ends within the TTL.
    pub const TABLE: Self = Self { fresh_for: 60, usable_for: 600 };

    /// For sets of other issuers: they publish keys before they use them, and rarely change them.
    pub const URL: Self = Self { fresh_for: 300, usable_for: 3600 };
}

/// What is known of one issuer's keys.
#[derive(Debug, Default)]
pub struct Known {
    good: Option<Good>,
    last: Option<Attempt>,
}

#[derive(Debug)]
struct Good {
    set: KeySet,
    at: Timestamp,
}

#[derive(Debug)]
struct Attempt {
    at: Timestamp,
    failure: Option<KeySetFault>,
}

impl Known {
    /// Notes what a fetch brought. A failure leaves the last good set in place.
    pub fn note(&mut self, fetched: Result<KeySet, KeySetFault>, now: Timestamp) {
        let failure = match fetched {
            Ok(set) => {
                self.good = Some(Good { set, at: now });
                None
            }
            Err(fault) => Some(fault),
        };
        self.last = Some(Attempt { at: now, failure });
    }

    /// Whether the set is no longer, or not yet, to be relied on without asking.
    pub fn is_stale(&self, patience: Patience, now: Timestamp) -> bool {
        self.good.as_ref().is_none_or(|good| !is_within(patience.fresh_for, good.at, now))
    }

    /// Whether to fetch before answering: for a stale set and for an unknown key, but not during a pause.
    pub fn needs_fetch(&self, wanted: Wanted<'_>, patience: Patience, now: Timestamp) -> bool {
        let lacking = self.is_stale(patience, now) || self.find(wanted, patience, now).is_none();
        lacking && !self.pausing(patience, now)
    }

    /// The key that is wanted; none when its issuer has no such key.
    ///
    /// # Errors
    /// The last failure, when the key is not known and the issuer could not be asked: it may well have the key.
    pub fn answer(
        &self,
        wanted: Wanted<'_>,
        patience: Patience,
        now: Timestamp,
    ) -> Result<Option<Arc<PublicKey>>, KeySetFault> {
        match (self.find(wanted, patience, now), self.last.as_ref().and_then(|last| last.failure.clone())) {
            (Some(key), _) => Ok(Some(key)),
            (None, Some(failure)) => Err(failure),
            (None, None) => Ok(None),
        }
    }

    fn find(&self, wanted: Wanted<'_>, patience: Patience, now: Timestamp) -> Option<Arc<PublicKey>> {
        self.usable(patience, now).and_then(|set| set.find(wanted, now))
    }

    fn usable(&self, patience: Patience, now: Timestamp) -> Option<&KeySet> {
        self.good.as_ref().filter(|good| is_within(patience.usable_for, good.at, now)).map(|good| &good.set)
    }

    fn pausing(&self, patience: Patience, now: Timestamp) -> bool {
        let pause = if self.usable(patience, now).is_some() { COOL_DOWN } else { RETRY_PAUSE };
        self.last.as_ref().is_some_and(|last| is_within(pause, last.at, now))
    }
}

/// Whether it is less than so many seconds ago.
fn is_within(seconds: u64, at: Timestamp, now: Timestamp) -> bool {
    now.since(at) < seconds && at <= now.plus(SLACK)
}
