//! Sign-in with the host product's own session: a challenge there, an assertion back.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use edge_authorizer::local::demo::{ACME, GLOBEX};
use edge_authorizer::oauth::sign_in::SignIn;
use edge_authorizer::token::issuer::config::PlainHttp;
use serde_json::{Value, json};

use super::house::{House, ISSUER, Plan, cookie, form};
use super::strangers::python;
use crate::http::get;
use crate::tokens::{key, sign_with, with};

const DOCUMENT: &str = include_str!("../../../docs/sign-in.md");
const PRODUCT: &str = "https://app.example.com";

fn sign_in(url: &str, keys: Value) -> SignIn {
    let issuer = url.split("/agents").next().unwrap();
    let source = json!({"product": {"issuer": issuer, "url": url, "keys": keys}});
    SignIn::parse(&source.to_string(), PlainHttp::Loopback).unwrap()
}

/// A house whose people have their session in a product whose key is in the test's hands.
async fn house() -> (House, String) {
    let set: Value = serde_json::from_str(&key(51).public().jwk()).unwrap();
    let sign_in = sign_in(&format!("{PRODUCT}/agents/sign-in?brand=1"), json!({"inline": {"keys": [set]}}));
    let house = House::with(Plan { sign_in: Some(sign_in), ..Plan::default() }).await;
    let app = house.app().await;
    (house, app)
}

/// A browser that was sent to the product: its cookie, and the challenge.
async fn away(house: &House, app: &str) -> (String, String) {
    let asked = house.get(&House::authorize_path(app, &[]), "").await;
    let cookie = cookie(&asked);
    let leaving = house.get(asked.header("location").strip_prefix(ISSUER).unwrap(), &cookie).await;
    assert_eq!(leaving.status, 303, "{}", leaving.body);
    assert!(leaving.header("location").starts_with(&format!("{PRODUCT}/agents/sign-in?brand=1&challenge=")));
    (cookie, leaving.parameters()["challenge"].clone())
}

/// What the product says of the person, for that challenge.
fn claims(house: &House, challenge: &str, id: &str) -> Value {
    let now = house.world.clock.now().seconds();
    json!({
        "iss": PRODUCT, "aud": ISSUER, "sub": "person-17", "challenge": challenge, "jti": id, "iat": now,
        "exp": now + 60, "name": "Ada <b>", "memberships": [
            {"business_id": ACME, "user_id": "usr_58c2f6b14d0e47a99e3b7d12"},
            {"business_id": GLOBEX, "user_id": "usr_0123456789abcdef01234567"},
        ],
    })
}

fn header() -> Value {
    json!({"typ": "sign-in+jwt", "alg": "ES256", "kid": key(51).key_id()})
}

fn path(header: &Value, claims: &Value) -> String {
    let assertion = sign_with(&key(51), header.to_string().as_bytes(), claims.to_string().as_bytes());
    format!("/sign-in/return?{}", form(&[("assertion", &assertion)]))
}

/// The product's people are offered what it says of them and the table confirms, and nothing else.
#[tokio::test]
async fn the_products_session_signs_people_in() {
    let (house, app) = house().await;
    let (before, challenge) = away(&house, &app).await;
    // Wherever else the answer says that it wants to go.
    let path = format!("{}&return_to=https%3A%2F%2Fevil.example", path(&header(), &claims(&house, &challenge, "1")));
    let arrived = house.get(&path, &before).await;
    assert_eq!(arrived.status, 303, "{}", arrived.body);
    let after = cookie(&arrived);
    assert!(arrived.header("location").starts_with(&format!("{ISSUER}/consent?request=")) && before != after);
    let page = house.get(arrived.header("location").strip_prefix(ISSUER).unwrap(), &after).await;
    assert!(page.body.contains("Ada &#60;b&#62;") && page.body.contains(ACME), "{}", page.body);
    assert!(!page.body.contains(GLOBEX), "the table has no such user there");
    let handle = arrived.parameters()["request"].clone();
    let fields =
        |tenant| [("request", handle.as_str()), ("tenant", tenant), ("scope", "contact.read"), ("decision", "allow")];
    assert_eq!(house.form("/consent", &after, &fields(GLOBEX)).await.status, 403);
    let allowed = house.form("/consent", &after, &fields(ACME)).await;
    let tokens = house.redeem(&app, &allowed.parameters()["code"]).await;
    assert_eq!(house.decides(&tokens.text("access_token"), "GET", "/v1/contacts").await, "allowed");

    // Who is signed in and wants another account is asked again there.
    let again = house.get(&House::authorize_path(&app, &[]), &after).await;
    let handle = again.parameters()["request"].clone();
    let leaving = house.get(&format!("/sign-in?request={handle}"), &after).await;
    assert_eq!(leaving.parameters()["prompt"], "login");
}

