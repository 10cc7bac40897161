//! Sign-in with another OpenID provider. [95] throughout: bound to the browser, the nonce, the exact issuer and audience,
//! no mix-up.

use edge_authorizer::local::demo::ACME;
use edge_authorizer::oauth::session::Identity;
use edge_authorizer::oauth::sign_in::SignIn;
use edge_authorizer::store::oauth::accounts::Membership;
use edge_authorizer::token::issuer::config::PlainHttp;
use serde_json::{Value, json};

use super::elsewhere::{CLIENT, Provider, SECRET, SUBJECT, Twist};
use super::house::{House, ISSUER, Plan, Reply, URI, cookie, form};
use crate::http::get;

fn sign_in(issuer: &str) -> SignIn {
    let source = json!({"provider": {"issuer": issuer, "client_id": CLIENT, "client_secret": SECRET}});
    SignIn::parse(&source.to_string(), PlainHttp::Loopback).unwrap()
}

/// A house whose people sign in at the provider, and a member of a tenant among them.
pub(super) async fn house_and_provider() -> (House, Provider, String) {
    let provider = Provider::open().await;
    let house = House::with(Plan { sign_in: Some(sign_in(&provider.issuer)), ..Plan::default() }).await;
    provider.keeps_time(&house.world.clock);
    let sales = house.world.demo.users.iter().find(|member| member.name == "acme-sales").unwrap();
    let identity = Identity { issuer: provider.issuer.clone(), subject: SUBJECT.to_owned() };
    let membership = Membership { tenant: sales.tenant.clone(), user: sales.user.id.clone() };
    house.store.put_membership(&identity, &membership).await.unwrap();
    let app = house.app().await;
    (house, provider, app)
}

/// From the app's link to the page before leaving: the request's handle and the browser's cookie.
async fn asked(house: &House, app: &str) -> (String, String) {
    let asked = house.get(&House::authorize_path(app, &[]), "").await;
    (asked.parameters()["request"].clone(), cookie(&asked))
}

async fn goes_on(house: &House, handle: &str, cookie: &str) -> Reply {
    house.form("/sign-in", cookie, &[("request", handle), ("decision", "continue")]).await
}

/// The whole way there and back: the path that the browser returns with.
pub(super) async fn back_from(house: &House, app: &str) -> (String, String) {
    let (handle, cookie) = asked(house, app).await;
    let leaving = goes_on(house, &handle, &cookie).await;
    assert_eq!(leaving.status, 303, "{}", leaving.body);
    let back = get(leaving.header("location"), &[]).await;
    assert_eq!(back.status, 303);
    (back.header("location").strip_prefix(ISSUER).unwrap().to_owned(), cookie)
}

/// [90] [95]: the whole flow, over HTTP to the provider.
#[tokio::test]
async fn another_provider_signs_people_in() {
    let (house, provider, app) = house_and_provider().await;
    let (handle, before) = asked(&house, &app).await;
    let leaving = goes_on(&house, &handle, &before).await;
    assert!(
        leaving.header("location").starts_with(&format!("{}/authorize?tenant=1&response_type=code&", provider.issuer))
    );
    let sent = leaving.parameters();
    assert_eq!(sent["redirect_uri"], format!("{ISSUER}/sign-in/return"));
    assert_eq!((sent["scope"].as_str(), sent["code_challenge_method"].as_str()), ("openid email", "S256"));
    let back = get(leaving.header("location"), &[]).await;
    let path = back.header("location").strip_prefix(ISSUER).unwrap();
    let arrived = house.get(path, &before).await;
    assert_eq!(arrived.status, 303, "{}", arrived.body);
    let after = cookie(&arrived);
    assert_ne!(before, after, "the session changes at sign-in");
    assert!(arrived.header("set-cookie").contains("; HttpOnly; SameSite=Lax; Secure"));
    let redeemed = provider.redeemed.lock().unwrap()[0].clone();
    let verifier = &redeemed["code_verifier"];
    assert!(
        sent.values().all(|value| value != verifier) && sent["nonce"] != *verifier && sent["nonce"] != sent["state"]
    );

    let page = house.get(arrived.header("location").strip_prefix(ISSUER).unwrap(), &after).await;
    assert!(page.body.contains("ada@example.com") && page.body.contains(ACME), "{}", page.body);
    let handle = arrived.parameters()["request"].clone();
    let fields = [("request", handle.as_str()), ("tenant", ACME), ("scope", "contact.read"), ("decision", "allow")];
    assert_eq!(house.form("/consent", &before, &fields).await.status, 403, "the planted session is worth nothing");
    let allowed = house.form("/consent", &after, &fields).await;
    let tokens = house.redeem(&app, &allowed.parameters()["code"]).await;
    assert_eq!(house.decides(&tokens.text("access_token"), "GET", "/v1/contacts").await, "allowed");

    for cookie in [&before, &after] {
        assert_eq!(house.get(path, cookie).await.status, 403, "nobody comes back twice");
    }
}

