//! Reports of tokens that were found in public: who is believed, what becomes of the tokens, and who is told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_authorizer::flush::{CacheFlush, FlushFailed, Flushing};
use edge_authorizer::leaks::endpoint::{Leaks, router};
use edge_authorizer::leaks::signature::{InvalidKeys, ReporterKeys};
use edge_authorizer::local::demo::{self, Seed};
use edge_authorizer::local::store::TABLE;
use edge_authorizer::store::admin::Admin;
use edge_authorizer::timestamp::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::function::Function;
use crate::world::{NOW, World};

const KEY_ID: &str = "reporter-1";

/// What precedes a point of P-256 in a public key's DER (RFC 5480).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// An endpoint over the demonstration, and the key of its one reporter.
struct House {
    world: World,
    leaks: Arc<Leaks>,
    key: EcdsaKeyPair,
    flushed: Arc<Counting>,
}

#[derive(Default)]
struct Counting {
    times: AtomicUsize,
    fails: bool,
}

impl CacheFlush for Counting {
    fn flush(&self) -> Flushing<'_> {
        self.times.fetch_add(1, Ordering::SeqCst);
        let result = if self.fails { Err(FlushFailed("the queue is gone".to_owned())) } else { Ok(()) };
        Box::pin(std::future::ready(result))
    }
}

impl House {
    async fn new() -> Self {
        Self::with(Counting::default()).await
    }

    async fn with(flush: Counting) -> Self {
        let world = World::new().await;
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let flushed = Arc::new(flush);
        let leaks = Leaks {
            keys: ReporterKeys::from_json(&published(&key)).unwrap(),
            pats: world.demo.settings.pats.clone(),
            admin: Admin::new(world.store.client(), TABLE.to_owned()),
            flush: Box::new(Arc::clone(&flushed)),
            moment: || (NOW.seconds() * 1000, 1),
            log: |line| TOLD.lock().unwrap().push(line.to_owned()),
        };
        Self { world, leaks: Arc::new(leaks), key, flushed }
    }

    /// A report, properly signed.
    async fn report(&self, report: &Value) -> (StatusCode, Value) {
        let body = report.to_string();
        self.send(KEY_ID, &sign(&self.key, body.as_bytes()), body).await
    }