/// [90]: an assertion is for one challenge of one browser, and is taken once.
#[tokio::test]
async fn an_assertion_is_taken_once_and_in_its_own_browser() {
    let (house, app) = house().await;
    let (mine, challenge) = away(&house, &app).await;
    let (others, others_challenge) = away(&house, &app).await;
    let good = path(&header(), &claims(&house, &challenge, "1"));
    assert_eq!(house.get(&good, &others).await.status, 403, "somebody else's browser");
    assert_eq!(house.get(&good, "").await.status, 403, "no browser of ours");
    assert_eq!(house.get(&path(&header(), &claims(&house, "crm_challenge_x", "2")), &mine).await.status, 403);
    let arrived = house.get(&good, &mine).await;
    assert_eq!(arrived.status, 303, "nothing of it was burned");
    for cookie in [&mine, &cookie(&arrived)] {
        assert_eq!(house.get(&good, cookie).await.status, 403, "taken");
    }
    let same_id = path(&header(), &claims(&house, &others_challenge, "1"));
    assert_eq!(house.get(&same_id, &others).await.status, 403, "a `jti` comes once");
    let late = path(&header(), &claims(&house, &others_challenge, "3"));
    house.world.clock.advance(60);
    assert_eq!(house.get(&late, &others).await.status, 403, "a minute is over");
    let fresh = path(&header(), &claims(&house, &others_challenge, "3"));
    house.world.clock.advance(59);
    assert_eq!(house.get(&fresh, &others).await.status, 303);
}

/// An assertion is believed if all of it is right.
#[tokio::test]
async fn an_assertion_is_believed_only_if_all_of_it_is_right() {
    let (house, app) = house().await;
    let (cookie, challenge) = away(&house, &app).await;
    let good = claims(&house, &challenge, "1");
    let now = house.world.clock.now().seconds();
    let too_many = vec![json!({"business_id": ACME, "user_id": "usr_1"}); 51];
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!(format!("{PRODUCT}/"))),
        ("aud", json!("https://other.example.com")),
        ("aud", json!([ISSUER, "https://other.example.com"])),
        ("aud", Value::Null),
        ("sub", json!("")),
        ("sub", json!(17)),
        ("challenge", Value::Null),
        ("challenge", json!("")),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!("x".repeat(129))),
        ("iat", json!(now - 1)),
        ("iat", json!(now + 31)),
        ("exp", json!(now + 61)),
        ("exp", json!(now)),
        ("exp", Value::Null),
        ("memberships", Value::Null),
        ("memberships", json!({})),
        ("memberships", json!([{"business_id": ACME}])),
        ("memberships", json!([{"business_id": "a#b", "user_id": "usr_1"}])),
        ("memberships", json!(too_many)),
    ] {
        let reply = house.get(&path(&header(), &with(good.clone(), name, value.clone())), &cookie).await;
        assert_eq!((reply.status, reply.header("set-cookie")), (403, ""), "{name} {value}");
        assert!(reply.body.contains("The sign-in did not succeed"));
    }
    for (name, value) in [
        ("typ", Value::Null),
        ("typ", json!("JWT")),
        ("typ", json!("at+jwt")),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("kid", json!("another")),
    ] {
        let reply = house.get(&path(&with(header(), name, value.clone()), &good), &cookie).await;
        assert_eq!(reply.status, 403, "{name} {value}");
    }
    let forged = sign_with(&key(52), header().to_string().as_bytes(), good.to_string().as_bytes());
    let forged = format!("/sign-in/return?{}", form(&[("assertion", &forged)]));
    for path in [forged.as_str(), "/sign-in/return?assertion=x", "/sign-in/return?assertion=a.b.c"] {
        assert_eq!(house.get(path, &cookie).await.status, 403);
    }
    assert_eq!(house.get("/sign-in/return", &cookie).await.status, 400);
    assert_eq!(house.get(&path(&header(), &good), &cookie).await.status, 303, "all right");
}

