//! Another issuer's key set: bounded, and one `kid` names one key.

#![no_main]

use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::jwt::algorithm::Algorithm;
use edge_authorizer::token::key_set::{KeySet, MAX_LENGTH, Wanted};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let Ok(keys) = KeySet::parse(document) else { return };
    assert!(document.len() <= MAX_LENGTH);
    let text = std::str::from_utf8(document).expect("JSON is UTF-8");
    let wanted = Wanted { key_id: text.split('"').nth(3), algorithm: Algorithm::Es256 };
    let _ = keys.find(wanted, Timestamp::from_seconds(0));
});
