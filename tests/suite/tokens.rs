//! Access tokens for tests: an issuer whose key is in the test's hands, and any token that a forger could write.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge_authorizer::oauth::signing::SigningKey;
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::credential::AccessToken;
use edge_authorizer::token::issuer::Issuer;
use edge_authorizer::token::issuers::Issuers;
use edge_authorizer::token::jwt::compact::Compact;
use edge_authorizer::token::key_set::KeySet;
use edge_authorizer::token::refusal::Refusal;
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const AUDIENCE: &str = "https://api.example.com";
pub(crate) const TENANT: &str = "biz_0123456789abcdef01234567";
pub(crate) const USER: &str = "usr_89abcdef0123456789abcdef";

/// When the tests take place.
pub(crate) const NOW: u64 = 1_790_000_000;

/// The leeway of [`issuers`].
pub(crate) const LEEWAY: u64 = 30;

pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

pub(crate) fn key(secret: u8) -> SigningKey {
    SigningKey::from_secret(&[secret; 32]).unwrap()
}

/// The product's own issuer, and nobody else.
pub(crate) fn issuers() -> Issuers {
    Issuers::new(vec![Issuer::own(ISSUER.to_owned(), AUDIENCE.to_owned())], LEEWAY).unwrap()
}

/// The public half of [`key`] 1.
pub(crate) fn keys() -> KeySet {
    KeySet::from_records(&[key(1).record(at(0))]).unwrap()
}

pub(crate) fn header() -> Value {
    json!({"typ": "at+jwt", "alg": "ES256", "kid": key(1).key_id()})
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": USER, "business_id": TENANT, "client_id": "client-1",
        "grant_id": "grant-1", "scope": "contact.read deal.write", "jti": "jti-1", "iat": NOW, "exp": NOW + 900,
    })
}

/// The value with one member set, or taken away by `null`.
pub(crate) fn with(mut value: Value, name: &str, member: Value) -> Value {
    let object = value.as_object_mut().unwrap();
    if member.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), member);
    }
    value
}

/// A token of any header and payload, properly signed by key 1.
pub(crate) fn sign(header: &[u8], payload: &[u8]) -> String {
    sign_with(&key(1), header, payload)
}

/// A token of any header and payload, properly signed by that key.
pub(crate) fn sign_with(key: &SigningKey, header: &[u8], payload: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(crate) fn token(header: &Value, claims: &Value) -> String {
    sign(header.to_string().as_bytes(), claims.to_string().as_bytes())
}

/// What the authorizer makes of a token, with the key set at hand.
pub(crate) fn judge(text: &str, issuers: &Issuers, keys: &KeySet, now: Timestamp) -> Result<AccessToken, Refusal> {
    let candidate = issuers.admit(Compact::parse(text)?, now)?;
    let key = keys.find(candidate.wanted(), now).ok_or(Refusal::UnknownKey)?;
    candidate.prove(&key)
}
