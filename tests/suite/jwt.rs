//! Access tokens: what a token must be to be believed, and every way in which it is not.
//!
//! Numbers in names: `t…` are lines of trust-checks.md, `o…` lines of oauth-checks.md.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use edge_authorizer::access::identity::{ClientId, GrantId, TenantId, UserId};
use edge_authorizer::oauth::access_token::Claims;
use edge_authorizer::token::bearer::{BearerToken, MAX_TOKEN_LENGTH};
use edge_authorizer::token::credential::AccessToken;
use edge_authorizer::token::key_record::KeyState;
use edge_authorizer::token::key_set::KeySet;
use edge_authorizer::token::refusal::Refusal;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::tokens::{
    AUDIENCE, ISSUER, LEEWAY, NOW, TENANT, USER, at, claims, header, issuers, judge, key, keys, sign, token, with,
};

fn judged(text: &str) -> Result<AccessToken, Refusal> {
    judge(text, &issuers(), &keys(), at(NOW))
}

fn with_claim(name: &str, value: Value) -> Result<AccessToken, Refusal> {
    judged(&token(&header(), &with(claims(), name, value)))
}

fn with_header(name: &str, value: Value) -> Result<AccessToken, Refusal> {
    judged(&token(&with(header(), name, value), &claims()))
}

fn missing(claim: &str) -> Refusal {
    Refusal::MissingClaim { claim: claim.to_owned() }
}

fn invalid(claim: &str) -> Refusal {
    Refusal::InvalidClaim { claim: claim.to_owned() }
}

#[test]
fn a_token_that_the_own_issuer_writes_is_believed_to_the_letter() {
    let written = Claims {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        tenant: TenantId::parse(TENANT).unwrap(),
        user: UserId::parse(USER).unwrap(),
        client_id: ClientId::parse("client-1").unwrap(),
        grant: GrantId::parse("grant-1").unwrap(),
        scopes: vec!["contact.read".to_owned(), "deal.write".to_owned()],
        token_id: "jti-1".to_owned(),
        issued: at(NOW),
        expires: at(NOW + 900),
    };
    let read = judged(&written.sign(&key(1)).unwrap()).unwrap();
    let expected = AccessToken {
        tenant: written.tenant,
        user: written.user,
        client_id: written.client_id,
        token_id: written.token_id,
        scopes: written.scopes,
        grant: Some(written.grant),
    };
    assert_eq!(read, expected);
    assert_eq!(judged(&token(&header(), &claims())), Ok(expected));
}

#[test]
fn t1_t4_o103_the_algorithm_is_the_configurations_and_the_keys() {
    let names = [
        "none", "None", "nOnE", "noNE", "HS256", "HS384", "HS512", "RS1", "RS384", "RS512", "PS256", "PS384", "ES384",
        "ES512", "ES256K", "es256", "ES256 ", "Ed25519", "dir", "",
    ];
    for name in names {
        assert_eq!(with_header("alg", json!(name)), Err(Refusal::WrongAlgorithm), "{name}");
    }
    // Known, and not allowed for this issuer.
    for name in ["RS256", "EdDSA"] {
        assert_eq!(with_header("alg", json!(name)), Err(Refusal::WrongAlgorithm), "{name}");
    }
    for value in [json!(null), json!(1), json!(["ES256"]), json!({}), json!(true)] {
        let text = format!(r#"{{"typ":"at+jwt","alg":{value},"kid":"k"}}"#);
        assert_eq!(judged(&sign(text.as_bytes(), b"{}")), Err(Refusal::Malformed), "{value}");
    }
}

#[test]
fn t5_t8_t17_o110_the_form_is_three_canonical_parts_and_no_other() {
    let good = token(&header(), &claims());
    let [head, payload, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let padded = URL_SAFE.encode(URL_SAFE_NO_PAD.decode(payload).unwrap());
    let standard = STANDARD.encode([0xfb, 0xff]);
    let texts = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{head}.{payload}"),
        format!("{head}.{payload}."),
        format!(".{payload}.{signature}"),
        format!("{head}..{signature}"),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{signature}"),
        format!("{head}.{payload}.{signature}.{signature}.{signature}"),
        format!("{head}.{payload}.{signature}="),
        format!("{head}.{payload}.{signature}\n"),
        format!(" {good}"),
        format!("{head}.{padded}=.{signature}"),
        format!("{head}.{payload}.{standard}"),
        format!("{{{good}}}"),
        "{}.{}.{}".to_owned(),
        json!({"payload": payload, "protected": head, "signature": signature}).to_string(),
    ];
    for text in texts {
        let refusal = judged(&text).unwrap_err();
        let expected = [Refusal::Malformed, Refusal::BadSignature];
        assert!(expected.contains(&refusal), "{text}: {refusal:?}");
    }
}

#[test]
fn t20_stray_bits_in_the_last_character_are_another_text() {
    let good = token(&header(), &claims());
    // 64 bytes leave four bits in the last of 86 characters, of which the canonical text uses the upper two.
    let mut rest = good.clone();
    let last = rest.pop().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let index = alphabet.find(last).unwrap();
    for stray in 1..16 {
        let other = alphabet.chars().nth(index ^ stray).unwrap();
        let text = format!("{rest}{other}");
        assert_eq!(judged(&text), Err(Refusal::Malformed), "{other} for {last}");
    }
}

#[test]
fn t8_t19_what_is_not_understood_in_the_header_refuses() {
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
    ] {
        assert_eq!(with_header(name, value), Err(Refusal::UnsupportedHeader), "{name}");
    }
}

