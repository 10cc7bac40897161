//! Redirect URIs: what registers, and what a request may name.

use edge_authorizer::oauth::error::RedirectUriProblem as Problem;
use edge_authorizer::oauth::redirect_uri::RedirectUri;

fn registered(text: &str) -> RedirectUri {
    RedirectUri::parse(text).unwrap()
}

/// [3] [4] [5] [9]: a URI is compared byte for byte, whatever a parser would make of it.
#[test]
fn only_the_very_same_text_is_the_same_uri() {
    let uri = registered("https://app.example.com/callback?tenant=1");
    assert!(uri.target("https://app.example.com/callback?tenant=1").is_some());
    for other in [
        "https://app.example.com/callback",
        "https://app.example.com/callback?tenant=2",
        "https://app.example.com/callback?tenant=1&x=1",
        "https://app.example.com/callback/?tenant=1",
        "https://app.example.com/callback/more?tenant=1",
        "https://app.example.com/CALLBACK?tenant=1",
        "https://APP.example.com/callback?tenant=1",
        "https://app.example.com/a/../callback?tenant=1",
        "https://app.example.com/%63allback?tenant=1",
        "https://app.example.com/%2e/callback?tenant=1",
        "https://app.example.com:443/callback?tenant=1",
        "https://app.example.com:8443/callback?tenant=1",
        "https://sub.app.example.com/callback?tenant=1",
        "https://app.example.com.evil.example/callback?tenant=1",
        "https://app.example.com@evil.example/callback?tenant=1",
        "https://evil.example\\@app.example.com/callback?tenant=1",
        "https://app.example.com/callback?tenant=1#x",
        "https://app.example.com\t/callback?tenant=1",
        "https://app.example.com/callback?tenant=1\0",
        " https://app.example.com/callback?tenant=1",
        "http://app.example.com/callback?tenant=1",
        "",
    ] {
        assert_eq!(uri.target(other), None, "{other:?}");
    }
}

/// [7]: the port of a loopback address is the app's own affair, registered with one or without.
#[test]
fn a_loopback_address_may_have_any_port() {
    for (registered_as, named) in [
        ("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback"),
        ("http://127.0.0.1:3000/callback", "http://127.0.0.1:51004/callback"),
        ("http://127.0.0.1:3000/callback", "http://127.0.0.1/callback"),
        ("http://[::1]/callback", "http://[::1]:51004/callback"),
        ("http://[::1]:1/callback?a=b", "http://[::1]:51004/callback?a=b"),
        ("http://localhost/callback", "http://localhost:51004/callback"),
        ("http://localhost:1", "http://localhost:2"),
    ] {
        let target = registered(registered_as).target(named).unwrap_or_else(|| panic!("{registered_as} {named}"));
        assert_eq!(target.as_str(), named);
    }
}

/// [8]: nothing else of a loopback address may differ.
#[test]
fn only_the_port_of_a_loopback_address_may_differ() {
    let uri = registered("http://127.0.0.1:3000/callback?a=b");
    for other in [
        "http://127.0.0.1:3000/callback",
        "http://127.0.0.1:3000/callback?a=c",
        "http://127.0.0.1:3000/callbac?a=b",
        "http://localhost:3000/callback?a=b",
        "http://[::1]:3000/callback?a=b",
        "https://127.0.0.1:3000/callback?a=b",
        "http://127.1:3000/callback?a=b",
        "http://127.0.0.2:3000/callback?a=b",
        "http://127.0.0.1.evil.example:3000/callback?a=b",
        "http://127.0.0.1:3000@evil.example/callback?a=b",
        "http://127.0.0.1:99999/callback?a=b",
        "http://127.0.0.1:03000/callback?a=b",
        "http://127.0.0.1:/callback?a=b",
    ] {
        assert_eq!(uri.target(other), None, "{other}");
    }
}

/// [6] [65] [66] [67]: what cannot be registered, and why.
#[test]
fn what_could_lead_elsewhere_is_not_registered() {
    for (text, problem) in [
        ("javascript:alert(1)", Problem::Scheme),
        ("JavaScript:alert(1)", Problem::Scheme),
        ("java\tscript:alert(1)", Problem::Scheme),
        ("\u{1}javascript:alert(1)", Problem::Scheme),
        ("data:text/html,x", Problem::Scheme),
        ("vbscript:x", Problem::Scheme),
        ("file:///etc/passwd", Problem::Scheme),
        ("blob:https://app.example.com/1", Problem::Scheme),
        ("https://app.example.com/#", Problem::Part),
        ("https://app.example.com/#x", Problem::Part),
        ("https://user@app.example.com/", Problem::Part),
        ("https://user:pass@app.example.com/", Problem::Part),
        ("https://*.example.com/", Problem::Part),
        ("https://app.example.com/*", Problem::Part),
        ("/callback", Problem::Form),
        ("callback", Problem::Form),
        ("", Problem::Form),
        ("https://", Problem::Form),
        ("https:app.example.com", Problem::Form),
        ("https://APP.example.com/", Problem::Form),
        ("https://app.example.com/a/../b", Problem::Form),
        ("https://app.example.com\\@evil.example/", Problem::Form),
        ("https://app.example.com/\u{a0}", Problem::Form),
        ("https://co.uk/callback", Problem::Host),
        ("https://com/callback", Problem::Host),
        ("https://github.io/callback", Problem::Host),
        ("https://10.0.0.1/callback", Problem::Host),
        ("https://localhost/callback", Problem::Host),
        ("http://app.example.com/callback", Problem::PlainHttp),
        ("http://127.0.0.2/callback", Problem::PlainHttp),
        ("http://169.254.169.254/callback", Problem::PlainHttp),
        ("https://app.example.com/?code=1", Problem::Query),
        ("https://app.example.com/?a=b&state=1", Problem::Query),
        ("https://app.example.com/?%69ss=1", Problem::Query),
        ("https://app.example.com/?error=x", Problem::Query),
    ] {
        assert_eq!(RedirectUri::parse(text).map(|uri| uri.as_str().to_owned()), Err(problem), "{text:?}");
    }
}

/// [68]: an app's own scheme registers, and nothing is ever sent there.
#[test]
fn an_apps_own_scheme_is_known_and_never_used() {
    let uri = registered("cursor://anysphere.cursor-retrieval/oauth/callback");
    assert!(!uri.is_usable());
    assert_eq!(uri.target(uri.as_str()), None);
    assert_eq!(uri.sole_target(), None);
}

#[test]
fn parameters_are_added_to_the_query_that_is_there() {
    let with = |uri: &str| registered(uri).sole_target().unwrap().with(&[("code", "a b"), ("iss", "https://x")]);
    assert_eq!(with("https://app.example.com/cb"), "https://app.example.com/cb?code=a+b&iss=https%3A%2F%2Fx");
    assert_eq!(with("https://app.example.com/cb?a=b"), "https://app.example.com/cb?a=b&code=a+b&iss=https%3A%2F%2Fx");
}