    async fn send(&self, key_id: &str, signature: &str, body: String) -> (StatusCode, Value) {
        let request = Request::post("/leaks")
            .header("Github-Public-Key-Identifier", key_id)
            .header("Github-Public-Key-Signature", signature)
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let response = router(Arc::clone(&self.leaks)).oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn pat(&self, name: &str) -> edge_authorizer::token::credential::PatRecord {
        let token = self.world.demo.token(name).unwrap();
        self.leaks.admin.pat(&token.tenant, &token.record.id).await.unwrap()
    }

    fn flushes(&self) -> usize {
        self.flushed.times.load(Ordering::SeqCst)
    }
}

fn sign(key: &EcdsaKeyPair, body: &[u8]) -> String {
    STANDARD.encode(key.sign(&SystemRandom::new(), body).unwrap())
}

/// The key as GitHub publishes its own.
fn published(key: &EcdsaKeyPair) -> String {
    let der = [&SPKI, key.public_key().as_ref()].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
    json!({"public_keys": [{"key_identifier": KEY_ID, "key": pem, "is_current": true}]}).to_string()
}

fn found(token: &str) -> Value {
    json!({"token": token, "type": "edge_pat", "url": "https://github.com/o/r/blob/1/.env", "source": "commit"})
}

fn hash(token: &str) -> String {
    STANDARD.encode(Sha256::digest(token))
}

#[tokio::test]
async fn what_is_found_is_revoked_the_owner_is_told_and_the_reporter_learns_what_was_live() {
    let house = House::new().await;
    let live = house.world.token("admin-contacts").to_owned();
    let before = house.pat("admin-contacts").await;
    let others = ["revoked", "expired"].map(|name| house.world.token(name).to_owned());
    let mut mistyped = live.clone();
    mistyped.replace_range(20..21, if live.as_bytes()[20] == b'x' { "y" } else { "x" });
    let texts = [live.as_str(), &others[0], &others[1], &mistyped, "ghp_of_somebody_else", "", &live];
    let matches: Vec<Value> = texts.iter().map(|text| found(text)).collect();
    let (status, answer) = house.report(&json!(matches)).await;
    assert_eq!(status, StatusCode::OK);
    let verdict = |text: &&str| {
        let label = if *text == live { "true_positive" } else { "false_positive" };
        json!({"token_hash": hash(text), "token_type": "edge_pat", "label": label})
    };
    assert_eq!(answer, json!(texts.iter().map(verdict).collect::<Vec<_>>()));
    assert!(!answer.to_string().contains(&live), "no token goes over the wire again");

    let after = house.pat("admin-contacts").await;
    assert_eq!(after.revoked, Some(NOW));
    assert_eq!(after.last_used, before.last_used, "who reports a token does not use it");
    let tenant = &house.world.demo.token("admin-contacts").unwrap().tenant;
    let told = house.leaks.admin.audit(Some(tenant), Timestamp::from_seconds(0)).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].by.as_str(), told[0].action.as_str()), ("secret-scanning", "pat.leak"));
    assert_eq!(told[0].subject, after.id);
    let place = told[0].changes["found_at"].after.as_ref().unwrap().as_s().unwrap();
    assert_eq!(place, "https://github.com/o/r/blob/1/.env");
    assert!(told[0].changes.contains_key("revoked"));
    assert_eq!(house.flushes(), 1, "one flush a report");

    let (status, answer) = house.report(&json!([found(&live)])).await;
    assert_eq!((status, &answer[0]["label"]), (StatusCode::OK, &json!("false_positive")), "it comes again");
    assert_eq!(house.flushes(), 1, "and nothing more is to be done");
    let log = TOLD.lock().unwrap().join("\n");
    assert!(log.contains(&after.id) && !log.contains(&live), "{log}");
}

#[tokio::test]
async fn only_a_reporter_is_believed_and_only_for_the_very_bytes_that_it_signed() {
    let house = House::new().await;
    let body = json!([found(house.world.token("admin-contacts"))]).to_string();
    let good = sign(&house.key, body.as_bytes());
    let stranger = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let cases = [
        (KEY_ID, sign(&stranger, body.as_bytes()), body.clone()),
        ("reporter-2", good.clone(), body.clone()),
        ("", good.clone(), body.clone()),
        (KEY_ID, String::new(), body.clone()),
        (KEY_ID, "no base64".to_owned(), body.clone()),
        (KEY_ID, good.clone(), format!("{body} ")),
        (KEY_ID, sign(&house.key, b""), body.clone()),
    ];
    for (key_id, signature, body) in cases {
        let (status, _) = house.send(key_id, &signature, body).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{key_id} {signature}");
    }
    assert_eq!(house.pat("admin-contacts").await.revoked, None);
    assert_eq!(house.send(KEY_ID, &good, body).await.0, StatusCode::OK);
    assert_eq!(house.pat("admin-contacts").await.revoked, Some(NOW));
}

