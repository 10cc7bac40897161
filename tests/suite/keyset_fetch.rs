//! Key sets at a URL: within limits on time, size and form, without a redirect, and of a stranger's set only what is for
//! us. Numbers in names: `t…` are lines of trust-checks.md.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use edge_authorizer::keys::known::{COOL_DOWN, Patience};
use edge_authorizer::keys::{FETCH_TIMEOUT, KeySets};
use edge_authorizer::token::issuer::config::{self, PlainHttp};
use edge_authorizer::token::issuers::Issuers;
use edge_authorizer::token::key_set::{KeySet, MAX_KEYS, MAX_LENGTH, UnusableKeySet};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::keysets::{Judged, judge, table, token_at};
use crate::tokens::{AUDIENCE, ISSUER, NOW, at, claims, header, key, token, with};

/// The JWK set of key 1, and what else it has.
fn document(more: &[Value]) -> String {
    let mut list: Vec<Value> = vec![serde_json::from_str(&key(1).public().jwk()).unwrap()];
    list.extend_from_slice(more);
    json!({"keys": list}).to_string()
}

/// An issuer with the name of the others, whose keys are at that URL.
fn remote(url: &str) -> Issuers {
    Issuers::new(config::parse(&json!([source(url)]).to_string(), PlainHttp::Loopback).unwrap(), 30).unwrap()
}

fn source(url: &str) -> Value {
    json!({
        "issuer": ISSUER, "audience": AUDIENCE, "algorithms": ["ES256"], "keys": {"url": url}, "user": "sub",
        "tenants": "all",
    })
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

/// Takes every question, and never answers.
#[derive(Clone, Debug, Default)]
struct Silent(Arc<Mutex<Vec<String>>>);

impl HttpConnector for Silent {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.lock().unwrap().push(request.uri().to_owned());
        HttpConnectorFuture::new(std::future::pending())
    }
}

/// Asked one after the other, a few issuers that are down would keep the function from ever starting.
#[tokio::test]
async fn a_start_asks_all_issuers_at_once() {
    let urls = [1, 2, 3].map(|number| format!("https://issuer{number}.example.com/jwks.json"));
    let sources: Vec<Value> = urls.iter().map(|url| with(source(url), "issuer", json!(url))).collect();
    let issuers = Issuers::new(config::parse(&json!(sources).to_string(), PlainHttp::Refused).unwrap(), 30).unwrap();
    let silent = Silent::default();
    let (keys, store) = (KeySets::through(SharedHttpConnector::new(silent.clone())), table());
    tokio::select! {
        biased;
        () = keys.warm(&issuers, &store, at(NOW)) => panic!("nobody has answered"),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(*silent.0.lock().unwrap(), urls);
}

const URL: &str = "https://auth.example.com/jwks.json";

/// A token can have the keys of its issuer looked up, where the configuration says they are, and nobody sent elsewhere.
#[tokio::test]
async fn t13_nothing_in_a_header_causes_a_call_to_anywhere_but_the_configured_url() {
    let script = Script::of((0..20).map(|_| (200, "application/json", document(&[]))));
    let (issuers, keys) = (remote(URL), KeySets::through(SharedHttpConnector::new(script.clone())));
    let elsewhere = "https://attacker.example/keys";
    let jwk: Value = serde_json::from_str(&key(2).public().jwk()).unwrap();
    for (name, value) in [("jku", json!(elsewhere)), ("x5u", json!(elsewhere)), ("jwk", jwk), ("kid", json!(elsewhere))]
    {
        let payload = with(with(claims(), "iat", json!(NOW)), "exp", json!(NOW + 900));
        judge(&token(&with(header(), name, value), &payload), &issuers, &keys, &table(), NOW).await;
    }
    let asked = script.asked.lock().unwrap().clone();
    assert!(!asked.is_empty() && asked.iter().all(|url| url == URL), "{asked:?}");
}

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
