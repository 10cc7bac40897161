//! `/token` and `/revoke`: everything that must not work, and what it leaves behind.

use std::sync::atomic::Ordering;

use edge_authorizer::access::tenant::TenantStatus;
use edge_authorizer::local::demo::ACME;
use edge_authorizer::local::store::TABLE;
use edge_authorizer::oauth::client::{Client, Origin};
use edge_authorizer::oauth::secret::Secret;
use edge_authorizer::store::admin::Admin;
use edge_authorizer::store::key;
use edge_authorizer::store::record::text;
use serde_json::json;

use super::house::{House, Plan, URI, form};
use super::support::{VERIFIER, metadata};
use crate::embedded::at;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// [26] [28] [29] [31] [34] [35] [36]: an attempt that does not fit burns nothing; the client's own still works.
#[tokio::test]
async fn what_does_not_fit_burns_nothing() {
    let house = House::new().await;
    let app = house.app().await;
    let other = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "none", "client_name": "Other"});
    let other = house.register(other).await.text("client_id");
    let code = house.code(&app).await;
    let good = [
        ("grant_type", "authorization_code"),
        ("client_id", app.as_str()),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
        ("redirect_uri", URI),
    ];
    for change in [
        ("code_verifier", ""),
        ("code_verifier", "short"),
        ("code_verifier", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ("redirect_uri", "https://app.example.com/other"),
        ("client_id", other.as_str()),
        ("code", "crm_code_made_up"),
        ("code", "é"),
    ] {
        let fields: Vec<_> = good.iter().map(|field| if field.0 == change.0 { change } else { *field }).collect();
        let reply = house.token(&fields).await;
        assert_eq!(reply.error(), "400 invalid_grant", "{change:?}");
        assert_eq!(reply.text("error_description"), "the code or the refresh token is not valid");
    }
    assert_eq!(house.token(&good).await.status, 200);
}

/// [29]: guessing at a verifier ends after five guesses.
#[tokio::test]
async fn guessing_at_a_verifier_ends() {
    let house = House::new().await;
    let app = house.app().await;
    let code = house.code(&app).await;
    let guess = "x".repeat(43);
    let fields = |verifier| {
        [
            ("grant_type", "authorization_code"),
            ("client_id", app.as_str()),
            ("code", &code),
            ("code_verifier", verifier),
        ]
    };
    for _ in 0..5 {
        assert_eq!(house.token(&fields(guess.as_str())).await.error(), "400 invalid_grant");
    }
    assert_eq!(house.token(&fields(VERIFIER)).await.error(), "400 invalid_grant");
}

/// [30] [31]: the second valid redemption ends the grant, and with it the tokens of the first.
#[tokio::test]
async fn a_code_that_comes_back_ends_the_grant() {
    let house = House::new().await;
    let app = house.app().await;
    let code = house.code(&app).await;
    let tokens = house.redeem(&app, &code).await;
    let access = tokens.text("access_token");
    let mistaken = [("grant_type", "authorization_code"), ("client_id", &app), ("code", &code)];
    assert_eq!(house.token(&mistaken).await.error(), "400 invalid_grant");
    assert_eq!(house.decides(&access, "GET", "/v1/contacts").await, "allowed", "an invalid attempt ends nothing");
    assert_eq!(house.redeem(&app, &code).await.error(), "400 invalid_grant");
    assert_eq!(house.decides(&access, "GET", "/v1/contacts").await, "revoked");
    assert_eq!(house.refresh(&app, &tokens.text("refresh_token")).await.error(), "400 invalid_grant");
}

/// [33] [120]: a code ends after 60 s, though its record is still there.
#[tokio::test]
async fn a_code_ends_after_a_minute() {
    let house = House::new().await;
    let app = house.app().await;
    let code = house.code(&app).await;
    house.world.clock.advance(60);
    assert_eq!(house.redeem(&app, &code).await.error(), "400 invalid_grant");
}

