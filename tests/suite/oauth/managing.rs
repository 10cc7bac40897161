//! `/register/{client_id}`: a confidential client looks after its own registration (RFC 7592).

use axum::body::Body;
use axum::http::Request;
use edge_authorizer::local::demo::ACME;
use edge_authorizer::oauth::secret::Secret;
use serde_json::{Value, json};

use super::house::{House, ISSUER, Reply, URI};
use super::support::VERIFIER;

async fn ask(house: &House, verb: &str, client: &str, token: &str, body: Value) -> Reply {
    let request = Request::builder().method(verb).uri(format!("/register/{client}"));
    let request = request.header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
    house.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// A confidential client: its id, its secret, its management token.
async fn confidential(house: &House) -> (String, String, String) {
    let metadata = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post"});
    let reply = house.register(metadata).await;
    (reply.text("client_id"), reply.text("client_secret"), reply.text("registration_access_token"))
}

async fn tokens(house: &House, client: &str, secret: &str) -> Reply {
    let code = house.code(client).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("client_secret", secret),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    house.token(&fields).await
}

/// [80]: each token opens its own registration and no other.
#[tokio::test]
async fn a_registration_is_opened_by_its_own_token() {
    let house = House::new().await;
    let (one, secret, token) = confidential(&house).await;
    let (_, _, others) = confidential(&house).await;
    let wrong = Secret::new("crm_registration_", [9; 32]);
    let body = json!({"client_id": one, "redirect_uris": [URI]});
    for verb in ["GET", "PUT", "DELETE"] {
        for token in ["", "x", &secret, wrong.expose(), &others] {
            let reply = ask(&house, verb, &one, token, body.clone()).await;
            assert_eq!(reply.error(), "401 invalid_token", "{verb} {token}");
            assert_eq!(reply.header("www-authenticate"), "Bearer");
        }
        assert_eq!(ask(&house, verb, "app_0", &token, body.clone()).await.error(), "401 invalid_token", "{verb}");
    }
    let shown = ask(&house, "GET", &one, &token, Value::Null).await;
    assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"));
    assert_eq!(shown.text("registration_client_uri"), format!("{ISSUER}/register/{one}"));
    assert_eq!((shown.text("client_id"), shown.text("registration_access_token")), (one, token));
    assert!(!shown.body.contains(&secret), "a secret is told once");
}

/// [80]: a public client belongs to everybody who registered the same, so nobody may change or remove it.
#[tokio::test]
async fn a_public_client_has_no_management_token() {
    let house = House::new().await;
    let metadata = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "none"});
    let (one, two) = (house.register(metadata.clone()).await.json(), house.register(metadata).await.json());
    assert_eq!(one["client_id"], two["client_id"]);
    for registered in [&one, &two] {
        assert_eq!(registered.get("registration_access_token"), None);
        assert_eq!(registered.get("registration_client_uri"), None);
    }
    let app = one["client_id"].as_str().unwrap();
    assert_eq!(ask(&house, "DELETE", app, "", Value::Null).await.error(), "401 invalid_token");
    let (_, _, token) = confidential(&house).await;
    assert_eq!(ask(&house, "DELETE", app, &token, Value::Null).await.error(), "401 invalid_token");
    assert_eq!(house.refresh(app, "x").await.error(), "400 invalid_grant", "it is still there");
}

/// [80]: what a client says of itself is replaced as a whole, under the rules of a registration.
#[tokio::test]
async fn a_client_replaces_its_metadata() {
    let house = House::new().await;
    let (app, secret, token) = confidential(&house).await;
    let put = async |change: Value| {
        let mut body =
            json!({"client_id": app, "redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        ask(&house, "PUT", &app, &token, body).await
    };
    for (change, error) in [
        (json!({"client_id": "app_other"}), "400 invalid_client_metadata"),
        (json!({"client_id": null}), "400 invalid_client_metadata"),
        (json!({"client_secret": "crm_secret_mine"}), "400 invalid_client_metadata"),
        (json!({"token_endpoint_auth_method": "none"}), "400 invalid_client_metadata"),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), "400 invalid_redirect_uri"),
        (json!({"redirect_uris": []}), "400 invalid_redirect_uri"),
    ] {
        assert_eq!(put(change.clone()).await.error(), error, "{change}");
    }
    // A request that waits for its answer does not go where the client no longer is.
    let (handle, cookie) = house.signed_in(&app).await;
    let moved = json!({"redirect_uris": ["https://app.example.com/new"], "client_secret": secret});
    let changed = put(moved).await;
    assert_eq!(
        (changed.status, changed.json()["redirect_uris"][0].as_str()),
        (200, Some("https://app.example.com/new"))
    );
    let fields = [("request", handle.as_str()), ("tenant", ACME), ("scope", "contact.read"), ("decision", "allow")];
    let deny = [("request", handle.as_str()), ("decision", "deny")];
    for fields in [&fields[..], &deny[..]] {
        let reply = house.form("/consent", &cookie, fields).await;
        assert_eq!((reply.status, reply.header("location")), (400, ""), "{fields:?}");
    }
}

/// [80]: with the client end its grants, its codes and its secret; and those of nobody else.
#[tokio::test]
async fn removing_a_client_ends_its_grants() {
    let house = House::new().await;
    let ((app, secret, token), (other, others, _)) = (confidential(&house).await, confidential(&house).await);
    let (mine, again, theirs) = (
        tokens(&house, &app, &secret).await,
        tokens(&house, &app, &secret).await,
        tokens(&house, &other, &others).await,
    );
    let code = house.code(&app).await;
    let decides = async |reply: &Reply| house.decides(&reply.text("access_token"), "GET", "/v1/contacts").await;
    assert_eq!(decides(&mine).await, "allowed");

    let removed = ask(&house, "DELETE", &app, &token, Value::Null).await;
    assert_eq!((removed.status, removed.body.as_str()), (204, ""));
    assert_eq!((decides(&mine).await.as_str(), decides(&again).await.as_str()), ("revoked", "revoked"));
    assert_eq!(decides(&theirs).await, "allowed");
    let refresh = mine.text("refresh_token");
    for fields in [
        [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("code_verifier", "")],
        [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", VERIFIER)],
    ] {
        let fields = [&fields[..], &[("client_id", app.as_str()), ("client_secret", &secret)]].concat();
        assert_eq!(house.token(&fields).await.error(), "401 invalid_client");
    }
    assert_eq!(ask(&house, "GET", &app, &token, Value::Null).await.error(), "401 invalid_token");
}

/// [80]: a removal that broke off has ended the client, and is finished by asking again.
#[tokio::test]
async fn a_removal_that_broke_off_can_be_finished() {
    let house = House::new().await;
    let (app, secret, token) = confidential(&house).await;
    let mine = tokens(&house, &app, &secret).await;
    let client = house.store.client(&app.parse().unwrap()).await.unwrap().unwrap();
    // What the first step of a removal leaves behind.
    let ended = edge_authorizer::oauth::client::Client { expires: Some(house.world.clock.now()), ..client };
    house.store.replace_client(&ended, house.world.clock.now()).await.unwrap();
    assert_eq!(ask(&house, "GET", &app, &token, Value::Null).await.error(), "401 invalid_token");
    let access = mine.text("access_token");
    assert_eq!(house.decides(&access, "GET", "/v1/contacts").await, "allowed");
    assert_eq!(ask(&house, "DELETE", &app, &token, Value::Null).await.status, 204);
    assert_eq!(house.decides(&access, "GET", "/v1/contacts").await, "revoked");
}