/// [95]: an answer counts in the browser that was sent away, and nowhere else; a stranger's code is not even tried.
#[tokio::test]
async fn an_answer_counts_in_the_browser_that_asked() {
    let (house, provider, app) = house_and_provider().await;
    let (mine, cookie) = back_from(&house, &app).await;
    let (others, others_cookie) = back_from(&house, &app).await;
    let made_up = "/sign-in/return?code=code-1&state=crm_challenge_x";
    for (path, cookie) in [
        (mine.as_str(), others_cookie.as_str()),
        (&others, &cookie),
        (&mine, ""),
        (made_up, &cookie),
        ("/sign-in/return?code=code-1", &cookie),
        (&format!("{mine}&state=x"), &cookie),
    ] {
        let reply = house.get(path, cookie).await;
        assert!((400..=403).contains(&reply.status), "{path} {}", reply.status);
        assert_eq!((reply.header("set-cookie"), reply.header("location")), ("", ""));
    }
    assert_eq!(provider.redeemed.lock().unwrap().len(), 0);
    assert_eq!(house.get(&mine, &cookie).await.status, 303, "nothing of it was burned");
    house.world.clock.advance(600);
    assert_eq!(house.get(&others, &others_cookie).await.status, 403, "too late");
}

/// [95]: what the provider says is believed if all of it is right.
#[tokio::test]
async fn an_id_token_is_believed_only_if_all_of_it_is_right() {
    let (house, provider, app) = house_and_provider().await;
    let claims = |name, value| Twist { claims: vec![(name, value)], ..Twist::default() };
    let header = |name, value| Twist { header: vec![(name, value)], ..Twist::default() };
    let now = house.world.clock.now().seconds();
    let issuer = &provider.issuer;
    let wrong = [
        claims("iss", json!("https://evil.example")),
        claims("iss", json!(format!("{issuer}/"))),
        claims("iss", Value::Null),
        claims("aud", json!("another client")),
        claims("aud", json!([CLIENT, "another client"])),
        claims("aud", json!([])),
        claims("azp", json!("another client")),
        claims("nonce", json!("another nonce")),
        claims("nonce", Value::Null),
        claims("exp", json!(now)),
        claims("exp", json!(now + 2 * 24 * 3600)),
        claims("exp", Value::Null),
        claims("iat", json!(now + 31)),
        claims("sub", Value::Null),
        claims("sub", json!("")),
        claims("sub", json!("x".repeat(256))),
        claims("sub", json!("ad\u{e4}")),
        header("alg", json!("none")),
        header("alg", json!("HS256")),
        header("alg", json!("EdDSA")),
        header("kid", json!("another")),
        header("crit", json!(["x"])),
        header("typ", json!("at+jwt")),
        header("typ", json!("sign-in+jwt")),
        Twist { forged: true, ..Twist::default() },
        Twist { answer: vec![("code", Some("made-up"))], ..Twist::default() },
        Twist { answer: vec![("error", Some("access_denied"))], ..Twist::default() },
        Twist { token: Some((400, "application/json", r#"{"error":"invalid_grant"}"#)), ..Twist::default() },
    ];
    for (number, twist) in wrong.into_iter().enumerate() {
        // So many sign-ins are too many for one address.
        house.world.clock.advance(if number == 20 { 900 } else { 0 });
        provider.goes_wrong(twist.clone());
        let (path, cookie) = back_from(&house, &app).await;
        let reply = house.get(&path, &cookie).await;
        assert_eq!(reply.status, 403, "{twist:?}\n{}", reply.body);
        assert!(reply.body.contains("The sign-in did not succeed") && reply.header("set-cookie").is_empty());
    }
    for twist in [claims("aud", json!([CLIENT])), claims("azp", json!(CLIENT)), header("typ", json!("JWT"))] {
        provider.goes_wrong(twist);
        let (path, cookie) = back_from(&house, &app).await;
        assert_eq!(house.get(&path, &cookie).await.status, 303);
    }
}

/// [95]: the answer of another provider is not taken to this one (RFC 9207 §2.4).
#[tokio::test]
async fn a_mixed_up_answer_is_refused() {
    let (house, provider, app) = house_and_provider().await;
    for iss in [Some("https://evil.example"), Some(""), None] {
        provider.goes_wrong(Twist { answer: vec![("iss", iss)], ..Twist::default() });
        let (path, cookie) = back_from(&house, &app).await;
        assert_eq!(house.get(&path, &cookie).await.status, 403, "{iss:?}");
    }
    assert_eq!(provider.redeemed.lock().unwrap().len(), 0, "no code goes to a provider that did not give it");
}

/// [95]: a provider that fails, or whose document is another's, is a fault and nobody's sign-in.
#[tokio::test]
async fn a_provider_that_fails_is_a_fault() {
    for twist in [
        Twist { discovery: vec![("issuer", json!("https://evil.example"))], ..Twist::default() },
        Twist { discovery: vec![("token_endpoint", json!("http://evil.example/token"))], ..Twist::default() },
        Twist { discovery: vec![("jwks_uri", Value::Null)], ..Twist::default() },
        Twist { discovery: vec![("authorization_endpoint", json!("javascript:alert(1)"))], ..Twist::default() },
    ] {
        let (house, provider, app) = house_and_provider().await;
        provider.goes_wrong(twist.clone());
        let (handle, cookie) = asked(&house, &app).await;
        let reply = goes_on(&house, &handle, &cookie).await;
        assert_eq!((reply.status, reply.header("retry-after"), reply.header("location")), (503, "2", ""), "{twist:?}");
    }
    let (house, provider, app) = house_and_provider().await;
    for token in [
        (500, "application/json", "{}"),
        (401, "application/json", r#"{"error":"invalid_client"}"#),
        (302, "application/json", "{}"),
        (200, "text/html", "{}"),
        (200, "application/json", "[]"),
        (200, "application/json", r#"{"access_token":"x"}"#),
    ] {
        provider.goes_wrong(Twist { token: Some(token), ..Twist::default() });
        let (path, cookie) = back_from(&house, &app).await;
        let reply = house.get(&path, &cookie).await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, "2"), "{token:?}");
    }
}

/// [95]: before the browser leaves, the person is told for whom; a link alone sends nobody away.
#[tokio::test]
async fn the_person_agrees_before_leaving() {
    let (house, provider, app) = house_and_provider().await;
    let (handle, cookie) = asked(&house, &app).await;
    let page = house.get(&format!("/sign-in?request={handle}"), &cookie).await;
    assert_eq!((page.status, page.header("location")), (200, ""));
    let host = provider.issuer.strip_prefix("http://").unwrap();
    for part in ["Nightly", "registered itself", "app.example.com", host] {
        assert!(page.body.contains(part), "{part}\n{}", page.body);
    }
    let body = form(&[("request", handle.as_str()), ("decision", "continue")]);
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie.as_str())];
    let foreign = [&headers[..], &[("origin", "https://evil.example")]].concat();
    assert_eq!(house.post("/sign-in", &foreign, &body).await.status, 403);
    assert_eq!(house.form("/sign-in", "", &[("request", &handle), ("decision", "continue")]).await.status, 403);

    let denied = house.form("/sign-in", &cookie, &[("request", &handle), ("decision", "deny")]).await;
    assert!(denied.header("location").starts_with(&format!("{URI}?error=access_denied")));
    assert_eq!((denied.parameters()["state"].as_str(), denied.parameters()["iss"].as_str()), ("xyz", ISSUER));
    assert_eq!(goes_on(&house, &handle, &cookie).await.status, 403, "denied is denied");
    let password = [("request", handle.as_str()), ("name", "sales@example.com"), ("password", "x")];
    assert_eq!(house.form("/sign-in", &cookie, &password).await.status, 403, "there are no passwords here");
}

/// A denial goes where the client is, and nowhere that it was.
#[tokio::test]
async fn a_removed_client_is_not_told_of_a_denial() {
    let (house, _, app) = house_and_provider().await;
    let (handle, cookie) = asked(&house, &app).await;
    let client = house.store.client(&app.parse().unwrap()).await.unwrap().unwrap();
    let stamp = crate::embedded::at(house.world.clock.now().seconds());
    house.store.withdraw_client(&client, &stamp).await.unwrap();
    let denied = house.form("/sign-in", &cookie, &[("request", &handle), ("decision", "deny")]).await;
    assert_eq!((denied.status, denied.header("location")), (400, ""));
}

/// Leaving is limited like any other sign-in; who wants another account is asked again by the provider.
#[tokio::test]
async fn leaving_is_limited_and_can_be_for_another_account() {
    let (house, _, app) = house_and_provider().await;
    let asked = house.get(&House::authorize_path(&app, &[("prompt", "select_account")]), "").await;
    let (handle, cookie) = (asked.parameters()["request"].clone(), cookie(&asked));
    assert_eq!(goes_on(&house, &handle, &cookie).await.parameters()["prompt"], "login");
    for _ in 0..59 {
        assert_eq!(goes_on(&house, &handle, &cookie).await.status, 303);
    }
    let refused = goes_on(&house, &handle, &cookie).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 900);
}

