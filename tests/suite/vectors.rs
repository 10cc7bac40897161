//! Strangers' vectors: signatures, keys and JSON that others have been caught by.
//!
//! Every line must come out as it says. Where this program is stricter, the line stands with its reason in
//! `tests/vector-exceptions.txt`; it is never more lenient.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use edge_authorizer::gateway::event::Request;
use edge_authorizer::token::jwk::PublicKey;
use edge_authorizer::token::jwt::compact::Compact;
use edge_authorizer::token::jwt::json;
use edge_authorizer::token::key_set::KeySet;
use edge_authorizer::token::refusal::Refusal;
use serde_json::{Value, json};

use crate::tokens::{NOW, at, claims, header, issuers, judge, keys, sign, token, with};

/// The folder of the vectors.
pub(crate) struct Vectors(PathBuf);

/// The vectors, beside the project; none where they were not brought along.
pub(crate) fn vectors() -> Option<Vectors> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors");
    if folder.is_dir() {
        return Some(Vectors(folder));
    }
    #[expect(clippy::disallowed_methods, reason = "a test's switch, not a setting of the program")]
    let required = std::env::var("REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(!required, "`../shared/vectors` is not there, and REQUIRE_ALL=1");
    println!("skipped: `../shared/vectors` is not there");
    None
}

impl Vectors {
    /// The lines of a normalized file.
    pub(crate) fn lines(&self, file: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.0.join("normalized").join(file)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Documents of JSONTestSuite, by name: `y_` must parse, `n_` must not, `i_` may.
    pub(crate) fn documents(&self) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(self.0.join("jsontestsuite/test_parsing")).unwrap();
        let mut documents: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
            .collect();
        documents.sort();
        assert!(documents.len() > 300, "{} documents", documents.len());
        documents
    }

    /// The big list of naughty strings.
    pub(crate) fn naughty_strings(&self) -> Vec<String> {
        let strings: Vec<String> = serde_json::from_slice(&fs::read(self.0.join("blns/blns.json")).unwrap()).unwrap();
        assert!(strings.len() > 500, "{} strings", strings.len());
        strings
    }
}

/// Where this program is stricter: the line's id, and why.
fn exceptions() -> BTreeMap<&'static str, &'static str> {
    let text = include_str!("../vector-exceptions.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").expect("an id, a colon and a reason")).collect()
}

