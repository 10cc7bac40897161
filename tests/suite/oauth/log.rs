//! What is never logged: tokens, codes, verifiers, passwords, cookies, handles.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use edge_authorizer::oauth::lambda::answer;
use edge_authorizer::oauth::telemetry::line;
use edge_authorizer::telemetry::Invocation;
use edge_authorizer::timestamp::Timestamp;
use serde_json::json;

use super::elsewhere::SECRET;
use super::house::{House, PASSWORD, URI};
use super::provider::{back_from, house_and_provider};
use super::support::VERIFIER;

/// A log that a test can read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Everything that this thread says from now on, at every level, until the guard goes.
    fn watch() -> (Self, impl Sized) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        // With one subscriber alone, `tracing` asks whichever test comes by first whether a line is wanted at all.
        let second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
        (log, (tracing::subscriber::set_default(subscriber), second))
    }

    /// Fails for a log without one of the outcomes, or with half of one of the secrets.
    fn tells(&self, outcomes: &[&str], secrets: &[&str]) {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        for outcome in outcomes {
            assert!(log.contains(outcome), "{outcome} is not in a log of {} bytes", log.len());
        }
        for secret in secrets {
            let half: String = secret.chars().skip(secret.len() / 2).collect();
            assert!(half.len() > 4 && !log.contains(&half), "{half}");
        }
    }
}

/// [119]: a whole flow, and the ways in which it goes wrong, in a log that holds everything.
#[tokio::test]
async fn nothing_secret_is_logged() {
    let (log, watched) = Log::watch();
    let house = House::new().await;
    let confidential = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post"});
    let confidential = house.register(confidential).await;
    let (secret, management) = (confidential.text("client_secret"), confidential.text("registration_access_token"));
    let managed = Request::get(format!("/register/{}", confidential.text("client_id")));
    let managed = managed.header("authorization", format!("Bearer {management}"));
    assert_eq!(house.send(managed.body(Body::empty()).unwrap()).await.status, 200);
    let app = house.app().await;
    let (handle, cookie) = house.signed_in(&app).await;
    let code = house.code(&app).await;
    let tokens = house.redeem(&app, &code).await;
    let token = tokens.text("refresh_token");
    let next = house.refresh(&app, &token).await;
    house.world.clock.advance(60);
    assert_eq!(house.refresh(&app, &token).await.status, 400);
    assert_eq!(house.redeem(&app, &code).await.status, 400);
    house.form("/token", &cookie, &[("grant_type", "authorization_code"), ("client_secret", &secret)]).await;
    drop(watched);

    let session = cookie.split_once('=').unwrap().1;
    let (access, last) = (tokens.text("access_token"), next.text("refresh_token"));
    let secrets = [&secret, &management, &handle, session, &code, &token, &access, &last, VERIFIER, PASSWORD];
    log.tells(&["reused", "signed_in"], &secrets);
}

/// [119]: a sign-in at another provider, with what both sides of it say.
#[tokio::test]
async fn nothing_secret_of_a_sign_in_elsewhere_is_logged() {
    let (log, watched) = Log::watch();
    let (house, provider, app) = house_and_provider().await;
    let (path, cookie) = back_from(&house, &app).await;
    assert_eq!(house.get(&path, &cookie).await.status, 303);
    assert_eq!(house.get(&path, &cookie).await.status, 403);
    drop(watched);
    let session = cookie.split_once('=').unwrap().1;
    let state = path.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let redeemed = provider.redeemed.lock().unwrap()[0].clone();
    log.tells(&["signed_in", "access_denied"], &[session, state, &redeemed["code_verifier"], SECRET]);
}

/// [119]: the line of a request names the route and the outcome, and holds nothing else of the request; the metrics are
/// counted by closed lists.
#[tokio::test]
async fn a_request_is_one_line_with_its_metrics() {
    let house = House::new().await;
    let event = |method: &str, path: &str, body: &str| {
        json!({
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "state=a-secret-in-a-query",
            "headers": {"content-type": "application/x-www-form-urlencoded", "cookie": "session=a-secret-cookie"},
            "requestContext": {"stage": "$default", "http": {"method": method, "sourceIp": "192.0.2.1"}},
            "body": body,
            "isBase64Encoded": false,
        })
        .to_string()
    };
    let mut told = Vec::new();
    for (method, path, body) in [
        ("GET", "/jwks.json", ""),
        ("POST", "/token", "grant_type=refresh_token&client_id=app_0&refresh_token=crm_rt_a-secret-token"),
        ("GET", "/authorize", ""),
        ("GET", "/register/app_a-secret-id", ""),
        ("GET", "/nowhere/a-secret-path", ""),
    ] {
        let answer = answer(&house.router, &event(method, path, body)).await.unwrap();
        let invocation = Invocation { function: "edge-AuthServer-1", id: "call" };
        let line = line(&answer.seen, invocation, 2.5, Timestamp::from_seconds(1_800_000_000)).unwrap();
        assert!(!line.contains("secret") && !line.contains('\n'), "{line}");
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        told.push(format!("{} {} {}", line["endpoint"], line["outcome"], line["status"]));
        let metrics = &line["_aws"]["CloudWatchMetrics"];
        assert_eq!(metrics[0]["Dimensions"], json!([["function", "endpoint"]]));
        assert_eq!(metrics[1]["Dimensions"], json!([["function", "endpoint", "outcome"]]));
        assert_eq!((&line["Requests"], &line["Latency"]), (&json!(1), &json!(2.5)));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    "/jwks.json" "ok" 200
    "/token" "invalid_client" 401
    "/authorize" "invalid_request" 400
    "/register/{client}" "invalid_token" 401
    "none" "refused" 404
    "#);
}
