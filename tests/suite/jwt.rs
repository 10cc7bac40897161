//! Access tokens: what a token must be to be believed, and every way in which it is not. Here its form and its header;
//! `jwt_claims` has the claims, `jwt_keys` the signature and the keys.
//!
//! Numbers in names: `t…` are lines of trust-checks.md, `o…` lines of oauth-checks.md.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use edge_authorizer::access::identity::{ClientId, GrantId, TenantId, UserId};
use edge_authorizer::oauth::access_token::Claims;
use edge_authorizer::token::bearer::{BearerToken, MAX_TOKEN_LENGTH};
use edge_authorizer::token::credential::AccessToken;
use edge_authorizer::token::refusal::Refusal;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::tokens::{
    AUDIENCE, ISSUER, NOW, TENANT, USER, at, claims, header, issuers, judge, key, keys, sign, token, with,
};

pub(crate) fn judged(text: &str) -> Result<AccessToken, Refusal> {
    judge(text, &issuers(), &keys(), at(NOW))
}

pub(crate) fn with_claim(name: &str, value: Value) -> Result<AccessToken, Refusal> {
    judged(&token(&header(), &with(claims(), name, value)))
}

pub(crate) fn with_header(name: &str, value: Value) -> Result<AccessToken, Refusal> {
    judged(&token(&with(header(), name, value), &claims()))
}

pub(crate) fn missing(claim: &str) -> Refusal {
    Refusal::MissingClaim { claim: claim.to_owned() }
}

pub(crate) fn invalid(claim: &str) -> Refusal {
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
        is_ours: true,
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
