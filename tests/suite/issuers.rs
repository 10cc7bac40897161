//! Issuers as they are configured: what each may say, and configurations that are refused with the field's name.
//! Numbers in names: `t…` are lines of trust-checks.md.

use edge_authorizer::settings::Settings;
use edge_authorizer::token::issuer::config::{self, PlainHttp};
use edge_authorizer::token::issuers::Issuers;
use edge_authorizer::token::refusal::Refusal;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::tokens::{AUDIENCE, ISSUER, NOW, TENANT, at, claims, header, judge, key, keys, token, with};

/// Another issuer, signing with the key that the tests hold.
fn source() -> Value {
    let jwk: Value = serde_json::from_str(&key(1).public().jwk()).unwrap();
    json!({
        "issuer": ISSUER, "audience": AUDIENCE, "algorithms": ["ES256"], "keys": {"inline": {"keys": [jwk]}},
        "user": "sub", "tenants": {"only": [TENANT]}, "grant": "none",
    })
}

fn parse(sources: &[Value]) -> Result<Issuers, String> {
    let issuers = config::parse(&json!(sources).to_string(), PlainHttp::Refused).map_err(|error| error.to_string())?;
    Issuers::new(issuers, 30).map_err(|error| error.to_string())
}

fn user(source: Value, claims: &Value) -> Result<String, Refusal> {
    let issuers = parse(&[source]).unwrap();
    judge(&token(&header(), claims), &issuers, &keys(), at(NOW)).map(|access| access.user.to_string())
}

#[test]
fn an_issuer_speaks_for_no_tenant_but_those_that_are_named() {
    let other = with(claims(), "business_id", json!("biz_other"));
    assert!(user(source(), &claims()).is_ok());
    assert_eq!(user(source(), &other), Err(Refusal::WrongTenant));
    assert!(user(with(source(), "tenants", json!("all")), &other).is_ok());
    for none in [Value::Null, json!({"only": []})] {
        assert_eq!(user(with(source(), "tenants", none), &claims()), Err(Refusal::WrongTenant));
    }
}

#[test]
fn t11_one_subject_of_two_issuers_is_two_users() {
    let prefixed = |prefix: &str| with(source(), "user", json!({"prefix": prefix}));
    let mine = with(claims(), "sub", json!("7f31"));
    assert_eq!(user(prefixed("a|"), &mine), Ok("a|7f31".to_owned()));
    assert_eq!(user(prefixed("b|"), &mine), Ok("b|7f31".to_owned()));
    assert_eq!(user(source(), &mine), Ok("7f31".to_owned()));
    let by_claim = with(source(), "user", json!({"claim": "crm_user"}));
    assert_eq!(user(by_claim.clone(), &with(mine.clone(), "crm_user", json!("usr_1"))), Ok("usr_1".to_owned()));
    assert_eq!(user(by_claim, &mine), Err(Refusal::MissingClaim { claim: "crm_user".to_owned() }));
    let second = with(prefixed("a|b"), "issuer", json!("https://second.example.com"));
    assert!(parse(&[prefixed("a|"), second]).unwrap_err().contains("prefix"));
}

#[test]
fn a_grant_is_required_unless_the_configuration_says_otherwise() {
    let without = with(claims(), "grant_id", Value::Null);
    assert!(user(source(), &without).is_ok());
    for required in [Value::Null, json!("required")] {
        let judged = user(with(source(), "grant", required), &without);
        assert_eq!(judged, Err(Refusal::MissingClaim { claim: "grant_id".to_owned() }));
    }
}

