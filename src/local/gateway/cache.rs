//! The authorizer's result cache, as a stage of API Gateway keeps it.
//!
//! The whole answer is kept under the identity source's value, and every later request with that value is judged
//! against the kept policy by its own ARN. Answers are kept, those that deny everything too; errors are not.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::authorization::Authorization;
use crate::timestamp::Timestamp;

/// How many answers are kept. API Gateway does not say; here it bounds the memory.
const CAPACITY: usize = 10_000;

/// Kept answers, the oldest in front.
#[derive(Debug)]
pub(super) struct ResultCache {
    /// Seconds that an answer is good for; none are kept at 0.
    ttl: u64,
    answers: HashMap<Key, Kept>,
    by_age: VecDeque<(Timestamp, Key)>,
}

/// A digest, so that no token lies in the memory of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// The key for the identity source's value: all of it, as the gateway does not know what a token is.
    pub(super) fn of(identity: &str) -> Self {
        Self(Sha256::digest(identity.as_bytes()).into())
    }
}

#[derive(Debug)]
struct Kept {
    at: Timestamp,
    answer: Arc<Authorization>,
}

impl ResultCache {
    /// An empty cache whose answers are good for `ttl` seconds.
    pub(super) fn new(ttl: u64) -> Self {
        Self { ttl, answers: HashMap::new(), by_age: VecDeque::new() }
    }

    /// The answer that is kept under a key, if it is still good.
    pub(super) fn find(&self, key: Key, now: Timestamp) -> Option<Arc<Authorization>> {
        self.answers.get(&key).filter(|kept| self.is_good(kept.at, now)).map(|kept| Arc::clone(&kept.answer))
    }

    /// Keeps an answer, and forgets what is too old or too much.
    pub(super) fn keep(&mut self, key: Key, answer: Arc<Authorization>, now: Timestamp) {
        if self.ttl == 0 {
            return;
        }
        self.answers.insert(key, Kept { at: now, answer });
        self.by_age.push_back((now, key));
        while self.by_age.len() > CAPACITY || self.by_age.front().is_some_and(|(at, _)| !self.is_good(*at, now)) {
            let Some((at, key)) = self.by_age.pop_front() else { break };
            // The key may have been kept again since: then its younger entry stays.
            if self.answers.get(&key).is_some_and(|kept| kept.at <= at) {
                self.answers.remove(&key);
            }
        }
    }

    /// Forgets everything, as `aws apigateway flush-stage-authorizers-cache` does.
    pub(super) fn flush(&mut self) {
        self.answers.clear();
        self.by_age.clear();
    }

    fn is_good(&self, at: Timestamp, now: Timestamp) -> bool {
        now.since(at) < self.ttl
    }
}
