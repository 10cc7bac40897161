//! People who come by themselves: sign-in without an app, the way on, sign-out, and the page of what went wrong.

use std::collections::BTreeSet;

use edge_authorizer::local::demo::{ACME, GLOBEX, INITECH};
use regex::Regex;

use super::house::{House, ISSUER, NAME, PASSWORD, cookie, form};
use crate::http::Reply;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The value of a field of a page.
pub(super) fn field(page: &Reply, name: &str) -> String {
    let field = Regex::new(&format!(r#"name="{name}" value="([^"]*)""#)).unwrap();
    field.captures(&page.body).unwrap_or_else(|| panic!("no `{name}` in\n{}", page.body))[1].to_owned()
}

/// Somebody at the account's first page: their cookie, and the page.
pub(super) async fn visitor(house: &House) -> (String, Reply) {
    let page = house.get("/sign-in", "").await;
    let fields = [("next", "/account"), ("form", &field(&page, "form")), ("name", NAME), ("password", PASSWORD)];
    let signed_in = house.form("/sign-in", &cookie(&page), &fields).await;
    assert_eq!((signed_in.status, signed_in.header("location")), (303, format!("{ISSUER}/account").as_str()));
    let after = cookie(&signed_in);
    assert_ne!(after, cookie(&page), "the session's id changes");
    let home = house.get("/account", &after).await;
    (after, home)
}

#[tokio::test]
async fn a_sign_in_leads_to_the_account_and_sign_out_away_from_it() {
    let house = House::new().await;
    let asked = house.get("/account", "").await;
    assert_eq!((asked.status, asked.header("location")), (303, format!("{ISSUER}/sign-in?next=/account").as_str()));
    let (mine, home) = visitor(&house).await;
    assert_eq!(home.status, 200);
    for part in [NAME, ACME, GLOBEX] {
        assert!(home.body.contains(part), "{part}\n{}", home.body);
    }
    assert!(!home.body.contains(INITECH), "a suspended one is none to act in");
    assert_eq!(house.get("/sign-in?next=/account", &mine).await.header("location"), format!("{ISSUER}/account"));

    let token = field(&home, "form");
    let (others, _) = visitor(&house).await;
    for (who, fields) in [(&mine, vec![]), (&mine, vec![("form", "00")]), (&others, vec![("form", token.as_str())])] {
        assert_eq!(house.form("/sign-out", who, &fields).await.status, 403, "{fields:?}");
    }
    let elsewhere = [FORM, ("cookie", mine.as_str()), ("origin", "https://evil.example")];
    assert_eq!(house.post("/sign-out", &elsewhere, &form(&[("form", &token)])).await.status, 403);
    assert_eq!(house.get("/account", &mine).await.status, 200, "nobody has signed out so far");

    let out = house.form("/sign-out", &mine, &[("form", &token)]).await;
    assert_eq!((out.status, out.header("location")), (303, format!("{ISSUER}/signed-out").as_str()));
    assert_eq!(out.header("set-cookie"), "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
    assert_eq!(house.get("/account", &mine).await.status, 303, "the session is over on this side too");
    assert_eq!(house.get("/signed-out", "").await.status, 200);
    assert_eq!(house.get("/account", &others).await.status, 200, "and nobody else's is");
}

#[tokio::test]
async fn a_sign_in_form_is_of_its_browser() {
    let house = House::new().await;
    let (page, other) = (house.get("/sign-in", "").await, house.get("/sign-in", "").await);
    let [token, foreign] = [&page, &other].map(|page| field(page, "form"));
    let right = [("name", NAME), ("password", PASSWORD)];
    let with = |token| [&right[..], &[("form", token), ("next", "/account")]].concat();
    for (who, fields) in [
        (cookie(&page), right.to_vec()),
        (cookie(&page), with(&foreign)),
        (cookie(&page), with("x")),
        (String::new(), with(&token)),
    ] {
        let refused = house.form("/sign-in", &who, &fields).await;
        assert_eq!((refused.status, refused.header("location")), (403, ""), "{fields:?}");
        assert!(refused.body.contains(NAME) && refused.body.contains("open for too long"), "what was typed stays");
        assert!(!refused.body.contains(PASSWORD));
    }
    let twice = form(&[&with(&token)[..], &[("form", &token)]].concat());
    assert_eq!(house.post("/sign-in", &[FORM, ("cookie", &cookie(&page))], &twice).await.status, 400);
    assert_eq!(house.form("/sign-in", &cookie(&page), &with(&token)).await.status, 303);
    assert_eq!(house.form("/sign-in", &cookie(&page), &with(&token)).await.status, 403, "and is good once");
}

/// A sign-in leads to a page of the account, and to nothing else.
#[tokio::test]
async fn nobody_is_led_away() {
    let house = House::new().await;
    let (mine, _) = visitor(&house).await;
    for (next, leads) in [
        ("/account/biz_1/tokens?name=a%20b&scope=contact.read", "/account/biz_1/tokens?name=a%20b&scope=contact.read"),
        ("https://evil.example/account", "/account"),
        ("//evil.example/account", "/account"),
        ("/account//evil.example", "/account"),
        ("/account/../token", "/account"),
        ("/account/%2e%2e/token", "/account"),
        ("/account/.%2E/token", "/account"),
        ("/account/%2e/x", "/account"),
        ("/account\\..\\..", "/account"),
        ("/accounts", "/account"),
        ("/account\r\nset-cookie: a=b", "/account"),
        ("/account@evil.example", "/account"),
        ("", "/account"),
    ] {
        let path = format!("/sign-in?{}", form(&[("next", next)]));
        assert_eq!(house.get(&path, &mine).await.header("location"), format!("{ISSUER}{leads}"), "{next}");
        let page = house.get(&path, "").await;
        assert_eq!(field(&page, "next").replace("&#38;", "&"), leads);
    }
}

/// The page of what went wrong says what to do, and carries an id that the answer's log line has too.
#[tokio::test]
async fn a_failure_is_a_page() {
    let house = House::new().await;
    let id = Regex::new("Number of this request</dt><dd><code>([0-9a-f]{16})</code>").unwrap();
    let mut ids = BTreeSet::new();
    for (path, status, says) in [
        ("/consent?request=crm_request_x", 403, "Go back to it, and start again."),
        ("/authorize?client_id=app_unknown", 400, "tell the people who make the app"),
        ("/nothing", 404, "There is nothing here"),
        ("/account/biz_1/x", 404, "There is nothing here"),
    ] {
        let page = house.get(path, "").await;
        assert_eq!((page.status, page.header("content-type")), (status, "text/html; charset=utf-8"), "{path}");
        assert!(page.body.contains(says), "{path}\n{}", page.body);
        assert!(ids.insert(id.captures(&page.body).unwrap()[1].to_owned()), "a number of its own");
    }
}

/// Files that every page has: kept for good, under an address that changes with them.
#[tokio::test]
async fn files_are_kept_by_their_hash() {
    let house = House::new().await;
    let page = house.get("/sign-in", "").await;
    for (path, media_type) in [
        ("/style.css", "text/css; charset=utf-8"),
        ("/pages.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let address = Regex::new(&format!(r#""({path}\?[0-9a-f]{{16}})""#)).unwrap();
        let address = address.captures(&page.body).unwrap()[1].to_owned();
        let file = house.get(&address, "").await;
        assert_eq!((file.status, file.header("content-type")), (200, media_type));
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        let tag = file.header("etag");
        assert!(address.contains(tag.trim_matches('"')));
        let again = axum::http::Request::get(&address).header("if-none-match", tag);
        let again = house.send(again.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""));
    }
}
