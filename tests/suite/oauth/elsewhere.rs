//! Another OpenID provider, on a port of this machine and with a key of its own, that can be told to go wrong in one
//! way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use super::house::form;
use crate::tokens::{key, sign_with, with};
use crate::world::TestClock;

pub(super) const CLIENT: &str = "edge at the provider";
pub(super) const SECRET: &str = "s/e c:r+et";
pub(super) const SUBJECT: &str = "248289761001";

/// What goes wrong; each member replaces one, or takes it away by `null`.
#[derive(Clone, Debug, Default)]
pub(super) struct Twist {
    pub(super) claims: Vec<(&'static str, Value)>,
    pub(super) header: Vec<(&'static str, Value)>,
    pub(super) discovery: Vec<(&'static str, Value)>,
    /// Of the redirect back.
    pub(super) answer: Vec<(&'static str, Option<&'static str>)>,
    /// Of the token endpoint: status, media type, body.
    pub(super) token: Option<(u16, &'static str, &'static str)>,
    /// Whether another key signs, under the name of the right one.
    pub(super) forged: bool,
}

#[derive(Clone)]
pub(super) struct Provider {
    pub(super) issuer: String,
    clock: Arc<Mutex<TestClock>>,
    twist: Arc<Mutex<Twist>>,
    /// What each code was given for.
    codes: Arc<Mutex<HashMap<String, HashMap<String, String>>>>,
    /// The forms that the token endpoint got.
    pub(super) redeemed: Arc<Mutex<Vec<HashMap<String, String>>>>,
}

impl Provider {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            clock: Arc::default(),
            twist: Arc::default(),
            codes: Arc::default(),
            redeemed: Arc::default(),
        };
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys.json", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        provider
    }

    /// Its clock is that of the house from now on.
    pub(super) fn keeps_time(&self, clock: &TestClock) {
        *self.clock.lock().unwrap() = clock.clone();
    }

    pub(super) fn goes_wrong(&self, twist: Twist) {
        *self.twist.lock().unwrap() = twist;
    }

    fn twist(&self) -> Twist {
        self.twist.lock().unwrap().clone()
    }

    fn id_token(&self, nonce: &str) -> String {
        let twist = self.twist();
        let now = self.clock.lock().unwrap().now().seconds();
        let claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": SUBJECT, "nonce": nonce, "iat": now, "exp": now + 300,
            "email": "ada@example.com", "email_verified": true,
        });
        let claims = twist.claims.into_iter().fold(claims, |claims, (name, value)| with(claims, name, value));
        let header = json!({"alg": "ES256", "kid": key(41).key_id()});
        let header = twist.header.into_iter().fold(header, |header, (name, value)| with(header, name, value));
        let signer = if twist.forged { key(42) } else { key(41) };
        sign_with(&signer, header.to_string().as_bytes(), claims.to_string().as_bytes())
    }
}

fn answer(status: u16, media_type: &str, body: &str) -> Response<Body> {
    let response = Response::builder().status(status).header("content-type", media_type);
    response.body(Body::from(body.to_owned())).unwrap()
}

fn fields(text: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

async fn discovery(State(provider): State<Provider>) -> Response<Body> {
    let issuer = &provider.issuer;
    let document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize?tenant=1"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys.json"),
        "authorization_response_iss_parameter_supported": true,
    });
    let twist = provider.twist().discovery;
    let document = twist.into_iter().fold(document, |document, (name, value)| with(document, name, value));
    answer(200, "application/json", &document.to_string())
}

async fn keys() -> Response<Body> {
    let key: Value = serde_json::from_str(&key(41).public().jwk()).unwrap();
    answer(200, "application/json", &json!({ "keys": [key] }).to_string())
}

/// Whoever comes has a session here and agrees.
async fn authorize(State(provider): State<Provider>, request: Request) -> Response<Body> {
    let asked = fields(request.uri().query().unwrap_or_default());
    let mut codes = provider.codes.lock().unwrap();
    let code = format!("code-{}", codes.len());
    let mut back: Vec<(&str, String)> =
        vec![("code", code.clone()), ("state", asked["state"].clone()), ("iss", provider.issuer.clone())];
    for (name, value) in provider.twist().answer {
        back.retain(|(other, _)| *other != name);
        back.extend(value.map(|value| (name, value.to_owned())));
    }
    let back: Vec<(&str, &str)> = back.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let location = format!("{}?{}", asked["redirect_uri"], form(&back));
    codes.insert(code, asked);
    Response::builder().status(StatusCode::SEE_OTHER).header("location", location).body(Body::empty()).unwrap()
}

async fn token(State(provider): State<Provider>, request: Request) -> Response<Body> {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let right = format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(SECRET))));
    let known = request.headers().get("authorization").is_some_and(|value| value.to_str().unwrap() == right);
    let body = to_bytes(request.into_body(), 1 << 16).await.unwrap();
    let asked = fields(std::str::from_utf8(&body).unwrap());
    provider.redeemed.lock().unwrap().push(asked.clone());
    if let Some((status, media_type, body)) = provider.twist().token {
        return answer(status, media_type, body);
    }
    let Some(given) = provider.codes.lock().unwrap().remove(&asked["code"]) else {
        return answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(asked["code_verifier"].as_bytes()));
    let fits = challenge == given["code_challenge"] && asked["redirect_uri"] == given["redirect_uri"];
    if !known || !fits || given["client_id"] != CLIENT {
        return answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
    }
    let body = json!({"access_token": "x", "token_type": "Bearer", "id_token": provider.id_token(&given["nonce"])});
    answer(200, "application/json", &body.to_string())
}
