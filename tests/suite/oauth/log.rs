//! What is never logged: tokens, codes, verifiers, passwords, cookies, handles.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_authorizer::oauth::lambda::answer;
use edge_authorizer::oauth::telemetry::line;
use edge_authorizer::telemetry::Invocation;
use edge_authorizer::timestamp::Timestamp;
use serde_json::json;

use super::elsewhere::SECRET;
use super::house::{House, NAME, PASSWORD, URI};
use super::provider::{back_from, house_and_provider};
use super::support::VERIFIER;

/// A log that a test can read.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

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
    pub(super) fn watch() -> (Self, impl Sized) {
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

    /// How often something was said.
    pub(super) fn times(&self, said: &str) -> usize {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().matches(said).count()
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
    // What is typed wrong is as secret: it is somebody's password elsewhere, or this one but for a letter.
    let typed = "not-quite-correct horse battery";
    let asked = house.get(&House::authorize_path(&app, &[]), "").await;
    let fields =
        [("request", asked.parameters()["request"].clone()), ("name", NAME.into()), ("password", typed.into())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(house.form("/sign-in", &crate::http::cookie(&asked), &fields).await.status, 401);
    // Ways to prove oneself, each at an endpoint of its own; a secret as it stands in a header is none the less one.
    let id = confidential.text("client_id");
    let basic = STANDARD.encode(format!("{id}:{secret}"));
    let header =
        [("authorization", format!("Basic {basic}")), ("content-type", "application/x-www-form-urlencoded".into())];
    let header = header.each_ref().map(|(name, value)| (*name, value.as_str()));
    let last = next.text("refresh_token");
    assert_eq!(house.post("/token", &header, "grant_type=refresh_token&refresh_token=x").await.status, 401);
    let proven = [("client_id", id.as_str()), ("client_secret", &secret), ("token", &last)];
    assert_eq!(house.form("/introspect", "", &proven).await.status, 403);
    assert_eq!(house.form("/revoke", "", &proven).await.status, 400);
    let revoked = [("client_id", app.as_str()), ("token", &last)];
    assert_eq!(house.form("/revoke", "", &revoked).await.status, 200);
    let removed = Request::delete(format!("/register/{id}")).header("authorization", format!("Bearer {management}"));
    assert_eq!(house.send(removed.body(Body::empty()).unwrap()).await.status, 204);
    drop(watched);

    let session = cookie.split_once('=').unwrap().1;
    let access = tokens.text("access_token");
    let again = next.text("access_token");
    let secrets = [&secret, &management, &handle, session, &code, &token, &access, &again, &last, VERIFIER, PASSWORD];
    let outcomes = ["reused", "signed_in", "refused", "invalid_client", "access_denied", "revoked", "removed"];
    log.tells(&outcomes, &[&secrets[..], &[typed, &basic]].concat());
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

/// [119]: the line of a request names the route and the outcome, and holds nothing else of the request; what is counted
/// is a closed list.
#[tokio::test]
async fn a_request_is_one_line_with_its_metrics() {
    let house = House::new().await;
    let app = house.app().await;
    let code = house.code(&app).await;
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
    let redemption = format!(
        "grant_type=authorization_code&client_id={app}&code={code}&code_verifier={VERIFIER}&redirect_uri={URI}"
    );
    let tell = async |method: &str, path: &str, body: &str| {
        let answer = answer(&house.router, &event(method, path, body)).await.unwrap();
        let invocation = Invocation { function: "edge-AuthServer-1", id: "call" };
        let line = line(&answer.seen, invocation, 2.5, Timestamp::from_seconds(1_800_000_000)).unwrap();
        for secret in ["secret", "192.0.2.1", &code, VERIFIER, &app] {
            assert!(!line.contains(secret) && !line.contains('\n'), "{line}");
        }
        serde_json::from_str::<serde_json::Value>(&line).unwrap()
    };
    let mut told = Vec::new();
    for (method, path, body) in [
        ("GET", "/jwks.json", ""),
        ("POST", "/token", "grant_type=refresh_token&client_id=app_0&refresh_token=crm_rt_a-secret-token"),
        ("POST", "/token", &redemption),
        ("POST", "/token", &redemption),
        ("GET", "/authorize", ""),
        ("GET", "/authorize/", ""),
        ("PUT", "/token", ""),
        ("GET", "/register/app_a-secret-id", ""),
        ("GET", "/nowhere/a-secret-path", ""),
    ] {
        let line = tell(method, path, body).await;
        let counted = ["Requests", "Faults", "Refusals", "Replays"].into_iter().filter(|name| line[name] == 1);
        let counted = counted.collect::<Vec<_>>().join(" ");
        told.push(format!("{} {} {} {counted}", line["endpoint"], line["outcome"], line["status"]));
    }
    house.signing_is_down.store(true, std::sync::atomic::Ordering::SeqCst);
    let another = house.code(&app).await;
    let fault = tell("POST", "/token", &redemption.replace(&code, &another)).await;
    insta::assert_snapshot!(told.join("\n"), @r#"
    "/jwks.json" "ok" 200 Requests
    "/token" "invalid_client" 401 Requests Refusals
    "/token" "ok" 200 Requests
    "/token" "reused" 400 Requests Refusals Replays
    "/authorize" "invalid_request" 400 Requests Refusals
    "none" "invalid_request" 404 Requests Refusals
    "/token" "refused" 405 Requests Refusals
    "/register/{client}" "invalid_token" 401 Requests Refusals
    "none" "invalid_request" 404 Requests Refusals
    "#);
    insta::assert_snapshot!(fault, @r#"{"level":"ERROR","message":"request","function":"edge-AuthServer-1","invocation_id":"call","endpoint":"/token","outcome":"temporarily_unavailable","status":503,"Requests":1,"Faults":1,"Refusals":0,"Replays":0,"Latency":2.5,"_aws":{"Timestamp":1800000000000,"CloudWatchMetrics":[{"Namespace":"EdgeAuthorizer","Dimensions":[["function"]],"Metrics":[{"Name":"Requests","Unit":"Count"},{"Name":"Faults","Unit":"Count"},{"Name":"Refusals","Unit":"Count"},{"Name":"Replays","Unit":"Count"}]},{"Namespace":"EdgeAuthorizer","Dimensions":[["function","endpoint"]],"Metrics":[{"Name":"Latency","Unit":"Milliseconds"}]}]}}"#);
}