/// [122]: a key that does not sign burns neither the code nor the refresh token.
#[tokio::test]
async fn a_failing_key_burns_nothing() {
    let house = House::new().await;
    let app = house.app().await;
    let code = house.code(&app).await;
    house.signing_is_down.store(true, Ordering::SeqCst);
    let reply = house.redeem(&app, &code).await;
    assert_eq!(reply.error(), "503 temporarily_unavailable");
    assert_eq!(reply.header("retry-after"), "2");
    house.signing_is_down.store(false, Ordering::SeqCst);
    let tokens = house.redeem(&app, &code).await;
    assert_eq!(tokens.status, 200);
    house.signing_is_down.store(true, Ordering::SeqCst);
    let reply = house.refresh(&app, &tokens.text("refresh_token")).await;
    assert_eq!((reply.error().as_str(), reply.header("retry-after")), ("503 temporarily_unavailable", "2"));
    house.signing_is_down.store(false, Ordering::SeqCst);
    let refreshed = house.refresh(&app, &tokens.text("refresh_token")).await;
    assert_eq!(refreshed.status, 200);
    for tokens in [&tokens, &refreshed] {
        assert_eq!(house.decides(&tokens.text("access_token"), "GET", "/v1/contacts").await, "allowed");
    }
}

/// [37] [38] [39] [40] [41] [44] [45] [47] [50]: the form of a request.
#[tokio::test]
async fn a_request_that_is_not_one_is_told_so() {
    let house = House::new().await;
    let app = house.app().await;
    let client = format!("client_id={app}");
    let body = |more: &str| format!("{client}&{more}");
    for (headers, body, error) in [
        (vec![("content-type", "application/json")], "{}".to_owned(), "400 invalid_request"),
        (vec![("content-type", "multipart/form-data; boundary=x")], String::new(), "400 invalid_request"),
        (vec![], body("grant_type=refresh_token"), "400 invalid_request"),
        (
            vec![("content-type", "application/json, application/x-www-form-urlencoded")],
            body("grant_type=refresh_token"),
            "400 invalid_request",
        ),
        (vec![FORM, FORM], body("grant_type=refresh_token"), "400 invalid_request"),
        (vec![FORM], "%ff=%ff".to_owned(), "400 invalid_request"),
        (vec![FORM], body("x=1"), "400 invalid_request"),
        (vec![FORM], body("grant_type=refresh_token&grant_type=refresh_token"), "400 invalid_request"),
        (vec![FORM], body("grant_type=password"), "400 unsupported_grant_type"),
        (vec![FORM], body("grant_type=client_credentials"), "400 unsupported_grant_type"),
        (
            vec![FORM],
            body("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=x"),
            "400 unsupported_grant_type",
        ),
        (vec![FORM], body("grant_type=refresh_token"), "400 invalid_request"),
        (vec![FORM], "grant_type=refresh_token&client_id=app_0".to_owned(), "401 invalid_client"),
        (vec![FORM, ("authorization", "Basic !")], body("grant_type=refresh_token"), "401 invalid_client"),
        (vec![FORM], format!("x={}", "x".repeat(20_000)), "413 invalid_request"),
    ] {
        let reply = house.post("/token", &headers, &body).await;
        assert_eq!(reply.error(), error, "{headers:?} {body:.80}");
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("www-authenticate"), if reply.status == 401 { "Basic realm=\"token\"" } else { "" });
    }
    let in_the_url = house.get(&format!("/token?{client}&grant_type=refresh_token"), "").await;
    assert_eq!(in_the_url.status, 405);
}

/// [40]: a client without the refresh grant gets no refresh token, and may not use one.
#[tokio::test]
async fn a_client_gets_what_it_registered_for() {
    let house = House::new().await;
    let metadata = json!({
        "redirect_uris": [URI], "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
    });
    let app = house.register(metadata).await.text("client_id");
    let tokens = house.redeem(&app, &house.code(&app).await).await;
    assert_eq!(tokens.json().get("refresh_token"), None);
    assert_eq!(house.refresh(&app, "x").await.error(), "400 unauthorized_client");
}

/// [51] [52] [55]: each use rotates; an old token that comes back ends everything.
#[tokio::test]
async fn an_old_refresh_token_ends_the_grant() {
    let house = House::new().await;
    let app = house.app().await;
    let first = house.redeem(&app, &house.code(&app).await).await.text("refresh_token");
    let second = house.refresh(&app, &first).await.text("refresh_token");
    let third = house.refresh(&app, &second).await;
    assert_ne!(first, second);
    let reused = house.refresh(&app, &first).await;
    assert_eq!(reused.error(), "400 invalid_grant", "the window closed when the successor was used");
    assert_eq!(house.refresh(&app, &third.text("refresh_token")).await.error(), "400 invalid_grant");
    assert_eq!(house.decides(&third.text("access_token"), "GET", "/v1/contacts").await, "revoked");
}