#[test]
fn t13_o108_keys_in_the_header_are_not_looked_at() {
    let forged = |name: &str, value: Value| {
        let header = with(with(header(), name, value), "kid", json!(key(2).key_id()));
        let payload = claims().to_string();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key(2).sign(signed.as_bytes()).unwrap()))
    };
    let jwk: Value = serde_json::from_str(&key(2).public().jwk()).unwrap();
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://attacker.example/jwks.json")),
        ("x5u", json!("https://attacker.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        assert_eq!(judged(&forged(name, value.clone())), Err(Refusal::UnknownKey), "{name}");
        // Beside the right key they change nothing.
        assert!(with_header(name, value).is_ok(), "{name}");
    }
}

#[test]
fn t14_o108_a_key_id_is_compared_and_nothing_else() {
    let own = key(1).key_id().to_owned();
    for kid in ["", "../../etc/passwd", "' OR 1=1 --", "*", "KEY#", "\u{0}", &own.to_uppercase(), &format!("{own} ")] {
        assert_eq!(with_header("kid", json!(kid)), Err(Refusal::UnknownKey), "{kid:?}");
    }
    assert_eq!(with_header("kid", Value::Null), Err(Refusal::UnknownKey));
    assert_eq!(with_header("kid", json!(7)), Err(Refusal::Malformed));
}

#[test]
fn t9_t18_t21_names_twice_and_text_that_is_not_utf_8_refuse() {
    let (head, body) = (header().to_string(), claims().to_string());
    let more = |json: &str, member: &str| format!("{},{member}}}", json.strip_suffix('}').unwrap());
    let texts: [(Vec<u8>, Vec<u8>); 9] = [
        (more(&head, r#""alg":"ES256""#).into(), body.clone().into()),
        (more(&head, r#""x":{"y":[{"z":1,"z":1}]}"#).into(), body.clone().into()),
        (head.clone().into(), more(&body, &format!(r#""aud":"{AUDIENCE}""#)).into()),
        (head.clone().into(), more(&body, &format!(r#""\u0061ud":"{AUDIENCE}""#)).into()),
        (head.clone().into(), more(&body, r#""x":{"y":[{"z":1,"z":1}]}"#).into()),
        (head.clone().into(), [b"\xef\xbb\xbf", body.as_bytes()].concat()),
        (head.clone().into(), body.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        (head.clone().into(), [more(&body, r#""x":""#).trim_end_matches('}').as_bytes(), b"\xc0\xaf\"}"].concat()),
        (head.into(), more(&body, r#""x":"\ud800""#).into()),
    ];
    for (header, payload) in texts {
        let text = String::from_utf8_lossy(&payload).into_owned();
        assert_eq!(judged(&sign(&header, &payload)), Err(Refusal::Malformed), "{text}");
    }
}

#[test]
fn t53_depth_is_bounded() {
    let nested = |depth: usize| {
        let value = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let payload = claims().to_string();
        sign(
            header().to_string().as_bytes(),
            format!(r#"{},"x":{value}}}"#, payload.strip_suffix('}').unwrap()).as_bytes(),
        )
    };
    assert!(judged(&nested(15)).is_ok());
    assert_eq!(judged(&nested(16)), Err(Refusal::Malformed));
    assert_eq!(judged(&nested(1_000)), Err(Refusal::Malformed));
}

#[test]
fn t53_length_is_bounded_before_anything_is_parsed() {
    let text = "a".repeat(MAX_TOKEN_LENGTH);
    assert!(BearerToken::from_header(&format!("Bearer {text}")).is_ok());
    assert!(BearerToken::from_header(&format!("Bearer {text}a")).is_err());
}

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
fn t15_t16_o104_the_type_is_that_of_access_tokens() {
    for typ in ["at+jwt", "application/at+jwt", "AT+JWT", "Application/At+Jwt"] {
        assert!(with_header("typ", json!(typ)).is_ok(), "{typ}");
    }
    for typ in [
        "JWT",
        "jwt",
        "id_token+jwt",
        "logout+jwt",
        "rt+jwt",
        "client-authentication+jwt",
        "login+jwt",
        "",
        "at+jwt;x=1",
        "application/application/at+jwt",
        "text/at+jwt",
        "at+jwt ",
    ] {
        assert_eq!(with_header("typ", json!(typ)), Err(Refusal::WrongType), "{typ}");
    }
    assert_eq!(with_header("typ", Value::Null), Err(Refusal::WrongType));
    assert_eq!(with_header("typ", json!(1)), Err(Refusal::Malformed));
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

proptest! {
    #[test]
    fn t1_no_other_algorithm_ever_verifies(name in "\\PC{0,12}") {
        prop_assume!(name != "ES256");
        prop_assert_eq!(with_header("alg", json!(name)), Err(Refusal::WrongAlgorithm));
    }

    #[test]
    fn t5_no_flipped_bit_ever_verifies(position: prop::sample::Index, bit in 0..8_u8) {
        let good = token(&header(), &claims());
        let mut bytes = good.clone().into_bytes();
        let position = position.index(bytes.len());
        bytes[position] ^= 1 << bit;
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(judged(&text).is_err());
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}", parts in "[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,90}") {
        prop_assert!(judged(&text).is_err());
        prop_assert!(judged(&parts).is_err());
    }

    #[test]
    fn no_payload_panics(payload: Vec<u8>, head: Vec<u8>) {
        prop_assert!(judged(&sign(header().to_string().as_bytes(), &payload)).is_err());
        prop_assert!(judged(&sign(&head, claims().to_string().as_bytes())).is_err());
    }
}