#[test]
fn t16_another_type_needs_a_claim_that_tells_access_tokens_apart() {
    let other_type = with(source(), "types", json!(["JWT"]));
    assert!(parse(std::slice::from_ref(&other_type)).unwrap_err().starts_with("`[0].types`"));
    let issuers = parse(&[with(other_type, "required_claims", json!({"token_use": ["access"]}))]).unwrap();
    let header = with(header(), "typ", json!("JWT"));
    let judged = |token_use| {
        let claims = with(claims(), "token_use", token_use);
        judge(&token(&header, &claims), &issuers, &keys(), at(NOW)).map(|_| ())
    };
    assert_eq!(judged(json!("access")), Ok(()));
    assert_eq!(judged(json!("id")), Err(Refusal::WrongClaim { claim: "token_use".to_owned() }));
    assert_eq!(judged(json!(["access"])), Err(Refusal::WrongClaim { claim: "token_use".to_owned() }));
    assert_eq!(judged(Value::Null), Err(Refusal::MissingClaim { claim: "token_use".to_owned() }));
}

#[test]
fn a_token_without_a_key_name_means_the_only_key_where_that_is_allowed() {
    let text = token(&with(header(), "kid", Value::Null), &claims());
    let judged = |source| judge(&text, &parse(&[source]).unwrap(), &keys(), at(NOW)).map(|_| ());
    assert_eq!(judged(source()), Err(Refusal::UnknownKey));
    assert_eq!(judged(with(source(), "kid", json!("optional"))), Ok(()));
}