/// [52] [53] [54] [121]: a lost response is asked for again, and is the same; after the window it is theft.
#[tokio::test]
async fn a_lost_response_can_be_had_again_for_a_while() {
    let house = House::new().await;
    let app = house.app().await;
    let first = house.redeem(&app, &house.code(&app).await).await.text("refresh_token");
    let answer = house.refresh(&app, &first).await;
    house.world.clock.advance(29);
    assert_eq!(house.refresh(&app, &first).await.body, answer.body);
    house.world.clock.advance(1);
    assert_eq!(house.refresh(&app, &first).await.error(), "400 invalid_grant");
    assert_eq!(house.refresh(&app, &answer.text("refresh_token")).await.error(), "400 invalid_grant");
}

/// [58] [59] [60] [63]: what a refresh cannot ask for changes nothing.
#[tokio::test]
async fn a_refresh_that_asks_for_too_much_changes_nothing() {
    let house = House::new().await;
    let app = house.app().await;
    let other = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "none", "client_name": "Other"});
    let other = house.register(other).await.text("client_id");
    let token = house.redeem(&app, &house.code(&app).await).await.text("refresh_token");
    let with = |client: &str, name: &'static str, value: &str| {
        form(&[("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", &token), (name, value)])
    };
    for (body, error) in [
        (with(&app, "scope", "contact.read deal.read"), "400 invalid_scope"),
        (with(&app, "resource", "https://other.example.com"), "400 invalid_target"),
        (with(&other, "scope", ""), "400 invalid_grant"),
    ] {
        assert_eq!(house.post("/token", &[FORM], &body).await.error(), error);
    }
    let mut flipped = token.clone();
    flipped.replace_range(20..21, if flipped.get(20..21) == Some("a") { "b" } else { "a" });
    for garbage in ["", "x", &flipped, token.get(..40).unwrap(), "crm_rt_é"] {
        assert!(house.refresh(&app, garbage).await.error().starts_with("400 "), "{garbage}");
    }
    let narrow = house.post("/token", &[FORM], &with(&app, "scope", "contact.read")).await;
    assert_eq!(narrow.text("scope"), "contact.read");
    let wide = house.refresh(&app, &narrow.text("refresh_token")).await;
    assert_eq!(wide.text("scope"), "contact.read contact.delete", "the refresh token's scope is unchanged");
}

/// [61]: idle and absolute ends.
#[tokio::test]
async fn a_refresh_token_ends_when_nobody_uses_it() {
    let house = House::new().await;
    let app = house.app().await;
    let token = house.redeem(&app, &house.code(&app).await).await.text("refresh_token");
    house.world.clock.advance(30 * 24 * 3600);
    assert_eq!(house.refresh(&app, &token).await.error(), "400 invalid_grant");
}

/// [61]: the table forgets a grant once the last of its tokens cannot be good any more, and not before.
#[tokio::test]
async fn a_grant_is_forgotten_after_its_last_token() {
    let house = House::new().await;
    let app = house.app().await;
    let metadata = json!({
        "redirect_uris": [URI], "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
    });
    let once = house.register(metadata).await.text("client_id");
    let now = house.world.clock.now().seconds();
    for (client, last) in [(&app, 365 * 86_400 + 900), (&once, 900)] {
        assert_eq!(house.redeem(client, &house.code(client).await).await.status, 200);
        let grants = house.store.grants(&ACME.parse().unwrap()).await.unwrap();
        let grant = grants.into_iter().find(|grant| grant.client_id.as_str() == client).unwrap();
        let get = house.world.store.client().get_item().table_name(TABLE);
        let get =
            get.key("pk", text(&key::tenant_partition(&ACME.parse().unwrap()))).key("sk", text(&key::grant(&grant.id)));
        let item = get.send().await.unwrap().item.unwrap();
        let ttl: u64 = item["ttl"].as_n().unwrap().parse().unwrap();
        assert!((last..last + 2 * 86_400).contains(&(ttl - now)), "{client}: {}", ttl - now);
    }
}

/// [45] [78]: an unused registration ends after 90 days; one that is used does not.
#[tokio::test]
async fn a_used_registration_is_renewed() {
    let house = House::new().await;
    let (used, unused) = (house.app().await, json!({"redirect_uris": [URI], "token_endpoint_auth_method": "none"}));
    let unused = house.register(unused).await.text("client_id");
    let mut token = house.redeem(&used, &house.code(&used).await).await.text("refresh_token");
    for _ in 0..4 {
        house.world.clock.advance(25 * 24 * 3600);
        token = house.refresh(&used, &token).await.text("refresh_token");
    }
    assert_eq!(house.refresh(&unused, "x").await.error(), "401 invalid_client");
}

