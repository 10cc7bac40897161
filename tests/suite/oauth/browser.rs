//! The browser's side: cookies, forms of other sites, guessing, and the headers of every page.

use edge_authorizer::local::demo::ACME;

use super::house::{House, ISSUER, NAME, PASSWORD, Plan, cookie, form};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// [85] [86] [92]: what every page says to the browser.
#[tokio::test]
async fn every_page_keeps_to_itself() {
    let house = House::new().await;
    let app = house.app().await;
    let (handle, cookie) = house.signed_in(&app).await;
    let pages = [
        house.get("/authorize", "").await,
        house.get(&format!("/sign-in?request={handle}"), &cookie).await,
        house.get(&format!("/consent?request={handle}"), &cookie).await,
        house.get("/consent", "").await,
    ];
    for page in pages {
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"));
        assert!(!policy.contains("form-action"));
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
        let own = page.body.matches("src=\"/").count();
        assert_eq!(page.body.matches("src=").count(), own, "no third party: {}", page.body);
        assert!(!page.body.contains("http://") && !page.body.contains("https://"), "no third party: {}", page.body);
    }
}

/// [21]: scripts of other origins may call the endpoints without cookies, and never the pages.
#[tokio::test]
async fn only_endpoints_without_cookies_are_open_to_scripts() {
    let house = House::new().await;
    for (path, open) in [
        ("/token", true),
        ("/register", true),
        ("/revoke", true),
        ("/jwks.json", true),
        ("/.well-known/oauth-authorization-server", true),
        ("/authorize", false),
        ("/sign-in", false),
        ("/sign-in/return", false),
        ("/consent", false),
        ("/introspect", false),
        ("/register/app_1", false),
    ] {
        let request = axum::http::Request::options(path).header("origin", "https://spa.example");
        let reply = house.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(reply.header("access-control-allow-origin"), if open { "*" } else { "" }, "{path}");
        assert_eq!(reply.header("access-control-allow-headers"), if open { "*, authorization" } else { "" }, "{path}");
    }
    let refused = house.form("/token", "", &[("grant_type", "refresh_token"), ("client_id", "app_0")]).await;
    assert_eq!(refused.header("access-control-allow-origin"), "*", "a script sees why it is refused");
    assert_eq!(refused.header("access-control-expose-headers"), "retry-after, www-authenticate");
    let reply = house.get("/authorize?client_id=x", "").await;
    assert_eq!(reply.header("access-control-allow-origin"), "");
    assert_eq!(house.get("/jwks.json", "").await.header("access-control-allow-origin"), "*");
}

