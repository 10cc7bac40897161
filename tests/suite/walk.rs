//! `docs/oauth-walk.md` works as printed: its commands run against an `edge serve`.

use std::path::Path;
use std::process::Command;

use regex::Regex;

use crate::serving::Serving;
use crate::transcript;

/// What the page calls the two servers: where `make run` has them.
const GATEWAY: &str = "127.0.0.1:8080";
const ISSUER: &str = "127.0.0.1:8081";

/// The page needs `curl` and `openssl`. Under `REQUIRE_ALL=1` they must be there.
#[expect(clippy::disallowed_methods, reason = "whether a test may skip is decided where it runs")]
fn may_skip() -> bool {
    let there = ["curl", "openssl"].iter().all(|program| {
        let asked = Command::new(program).arg(if *program == "curl" { "--version" } else { "version" }).output();
        asked.is_ok_and(|output| output.status.success())
    });
    let required = std::env::var("REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(there || !required, "`curl` or `openssl` is missing, and REQUIRE_ALL=1");
    !there
}

#[test]
fn the_walk_works_as_printed() {
    if may_skip() {
        return println!("skipped: `curl` or `openssl` is missing");
    }
    let serving = Serving::start("walk", &[]);
    let [gateway, issuer] = [serving.gateway(), serving.issuer()].map(|url| url.strip_prefix("http://").unwrap());
    let there = |text: &str| text.replace(GATEWAY, gateway).replace(ISSUER, issuer);
    // `iss` stands in the query of an address.
    let in_query = |address: &str| address.replace(':', "%3A");
    let here = |text: &str| {
        let named = text.replace(gateway, GATEWAY).replace(issuer, ISSUER);
        nameless(&named.replace(&in_query(issuer), &in_query(ISSUER)))
    };
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/oauth-walk.md");
    transcript::hold(&page, there, |_| {}, here);
}

/// Leaves out what differs from run to run, the time and the secrets.
fn nameless(printed: &str) -> String {
    let mut shown = printed.to_owned();
    for (pattern, name) in [
        (r"crm_(request|code|rt)_[0-9A-Za-z]+", "crm_${1}_…"),
        (r"eyJ[-_0-9A-Za-z]+\.[-_0-9A-Za-z]+\.[-_0-9A-Za-z]+", "eyJ…"),
        (r#""(request_id|token_id)":( ?)"[^"]+""#, r#""$1":$2"…""#),
        (r#""client_id_issued_at":\d+"#, r#""client_id_issued_at":…"#),
    ] {
        shown = Regex::new(pattern).unwrap().replace_all(&shown, name).into_owned();
    }
    shown
}