/// A configuration that cannot be used says which field it is.
#[test]
fn half_a_configuration_signs_nobody_in() {
    let provider = |name: &str, value: Value| {
        let mut source = json!({"issuer": "https://login.example.com", "client_id": "edge", "client_secret": "s"});
        source[name] = value;
        json!({ "provider": source })
    };
    let product = |name: &str, value: Value| {
        let mut source = json!({
            "issuer": "https://app.example.com", "url": "https://app.example.com/sign-in",
            "keys": {"url": "https://app.example.com/keys.json"},
        });
        source[name] = value;
        json!({ "product": source })
    };
    for (source, field) in [
        (json!("nobody"), "."),
        (json!({"provider": {}}), "provider"),
        (provider("issuer", json!("http://login.example.com")), "provider.issuer"),
        (provider("issuer", json!("http://127.0.0.1:1")), "provider.issuer"),
        (provider("client_id", json!("")), "provider.client_id"),
        (provider("authentication", json!("none")), "provider.authentication"),
        (provider("client_secret", Value::Null), "provider.authentication"),
        (provider("client_secret", json!(123456)), "provider.client_secret"),
        (provider("scopes", json!(["email"])), "provider.scopes"),
        (provider("algorithms", json!(["HS256"])), "provider.algorithms"),
        (provider("algorithms", json!([])), "provider.algorithms"),
        (provider("audience", json!("x")), "provider.audience"),
        (product("issuer", json!("local")), "product.issuer"),
        (product("issuer", json!("a#b")), "product.issuer"),
        (product("url", json!("http://app.example.com/sign-in")), "product.url"),
        (product("keys", json!({"url": "http://app.example.com/keys.json"})), "product.keys.url"),
        (product("keys", json!({"inline": {"keys": []}})), "product.keys.inline"),
    ] {
        let with_method = match &source["provider"]["client_secret"] {
            Value::Null if source["provider"]["client_id"] == "edge" => {
                let mut source = source.clone();
                source["provider"]["authentication"] = json!("client_secret_post");
                source
            }
            _ => source.clone(),
        };
        let error = SignIn::parse(&with_method.to_string(), PlainHttp::Refused).unwrap_err();
        assert_eq!(error.field, field, "{source}: {error}");
        assert!(!error.to_string().contains("123456"));
    }
    let secret = SignIn::parse(&provider("client_secret", json!("s3cret")).to_string(), PlainHttp::Refused).unwrap();
    assert!(!format!("{secret:?}").contains("s3cret"));
    assert!(matches!(SignIn::parse("\"accounts\"", PlainHttp::Refused).unwrap(), SignIn::Accounts));
}
