//! Key sets: fetched once for many, seldom for strangers, never believed beyond their time; and an outage is never a
//! bad token. Numbers in names: `t…` are lines of trust-checks.md.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use edge_authorizer::access::principal::Records;
use edge_authorizer::keys::known::{COOL_DOWN, Patience, RETRY_PAUSE};
use edge_authorizer::keys::{FETCH_TIMEOUT, KeySetFault, KeySets};
use edge_authorizer::store::{Store, StoreFault};
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::credential::{AccessToken, Credential};
use edge_authorizer::token::issuer::config::{self, PlainHttp};
use edge_authorizer::token::issuers::Issuers;
use edge_authorizer::token::jwt::compact::Compact;
use edge_authorizer::token::key_record::{KeyRecord, KeyState};
use edge_authorizer::token::key_set::{KeySet, MAX_KEYS, MAX_LENGTH, UnusableKeySet};
use edge_authorizer::token::refusal::Refusal;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::tokens::{AUDIENCE, ISSUER, NOW, at, claims, header, issuers, key, sign_with, token, with};

/// What a token came to: a user, a 401 or a 500.
#[derive(Debug, PartialEq)]
enum Judged {
    Believed,
    Refused(Refusal),
    Fault(&'static str),
}

async fn judge(text: &str, issuers: &Issuers, keys: &KeySets, store: &impl Store, now: u64) -> Judged {
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
fn token_at(now: u64) -> String {
    token(&header(), &with(with(claims(), "iat", json!(now)), "exp", json!(now + 900)))
}

/// A token with a made-up key name.
fn strangers_token(kid: &str, now: u64) -> String {
    let claims = with(with(claims(), "iat", json!(now)), "exp", json!(now + 900));
    token(&with(header(), "kid", json!(kid)), &claims)
}

/// A table that counts how often it is asked for keys, and is down when told so.
#[derive(Default)]
struct CountingStore {
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

fn table() -> CountingStore {
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

/// The JWK set of key 1, and what else it has.
fn document(more: &[Value]) -> String {
    let mut list: Vec<Value> = vec![serde_json::from_str(&key(1).public().jwk()).unwrap()];
    list.extend_from_slice(more);
    json!({"keys": list}).to_string()
}

/// An issuer with the name of the others, whose keys are at that URL.
fn remote(url: &str) -> Issuers {
    let source = json!([{
        "issuer": ISSUER, "audience": AUDIENCE, "algorithms": ["ES256"], "keys": {"url": url}, "user": "sub",
        "tenants": "all",
    }]);
    Issuers::new(config::parse(&source.to_string(), PlainHttp::Loopback).unwrap(), 30).unwrap()
}

/// A status (0: no connection), a media type and a body.
type Answer = (u16, &'static str, String);

/// Answers in a row, and then 503 for ever; it counts the questions.
#[derive(Clone, Debug, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Script {
    fn of(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.asked.lock().unwrap().push(request.uri().to_owned());
        let answer = self.answers.lock().unwrap().pop_front();
        HttpConnectorFuture::ready(match answer {
            Some((0, ..)) => Err(ConnectorError::io(std::io::Error::from(ErrorKind::ConnectionRefused).into())),
            Some((status, media_type, body)) => {
                let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                response.headers_mut().insert("content-type", media_type);
                Ok(response)
            }
            None => Ok(HttpResponse::new(503.try_into().unwrap(), SdkBody::empty())),
        })
    }
}

const URL: &str = "https://auth.example.com/jwks.json";

#[tokio::test]
async fn t56_a_key_set_is_plain_json_with_status_200_and_nothing_else() {
    let good = || document(&[]);
    let cases = [
        (200, "application/json", good(), Judged::Believed),
        (200, "application/jwk-set+json; charset=utf-8", good(), Judged::Believed),
        (200, "text/html", good(), Judged::Fault("key_set_unreachable")),
        (200, "", good(), Judged::Fault("key_set_unreachable")),
        (301, "application/json", good(), Judged::Fault("key_set_unreachable")),
        (302, "application/json", good(), Judged::Fault("key_set_unreachable")),
        (204, "application/json", String::new(), Judged::Fault("key_set_unreachable")),
        (404, "application/json", good(), Judged::Fault("key_set_unreachable")),
        (0, "", String::new(), Judged::Fault("key_set_unreachable")),
        (200, "application/json", String::new(), Judged::Fault("key_set_unusable")),
        (200, "application/json", "{}".to_owned(), Judged::Fault("key_set_unusable")),
        (200, "application/json", r#"{"keys":[]}"#.to_owned(), Judged::Fault("key_set_unusable")),
        (200, "application/json", r#"{"keys":[],"keys":[]}"#.to_owned(), Judged::Fault("key_set_unusable")),
        (200, "application/json", " ".repeat(MAX_LENGTH + 1), Judged::Fault("key_set_unreachable")),
    ];
    for (status, media_type, body, expected) in cases {
        let script = Script::of([(status, media_type, body.clone())]);
        let keys = KeySets::through(SharedHttpConnector::new(script.clone()));
        let judged = judge(&token_at(NOW), &remote(URL), &keys, &table(), NOW).await;
        assert_eq!(judged, expected, "{status} {media_type} {}", body.chars().take(60).collect::<String>());
        assert_eq!(*script.asked.lock().unwrap(), [URL], "one question, and no redirect followed");
    }
}

#[tokio::test]
async fn t23_t56_a_set_that_goes_bad_leaves_the_last_good_one() {
    let script = Script::of([(200, "application/json", document(&[])), (200, "application/json", "{}".to_owned())]);
    let keys = KeySets::through(SharedHttpConnector::new(script.clone()));
    let (issuers, store) = (remote(URL), table());
    for now in [NOW, NOW + Patience::URL.fresh_for, NOW + Patience::URL.usable_for - 1] {
        assert_eq!(judge(&token_at(now), &issuers, &keys, &store, now).await, Judged::Believed);
    }
    let now = NOW + Patience::URL.usable_for + COOL_DOWN;
    assert_eq!(judge(&token_at(now), &issuers, &keys, &store, now).await, Judged::Fault("key_set_unreachable"));
    assert_eq!(script.asked.lock().unwrap().len(), 4);
}

#[test]
fn t2_t59_of_a_strangers_set_only_what_is_for_us_is_taken() {
    let public: Value = serde_json::from_str(&key(2).public().jwk()).unwrap();
    let usable = |document: &str| KeySet::parse(document.as_bytes());
    assert!(usable(&document(&[])).is_ok());
    for other in [
        json!({"kty": "oct", "k": "AAAA"}),
        json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}),
        json!({"kty": "none"}),
        json!({}),
        with(public.clone(), "use", json!("enc")),
        with(public.clone(), "alg", json!("ES384")),
        with(public.clone(), "key_ops", json!(["sign"])),
        with(public.clone(), "d", json!("AAAA")),
        with(public.clone(), "x", json!("AAAA")),
        with(public.clone(), "y", public["x"].clone()),
    ] {
        let alone = json!({"keys": [other]}).to_string();
        assert_eq!(usable(&alone).unwrap_err(), UnusableKeySet::NoUsableKey, "{alone}");
        assert!(usable(&document(&[other])).is_ok(), "beside a good key it is passed over");
    }
    let twin = with(public, "kid", json!(key(1).key_id()));
    assert_eq!(usable(&document(&[twin])).unwrap_err(), UnusableKeySet::DuplicateKeyId);
    let many = document(&vec![json!({}); MAX_KEYS]);
    assert_eq!(usable(&many).unwrap_err(), UnusableKeySet::TooMany { count: MAX_KEYS + 1 });
}

/// A server on loopback that says one thing to everybody: the head, and then the piece for ever, now and then.
async fn hostile(head: &'static str, piece: Vec<u8>, pause: Duration, times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(head.as_bytes()).await;
            for _ in 0..times {
                if stream.write_all(&piece).await.is_err() {
                    break;
                }
                tokio::time::sleep(pause).await;
            }
        }
    });
    url
}

#[tokio::test]
async fn t56_hostile_servers_cost_a_bounded_time_and_no_memory() {
    const JSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let endless: &str = Box::leak(format!("{JSON}connection: close\r\n\r\n").into_boxed_str());
    let announced: &str = Box::leak(format!("{JSON}content-length: 10485760\r\n\r\n").into_boxed_str());
    let gzip: &str = Box::leak(format!("{JSON}content-encoding: gzip\r\nconnection: close\r\n\r\n").into_boxed_str());
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let now_and_then = Duration::from_millis(100);
    let cases = [
        (hostile(endless, vec![b' '; 64 * 1024], Duration::ZERO, 160).await, "key_set_unreachable"),
        (hostile(announced, vec![b' '; 64 * 1024], Duration::ZERO, 160).await, "key_set_unreachable"),
        (hostile(gzip, vec![0x1f], Duration::ZERO, 1).await, "key_set_unreachable"),
        (hostile(moved, Vec::new(), Duration::ZERO, 0).await, "key_set_unreachable"),
        (hostile("HTTP/1.1 200 OK\r\n", b"x: y\r\n".to_vec(), now_and_then, 1000).await, "key_set_timeout"),
        (hostile(endless, b" ".to_vec(), now_and_then, 1000).await, "key_set_timeout"),
        (hostile("", Vec::new(), Duration::ZERO, 0).await, "key_set_unreachable"),
        ("http://127.0.0.1:1/jwks.json".to_owned(), "key_set_unreachable"),
    ];
    for (url, expected) in cases {
        let start = Instant::now();
        let judged = judge(&token_at(NOW), &remote(&url), &KeySets::default(), &table(), NOW).await;
        assert_eq!(judged, Judged::Fault(expected), "{url}");
        assert!(start.elapsed() < FETCH_TIMEOUT * 2, "{:?}", start.elapsed());
    }
    let body: &str = Box::leak(document(&[]).into_boxed_str());
    let url = hostile(endless, body.as_bytes().to_vec(), Duration::ZERO, 1).await;
    assert_eq!(judge(&token_at(NOW), &remote(&url), &KeySets::default(), &table(), NOW).await, Judged::Believed);
}
