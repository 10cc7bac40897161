//! `Authorization`: what is taken for a bearer token is one word of the header, and of its alphabet (RFC 6750 §2.1).

#![no_main]

use edge_authorizer::token::bearer::BearerToken;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(token) = BearerToken::from_header(text) else { return };
    let token = token.expose();
    assert!(!token.is_empty() && text.trim_end().ends_with(token));
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)), "{token}");
});