/// [114] [115] [116] [117]: what may be revoked, and by whom.
#[tokio::test]
async fn a_client_revokes_its_own() {
    let house = House::new().await;
    let app = house.app().await;
    let other = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "none", "client_name": "Other"});
    let other = house.register(other).await.text("client_id");
    let tokens = house.redeem(&app, &house.code(&app).await).await;
    let (token, access) = (tokens.text("refresh_token"), tokens.text("access_token"));
    let revoke = async |client: &str, token: &str, hint: &str| {
        house.form("/revoke", "", &[("client_id", client), ("token", token), ("token_type_hint", hint)]).await
    };
    assert_eq!(revoke(&app, "unknown", "").await.status, 200);
    assert_eq!(revoke(&other, &access, "").await.error(), "400 invalid_grant");
    assert_eq!(revoke(&other, &token, "").await.error(), "400 invalid_grant");
    assert_eq!(revoke("app_0", &token, "").await.error(), "401 invalid_client");
    assert_eq!(house.decides(&access, "GET", "/v1/contacts").await, "allowed");
    assert_eq!(revoke(&app, &token, "access_token").await.status, 200, "a hint is only a hint");
    assert_eq!(house.decides(&access, "GET", "/v1/contacts").await, "revoked");
    assert_eq!(revoke(&app, &token, "").await.status, 200, "again");
}

/// [102] [113]: what anybody may know comes from the configuration.
#[tokio::test]
async fn metadata_and_keys_come_from_the_configuration() {
    let house = House::with(Plan { issuer: Some("http://127.0.0.1:9080".to_owned()), ..Plan::default() }).await;
    let path = "/.well-known/oauth-authorization-server";
    let request =
        axum::http::Request::get(path).header("host", "evil.example").header("x-forwarded-host", "evil.example");
    let reply = house.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert!(!reply.body.contains("evil"));
    let json = reply.json();
    assert_eq!(json["issuer"], "http://127.0.0.1:9080", "[96]");
    assert_eq!(json["token_endpoint"], "http://127.0.0.1:9080/token");
    assert_eq!(json["code_challenge_methods_supported"], json!(["S256"]), "[97]");
    assert_eq!(json["authorization_response_iss_parameter_supported"], true);
    assert_eq!(json["revocation_endpoint_auth_methods_supported"].as_array().unwrap().len(), 3);
    // What is left out on purpose is not advertised: no pushed requests, no DPoP, no device flow, nothing of OpenID.
    let members: std::collections::BTreeSet<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        [
            "authorization_endpoint",
            "authorization_response_iss_parameter_supported",
            "client_id_metadata_document_supported",
            "code_challenge_methods_supported",
            "grant_types_supported",
            "introspection_endpoint",
            "introspection_endpoint_auth_methods_supported",
            "issuer",
            "jwks_uri",
            "registration_endpoint",
            "response_modes_supported",
            "response_types_supported",
            "revocation_endpoint",
            "revocation_endpoint_auth_methods_supported",
            "scopes_supported",
            "token_endpoint",
            "token_endpoint_auth_methods_supported",
        ]
        .into()
    );
    assert_eq!(json["grant_types_supported"], json!(["authorization_code", "refresh_token"]));
    for left_out in ["/par", "/device_authorization", "/userinfo"] {
        assert_eq!(house.form(left_out, "", &[("client_id", "x")]).await.status, 404, "{left_out}");
    }
    let keys = house.get("/jwks.json", "").await.json();
    let members: std::collections::BTreeSet<&str> =
        keys["keys"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"].into());
}

/// [99]: the API's own metadata, for a gateway that has no constant answers: by configuration alone, open to scripts.
#[tokio::test]
async fn the_apis_metadata_lead_to_this_server() {
    let house = House::new().await;
    let path = "/.well-known/oauth-protected-resource";
    let request = axum::http::Request::get(path).header("host", "evil.example").header("origin", "https://a.example");
    let reply = house.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, "*"));
    let metadata = json!({
        "resource": super::house::RESOURCE,
        "authorization_servers": [super::house::ISSUER],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["contact.read"],
    });
    assert_eq!(reply.json(), metadata);
}

