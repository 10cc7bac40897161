//! The signature of an access token and the keys that verify it: only what the key made, and only in the key's time.
//!
//! Numbers in names: `t…` are lines of trust-checks.md, `o…` lines of oauth-checks.md.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge_authorizer::token::key_record::KeyState;
use edge_authorizer::token::key_set::KeySet;
use edge_authorizer::token::refusal::Refusal;
use serde_json::Value;

use crate::jwt::judged;
use crate::tokens::{NOW, at, claims, header, issuers, judge, key, token};

#[test]
fn t6_o110_the_signature_is_64_bytes_that_the_key_made() {
    let good = token(&header(), &claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let halves = |r: &[u8], s: &[u8]| [r, s].concat();
    let (r, s) = raw.split_at(32);
    let bad = [
        Vec::new(),
        der(r, s),
        halves(&[0; 32], s),
        halves(r, &[0; 32]),
        halves(&[0; 32], &[0; 32]),
        halves(&order, s),
        halves(r, &order),
        halves(&[0xff; 32], &[0xff; 32]),
        halves(s, r),
        raw[..63].to_vec(),
        halves(&raw, &[0]),
        halves(&[0], &raw),
    ];
    for signature in bad {
        let text = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(&signature));
        assert_eq!(judged(&text), Err(Refusal::BadSignature), "{signature:02x?}");
    }
}

/// The signature as KMS and X.509 write it (RFC 3279 §2.2.3).
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let pad = usize::from(bytes[0] >= 0x80);
        [&[2, u8::try_from(bytes.len() + pad).unwrap()], &vec![0; pad][..], bytes].concat()
    };
    let body = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], body.as_slice()].concat()
}

#[test]
fn o109_t23_a_key_counts_within_its_times_and_until_it_is_retired() {
    let set = |record| KeySet::from_records(&[record]).unwrap();
    let text = token(&header(), &claims());
    let judge_by = |keys: &KeySet, now: u64| judge(&text, &issuers(), keys, at(now));
    let mut record = key(1).record(at(NOW));
    assert!(judge_by(&set(record.clone()), NOW).is_ok());
    assert_eq!(judge_by(&set(record.clone()), NOW - 1), Err(Refusal::UnknownKey));
    record.retires = Some(at(NOW + 100));
    assert!(judge_by(&set(record.clone()), NOW + 99).is_ok());
    assert_eq!(judge_by(&set(record.clone()), NOW + 100), Err(Refusal::UnknownKey));
    record.state = KeyState::Retired;
    assert_eq!(judge_by(&set(record), NOW), Err(Refusal::UnknownKey));
    // Overlap: the old key and the new one verify side by side.
    let both = KeySet::from_records(&[key(1).record(at(0)), key(2).record(at(NOW))]).unwrap();
    assert!(judge_by(&both, NOW).is_ok());
}

#[test]
fn t24_o113_a_published_key_has_public_members_alone() {
    let jwk: Value = serde_json::from_str(&key(1).public().jwk()).unwrap();
    let mut names: Vec<&String> = jwk.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert!(!format!("{:?}", key(1)).contains("x:"), "nothing of the key in its debug text");
}
