//! The claims of an access token: each is there, of its type, and says what it must.
//!
//! Numbers in names: `t…` are lines of trust-checks.md, `o…` lines of oauth-checks.md.

use edge_authorizer::token::refusal::Refusal;
use serde_json::{Value, json};

use crate::jwt::{invalid, judged, missing, with_claim};
use crate::tokens::{AUDIENCE, ISSUER, LEEWAY, NOW, at, claims, header, issuers, judge, keys, sign, token, with};

#[test]
fn t10_o105_the_issuer_is_compared_byte_for_byte() {
    for name in
        ["https://auth.example.com/", "https://AUTH.example.com", "http://auth.example.com", "auth.example.com", ""]
    {
        assert_eq!(with_claim("iss", json!(name)), Err(Refusal::WrongIssuer), "{name}");
    }
    assert_eq!(with_claim("iss", Value::Null), Err(missing("iss")));
    assert_eq!(with_claim("iss", json!([ISSUER])), Err(invalid("iss")));
}

#[test]
fn t12_o106_the_audience_contains_this_api_exactly() {
    for value in [json!(AUDIENCE), json!([AUDIENCE]), json!(["https://other.example.com", AUDIENCE])] {
        assert!(with_claim("aud", value.clone()).is_ok(), "{value}");
    }
    for value in [json!("https://api.example.com/"), json!("api.example.com"), json!([]), json!(["x"]), json!("")] {
        assert_eq!(with_claim("aud", value.clone()), Err(Refusal::WrongAudience), "{value}");
    }
    for value in [json!(1), json!({AUDIENCE: true}), json!([AUDIENCE, 1]), json!([[AUDIENCE]])] {
        assert_eq!(with_claim("aud", value.clone()), Err(invalid("aud")), "{value}");
    }
    assert_eq!(with_claim("aud", Value::Null), Err(missing("aud")));
}

#[test]
fn t21_o107_every_claim_is_there_and_of_its_type() {
    for claim in ["sub", "business_id", "client_id", "grant_id", "scope", "jti", "iat", "exp"] {
        assert_eq!(with_claim(claim, Value::Null), Err(missing(claim)), "{claim}");
        let spelled_null =
            claims().to_string().replacen(&format!(r#""{claim}":"#), &format!(r#""{claim}":null,"_":"#), 1);
        assert_eq!(
            judged(&sign(header().to_string().as_bytes(), spelled_null.as_bytes())),
            Err(invalid(claim)),
            "{claim}"
        );
        for value in [json!(true), json!([]), json!({}), json!(-1), json!(1.5), json!(["usr_1"])] {
            assert_eq!(with_claim(claim, value.clone()), Err(invalid(claim)), "{claim}: {value}");
        }
    }
    for claim in ["iat", "exp", "nbf"] {
        for value in [json!("1790000000"), json!(1.79e9), json!(-5), json!([NOW])] {
            assert_eq!(with_claim(claim, value.clone()), Err(invalid(claim)), "{claim}: {value}");
        }
    }
    for claim in ["sub", "business_id", "client_id", "grant_id"] {
        for value in ["", "a b", "a/b", "a#b", "é", "a\u{0}", &"x".repeat(65)] {
            assert_eq!(with_claim(claim, json!(value)), Err(invalid(claim)), "{claim}: {value:?}");
        }
    }
    for value in ["", "a b", "\n", "é", &"x".repeat(129)] {
        assert_eq!(with_claim("jti", json!(value)), Err(invalid("jti")), "{value:?}");
    }
}

#[test]
fn a_scope_is_names_between_single_spaces_or_nothing() {
    assert_eq!(with_claim("scope", json!("")).unwrap().scopes, Vec::<String>::new());
    assert_eq!(with_claim("scope", json!("a.b c:d")).unwrap().scopes, ["a.b", "c:d"]);
    for value in [" ", " a", "a ", "a  b", "a\tb", "a\nb", "\"a\"", "a\\b", "é"] {
        assert_eq!(with_claim("scope", json!(value)), Err(invalid("scope")), "{value:?}");
    }
    assert_eq!(with_claim("scope", json!(["a.b"])), Err(invalid("scope")));
}

#[test]
fn t22_o107_times_hold_to_the_second() {
    let judge_at = |claims: &Value, now: u64| judge(&token(&header(), claims), &issuers(), &keys(), at(now));
    let end = NOW + 900;
    assert!(judge_at(&claims(), end + LEEWAY - 1).is_ok());
    let now = end + LEEWAY;
    assert_eq!(judge_at(&claims(), now), Err(Refusal::Expired { at: at(end), now: at(now) }));
    assert!(judge_at(&claims(), NOW - LEEWAY).is_ok());
    let now = NOW - LEEWAY - 1;
    assert_eq!(judge_at(&claims(), now), Err(Refusal::NotYetValid { at: at(NOW), now: at(now) }));
    let later = with(claims(), "nbf", json!(NOW + 100));
    assert!(judge_at(&later, NOW + 100 - LEEWAY).is_ok());
    let now = NOW + 100 - LEEWAY - 1;
    assert_eq!(judge_at(&later, now), Err(Refusal::NotYetValid { at: at(NOW + 100), now: at(now) }));
}

#[test]
fn t22_a_life_is_bounded_whatever_the_numbers() {
    assert!(with_claim("exp", json!(NOW + 3600)).is_ok());
    let too_long = |seconds| Err(Refusal::LivesTooLong { seconds, most: 3600 });
    assert_eq!(with_claim("exp", json!(NOW + 3601)), too_long(3601));
    assert_eq!(with_claim("exp", json!(u64::MAX)), too_long(u64::MAX - NOW));
    assert_eq!(with_claim("iat", json!(0)), too_long(NOW + 900));
    assert!(matches!(with_claim("iat", json!(u64::MAX)), Err(Refusal::NotYetValid { .. })));
    assert!(matches!(with_claim("exp", json!(0)), Err(Refusal::Expired { .. })));
}

#[test]
fn t25_t64_o112_what_is_no_bearer_token_of_a_user_is_refused() {
    for value in [json!({"jkt": "x"}), json!({}), json!("x"), json!(0)] {
        assert_eq!(with_claim("cnf", value.clone()), Err(Refusal::SenderConstrained));
        assert_eq!(with_claim("authorization_details", value), Err(Refusal::AuthorizationDetails));
    }
    assert_eq!(with_claim("sub", json!("client-1")), Err(Refusal::NoUser));
}
