//! Bearer tokens of the right form that are worth nothing: forgeries for a user who exists, and strangers' tokens.

use edge_authorizer::local::demo::DemoToken;
use serde_json::{Value, json};

use crate::tokens::{claims, header, key, sign, sign_with, token, with};
use crate::vectors::Vectors;

/// The claims of a token that would be let through.
pub(super) fn good_claims(of: &DemoToken, now: u64) -> Value {
    let claims = with(with(claims(), "iat", json!(now)), "exp", json!(now + 900));
    [
        ("business_id", of.tenant.to_string()),
        ("sub", of.record.user.to_string()),
        ("grant_id", of.grant.id.to_string()),
        ("client_id", of.grant.client_id.to_string()),
        ("scope", of.grant.scopes.join(" ")),
    ]
    .into_iter()
    .fold(claims, |claims, (name, value)| with(claims, name, json!(value)))
}

/// Forgeries and mistakes, one by one.
pub(super) fn forged(of: &DemoToken, now: u64) -> Vec<String> {
    let good = good_claims(of, now);
    let mut tokens = Vec::new();
    let claim = |name: &str, value: Value| token(&header(), &with(good.clone(), name, value));
    for name in ["iss", "aud", "sub", "business_id", "client_id", "grant_id", "jti", "iat", "exp"] {
        let wrong = [Value::Null, json!(""), json!(7), json!(true), json!([]), json!({}), json!("*")];
        // An identifier of a token has no record that it could contradict.
        tokens.extend(wrong.into_iter().filter(|it| name != "jti" || *it != json!("*")).map(|it| claim(name, it)));
    }
    tokens.extend([
        claim("exp", json!(now - 3600)),
        claim("nbf", json!(now + 3600)),
        claim("iat", json!(now + 3600)),
        claim("exp", json!(now + 10_000_000)),
        claim("cnf", json!({"jkt": "x"})),
        claim("authorization_details", json!([])),
        claim("aud", json!(["https://other.example.com"])),
        claim("iss", json!("https://auth.example.com/")),
    ]);
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("RS256")),
        ("typ", json!("JWT")),
        ("kid", json!("../../etc/passwd")),
        ("crit", json!(["exp"])),
        ("zip", json!("DEF")),
    ] {
        tokens.push(token(&with(header(), name, value), &good));
    }
    tokens.push(sign_with(&key(2), header().to_string().as_bytes(), good.to_string().as_bytes()));
    let whole = token(&header(), &good);
    let (signed, _) = whole.rsplit_once('.').unwrap();
    tokens.extend([format!("{signed}."), signed.to_owned(), format!("{whole}."), format!(".{whole}"), whole.repeat(2)]);
    tokens
}

/// Strangers': tokens of the vectors, documents as headers and claims, naughty strings as every name in a token.
pub(super) fn strange(of: &DemoToken, now: u64, vectors: &Vectors) -> Vec<String> {
    let good = good_claims(of, now);
    let lines = vectors.lines("jws_signature_level.jsonl");
    let mut tokens: Vec<String> = lines.iter().map(|line| line["token"].as_str().unwrap().to_owned()).collect();
    for (_, document) in vectors.documents() {
        tokens.push(sign(&document, good.to_string().as_bytes()));
        tokens.push(sign(header().to_string().as_bytes(), &document));
    }
    for string in vectors.naughty_strings() {
        tokens.push(token(&with(header(), "kid", json!(string)), &good));
        for name in ["iss", "aud", "sub", "business_id", "client_id", "grant_id", "scope"] {
            tokens.push(token(&header(), &with(good.clone(), name, json!(string))));
        }
    }
    tokens
}
