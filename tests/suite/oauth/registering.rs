//! `POST /register` over HTTP.

use axum::body::Body;
use axum::http::Request;
use edge_authorizer::oauth::limit::Limits;
use edge_authorizer::oauth::secret::SecretDigest;
use edge_authorizer::oauth::settings::Registration;
use serde_json::json;

use super::house::{House, Plan, URI, form};

/// [76] [81]: a client with a secret learns it once; its id starts like no URL.
#[tokio::test]
async fn a_client_with_a_secret_learns_it_once() {
    let house = House::new().await;
    let metadata = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post"});
    let (one, two) = (house.register(metadata.clone()).await, house.register(metadata).await);
    assert_eq!((one.status, one.header("cache-control")), (201, "no-store"));
    assert_ne!(one.text("client_id"), two.text("client_id"), "never merged");
    assert!(one.text("client_id").starts_with("app_") && one.text("client_secret").starts_with("crm_secret_"));
    assert!(one.json()["client_id_issued_at"].is_u64() && one.json()["client_secret_expires_at"].is_u64());
    let (id, secret) = (one.text("client_id"), one.text("client_secret"));
    let fields = [("client_id", id.as_str()), ("client_secret", &secret), ("grant_type", "refresh_token")];
    let with = [&fields[..], &[("refresh_token", "x")]].concat();
    assert_eq!(house.token(&with).await.error(), "400 invalid_grant", "the client is known");
    let wrong = form(&[("client_id", &id), ("client_secret", "crm_secret_x"), ("grant_type", "refresh_token")]);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(house.post("/token", &headers, &wrong).await.error(), "401 invalid_client");
}

/// [71] [77] [78]: identical public clients are one; errors have the names of RFC 7591.
#[tokio::test]
async fn identical_public_clients_are_one() {
    let house = House::new().await;
    assert_eq!(house.app().await, house.app().await);
    let javascript = house.register(json!({"redirect_uris": ["javascript:alert(1)"]})).await;
    assert_eq!(javascript.error(), "400 invalid_redirect_uri");
    let implicit = house.register(json!({"redirect_uris": [URI], "response_types": ["token"]})).await;
    assert_eq!(implicit.error(), "400 invalid_client_metadata");
    let text = house.post("/register", &[("content-type", "text/plain")], "{}").await;
    assert_eq!(text.error(), "400 invalid_request");
}

