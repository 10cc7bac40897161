//! Personal access tokens: any text, which only our own key makes a token; and any ids, which come back as they were,
//! and not if one character of the token differs.

#![no_main]

use std::sync::LazyLock;

use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::token::pat::{MacKey, PatFormat, Prefix, SECRET_LENGTH};
use libfuzzer_sys::fuzz_target;

static FORMAT: LazyLock<PatFormat> = LazyLock::new(|| {
    PatFormat::new(Prefix::parse("crm").unwrap(), MacKey::new(&[7; 32]).unwrap(), None)
});

fuzz_target!(|text: &str| {
    assert!(FORMAT.open(text).is_err(), "nobody without the key makes a token");
    let mut parts = text.splitn(3, '\n');
    let (tenant, user) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (Ok(tenant), Ok(user)) = (TenantId::parse(tenant), UserId::parse(user)) else { return };
    let token = FORMAT.issue(&tenant, &user, [5; SECRET_LENGTH]);
    let opened = FORMAT.open(token.expose()).unwrap();
    assert_eq!((&opened.tenant, &opened.user), (&tenant, &user));
    let place = parts.next().unwrap_or_default().len() % token.expose().len();
    let mut mistyped = token.expose().to_owned();
    let other = if &mistyped[place..=place] == "a" { "b" } else { "a" };
    mistyped.replace_range(place..=place, other);
    assert!(FORMAT.open(&mistyped).is_err(), "one character differs: {place}");
});
