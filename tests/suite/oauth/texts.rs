//! The texts that open something: they round trip, and nothing else opens.

use edge_authorizer::oauth::error::GrantProblem;
use edge_authorizer::oauth::issuer::Issuer;
use edge_authorizer::oauth::refresh_token::RefreshTokenFormat;
use edge_authorizer::oauth::seal::{open, seal};
use edge_authorizer::oauth::secret::{Secret, SecretDigest};
use edge_authorizer::token::pat::PatFormat;
use edge_authorizer::token::text::{MacKey, Prefix};
use proptest::prelude::*;

fn key(byte: u8) -> MacKey {
    MacKey::new(&[byte; 32]).unwrap()
}

fn format() -> RefreshTokenFormat {
    RefreshTokenFormat::new(&Prefix::parse("crm").unwrap(), key(1), None)
}

fn token() -> String {
    let (tenant, grant) = ("biz_0123456789abcdef01234567", "gra_0123456789abcdef01234567");
    format().issue(&tenant.parse().unwrap(), &grant.parse().unwrap(), [9; 24]).expose().to_owned()
}

/// [36] [63]: a refresh token names its tenant and its grant, and proves that this server made it.
#[test]
fn a_refresh_token_opens_where_it_was_made() {
    let opened = format().open(&token()).unwrap();
    assert_eq!(opened.tenant.as_str(), "biz_0123456789abcdef01234567");
    assert_eq!(opened.grant.as_str(), "gra_0123456789abcdef01234567");
    let elsewhere = RefreshTokenFormat::new(&Prefix::parse("crm").unwrap(), key(2), None);
    assert_eq!(elsewhere.open(&token()).unwrap_err(), GrantProblem::Malformed);
}

/// The same key makes both kinds, and neither passes for the other.
#[test]
fn a_refresh_token_is_no_personal_access_token() {
    let pats = PatFormat::new(Prefix::parse("crm").unwrap(), key(1), None);
    let disguised = token().replace("_rt_", "_pat_");
    assert!(pats.open(&token()).is_err());
    assert!(pats.open(&disguised).is_err());
}

#[test]
fn secrets_print_their_names_only() {
    let secret = Secret::new("crm_code_", [3; 32]);
    assert_eq!(format!("{secret:?} {:?}", secret.digest()), "Secret { .. } SecretDigest { .. }");
    assert!(!format!("{:?}", format().open(&token()).unwrap()).contains("crm_rt_"));
    assert_eq!(SecretDigest::from_hex(&secret.digest().to_hex()), Some(secret.digest()));
    assert_eq!(SecretDigest::from_hex("00"), None);
    assert_eq!(Secret::presented(secret.expose()), Some(secret));
}

/// [96] [102]: an issuer is an origin of configuration, and plain http stays on this machine.
#[test]
fn an_issuer_is_an_origin() {
    for good in ["https://auth.example.com", "https://auth.example.com:8443", "http://127.0.0.1:9080", "http://[::1]:1"]
    {
        assert_eq!(Issuer::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "https://auth.example.com/",
        "https://auth.example.com/path",
        "https://AUTH.example.com",
        "https://auth.example.com:443",
        "https://auth.example.com?x",
        "https://user@auth.example.com",
        "http://auth.example.com",
        "http://10.0.0.1",
        "auth.example.com",
        "",
    ] {
        assert!(Issuer::parse(bad).is_err(), "{bad}");
    }
}

/// [53]: the sealed answer opens with the token that it was sealed for, in its place, and with nothing else.
#[test]
fn a_sealed_answer_opens_for_the_tokens_holder_alone() {
    let sealed = seal("token", b"gra_1#2", b"answer", [5; 12]).unwrap();
    assert_eq!(open("token", b"gra_1#2", &sealed).unwrap(), b"answer");
    assert!(open("other", b"gra_1#2", &sealed).is_err());
    assert!(open("token", b"gra_1#3", &sealed).is_err());
    assert!(open("token", b"gra_1#2", &sealed[1..]).is_err());
    assert!(open("token", b"gra_1#2", b"").is_err());
}

proptest! {
    /// [63]: cut, flipped or made up: refused, and never a panic.
    #[test]
    fn no_other_text_opens(position in 0_usize..95, other in "[0-9A-Za-z]", garbage in ".{0,300}") {
        let mut changed = token();
        prop_assume!(changed.get(position..=position).is_some_and(|letter| letter != other));
        changed.replace_range(position..=position, &other);
        prop_assert!(format().open(&changed).is_err());
        changed.truncate(position);
        prop_assert!(format().open(&changed).is_err());
        prop_assert!(format().open(&garbage).is_err());
    }
}
