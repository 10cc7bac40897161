//! Many decisions in one process, on several threads, while the clock runs, keys rotate, key sets grow old and the
//! store fails and comes back: no wrong answer, no deadlock, no stampede.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use edge_authorizer::access::principal::Records;
use edge_authorizer::access::tenant::{Tenant, User};
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::Outcome;
use edge_authorizer::keys::known::{Patience, RETRY_PAUSE};
use edge_authorizer::local::demo::{DemoToken, Demonstration};
use edge_authorizer::store::{Store, StoreFault};
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::credential::{Credential, CredentialRecord};
use edge_authorizer::token::key_record::{KeyRecord, KeyState};
use serde_json::json;

use crate::embedded::block_on;
use crate::tokens::{self, with};
use crate::world::{NOW, api};

const THREADS: u64 = 4;
/// Decisions of one thread that are under way at once.
const AT_ONCE: u64 = 16;
const ROUNDS: u64 = 12;

/// Decisions to a second of the clock, so that a run lasts long enough for key sets to grow old.
const TO_A_SECOND: u64 = 3;
const SECONDS: u64 = THREADS * AT_ONCE * ROUNDS / TO_A_SECOND;

/// When the second key is marked as retired.
const RETIRED: u64 = SECONDS / 3;

/// The demonstration's records in memory, in bad weather.
struct Weather {
    demo: Demonstration,
    decisions: AtomicU64,
    fetches: AtomicUsize,
    fetching: AtomicUsize,
    /// The most fetches that were under way at once.
    crowd: AtomicUsize,
    reads: AtomicUsize,
}

impl Weather {
    fn new() -> Self {
        let demo = Demonstration::public(&api().catalogue).unwrap();
        let zero = AtomicUsize::default;
        Self { demo, decisions: AtomicU64::new(0), fetches: zero(), fetching: zero(), crowd: zero(), reads: zero() }
    }

    fn seconds(&self) -> u64 {
        self.decisions.load(Ordering::SeqCst) / TO_A_SECOND
    }

    fn now(&self) -> Timestamp {
        NOW.plus(self.seconds())
    }

    /// A quarter of the time, in stretches of twenty seconds, but not at the end.
    fn is_down(&self) -> bool {
        self.seconds() / 20 % 4 == 2 && self.seconds() + 20 < SECONDS
    }

    fn fail_if_down(&self) -> Result<(), StoreFault> {
        if self.is_down() { Err(StoreFault::Unreachable("bad weather".to_owned())) } else { Ok(()) }
    }

    fn tenant(&self, credential: &Credential) -> Option<Tenant> {
        self.demo.tenants.iter().find(|tenant| &tenant.id == credential.tenant()).cloned()
    }

    fn user(&self, credential: &Credential) -> Option<User> {
        let here = |member: &&edge_authorizer::local::demo::Member| {
            &member.tenant == credential.tenant() && &member.user.id == credential.user()
        };
        self.demo.users.iter().find(here).map(|member| member.user.clone())
    }

    fn record(&self, credential: &Credential) -> Option<CredentialRecord> {
        let mut tokens = self.demo.tokens.iter();
        match credential {
            Credential::Pat(pat) => tokens
                .find(|token| token.issued.digest() == pat.digest)
                .map(|token| CredentialRecord::Pat(token.record.clone())),
            Credential::AccessToken(presented) => tokens
                .find(|token| Some(&token.grant.id) == presented.grant.as_ref())
                .map(|token| CredentialRecord::Grant(token.grant.clone())),
        }
    }
}

impl Store for Weather {
    async fn read(&self, credential: &Credential) -> Result<Records, StoreFault> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.fail_if_down()?;
        let (tenant, user) = (self.tenant(credential), self.user(credential));
        Ok(Records { credential: self.record(credential), user, tenant })
    }

    async fn keys(&self, _: &str) -> Result<Vec<KeyRecord>, StoreFault> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let crowd = self.fetching.fetch_add(1, Ordering::SeqCst) + 1;
        self.crowd.fetch_max(crowd, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(3)).await;
        self.fetching.fetch_sub(1, Ordering::SeqCst);
        self.fail_if_down()?;
        let state = if self.seconds() < RETIRED { KeyState::Active } else { KeyState::Retired };
        Ok(vec![self.demo.key.clone(), KeyRecord { state, ..tokens::key(1).record(NOW) }])
    }

    async fn touch(&self, _: &Credential, _: Timestamp) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// What is presented, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Pat,
    ReadOnlyPat,
    RevokedPat,
    ForgedPat,
    AccessToken,
    RevokedGrant,
    SecondKey,
    UnknownKey,
    ForgedAccessToken,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Pat,
        Self::ReadOnlyPat,
        Self::RevokedPat,
        Self::ForgedPat,
        Self::AccessToken,
        Self::RevokedGrant,
        Self::SecondKey,
        Self::UnknownKey,
        Self::ForgedAccessToken,
    ];

    fn token(self, weather: &Weather, now: Timestamp) -> String {
        let demo = |name: &str| weather.demo.token(name).unwrap();
        let access = |name: &str| weather.demo.access_token(demo(name), now).unwrap();
        match self {
            Self::Pat => demo("admin-contacts").issued.expose().to_owned(),
            Self::ReadOnlyPat => demo("viewer-everything").issued.expose().to_owned(),
            Self::RevokedPat => demo("revoked").issued.expose().to_owned(),
            Self::ForgedPat => forged(weather),
            Self::AccessToken => access("admin-contacts"),
            Self::RevokedGrant => access("revoked"),
            Self::SecondKey => by_key(demo("admin-contacts"), tokens::key(1).key_id(), now),
            Self::UnknownKey => by_key(demo("admin-contacts"), &format!("kid-{now}"), now),
            Self::ForgedAccessToken => {
                let mut token = access("admin-contacts");
                let signed = token.rfind('.').unwrap() + 1;
                token.replace_range(signed.., "A".repeat(86).as_str());
                token
            }
        }
    }

    /// Whether a reason code is right for it; `before` and `after` are the clock's seconds around the decision.
    fn is_right(self, code: &str, before: u64, after: u64) -> bool {
        let fault = code == "store_unreachable";
        // The last good set may serve for so long after the key was marked.
        let gone = RETIRED + Patience::TABLE.usable_for;
        match self {
            Self::Pat | Self::AccessToken => code == "allowed" || fault,
            Self::ReadOnlyPat => code == "role" || fault,
            Self::RevokedPat | Self::RevokedGrant => code == "revoked" || fault,
            Self::ForgedPat => code == "forged",
            Self::SecondKey => fault || code == "allowed" && before < gone || code == "unknown_key" && after >= RETIRED,
            Self::UnknownKey => code == "unknown_key" || fault,
            Self::ForgedAccessToken => code == "bad_signature" || fault,
        }
    }
}

