//! The authorization server's own program, under a runtime API, with the embedded DynamoDB and a KMS in this process.

use std::fs::{self, File};
use std::path::Path;

use edge_authorizer::local::fill::fill;
use edge_authorizer::local::store::TABLE;
use edge_authorizer::oauth::issuer::Issuer;
use edge_authorizer::oauth::key_ring::{OwnKey, PrivateHalf};
use edge_authorizer::oauth::signing::SigningKey;
use edge_authorizer::store::oauth::OAuthStore;
use edge_authorizer::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::function::Function;
use crate::kms::{FIRST, Kms, arn};
use crate::world::{World, pack};

const ISSUER: &str = "https://auth.example.com";
const REFRESH_KEY: &str = "a-refresh-key-that-nobody-may-read-anywhere";
const REGISTRATION_TOKEN: &str = "a-registration-token-that-is-a-secret";

fn event(method: &str, path: &str, headers: Value, body: &str) -> String {
    json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"stage": "$default", "http": {"method": method, "sourceIp": "192.0.2.1"}},
        "body": body,
        "isBase64Encoded": false,
    })
    .to_string()
}

/// [119]: it starts on its variables alone, answers, and writes one line of metrics a request, with nothing secret in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authorization_server_answers_and_writes_its_metrics() {
    let (world, kms) = (World::new().await, Kms::start());
    let client = world.store.client();
    fill(&client, &world.demo).await.unwrap();
    let store = OAuthStore::new(client, TABLE.to_owned());
    let record = SigningKey::from_secret(&[FIRST; 32]).unwrap().record(Timestamp::from_seconds(0));
    let key = OwnKey { record, private: PrivateHalf::Kms(arn(FIRST)) };
    store.put_signing_key(&Issuer::parse(ISSUER).unwrap(), &key).await.unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lambda-auth-server");
    fs::create_dir_all(&folder).unwrap();
    let api = folder.join("api.pack.json");
    fs::write(&api, serde_json::to_string(&pack()).unwrap()).unwrap();
    let variables = [
        ("TABLE_NAME", TABLE),
        ("OAUTH_ISSUER", ISSUER),
        ("OAUTH_AUDIENCE", "https://api.example.com"),
        ("REFRESH_MAC_KEY", REFRESH_KEY),
        ("REGISTRATION", "token"),
        ("REGISTRATION_TOKEN", REGISTRATION_TOKEN),
        ("AWS_ENDPOINT_URL_DYNAMODB", &world.store.url()),
        ("AWS_ENDPOINT_URL_KMS", &kms.url),
        ("API_PACK", api.to_str().unwrap()),
    ];
    let log = folder.join("log");
    let mut server =
        Function::writing(env!("CARGO_BIN_EXE_auth-server"), "bootstrap", &variables, File::create(&log).unwrap())
            .await;

    let metadata = server.ask(event("GET", "/.well-known/oauth-authorization-server", json!({}), "")).await;
    assert_eq!(metadata["statusCode"], 200, "{metadata}");
    assert!(metadata["body"].as_str().unwrap().contains(ISSUER));
    let keys = server.ask(event("GET", "/jwks.json", json!({}), "")).await;
    assert!(keys["body"].as_str().unwrap().contains(&key.record.key_id), "{keys}");
    let headers = json!({"content-type": "application/json", "authorization": format!("Bearer {REGISTRATION_TOKEN}")});
    let registration = json!({"redirect_uris": ["https://app.example.com/cb"]}).to_string();
    let registered = server.ask(event("POST", "/register", headers, &registration)).await;
    assert_eq!(registered["statusCode"], 201, "{registered}");
    let registered: Value = serde_json::from_str(registered["body"].as_str().unwrap()).unwrap();
    let secret = registered["client_secret"].as_str().unwrap();
    let form = json!({"content-type": "application/x-www-form-urlencoded"});
    let body = format!("grant_type=refresh_token&client_id=app_0&client_secret={secret}");
    assert_eq!(server.ask(event("POST", "/token", form, &body)).await["statusCode"], 401);
    drop(server);

    let log = fs::read_to_string(&log).unwrap();
    for secret in [REFRESH_KEY, REGISTRATION_TOKEN, secret, "192.0.2.1", "AKIDEXAMPLE"] {
        assert!(!log.contains(secret), "{log}");
    }
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = lines.iter().filter(|line| line["message"] == "request");
    let told: Vec<String> = told
        .map(|line| {
            assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "EdgeAuthorizer");
            assert!(line["Latency"].as_f64().is_some_and(|it| it > 0.0) && line["function"] == "function", "{line}");
            format!("{} {} {}", line["endpoint"], line["outcome"], line["status"])
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "/.well-known/oauth-authorization-server" "ok" 200
    "/jwks.json" "ok" 200
    "/register" "ok" 201
    "/token" "invalid_client" 401
    "#);
}
