//! The body of a report of leaked tokens, as it is read behind its signature; and the signature of whatever it is.

#![no_main]

use std::sync::LazyLock;

use edge_authorizer::leaks::report::{Label, Match, Verdict};
use edge_authorizer::leaks::signature::ReporterKeys;
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<ReporterKeys> = LazyLock::new(|| {
    let pem = "-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAdAjPuDPRcXU22YxgB\
        rz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw==\\n-----END PUBLIC KEY-----";
    ReporterKeys::from_json(&format!(r#"{{"public_keys":[{{"key_identifier":"a","key":"{pem}"}}]}}"#)).unwrap()
});

fuzz_target!(|body: &str| {
    assert!(!KEYS.signed("a", body, body.as_bytes()));
    let _ = ReporterKeys::from_json(body);
    let Ok(matches) = serde_json::from_str::<Vec<Match>>(body) else { return };
    for found in matches {
        assert!(found.place().chars().count() <= 300 && !found.place().contains(char::is_control));
        let verdict = serde_json::to_string(&Verdict::on(&found, Label::FalsePositive)).unwrap();
        assert!(found.token.len() < 50 || !verdict.contains(&found.token) || found.kind.contains(&found.token));
    }
});