#[test]
fn every_mistake_is_called_by_its_field() {
    let cases = [
        ("issuer", json!(""), "`[0].issuer`"),
        ("issuer", json!("with space"), "`[0].issuer`"),
        ("issuer", json!(1), "`[0].issuer`"),
        ("issuer", Value::Null, "missing field `issuer`"),
        ("audience", json!(""), "`[0].audience`"),
        ("algorithms", json!([]), "`[0].algorithms`"),
        ("algorithms", json!(["none"]), "`[0].algorithms`: `none` is none of"),
        ("algorithms", json!(["HS256"]), "`[0].algorithms`"),
        ("algorithms", json!("ES256"), "`[0].algorithms`"),
        ("keys", json!("file"), "`[0].keys"),
        ("keys", json!({"url": "http://login.example.com/jwks"}), "`[0].keys.url`"),
        ("keys", json!({"url": "http://127.0.0.1:1/jwks"}), "`[0].keys.url`"),
        ("keys", json!({"url": "https://user@login.example.com/jwks"}), "`[0].keys.url`"),
        ("keys", json!({"url": "https://login.example.com/jwks#x"}), "`[0].keys.url`"),
        ("keys", json!({"url": "file:///etc/passwd"}), "`[0].keys.url`"),
        ("keys", json!({"url": "jwks.json"}), "`[0].keys.url`"),
        ("keys", json!({"inline": {"keys": []}}), "`[0].keys.inline`"),
        ("user", Value::Null, "missing field `user`"),
        ("user", json!({"prefix": ""}), "`[0].user.prefix`"),
        ("user", json!({"claim": ""}), "`[0].user.claim`"),
        ("tenants", json!({"only": ["a b"]}), "`[0].tenants.only`"),
        ("tenants", json!([]), "`[0].tenants"),
        ("types", json!([]), "`[0].types`"),
        ("required_claims", json!({"token_use": []}), "`[0].required_claims.token_use`"),
        ("max_lifetime_seconds", json!(0), "`[0].max_lifetime_seconds`"),
        ("max_lifetime_seconds", json!(86_401), "`[0].max_lifetime_seconds`"),
        ("max_lifetime_seconds", json!(-1), "`[0].max_lifetime_seconds`"),
        ("claims", json!({"tennant": "x"}), "tennant"),
        ("tennants", json!("all"), "tennants"),
    ];
    for (field, value, expected) in cases {
        let error = parse(&[with(source(), field, value.clone())]).unwrap_err();
        assert!(error.contains(expected), "{field} = {value}: {error}");
    }
    assert!(parse(&[source(), source()]).unwrap_err().contains("twice"));
    let twice = format!("[{}]", source().to_string().replacen('{', r#"{"issuer":"https://x.example.com","#, 1));
    assert!(config::parse(&twice, PlainHttp::Refused).unwrap_err().problem.contains("twice"));
}

fn settings(variables: &[(&str, &str)]) -> Result<Settings, String> {
    let key = ("PAT_MAC_KEY", "0123456789abcdef0123456789abcdef");
    let find =
        |name: &str| variables.iter().chain([&key]).find(|(it, _)| *it == name).map(|(_, text)| (*text).to_owned());
    Settings::read(find).map_err(|error| error.to_string())
}

#[test]
fn the_variables_are_refused_by_name() {
    assert_eq!(settings(&[]).unwrap().issuers.iter().count(), 0);
    assert_eq!(settings(&[("OAUTH_ISSUER", ""), ("TOKEN_ISSUERS", "")]).unwrap().issuers.iter().count(), 0);
    let own = [("OAUTH_ISSUER", ISSUER), ("OAUTH_AUDIENCE", AUDIENCE)];
    assert_eq!(settings(&own).unwrap().issuers.iter().count(), 1);
    let cases: [(&[(&str, &str)], &str); 10] = [
        (&[("OAUTH_ISSUER", ISSUER)], "OAUTH_AUDIENCE"),
        (&[("OAUTH_ISSUER", "https://auth.example.com/"), own[1]], "OAUTH_ISSUER"),
        (&[("OAUTH_ISSUER", "https://auth.example.com/path"), own[1]], "OAUTH_ISSUER"),
        (&[("OAUTH_ISSUER", "http://auth.example.com"), own[1]], "OAUTH_ISSUER"),
        (&[("OAUTH_ISSUER", "auth.example.com"), own[1]], "OAUTH_ISSUER"),
        (&[own[0], ("OAUTH_AUDIENCE", "a b")], "OAUTH_AUDIENCE"),
        (&[("TOKEN_ISSUERS", "{}")], "TOKEN_ISSUERS"),
        (&[("TOKEN_LEEWAY_SECONDS", "61")], "TOKEN_LEEWAY_SECONDS"),
        (&[("TOKEN_LEEWAY_SECONDS", "-1")], "TOKEN_LEEWAY_SECONDS"),
        (&[("TOKEN_ISSUERS_HTTP", "yes")], "TOKEN_ISSUERS_HTTP"),
    ];
    for (variables, expected) in cases {
        let error = settings(variables).unwrap_err();
        assert!(error.contains(expected), "{variables:?}: {error}");
    }
}

#[test]
fn the_example_of_the_documentation_is_accepted_and_does_what_it_says() {
    let text = include_str!("../../docs/issuers.md");
    let (_, rest) = text.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let mut sources: Vec<Value> = serde_json::from_str(example).unwrap();
    assert!(settings(&[("TOKEN_ISSUERS", example)]).is_ok());
    // The same, but for keys that the test holds.
    let mut example = sources.remove(0);
    example["keys"] = source()["keys"].clone();
    example["algorithms"] = json!(["ES256"]);
    let claims = json!({
        "iss": "https://login.example.com/", "aud": "https://api.example.com", "sub": "7f31", "azp": "app",
        "https://api.example.com/business_id": "biz_6fa1c0d3e85b472990ab31cd", "scope": "contact.read", "jti": "1",
        "iat": NOW, "exp": NOW + 900, "token_use": "access",
    });
    let text = token(&with(header(), "typ", json!("JWT")), &claims);
    let access = judge(&text, &parse(&[example]).unwrap(), &keys(), at(NOW)).unwrap();
    assert_eq!((access.user.as_str(), access.tenant.as_str()), ("example|7f31", "biz_6fa1c0d3e85b472990ab31cd"));
}

proptest! {
    #[test]
    fn no_configuration_panics(text in "\\PC{0,200}", field in "[a-z_]{1,12}", value in "\\PC{0,20}") {
        let _ = config::parse(&text, PlainHttp::Loopback);
        for value in [json!(value), json!([value]), json!({value.clone(): value})] {
            let _ = parse(&[with(source(), &field, value)]);
        }
    }
}