#[tokio::test]
async fn a_report_is_bounded_and_has_a_form() {
    let house = House::new().await;
    for body in ["", "{}", "[1]", "[{}]", r#"[{"token": 7, "type": "x"}]"#, "[", "null"] {
        let signature = sign(&house.key, body.as_bytes());
        assert_eq!(house.send(KEY_ID, &signature, body.to_owned()).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(house.report(&json!([])).await, (StatusCode::OK, json!([])));
    let many = vec![found("x"); 1001];
    assert_eq!(house.report(&json!(many)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let long = " ".repeat(1024 * 1024 + 1);
    let signature = sign(&house.key, long.as_bytes());
    assert_eq!(house.send(KEY_ID, &signature, long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(house.flushes(), 0);
}

#[tokio::test]
async fn a_flush_that_fails_is_told_and_undoes_nothing() {
    let house = House::with(Counting { fails: true, ..Counting::default() }).await;
    let (status, answer) = house.report(&json!([found(house.world.token("sales-contacts"))])).await;
    assert_eq!((status, &answer[0]["label"]), (StatusCode::OK, &json!("true_positive")));
    assert_eq!(house.pat("sales-contacts").await.revoked, Some(NOW));
    assert!(TOLD.lock().unwrap().iter().any(|line| line.contains("the queue is gone")));
}

#[tokio::test]
async fn a_store_that_fails_is_no_verdict() {
    let mut house = House::new().await;
    let report = json!([found(house.world.token("admin-contacts"))]);
    let other = World::new().await;
    std::mem::replace(&mut house.world.store, other.store).stop().await;
    assert_eq!(house.report(&report).await, (StatusCode::SERVICE_UNAVAILABLE, Value::Null));
    assert_eq!(house.flushes(), 0);
}

/// The example in GitHub's documentation of the programme.
#[test]
fn githubs_own_example_is_signed_by_githubs_own_key() {
    let keys = json!({"public_keys": [{
        "key_identifier": "bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c",
        "key": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAd\nAjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw==\n-----END PUBLIC KEY-----\n",
        "is_current": true
    }]});
    let keys = ReporterKeys::from_json(&keys.to_string()).unwrap();
    let body =
        br#"[{"source":"commit","token":"some_token","type":"some_type","url":"https://example.com/base-repo-url/"}]"#;
    let signature = "MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIfXt9fErtRS4XaeSt/AO1RtBY66YcAdjxji410VQV4xg==";
    let key_id = "bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c";
    assert!(keys.signed(key_id, signature, body));
    assert!(!keys.signed(key_id, signature, &body[1..]));
}

#[test]
fn keys_that_cannot_be_used_stop_the_program() {
    let with_key = |key: &str| json!({"public_keys": [{"key_identifier": "a", "key": key}]}).to_string();
    let error = |json: &str| ReporterKeys::from_json(json).unwrap_err();
    assert!(matches!(error("{}"), InvalidKeys::Json(_)));
    assert_eq!(error(r#"{"public_keys": []}"#), InvalidKeys::Empty);
    let cut = "-----BEGIN PUBLIC KEY-----\nMFkwEwYH\n-----END PUBLIC KEY-----";
    for key in ["", "MFkwEwYHKoZIzj0C", cut] {
        assert_eq!(error(&with_key(key)), InvalidKeys::Key("a".to_owned()), "{key}");
    }
}

#[tokio::test]
async fn the_function_behind_its_url_does_the_same() {
    let house = House::new().await;
    let (url, keys) = (house.world.store.url(), published(&house.key));
    let mut variables = demo::variables(&Seed::public());
    variables.insert("LEAK_REPORT_KEYS", keys);
    variables.insert("AWS_ENDPOINT_URL_DYNAMODB", url);
    variables.insert("TABLE_NAME", TABLE.to_owned());
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut function = Function::start(env!("CARGO_BIN_EXE_responder"), "leaks", &variables).await;
    let body = json!([found(house.world.token("viewer-everything"))]).to_string();
    let event = |signature: &str| {
        let headers = json!({
            "content-type": "application/json", "github-public-key-identifier": KEY_ID,
            "github-public-key-signature": signature,
        });
        let http = json!({"method": "POST", "path": "/leaks", "sourceIp": "192.0.2.1"});
        json!({
            "version": "2.0", "rawPath": "/leaks", "rawQueryString": "", "headers": headers, "body": body,
            "isBase64Encoded": false, "requestContext": {"stage": "$default", "http": http},
        })
        .to_string()
    };
    assert_eq!(function.ask(event("c2lnbmVk")).await["statusCode"], 401);
    let answer = function.ask(event(&sign(&house.key, body.as_bytes()))).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert!(answer["body"].as_str().unwrap().contains("true_positive"), "{answer}");
    assert!(house.pat("viewer-everything").await.revoked.is_some());
}
