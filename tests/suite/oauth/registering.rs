//! `POST /register` over HTTP.

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

/// [78]: an address registers so many clients an hour.
#[tokio::test]
async fn registrations_are_limited() {
    let house = House::new().await;
    let metadata = |number: u32| json!({"redirect_uris": [URI], "client_name": number.to_string()});
    for number in 0..20 {
        assert_eq!(house.register(metadata(number)).await.status, 201);
    }
    let refused = house.register(metadata(20)).await;
    assert_eq!(refused.error(), "429 slow_down");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 3600);
    house.world.clock.advance(3600);
    assert_eq!(house.register(metadata(20)).await.status, 201);
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
