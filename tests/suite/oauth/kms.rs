//! Keys in KMS, asked by the real SDK over loopback: one that signs, and every way in which it does not.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_authorizer::oauth::key_ring::{OwnKey, PrivateHalf};
use edge_authorizer::oauth::kms::connect;
use edge_authorizer::oauth::signing::SigningKey;
use edge_authorizer::store::client::Endpoint;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::house::{House, Plan, key};
use crate::world::NOW;

const ARN: &str = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const SEED: u8 = 9;
const CONTACTS: &str = "/v1/contacts";

/// What a KMS does when it is asked to sign.
#[derive(Clone, Copy, Default)]
enum Mood {
    #[default]
    Signs,
    Throttles,
    Denies,
    Breaks,
    HangsUp,
    Garbles,
    SignsWithAnother,
}

#[derive(Clone)]
struct Kms {
    mood: Arc<Mutex<Mood>>,
    asked: Arc<AtomicU32>,
    last: Arc<Mutex<Value>>,
}

impl Kms {
    /// One on a port of its own, which holds the key of [`SEED`].
    async fn start() -> (Self, aws_sdk_kms::Client) {
        let kms = Self { mood: Arc::default(), asked: Arc::default(), last: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().route("/", post(answer)).with_state(kms.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let keys = || "local".to_owned();
        (kms, connect(Endpoint::with_keys("eu-central-1".to_owned(), Some(url), keys(), keys(), None)))
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn asked(&self) -> u32 {
        self.asked.swap(0, Ordering::SeqCst)
    }
}

async fn answer(State(kms): State<Kms>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    assert_eq!(headers["x-amz-target"], "TrentService.Sign");
    kms.asked.fetch_add(1, Ordering::SeqCst);
    let request: Value = serde_json::from_str(&body).unwrap();
    let message = STANDARD.decode(request["Message"].as_str().unwrap()).unwrap();
    *kms.last.lock().unwrap() = request;
    let error = |status, kind: &str| (status, json!({"__type": kind, "message": "no"}).to_string());
    let signed = |der: Vec<u8>| (StatusCode::OK, json!({"KeyId": ARN, "Signature": STANDARD.encode(der)}).to_string());
    let mood = *kms.mood.lock().unwrap();
    match mood {
        Mood::Signs => signed(signature(SEED, &message)),
        Mood::Throttles => error(StatusCode::BAD_REQUEST, "ThrottlingException"),
        Mood::Denies => error(StatusCode::BAD_REQUEST, "AccessDeniedException"),
        Mood::Breaks => error(StatusCode::INTERNAL_SERVER_ERROR, "KMSInternalException"),
        Mood::HangsUp => panic!("the connection breaks off"),
        Mood::Garbles => signed(vec![0x30, 0x80]),
        Mood::SignsWithAnother => signed(signature(SEED + 1, &message)),
    }
}

/// Signs a digest, in DER.
fn signature(seed: u8, digest: &[u8]) -> Vec<u8> {
    let secret = [seed; 32];
    let jwk: Value = serde_json::from_str(&SigningKey::from_secret(&secret).unwrap().public().jwk()).unwrap();
    let coordinate =
        |name: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let point = [&[4], &coordinate("x")[..], &coordinate("y")].concat();
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &secret, &point).unwrap();
    let digest = Digest::import_less_safe(digest, &SHA256).unwrap();
    pair.sign_digest(&digest).unwrap().as_ref().to_vec()
}

fn in_kms() -> PrivateHalf {
    PrivateHalf::Kms(ARN.to_owned())
}

/// A house whose key is that of [`SEED`], and whose signer asks that KMS.
async fn house(client: aws_sdk_kms::Client, private: PrivateHalf) -> House {
    House::with(Plan { kms: Some((client, OwnKey { private, ..key(SEED, NOW) })), ..Plan::default() }).await
}

/// [110]: a key in KMS signs what the authorizer believes, and is asked about a digest alone.
#[tokio::test]
async fn a_key_in_kms_signs() {
    let (kms, client) = Kms::start().await;
    let house = house(client, in_kms()).await;
    let app = house.app().await;
    for _ in 0..4 {
        let tokens = house.redeem(&app, &house.code(&app).await).await;
        assert_eq!(house.decides(&tokens.text("access_token"), "GET", CONTACTS).await, "allowed");
        assert_eq!(kms.asked(), 1);
    }
    let last = kms.last.lock().unwrap().clone();
    assert_eq!((&last["KeyId"], &last["SigningAlgorithm"]), (&json!(ARN), &json!("ECDSA_SHA_256")));
    assert_eq!(last["MessageType"], "DIGEST");
    assert_eq!(STANDARD.decode(last["Message"].as_str().unwrap()).unwrap().len(), 32);
    let keys = house.get("/jwks.json", "").await.body;
    assert!(!keys.contains("arn:"), "where the private half is is nobody's business: {keys}");
}

/// [122]: whatever way KMS fails, the code and the refresh token are still good when it is back.
#[tokio::test]
async fn a_kms_that_fails_burns_nothing() {
    let (kms, client) = Kms::start().await;
    let house = house(client, in_kms()).await;
    let app = house.app().await;
    let mut refresh_token = house.redeem(&app, &house.code(&app).await).await.text("refresh_token");
    for mood in [Mood::Throttles, Mood::Denies, Mood::Breaks, Mood::HangsUp, Mood::Garbles, Mood::SignsWithAnother] {
        let code = house.code(&app).await;
        kms.is(mood);
        for reply in [house.redeem(&app, &code).await, house.refresh(&app, &refresh_token).await] {
            assert_eq!(reply.error(), "503 temporarily_unavailable");
            assert_eq!(reply.header("retry-after"), "2");
            assert!(!reply.body.contains("arn:") && !reply.body.contains("KMS"), "{}", reply.body);
        }
        kms.is(Mood::Signs);
        assert_eq!(house.redeem(&app, &code).await.status, 200, "the code was not burned");
        refresh_token = house.refresh(&app, &refresh_token).await.text("refresh_token");
    }
}

/// A server whose keys are in KMS signs with no other: one in the table is nobody's there.
#[tokio::test]
async fn a_key_in_the_table_does_not_stand_in() {
    let (kms, client) = Kms::start().await;
    let house = house(client, key(SEED, NOW).private).await;
    let app = house.app().await;
    assert_eq!(house.redeem(&app, &house.code(&app).await).await.error(), "503 temporarily_unavailable");
    assert_eq!(kms.asked(), 0);
    let in_kms = OwnKey { private: in_kms(), ..key(SEED, NOW) };
    house.store.put_signing_key(&house.server.settings.issuer, &in_kms).await.unwrap();
    house.world.clock.advance(60);
    assert_eq!(house.redeem(&app, &house.code(&app).await).await.status, 200);
}
