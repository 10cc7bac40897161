//! A KMS in the process, for tests: asked by the real SDK over loopback, gone with the test. Its keys are the same in
//! every run, and it can be told to fail.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use edge_authorizer::oauth::kms::connect;
use edge_authorizer::oauth::signing::SigningKey;
use edge_authorizer::store::client::Endpoint;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::embedded::{REGION, block_on};

/// The key that is there from the start, and has no tags.
pub(crate) const FIRST: u8 = 9;

/// What it does when it is asked to sign.
#[derive(Clone, Copy, Default)]
pub(crate) enum Mood {
    #[default]
    Signs,
    Throttles,
    Denies,
    Breaks,
    HangsUp,
    Garbles,
    SignsWithAnother,
}

pub(crate) struct Kms {
    pub(crate) url: String,
    state: Keys,
    stop: Option<oneshot::Sender<()>>,
}

/// What the KMS holds: the tags of each key, the first being [`FIRST`].
#[derive(Clone, Default)]
struct Keys {
    tags: Arc<Mutex<Vec<Value>>>,
    mood: Arc<Mutex<Mood>>,
    asked: Arc<AtomicU32>,
    last: Arc<Mutex<Value>>,
}

impl Kms {
    pub(crate) fn start() -> Self {
        let state = Keys::default();
        state.tags.lock().unwrap().push(json!([]));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let app = Router::new().route("/", post(answer)).with_state(state.clone());
        std::thread::spawn(move || {
            block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                let serving = axum::serve(listener, app).with_graceful_shutdown(async { drop(stopped.await) });
                serving.await.unwrap();
            });
        });
        Self { url, state, stop: Some(stop) }
    }

    pub(crate) fn client(&self) -> aws_sdk_kms::Client {
        let keys = || "local".to_owned();
        connect(Endpoint::with_keys(REGION.to_owned(), Some(self.url.clone()), keys(), keys(), None))
    }

    pub(crate) fn is(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// How often it was asked to sign since the last look.
    pub(crate) fn asked(&self) -> u32 {
        self.state.asked.swap(0, Ordering::SeqCst)
    }

    /// The last request to sign.
    pub(crate) fn last(&self) -> Value {
        self.state.last.lock().unwrap().clone()
    }
}

impl Drop for Kms {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
    }
}

pub(crate) fn arn(seed: u8) -> String {
    format!("arn:aws:kms:{REGION}:123456789012:key/00000000-0000-4000-8000-0000000000{seed:02}")
}

async fn answer(State(keys): State<Keys>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let request: Value = serde_json::from_str(&body).unwrap();
    let operation = headers["x-amz-target"].to_str().unwrap().strip_prefix("TrentService.").unwrap();
    if operation == "CreateKey" {
        assert_eq!((&request["KeySpec"], &request["KeyUsage"]), (&json!("ECC_NIST_P256"), &json!("SIGN_VERIFY")));
        let mut tags = keys.tags.lock().unwrap();
        tags.push(request["Tags"].clone());
        let seed = FIRST + u8::try_from(tags.len() - 1).unwrap();
        return good(json!({"KeyMetadata": {"Arn": arn(seed), "KeyId": "x"}}));
    }
    let known = keys.tags.lock().unwrap().len();
    let Some(at) = (0..known).find(|at| arn(FIRST + u8::try_from(*at).unwrap()) == request["KeyId"]) else {
        return bad(StatusCode::BAD_REQUEST, "NotFoundException");
    };
    let seed = FIRST + u8::try_from(at).unwrap();
    match operation {
        "GetPublicKey" => {
            let info = super::oauth::ecdsa::bytes("3059301306072a8648ce3d020106082a8648ce3d030107034200");
            let info = STANDARD.encode([info, point(seed)].concat());
            good(json!({
                "KeyId": arn(seed), "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "PublicKey": info,
            }))
        }
        "ListResourceTags" => good(json!({"Tags": keys.tags.lock().unwrap()[at], "Truncated": false})),
        "Sign" => sign(&keys, seed, &request),
        other => panic!("nobody asks for {other}"),
    }
}

fn sign(keys: &Keys, seed: u8, request: &Value) -> (StatusCode, String) {
    keys.asked.fetch_add(1, Ordering::SeqCst);
    *keys.last.lock().unwrap() = request.clone();
    let message = STANDARD.decode(request["Message"].as_str().unwrap()).unwrap();
    let signed = |der: Vec<u8>| good(json!({"KeyId": arn(seed), "Signature": STANDARD.encode(der)}));
    let mood = *keys.mood.lock().unwrap();
    match mood {
        Mood::Signs => signed(signature(seed, &message)),
        Mood::Throttles => bad(StatusCode::BAD_REQUEST, "ThrottlingException"),
        Mood::Denies => bad(StatusCode::BAD_REQUEST, "AccessDeniedException"),
        Mood::Breaks => bad(StatusCode::INTERNAL_SERVER_ERROR, "KMSInternalException"),
        Mood::HangsUp => panic!("the connection breaks off"),
        Mood::Garbles => signed(vec![0x30, 0x80]),
        Mood::SignsWithAnother => signed(signature(seed + 1, &message)),
    }
}

fn good(body: Value) -> (StatusCode, String) {
    (StatusCode::OK, body.to_string())
}

fn bad(status: StatusCode, kind: &str) -> (StatusCode, String) {
    (status, json!({"__type": kind, "message": "no"}).to_string())
}

/// Signs a digest, in DER.
fn signature(seed: u8, digest: &[u8]) -> Vec<u8> {
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &[seed; 32], &point(seed)).unwrap();
    pair.sign_digest(&Digest::import_less_safe(digest, &SHA256).unwrap()).unwrap().as_ref().to_vec()
}

/// The public half, as an uncompressed point.
fn point(seed: u8) -> Vec<u8> {
    let jwk: Value = serde_json::from_str(&SigningKey::from_secret(&[seed; 32]).unwrap().public().jwk()).unwrap();
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    [&[4], &coordinate("x")[..], &coordinate("y")].concat()
}
