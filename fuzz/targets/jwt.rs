//! An access token: any header and any claims, properly signed with a key that is known, so that the fuzzer gets past
//! the signature. Whatever is proven is of the one tenant that the issuer may speak for.

#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge_authorizer::oauth::signing::SigningKey;
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::issuer::config::{self, PlainHttp};
use edge_authorizer::token::issuers::Issuers;
use edge_authorizer::token::jwt::compact::Compact;
use edge_authorizer::token::key_set::KeySet;
use libfuzzer_sys::fuzz_target;

const NOW: u64 = 1_790_000_000;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_secret(&[1; 32]).unwrap());
static KEYS: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::from_records(&[KEY.record(Timestamp::from_seconds(0))]).unwrap());
static ISSUERS: LazyLock<Issuers> = LazyLock::new(|| {
    let issuer = r#"[{"issuer": "https://auth.example.com", "audience": "https://api.example.com", "algorithms": ["ES256"],
        "keys": "table", "user": "sub", "tenants": {"only": ["biz_1"]}}]"#;
    Issuers::new(config::parse(issuer, PlainHttp::Refused).unwrap(), 30).unwrap()
});

// The first line is the header, the rest the claims. `KID` stands for the name of the key.
fuzz_target!(|text: &str| {
    let (header, claims) = text.split_once('\n').unwrap_or((text, ""));
    let encoded = |part: &str| URL_SAFE_NO_PAD.encode(part.replace("KID", KEY.key_id()));
    let signed = format!("{}.{}", encoded(header), encoded(claims));
    let signature = URL_SAFE_NO_PAD.encode(KEY.sign(signed.as_bytes()).unwrap());
    let token = format!("{signed}.{signature}");
    let now = Timestamp::from_seconds(NOW);
    let _ = Compact::parse(text);
    let Ok(candidate) = Compact::parse(&token).and_then(|token| ISSUERS.admit(token, now)) else { return };
    let Some(key) = KEYS.find(candidate.wanted(), now) else { return };
    let token = candidate.prove(&key).unwrap();
    assert_eq!(token.tenant.as_str(), "biz_1");
    assert!(token.grant.is_some(), "the issuer's tokens need a grant");
});
