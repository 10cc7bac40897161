//! Personal access tokens: what is issued opens, and nothing else does.

use std::collections::HashSet;

use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::token::pat::{MAX_LENGTH, MacKey, PatFormat, Prefix, SECRET_LENGTH};
use edge_authorizer::token::refusal::Refusal;
use proptest::prelude::*;

const TENANT: &str = "biz_0123456789abcdef01234567";
const USER: &str = "usr_89abcdef0123456789abcdef";

fn format(key: u8) -> PatFormat {
    PatFormat::new(Prefix::parse("crm").unwrap(), MacKey::new(&[key; 32]).unwrap(), None)
}

fn issue(tenant: &str, user: &str, secret: [u8; SECRET_LENGTH]) -> String {
    let (tenant, user) = (TenantId::parse(tenant).unwrap(), UserId::parse(user).unwrap());
    format(1).issue(&tenant, &user, secret).expose().to_owned()
}

#[test]
fn a_token_for_the_products_ids_is_under_100_characters() {
    let token = issue(TENANT, USER, [0xff; SECRET_LENGTH]);
    assert_eq!(token.len(), 95, "{token}");
    let opened = format(1).open(&token).unwrap();
    assert_eq!((opened.tenant.as_str(), opened.user.as_str()), (TENANT, USER));
}

#[test]
fn another_key_calls_it_forged_and_the_previous_key_still_opens() {
    let token = issue(TENANT, USER, [7; SECRET_LENGTH]);
    assert_eq!(format(2).open(&token), Err(Refusal::Forged));
    let rotated = PatFormat::new(
        Prefix::parse("crm").unwrap(),
        MacKey::new(&[2; 32]).unwrap(),
        Some(MacKey::new(&[1; 32]).unwrap()),
    );
    assert!(rotated.open(&token).is_ok());
}

/// All 192 random bits are in the token: none is lost on the way, so that it is as hard to guess as they are.
#[test]
fn t7_every_random_bit_gets_into_the_token() {
    let mut texts = HashSet::from([issue(TENANT, USER, [0; SECRET_LENGTH])]);
    for bit in 0..8 * SECRET_LENGTH {
        let mut secret = [0; SECRET_LENGTH];
        secret[bit / 8] = 1 << (bit % 8);
        assert!(texts.insert(issue(TENANT, USER, secret)), "bit {bit} makes no difference");
    }
}

/// What the table holds of a token finds its record, and opens nothing.
#[test]
fn a_digest_of_a_token_opens_nothing() {
    let (tenant, user) = (TenantId::parse(TENANT).unwrap(), UserId::parse(USER).unwrap());
    let digest = format(1).issue(&tenant, &user, [7; SECRET_LENGTH]).digest().to_hex();
    assert_eq!(format(1).open(&digest), Err(Refusal::Malformed));
    for text in [format!("crm_pat_{digest}"), format!("crm_pat_{digest}000000")] {
        assert_eq!(format(1).open(&text), Err(Refusal::Mistyped));
    }
}

proptest! {
    #[test]
    fn every_id_round_trips_within_the_limit(
        tenant in "[A-Za-z0-9_.:|@+=-]{1,64}",
        user in "[A-Za-z0-9_.:|@+=-]{1,64}",
        secret: [u8; SECRET_LENGTH],
    ) {
        let token = issue(&tenant, &user, secret);
        prop_assert!(token.len() <= MAX_LENGTH);
        prop_assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        let opened = format(1).open(&token).unwrap();
        prop_assert_eq!((opened.tenant.as_str(), opened.user.as_str()), (tenant.as_str(), user.as_str()));
    }

    #[test]
    fn one_wrong_character_is_caught_by_the_check_value(position in 8_usize..95, other in "[0-9A-Za-z]") {
        let mut token = issue(TENANT, USER, [42; SECRET_LENGTH]);
        prop_assume!(token.get(position..=position).is_some_and(|letter| letter != other));
        token.replace_range(position..=position, &other);
        prop_assert_eq!(format(1).open(&token), Err(Refusal::Mistyped));
    }

    #[test]
    fn no_text_panics(text in ".{0,300}", tail in "[0-9A-Za-z]{0,260}") {
        let _ = format(1).open(&text);
        let prefixed = format!("crm_pat_{tail}");
        prop_assert!(format(1).open(&prefixed).is_err());
    }
}