/// [78]: an address registers so many clients an hour, whatever it says of itself; so do all together.
#[tokio::test]
async fn registrations_are_limited() {
    let mut limits = Limits::default();
    limits.register.most = 30;
    let house = House::with(Plan { limits: Some(limits), ..Plan::default() }).await;
    let register = async |address: &str, number: u32| {
        let body = json!({"redirect_uris": [URI], "client_name": number.to_string()}).to_string();
        let request = Request::post("/register").header("content-type", "application/json");
        let request = request.header("x-forwarded-for", format!("198.51.100.{number}"));
        let request = request.header("forwarded", format!("for=198.51.100.{number}"));
        house.send_from(address, request.body(Body::from(body)).unwrap()).await
    };
    for number in 0..20 {
        assert_eq!(register("192.0.2.1", number).await.status, 201);
    }
    let refused = register("192.0.2.1", 20).await;
    assert_eq!(refused.error(), "429 slow_down");
    assert!((1..=3600).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    for number in 21..31 {
        assert_eq!(register("192.0.2.2", number).await.status, 201, "another address");
    }
    let refused = register("192.0.2.3", 31).await;
    assert_eq!(refused.error(), "429 slow_down", "all together");
    assert!((1..=3600).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    house.world.clock.advance(3600);
    assert_eq!(register("192.0.2.1", 32).await.status, 201);
}

/// [78]: what all may register together is for those who are not known yet. Who registers what is there already, or
/// changes what is its own, is not turned away for what others did; its address is counted all the same.
#[tokio::test]
async fn those_who_are_known_are_not_counted_with_the_others() {
    let mut limits = Limits::default();
    (limits.register.most, limits.register_by_address.most) = (2, 4);
    let house = House::with(Plan { limits: Some(limits), ..Plan::default() }).await;
    let register = async |address: &str, name: &str, method: &str| {
        let body = json!({"redirect_uris": [URI], "client_name": name, "token_endpoint_auth_method": method});
        let request = Request::post("/register").header("content-type", "application/json");
        house.send_from(address, request.body(Body::from(body.to_string())).unwrap()).await
    };
    let known = register("192.0.2.1", "Known", "none").await;
    let own = register("192.0.2.1", "Own", "client_secret_post").await;
    assert_eq!(register("192.0.2.2", "New", "none").await.error(), "429 slow_down");
    house.world.clock.advance(60);
    for _ in 0..3 {
        let again = register("192.0.2.3", "Known", "none").await;
        assert_eq!((again.status, &again.body), (201, &known.body), "the same client, since when it is one");
    }
    assert_eq!(register("192.0.2.3", "Own", "client_secret_post").await.error(), "429 slow_down", "is never merged");
    assert_eq!(register("192.0.2.3", "Known", "none").await.error(), "429 slow_down", "its address");
    let body = json!({"client_id": own.text("client_id"), "redirect_uris": [URI]}).to_string();
    let change =
        Request::put(format!("/register/{}", own.text("client_id"))).header("content-type", "application/json");
    let change = change.header("authorization", format!("Bearer {}", own.text("registration_access_token")));
    assert_eq!(house.send_from("192.0.2.4", change.body(Body::from(body)).unwrap()).await.status, 200);
    // What is known is still kept by its use: it ends 90 days after the last.
    for _ in 0..2 {
        house.world.clock.advance(80 * 86_400);
        assert_eq!(register("192.0.2.5", "Known", "none").await.body, known.body);
    }
}

/// [45] [68]: an app that lists its own scheme beside https registers, and is never sent to that scheme; an expired one
/// is told to register anew.
#[tokio::test]
async fn an_app_with_a_scheme_of_its_own_is_sent_elsewhere() {
    let house = House::new().await;
    let uris = ["cursor://anysphere.cursor-retrieval/oauth/callback", URI, "http://localhost/cb"];
    let fields = json!({"redirect_uris": uris, "token_endpoint_auth_method": "none", "scope": "offline_access"});
    let registered = house.register(fields).await;
    assert_eq!((registered.status, registered.json()["redirect_uris"].as_array().unwrap().len()), (201, 3));
    let app = registered.text("client_id");
    let asks = async |uri: &str| {
        let changes = [("redirect_uri", uri), ("scope", "offline_access contact.read")];
        house.get(&House::authorize_path(&app, &changes), "").await
    };
    let own = asks(uris[0]).await;
    assert_eq!((own.status, own.header("location")), (400, ""));
    for uri in [uris[1], "http://localhost:53682/cb"] {
        assert!(asks(uri).await.header("location").starts_with("https://auth.example.com/sign-in"), "{uri}");
    }
    let metadata = house.get("/.well-known/oauth-authorization-server", "").await;
    assert!(!metadata.body.contains("offline_access"));

    house.world.clock.advance(90 * 24 * 3600);
    assert_eq!(asks(URI).await.status, 400);
    for path in ["/token", "/revoke", "/introspect"] {
        let fields =
            [("client_id", app.as_str()), ("grant_type", "refresh_token"), ("refresh_token", "x"), ("token", "x")];
        assert_eq!(house.form(path, "", &fields).await.error(), "401 invalid_client", "{path}");
    }
}

/// [79]: where registration needs a token, the wrong one is none; where it is off, there is none.
#[tokio::test]
async fn registration_can_be_closed() {
    let registration = Some(Registration::Token(SecretDigest::of("letmein")));
    let house = House::with(Plan { registration, ..Plan::default() }).await;
    let body = json!({"redirect_uris": [URI]}).to_string();
    let post = async |authorization: &str| {
        house.post("/register", &[("content-type", "application/json"), ("authorization", authorization)], &body).await
    };
    for wrong in ["", "Bearer", "Bearer wrong", "Basic letmein"] {
        assert_eq!(post(wrong).await.error(), "401 invalid_token", "{wrong}");
    }
    assert_eq!(post("Bearer letmein").await.status, 201);

    let house = House::with(Plan { registration: Some(Registration::Off), ..Plan::default() }).await;
    assert_eq!(house.register(json!({"redirect_uris": [URI]})).await.error(), "403 access_denied");
    let metadata = house.get("/.well-known/oauth-authorization-server", "").await.json();
    assert_eq!(metadata.get("registration_endpoint"), None);
}