/// A token of the right form under another installation's key.
fn forged(weather: &Weather) -> String {
    use edge_authorizer::token::pat::{MacKey, PatFormat, Prefix, SECRET_LENGTH};
    let key = MacKey::new(b"a key that is not this installation's").unwrap();
    let format = PatFormat::new(Prefix::parse("crm").unwrap(), key, None);
    let holder = weather.demo.token("admin-contacts").unwrap();
    format.issue(&holder.tenant, &holder.record.user, [9; SECRET_LENGTH]).expose().to_owned()
}

/// An access token like the demonstration's, signed by the second key, under that key's name or another.
fn by_key(token: &DemoToken, key_id: &str, now: Timestamp) -> String {
    let times = with(with(tokens::claims(), "iat", json!(now)), "exp", json!(now.plus(900)));
    let who = with(with(times, "business_id", json!(token.tenant.as_str())), "sub", json!(token.record.user.as_str()));
    let grant = with(with(who, "grant_id", json!(token.grant.id.as_str())), "client_id", json!("client_demo"));
    tokens::token(&with(tokens::header(), "kid", json!(key_id)), &with(grant, "scope", json!("contact.write")))
}

#[test]
fn in_bad_weather_every_answer_is_right_and_nobody_waits_for_ever_or_storms_the_store() {
    let weather = Weather::new();
    let authorizer = Authorizer::new(api(), weather.demo.settings.clone()).unwrap();
    let counted: Vec<BTreeMap<(Kind, String), usize>> = std::thread::scope(|scope| {
        let threads = (0..THREADS).map(|thread| {
            scope.spawn({
                let (weather, authorizer) = (&weather, &authorizer);
                move || block_on(one_thread(weather, authorizer, thread))
            })
        });
        threads.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all: BTreeMap<(Kind, String), usize> = BTreeMap::new();
    for (what, count) in counted.into_iter().flatten() {
        *all.entry(what).or_default() += count;
    }
    let seen = |kind, code: &str| all.get(&(kind, code.to_owned())).copied().unwrap_or_default();
    assert!(seen(Kind::Pat, "allowed") > 0 && seen(Kind::AccessToken, "allowed") > 0, "{all:?}");
    assert!(seen(Kind::SecondKey, "allowed") > 0 && seen(Kind::SecondKey, "unknown_key") > 0, "{all:?}");
    assert!(seen(Kind::Pat, "store_unreachable") > 0, "it was never down: {all:?}");
    assert_eq!(weather.crowd.load(Ordering::SeqCst), 1, "one fetch of a key set at a time");
    let fetches = weather.fetches.load(Ordering::SeqCst);
    let most = usize::try_from(SECONDS / RETRY_PAUSE + 1).unwrap();
    assert!(fetches > 2 && fetches <= most, "{fetches} fetches in {SECONDS} s");
    let decisions = usize::try_from(weather.decisions.load(Ordering::SeqCst)).unwrap();
    assert!(weather.reads.load(Ordering::SeqCst) <= decisions, "one read a decision");
}

/// Rounds of decisions, each round at once; what was answered how often.
async fn one_thread(weather: &Weather, authorizer: &Authorizer, thread: u64) -> BTreeMap<(Kind, String), usize> {
    let mut counted = BTreeMap::new();
    for round in 0..ROUNDS {
        let kinds = (0..AT_ONCE).map(|turn| {
            let turn = usize::try_from(thread + round + turn).unwrap();
            Kind::ALL[turn % Kind::ALL.len()]
        });
        let deciding = kinds.map(|kind| decide(weather, authorizer, kind));
        let decided = tokio::time::timeout(Duration::from_secs(60), crate::keysets::join_all(deciding));
        for (kind, code) in decided.await.expect("somebody waits for ever") {
            *counted.entry((kind, code)).or_default() += 1;
        }
    }
    counted
}

async fn decide(weather: &Weather, authorizer: &Authorizer, kind: Kind) -> (Kind, String) {
    weather.decisions.fetch_add(1, Ordering::SeqCst);
    let (now, before) = (weather.now(), weather.seconds());
    let arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/POST/v1/contacts";
    let token = format!("Bearer {}", kind.token(weather, now));
    let event = json!({"type": "TOKEN", "methodArn": arn, "authorizationToken": token}).to_string();
    let decision = authorizer.decide(&event, weather, now).await;
    let code = decision.trail.reason.code();
    assert!(kind.is_right(code, before, weather.seconds()), "{kind:?} at {before}: {decision:?}");
    let is_fault = matches!(decision.outcome, Outcome::Fault(_));
    assert_eq!(is_fault, code == "store_unreachable", "{decision:?}");
    (kind, code.to_owned())
}