/// [109]: a new key is published before it signs; the old one stays until it retires.
#[tokio::test]
async fn keys_overlap() {
    let house = House::new().await;
    let app = house.app().await;
    let issuer = edge_authorizer::oauth::issuer::Issuer::parse(super::house::ISSUER).unwrap();
    let now = house.world.clock.now();
    house.store.put_signing_key(&issuer, &super::house::key(8, now.plus(600))).await.unwrap();
    house.world.clock.advance(61);
    assert_eq!(house.get("/jwks.json", "").await.json()["keys"].as_array().unwrap().len(), 2);
    let kid = |token: &str| {
        use base64::Engine;
        let header = token.split('.').next().unwrap();
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
        serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
    };
    let before = house.redeem(&app, &house.code(&app).await).await;
    house.world.clock.advance(600);
    let after = house.refresh(&app, &before.text("refresh_token")).await;
    assert_ne!(kid(&before.text("access_token")), kid(&after.text("access_token")));
    for tokens in [&before, &after] {
        assert_eq!(house.decides(&tokens.text("access_token"), "GET", "/v1/contacts").await, "allowed");
    }
}

/// [117]: an access token is revoked with its grant.
#[tokio::test]
async fn an_access_token_takes_its_grant_along() {
    let house = House::new().await;
    let app = house.app().await;
    let tokens = house.redeem(&app, &house.code(&app).await).await;
    let access = tokens.text("access_token");
    let fields = [("client_id", app.as_str()), ("token", &access), ("token_type_hint", "refresh_token")];
    assert_eq!(house.form("/revoke", "", &fields).await.status, 200);
    assert_eq!(house.decides(&access, "GET", "/v1/contacts").await, "revoked");
    assert_eq!(house.refresh(&app, &tokens.text("refresh_token")).await.error(), "400 invalid_grant");
}

/// [64] [118]: whom the operator gave the right may ask, and learns nothing of what is not good.
#[tokio::test]
async fn introspection_is_for_those_who_may() {
    let house = House::new().await;
    let app = house.app().await;
    let tokens = house.redeem(&app, &house.code(&app).await).await;
    let secret = Secret::new("crm_secret_", [5; 32]);
    let operator = Client {
        id: "app_operator".parse().unwrap(),
        metadata: metadata(json!({"redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post"})),
        secret: Some(secret.digest()),
        management: None,
        origin: Origin::Operator { first_party: true, may_introspect: true },
        registered: house.world.clock.now(),
        expires: None,
    };
    house.store.register_client(&operator, house.world.clock.now()).await.unwrap();
    let ask = async |client: &str, secret: &str, token: &str| {
        let fields = [("client_id", client), ("client_secret", secret), ("token", token)];
        house.form("/introspect", "", &fields).await
    };
    let asked = async |token: &str| ask("app_operator", secret.expose(), token).await.json();
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    assert_eq!(ask("app_operator", "", &access).await.error(), "401 invalid_client");
    assert_eq!(ask("app_operator", "crm_secret_x", &access).await.error(), "401 invalid_client");
    assert_eq!(ask(&app, "", &access).await.error(), "403 access_denied", "a public client");
    let body = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post"});
    let stranger = house.register(body).await;
    let refused = ask(&stranger.text("client_id"), &stranger.text("client_secret"), &access).await;
    assert_eq!(refused.error(), "403 access_denied", "a client without the right");

    let now = house.world.clock.now().seconds();
    let ends = async |token: &str| asked(token).await["exp"].as_u64().unwrap() - now;
    assert_eq!((ends(&access).await, ends(&refresh).await), (15 * 60, 30 * 24 * 3600));
    let good = asked(&access).await;
    assert_eq!((good["active"].as_bool(), good["scope"].as_str()), (Some(true), Some("contact.read contact.delete")));
    assert_eq!(asked(&refresh).await["client_id"], app);
    let nothing = json!({"active": false});
    for token in ["x", "a.b.c", "crm_rt_x", access.get(..access.len() - 4).unwrap()] {
        assert_eq!(asked(token).await, nothing, "{token}");
    }
    // While a tenant is suspended nothing of it is worth anything.
    let admin = Admin::new(house.world.store.client(), TABLE.to_owned());
    let tenant = ACME.parse().unwrap();
    for (second, status) in [(now, TenantStatus::Suspended), (now + 1, TenantStatus::Active)] {
        admin.set_tenant_status(&tenant, status, &at(second)).await.unwrap();
        let suspended = status == TenantStatus::Suspended;
        for token in [&access, &refresh] {
            assert_eq!(asked(token).await == nothing, suspended);
        }
    }
    house.form("/revoke", "", &[("client_id", &app), ("token", &refresh)]).await;
    assert_eq!((asked(&access).await, asked(&refresh).await), (nothing.clone(), nothing));
}