/// [90]: the cookie is the host's own, and its value changes when somebody signs in.
#[tokio::test]
async fn the_session_changes_at_sign_in() {
    let house = House::new().await;
    let app = house.app().await;
    let asked = house.get(&House::authorize_path(&app, &[]), "").await;
    let (handle, before) = (asked.parameters()["request"].clone(), cookie(&asked));
    assert!(asked.header("set-cookie").starts_with("__Host-session=crm_session_"));
    assert!(asked.header("set-cookie").ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"));
    let fields = [("request", handle.as_str()), ("name", NAME), ("password", PASSWORD)];
    let reply = house.form("/sign-in", &before, &fields).await;
    let after = cookie(&reply);
    assert_ne!(before, after);
    let page = format!("/consent?request={handle}");
    assert_eq!(house.get(&page, &before).await.status, 403, "the planted one is worth nothing");
    assert_eq!(house.get(&page, &after).await.status, 200);
    assert_eq!(house.get(&page, &format!("{after}; {before}")).await.status, 403, "two are none");
}

/// [90]: over TLS the cookie is bound to the host; on loopback, where there is none, it has a plain name. There is no
/// third case: any other issuer over http is none (`an_issuer_is_an_origin`).
#[tokio::test]
async fn a_cookie_is_as_safe_as_its_issuer() {
    for (issuer, start, end) in [
        ("https://auth.example.com:8443", "__Host-session=", "; Path=/; HttpOnly; SameSite=Lax; Secure"),
        ("https://localhost", "__Host-session=", "; Path=/; HttpOnly; SameSite=Lax; Secure"),
        // Cookies know no ports: what else this machine serves must not take it away.
        ("http://127.0.0.1:9080", "edge-session-9080=", "; Path=/; HttpOnly; SameSite=Lax"),
        ("http://[::1]:9081", "edge-session-9081=", "; Path=/; HttpOnly; SameSite=Lax"),
        ("http://localhost", "edge-session-80=", "; Path=/; HttpOnly; SameSite=Lax"),
    ] {
        let house = House::with(Plan { issuer: Some(issuer.to_owned()), ..Plan::default() }).await;
        let app = house.app().await;
        let asked = house.get(&House::authorize_path(&app, &[]), "").await;
        let set = asked.header("set-cookie");
        assert!(set.starts_with(&format!("{start}crm_session_")) && set.ends_with(end), "{issuer} {set}");
        assert!(!set.to_ascii_lowercase().contains("domain"), "{set}");
        let path = asked.header("location").strip_prefix(issuer).unwrap();
        assert_eq!(house.get(path, &cookie(&asked)).await.status, 200, "{issuer}");
        let value = cookie(&asked).split_once('=').unwrap().1.to_owned();
        for name in ["session", "__Host-session", "edge-session-1", "edge-session"].map(|name| format!("{name}=")) {
            let status = if name == start { 200 } else { 403 };
            assert_eq!(house.get(path, &format!("{name}{value}")).await.status, status, "{issuer} {name}");
        }
        // Over TLS the browser is told to stay there.
        let secured = if issuer.starts_with("https") { "max-age=31536000" } else { "" };
        for path in [path, "/jwks.json", "/nothing", "/.well-known/oauth-authorization-server", "/token", "/style.css"]
        {
            let reply = house.get(path, &cookie(&asked)).await;
            assert_eq!(reply.header("strict-transport-security"), secured, "{issuer} {path}");
        }
    }
}

/// [87] [91] [93] [98]: a request is answered once, in its own session, by a page of ours.
#[tokio::test]
async fn a_consent_is_given_once_and_here() {
    let house = House::new().await;
    let app = house.app().await;
    let (handle, mine) = house.signed_in(&app).await;
    let (other_handle, others) = house.signed_in(&app).await;
    let body = |handle: &str, decision: &str| {
        form(&[("request", handle), ("tenant", ACME), ("scope", "contact.read"), ("decision", decision)])
    };
    let post = async |cookie: &str, more: &[(&str, &str)], body: &str| {
        let headers = [&[FORM, ("cookie", cookie)], more].concat();
        house.post("/consent", &headers, body).await
    };
    let allow = body(&handle, "allow");
    assert_eq!(post(&mine, &[], &body("", "allow")).await.status, 403, "missing");
    assert_eq!(post(&mine, &[], &body("crm_request_x", "allow")).await.status, 403, "made up");
    assert_eq!(post(&others, &[], &allow).await.status, 403, "another session's");
    assert_eq!(post(&mine, &[], &body(&other_handle, "allow")).await.status, 403, "foreign");
    assert_eq!(post("", &[], &allow).await.status, 403, "no session");
    assert_eq!(post(&mine, &[("origin", "https://evil.example")], &allow).await.status, 403);
    assert_eq!(post(&mine, &[("origin", "null")], &allow).await.status, 403);
    assert_eq!(post(&mine, &[("origin", ISSUER), ("sec-fetch-site", "cross-site")], &allow).await.status, 403);
    let ours = [("origin", "null"), ("sec-fetch-site", "same-origin")];
    let allowed = post(&mine, &ours, &allow).await;
    assert_eq!(allowed.status, 303);
    assert!(allowed.parameters().contains_key("code"));
    // Who clicks twice has clicked once.
    let twice = post(&mine, &ours, &allow).await;
    assert_eq!((twice.status, twice.header("location")), (303, allowed.header("location")));
    assert_eq!(post(&others, &ours, &allow).await.status, 403, "another session's");
    assert_eq!(post(&mine, &[("origin", "https://evil.example")], &allow).await.status, 403);
    let other = post(&mine, &ours, &body(&handle, "deny")).await;
    assert_eq!((other.status, other.header("location")), (409, ""), "answered is answered");
    assert!(other.body.contains("You have answered this already"), "{}", other.body);
    assert_eq!(house.redeem(&app, &allowed.parameters()["code"]).await.status, 200, "and nothing is ended by it");
    assert_eq!(post(&mine, &ours, &allow).await.status, 409, "the app has its answer");

    let denied = post(&others, &[("origin", ISSUER)], &body(&other_handle, "deny")).await;
    assert_eq!((denied.status, denied.parameters()["error"].as_str()), (303, "access_denied"));
    assert_eq!((denied.parameters()["state"].as_str(), denied.parameters()["iss"].as_str()), ("xyz", ISSUER));
    assert_eq!(post(&others, &[], &body(&other_handle, "allow")).await.status, 409, "denied is denied");
    house.world.clock.advance(60);
    let late = post(&others, &[("origin", ISSUER)], &body(&other_handle, "deny")).await;
    assert_eq!((late.status, late.header("location")), (409, ""), "a click of long ago");

    let (handle, cookie) = house.signed_in(&app).await;
    house.world.clock.advance(600);
    assert_eq!(post(&cookie, &[], &body(&handle, "allow")).await.status, 403, "expired");
}

/// [94]: a wrong name and a wrong password look the same, and guessing ends.
#[tokio::test]
async fn guessing_passwords_ends() {
    let house = House::new().await;
    let app = house.app().await;
    let asked = house.get(&House::authorize_path(&app, &[]), "").await;
    let (handle, cookie) = (asked.parameters()["request"].clone(), cookie(&asked));
    let try_it = async |name: &str, password: &str| {
        house.form("/sign-in", &cookie, &[("request", &handle), ("name", name), ("password", password)]).await
    };
    let wrong = try_it(NAME, "wrong").await;
    let unknown = try_it("nobody@example.com", "wrong").await;
    assert_eq!((wrong.status, unknown.status), (401, 401));
    assert_eq!(wrong.body.replace(NAME, ""), unknown.body.replace("nobody@example.com", ""));
    for _ in 0..9 {
        assert_eq!(try_it(NAME, "wrong").await.status, 401);
    }
    assert_eq!(try_it(NAME, PASSWORD).await.status, 429, "the right one too, until the window ends");
    for _ in 0..9 {
        assert_eq!(try_it("nobody@example.com", "wrong").await.status, 401);
    }
    let number = regex::Regex::new("<code>[0-9a-f]{16}</code>").unwrap();
    let mut locked = std::collections::BTreeSet::new();
    for (name, password) in [(NAME, "wrong"), (NAME, PASSWORD), ("nobody@example.com", "wrong")] {
        let page = try_it(name, password).await;
        let wait = page.header("retry-after").to_owned();
        assert!((1..=900).contains(&wait.parse::<u64>().unwrap()), "{wait}");
        assert!(page.body.contains(&format!("Wait for <bdi>{wait}</bdi> seconds")), "{}", page.body);
        locked.insert((page.status, wait, number.replace_all(&page.body, "").into_owned()));
    }
    assert_eq!(locked.len(), 1, "there or not, right or not: {locked:#?}");
    let wait: u64 = locked.first().unwrap().1.parse().unwrap();
    house.world.clock.advance(wait);
    // The request's own ten minutes may be over by then.
    assert_eq!(house.redeem(&app, &house.code(&app).await).await.status, 200, "then it is over");
}

/// [94]: so many tries from one address, whatever names they are for.
#[tokio::test]
async fn guessing_at_many_accounts_ends_too() {
    let house = House::new().await;
    let app = house.app().await;
    let mut answers = Vec::new();
    for number in 0..61 {
        let asked = house.get(&House::authorize_path(&app, &[]), "").await;
        let handle = asked.parameters()["request"].clone();
        let name = format!("person-{number}@example.com");
        let fields = [("request", handle.as_str()), ("name", &name), ("password", "wrong")];
        answers.push(house.form("/sign-in", &cookie(&asked), &fields).await.status);
    }
    assert_eq!((answers[..60].iter().all(|status| *status == 401), answers[60]), (true, 429));
}

/// [37]: what a path does not do is said by a page, with what it does do; machines get no page.
#[tokio::test]
async fn a_page_that_does_not_do_that_says_so() {
    let house = House::new().await;
    for (verb, path, allow) in [
        ("PUT", "/authorize", "GET,HEAD,POST"),
        ("DELETE", "/consent", "GET,HEAD,POST"),
        ("PATCH", "/sign-in", "GET,HEAD,POST"),
        ("POST", "/sign-in/return", "GET,HEAD"),
        ("POST", "/account", "GET,HEAD"),
        ("GET", "/sign-out", "POST"),
        ("POST", "/signed-out", "GET,HEAD"),
    ] {
        let request = axum::http::Request::builder().method(verb).uri(path);
        let page = house.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!((page.status, page.header("allow")), (405, allow), "{verb} {path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{verb} {path}");
        assert!(page.body.contains("There is nothing here") && page.header("x-frame-options") == "DENY");
    }
    for (verb, path, allow) in [("GET", "/token", "POST"), ("GET", "/introspect", "POST"), ("GET", "/revoke", "POST")] {
        let request = axum::http::Request::builder().method(verb).uri(path);
        let reply = house.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!((reply.status, reply.header("allow"), reply.body.as_str()), (405, allow, ""), "{path}");
    }
}