/// Holds what came out against what the lines say, and the exceptions against both.
fn compare(lines: &[Value], of: &str, accepts: impl Fn(&Value) -> bool) {
    let mut exceptions = exceptions();
    exceptions.retain(|id, _| lines.iter().any(|line| line["id"] == **id));
    let mut wrong = Vec::new();
    for line in lines {
        let id = line["id"].as_str().unwrap();
        let (expected, accepted) = (line["expect"] == "accept", accepts(line));
        let excepted = exceptions.remove(id).is_some();
        match (expected, accepted, line["level"] == "should") {
            (false, true, false) => wrong.push(format!("{id}: accepted, and must not be")),
            (true, false, _) if !excepted => wrong.push(format!("{id}: refused without an exception")),
            (true, true, _) | (false, false, _) if excepted => wrong.push(format!("{id}: the exception is stale")),
            (false, true, true) if !excepted => wrong.push(format!("{id}: accepted without an exception")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{} of {} {of}:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
    println!("{} {of}", lines.len());
}

#[test]
fn signatures_come_out_as_their_vectors_say() {
    let Some(vectors) = vectors() else { return };
    compare(&vectors.lines("jws_signature_level.jsonl"), "signatures", |line| {
        let set = KeySet::parse(line["jwks"].to_string().as_bytes());
        let verified = set.ok().zip(Compact::parse(line["token"].as_str().unwrap()).ok()).and_then(|(set, token)| {
            let key = set.find(token.wanted(), at(NOW))?;
            token.verify(&key).ok()
        });
        verified.is_some()
    });
}

#[test]
fn keys_are_read_as_their_vectors_say() {
    let Some(vectors) = vectors() else { return };
    compare(&vectors.lines("jwk_import.jsonl"), "keys", |line| {
        let jwk = json::parse_object(line["jwk_text"].as_str().unwrap().as_bytes());
        jwk.is_some_and(|jwk| PublicKey::from_jwk(&jwk).is_ok())
    });
}

#[test]
fn json_is_read_as_the_test_suite_says() {
    let Some(vectors) = vectors() else { return };
    let exceptions = exceptions();
    let mut wrong = Vec::new();
    for (name, document) in vectors.documents() {
        let parsed = json::parse(&document).is_ok();
        let excepted = exceptions.contains_key(name.as_str());
        match name.get(..2) {
            Some("y_") if parsed == excepted => wrong.push(format!("{name}: parsed {parsed}, excepted {excepted}")),
            Some("n_") if parsed => wrong.push(format!("{name}: parsed")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_document_is_a_header_claims_a_key_set_or_an_event() {
    let Some(vectors) = vectors() else { return };
    let (issuers, keys) = (issuers(), keys());
    for (name, document) in vectors.documents() {
        let as_header = judge(&sign(&document, claims().to_string().as_bytes()), &issuers, &keys, at(NOW));
        assert_eq!(as_header.unwrap_err(), Refusal::Malformed, "{name} as a header");
        let as_claims = judge(&sign(header().to_string().as_bytes(), &document), &issuers, &keys, at(NOW));
        let refusal = as_claims.unwrap_err();
        assert!(matches!(refusal, Refusal::Malformed | Refusal::MissingClaim { .. }), "{name} as claims: {refusal}");
        assert!(KeySet::parse(&document).is_err(), "{name} as a key set");
        assert!(std::str::from_utf8(&document).map_or(true, |text| Request::from_json(text).is_err()), "{name}");
    }
}

#[test]
fn documents_inside_claims_are_judged_as_the_test_suite_says() {
    let Some(vectors) = vectors() else { return };
    let (issuers, keys) = (issuers(), keys());
    let own = claims().to_string();
    let own = own.strip_suffix('}').unwrap().as_bytes();
    for (name, document) in vectors.documents() {
        let payload = [own, br#","extra":"#, &document, b"}"].concat();
        let judged = judge(&sign(header().to_string().as_bytes(), &payload), &issuers, &keys, at(NOW));
        let excepted = exceptions().contains_key(name.as_str());
        match name.get(..2) {
            Some("y_") => assert_eq!(judged.is_ok(), !excepted, "{name}: {judged:?}"),
            // Some broken documents are whole ones with more behind, which may close the object well.
            Some("n_") if json::parse(&payload).is_err() => assert_eq!(judged, Err(Refusal::Malformed), "{name}"),
            _ => {}
        }
    }
}

#[test]
fn naughty_strings_are_no_key_no_user_no_tenant_and_no_right() {
    let Some(vectors) = vectors() else { return };
    let (issuers, keys) = (issuers(), keys());
    let judge = |header: &Value, claims: &Value| judge(&token(header, claims), &issuers, &keys, at(NOW));
    for string in &vectors.naughty_strings() {
        assert_eq!(judge(&with(header(), "kid", json!(string)), &claims()), Err(Refusal::UnknownKey), "{string:?}");
        for name in ["iss", "aud", "typ", "alg"] {
            let (header, claims) = match name {
                "typ" | "alg" => (with(header(), name, json!(string)), claims()),
                _ => (header(), with(claims(), name, json!(string))),
            };
            assert!(judge(&header, &claims).is_err(), "{string:?} as `{name}`");
        }
        for name in ["sub", "business_id", "client_id", "grant_id", "jti"] {
            match judge(&header(), &with(claims(), name, json!(string))) {
                Ok(access) => {
                    assert!(string.bytes().all(|byte| byte.is_ascii_graphic()), "{string:?} as `{name}`: {access:?}");
                }
                Err(refusal) => assert_eq!(refusal, Refusal::InvalidClaim { claim: name.to_owned() }, "{string:?}"),
            }
        }
        if let Ok(access) = judge(&header(), &with(claims(), "scope", json!(string))) {
            assert_eq!(access.scopes.join(" "), *string);
        }
    }
}
