//! Key sets: fetched once for many, seldom for strangers, never believed beyond their time; and an outage is never a
//! bad token. Numbers in names: `t…` are lines of trust-checks.md.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use edge_authorizer::access::principal::Records;
use edge_authorizer::keys::known::{COOL_DOWN, Patience, RETRY_PAUSE};
use edge_authorizer::keys::{KeySetFault, KeySets};
use edge_authorizer::store::{Store, StoreFault};
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::credential::{AccessToken, Credential};
use edge_authorizer::token::issuers::Issuers;
use edge_authorizer::token::jwt::compact::Compact;
use edge_authorizer::token::key_record::{KeyRecord, KeyState};
use edge_authorizer::token::refusal::Refusal;
use serde_json::{Value, json};

use crate::tokens::{ISSUER, NOW, at, claims, header, issuers, key, sign_with, token, with};

/// What a token came to: a user, a 401 or a 500.
#[derive(Debug, PartialEq)]
pub(crate) enum Judged {
    Believed,
    Refused(Refusal),
    Fault(&'static str),
}

pub(crate) async fn judge(text: &str, issuers: &Issuers, keys: &KeySets, store: &impl Store, now: u64) -> Judged {
    let candidate = match Compact::parse(text).and_then(|token| issuers.admit(token, at(now))) {
        Ok(candidate) => candidate,
        Err(refusal) => return Judged::Refused(refusal),
    };
    let found: Result<_, KeySetFault> = keys.find(&candidate, store, at(now)).await;
    match found {
        Err(fault) => Judged::Fault(fault.code()),
        Ok(None) => Judged::Refused(Refusal::UnknownKey),
        Ok(Some(key)) => {
            let proven: Result<AccessToken, Refusal> = candidate.prove(&key);
            proven.map_or_else(Judged::Refused, |_| Judged::Believed)
        }
    }
}

/// A token that is good at `now`.
pub(crate) fn token_at(now: u64) -> String {
    token(&header(), &with(with(claims(), "iat", json!(now)), "exp", json!(now + 900)))
}

/// A token with a made-up key name.
fn strangers_token(kid: &str, now: u64) -> String {
    let claims = with(with(claims(), "iat", json!(now)), "exp", json!(now + 900));
    token(&with(header(), "kid", json!(kid)), &claims)
}

/// A table that counts how often it is asked for keys, and is down when told so.
#[derive(Default)]
pub(crate) struct CountingStore {
    records: Mutex<Vec<KeyRecord>>,
    down: Mutex<bool>,
    asked: AtomicUsize,
}

impl CountingStore {
    fn holding(records: Vec<KeyRecord>) -> Self {
        Self { records: Mutex::new(records), ..Self::default() }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Store for CountingStore {
    async fn read(&self, _: &Credential) -> Result<Records, StoreFault> {
        Err(StoreFault::Refused("not asked for records here".to_owned()))
    }

    async fn keys(&self, issuer: &str) -> Result<Vec<KeyRecord>, StoreFault> {
        assert_eq!(issuer, ISSUER);
        self.asked.fetch_add(1, Ordering::SeqCst);
        // Others get their turn, so that those who wait do wait.
        tokio::time::sleep(Duration::from_millis(5)).await;
        if *self.down.lock().unwrap() {
            return Err(StoreFault::Unreachable("down".to_owned()));
        }
        Ok(self.records.lock().unwrap().clone())
    }

    async fn touch(&self, _: &Credential, _: Timestamp) {}
}

pub(crate) fn table() -> CountingStore {
    CountingStore::holding(vec![key(1).record(at(0))])
}

#[tokio::test]
async fn t23_a_thousand_unknown_key_names_cause_one_fetch_in_a_cool_down() {
    let (issuers, keys, store) = (issuers(), KeySets::default(), table());
    assert_eq!(judge(&token_at(NOW), &issuers, &keys, &store, NOW).await, Judged::Believed);
    assert_eq!(store.asked(), 1);
    for number in 0..1000 {
        let text = strangers_token(&format!("kid-{number}"), NOW);
        let later = NOW + COOL_DOWN + number % 10;
        assert_eq!(judge(&text, &issuers, &keys, &store, later).await, Judged::Refused(Refusal::UnknownKey));
    }
    assert_eq!(store.asked(), 2, "one for the first stranger after the cool-down");
    assert_eq!(judge(&token_at(NOW), &issuers, &keys, &store, NOW + COOL_DOWN + 10).await, Judged::Believed);
    assert_eq!(store.asked(), 2);
}

#[tokio::test]
async fn t71_many_who_wait_are_served_by_one_fetch() {
    let (issuers, keys, store, text) = (issuers(), KeySets::default(), table(), token_at(NOW));
    let judging = (0..100).map(|_| judge(&text, &issuers, &keys, &store, NOW));
    for judged in join_all(judging).await {
        assert_eq!(judged, Judged::Believed);
    }
    assert_eq!(store.asked(), 1);
}

/// Polls all of them in one task, in turn.
pub(crate) async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut pending {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if pending.iter().all(|(_, output)| output.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    pending.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test]
async fn t23_an_outage_keeps_the_last_good_set_for_a_bounded_time_and_is_never_a_401() {
    let (issuers, keys, store) = (issuers(), KeySets::default(), table());
    let Patience { fresh_for, usable_for } = Patience::TABLE;
    assert_eq!(judge(&token_at(NOW), &issuers, &keys, &store, NOW).await, Judged::Believed);
    *store.down.lock().unwrap() = true;
    let now = NOW + fresh_for;
    assert_eq!(judge(&token_at(now), &issuers, &keys, &store, now).await, Judged::Believed);
    assert_eq!(store.asked(), 2, "it is stale, so it was asked for");
    assert_eq!(judge(&token_at(now), &issuers, &keys, &store, now + COOL_DOWN - 1).await, Judged::Believed);
    assert_eq!(store.asked(), 2, "and not asked for again before the cool-down is over");
    // A key that is not in the last good set may well exist by now: that cannot be known, so it is no 401.
    let stranger = strangers_token("kid-new", now);
    assert_eq!(judge(&stranger, &issuers, &keys, &store, now).await, Judged::Fault("store_unreachable"));
    let now = NOW + usable_for - 1;
    assert_eq!(judge(&token_at(now), &issuers, &keys, &store, now).await, Judged::Believed);
    let now = NOW + usable_for + COOL_DOWN;
    assert_eq!(judge(&token_at(now), &issuers, &keys, &store, now).await, Judged::Fault("store_unreachable"));
    let asked = store.asked();
    assert_eq!(
        judge(&token_at(now), &issuers, &keys, &store, now + RETRY_PAUSE - 1).await,
        Judged::Fault("store_unreachable")
    );
    assert_eq!(store.asked(), asked, "a table that is down is asked seldom");
    *store.down.lock().unwrap() = false;
    let now = now + RETRY_PAUSE;
    assert_eq!(judge(&token_at(now), &issuers, &keys, &store, now).await, Judged::Believed);
}

#[tokio::test]
async fn t23_rotation_overlaps_and_a_retired_key_dies_within_a_minute() {
    let (issuers, keys, store) = (issuers(), KeySets::default(), table());
    let by_new_key = |now: u64| {
        let header = with(header(), "kid", json!(key(2).key_id()));
        let claims = with(with(claims(), "iat", json!(now)), "exp", json!(now + 900));
        sign_with(&key(2), header.to_string().as_bytes(), claims.to_string().as_bytes())
    };
    assert_eq!(judge(&token_at(NOW), &issuers, &keys, &store, NOW).await, Judged::Believed);
    // Published before its first use: the set at hand is older than the key, and one question finds it.
    store.records.lock().unwrap().push(key(2).record(at(NOW + COOL_DOWN)));
    let now = NOW + COOL_DOWN;
    assert_eq!(judge(&by_new_key(now), &issuers, &keys, &store, now).await, Judged::Believed);
    assert_eq!(judge(&token_at(now), &issuers, &keys, &store, now).await, Judged::Believed);
    store.records.lock().unwrap()[0].state = KeyState::Retired;
    let dead = now + Patience::TABLE.fresh_for;
    assert_eq!(judge(&token_at(dead), &issuers, &keys, &store, dead).await, Judged::Refused(Refusal::UnknownKey));
    assert_eq!(judge(&by_new_key(dead), &issuers, &keys, &store, dead).await, Judged::Believed);
}

#[tokio::test]
async fn t56_what_the_token_itself_refutes_asks_nobody() {
    let (issuers, keys, store) = (issuers(), KeySets::default(), table());
    let texts = [
        "not.a.token".to_owned(),
        token(&with(header(), "typ", json!("JWT")), &claims()),
        token(&with(header(), "alg", json!("none")), &claims()),
        token(&with(header(), "jku", json!("https://attacker.example")), &with(claims(), "iss", json!("https://x"))),
        token(&header(), &with(claims(), "aud", json!("https://other.example.com"))),
        token(&header(), &with(claims(), "exp", json!(NOW - 60))),
        token(&header(), &with(claims(), "business_id", Value::Null)),
    ];
    for text in texts {
        assert!(matches!(judge(&text, &issuers, &keys, &store, NOW).await, Judged::Refused(_)));
    }
    assert_eq!(store.asked(), 0);
}

#[tokio::test]
async fn a_broken_key_record_is_a_fault_and_no_key_at_all_is_not() {
    let (issuers, text) = (issuers(), token_at(NOW));
    let empty = CountingStore::default();
    let judged = judge(&text, &issuers, &KeySets::default(), &empty, NOW).await;
    assert_eq!(judged, Judged::Refused(Refusal::UnknownKey));
    let other_kid = KeyRecord { key_id: "other".to_owned(), ..key(1).record(at(0)) };
    for record in [KeyRecord { jwk: "{}".to_owned(), ..key(1).record(at(0)) }, other_kid] {
        let store = CountingStore::holding(vec![record]);
        let judged = judge(&text, &issuers, &KeySets::default(), &store, NOW).await;
        assert_eq!(judged, Judged::Fault("key_set_unusable"));
    }
}

#[tokio::test]
async fn what_was_warmed_is_not_fetched_by_the_first_request() {
    let (issuers, keys, store) = (issuers(), KeySets::default(), table());
    keys.warm(&issuers, &store, at(NOW)).await;
    keys.warm(&issuers, &store, at(NOW)).await;
    assert_eq!(judge(&token_at(NOW), &issuers, &keys, &store, NOW).await, Judged::Believed);
    assert_eq!(store.asked(), 1);
}

/// What was fetched at a time that has not come yet has no age: it is asked for again, and not relied on.
#[tokio::test]
async fn a_clock_that_was_set_back_does_not_freeze_a_key_set() {
    let (issuers, keys, store) = (issuers(), KeySets::default(), table());
    let later = NOW + 86_400;
    assert_eq!(judge(&token_at(later), &issuers, &keys, &store, later).await, Judged::Believed);
    store.records.lock().unwrap()[0].state = KeyState::Retired;
    assert_eq!(judge(&token_at(NOW), &issuers, &keys, &store, NOW).await, Judged::Refused(Refusal::UnknownKey));
    assert_eq!(store.asked(), 2);
    // Nor does a failure that was noted later keep anybody from asking.
    let (keys, store) = (KeySets::default(), table());
    *store.down.lock().unwrap() = true;
    assert_eq!(judge(&token_at(later), &issuers, &keys, &store, later).await, Judged::Fault("store_unreachable"));
    *store.down.lock().unwrap() = false;
    assert_eq!(judge(&token_at(NOW), &issuers, &keys, &store, NOW).await, Judged::Believed);
    // A request that began before the set came is not asked for it again.
    assert_eq!(judge(&token_at(NOW), &issuers, &keys, &store, NOW - 2).await, Judged::Believed);
    assert_eq!(store.asked(), 2);
}