/// Whoever comes back without having been sent away counts for nothing: nobody else behind the same address is kept out.
#[tokio::test]
async fn strangers_use_up_nobodys_sign_ins() {
    let (house, app) = house().await;
    for _ in 0..61 {
        let path = path(&header(), &claims(&house, "crm_challenge_x", "1"));
        assert_eq!(house.get(&path, "").await.status, 403);
    }
    let (cookie, challenge) = away(&house, &app).await;
    assert_eq!(house.get(&path(&header(), &claims(&house, &challenge, "2")), &cookie).await.status, 303);
    // Who was sent away is counted.
    let (cookie, _) = away(&house, &app).await;
    let mut answers = Vec::new();
    for _ in 0..61 {
        answers.push(house.get("/sign-in/return?assertion=x", &cookie).await.status);
    }
    assert_eq!((answers[0], answers[60]), (403, 429));
}

/// Where accounts are local there is no way back from elsewhere.
#[tokio::test]
async fn local_accounts_have_no_way_back() {
    let house = House::new().await;
    let app = house.app().await;
    let (_, cookie) = house.signed_in(&app).await;
    assert_eq!(house.get("/sign-in/return?assertion=x&state=x&code=x", &cookie).await.status, 403);
}

/// The example of the documents, until the test is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// The product that `docs/sign-in.md` shows does its part, as it stands there.
#[tokio::test]
async fn the_product_of_the_documents_signs_people_in() {
    let Some(mut python) = python() else { return };
    let clock = crate::world::TestClock::default();
    let source = DOCUMENT.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    // It is the test's time, not the machine's.
    assert!(source.contains("int(time.time())"));
    let source = source.replace("int(time.time())", &clock.now().seconds().to_string());
    let mut child = Running(python.args(["-c", &source, ISSUER]).stdout(Stdio::piped()).spawn().unwrap());
    let mut port = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let product = format!("http://127.0.0.1:{}", port.trim());

    let keys = json!({"url": format!("{product}/keys.json")});
    let sign_in = sign_in(&format!("{product}/agents/sign-in"), keys);
    let house = House::with(Plan { sign_in: Some(sign_in), ..Plan::default() }).await;
    let app = house.app().await;
    let asked = house.get(&House::authorize_path(&app, &[]), "").await;
    let before = cookie(&asked);
    let leaving = house.get(asked.header("location").strip_prefix(ISSUER).unwrap(), &before).await;
    let stranger = get(leaving.header("location"), &[]).await;
    assert!(stranger.header("location").starts_with("/login?next="), "who has no session there gets none here");
    let back = get(leaving.header("location"), &[("cookie", "session=ada-is-signed-in")]).await;
    let arrived = house.get(back.header("location").strip_prefix(ISSUER).unwrap(), &before).await;
    assert_eq!(arrived.status, 303, "{}", arrived.body);
    let page = house.get(arrived.header("location").strip_prefix(ISSUER).unwrap(), &cookie(&arrived)).await;
    assert!(page.body.contains("Ada") && page.body.contains(ACME), "{}", page.body);
}

/// The configurations that the documents show can be used.
#[test]
fn the_configurations_of_the_documents_can_be_used() {
    let blocks: Vec<&str> = DOCUMENT.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        assert!(SignIn::parse(block, PlainHttp::Refused).is_ok(), "{block}");
    }
}
