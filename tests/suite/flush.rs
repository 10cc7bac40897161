//! The flush, end to end: asked for through a queue, done at the gateway's own API, which is emulated here with the
//! local gateway's cache behind it. The queue's delays pass on a clock that the test moves.

#![expect(clippy::disallowed_methods, reason = "signatures carry the time of the machine")]

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use edge_authorizer::flush::call::Caller;
use edge_authorizer::flush::queue::FlushQueue;
use edge_authorizer::flush::stages::{GatewayStage, Stages};
use edge_authorizer::flush::{AUTHORIZER_TIMEOUT, CacheFlush};
use edge_authorizer::local::gateway::Stage;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::faults::broken::{Broken, Duty, Fault};
use crate::faults::store_at;
use crate::function::Function;
use crate::gateway::Door;
use crate::world::World;

const CONTACTS: &str = "/v1/contacts";
const ARN: &str = "arn:aws:apigateway:eu-central-1::/";
pub(crate) const QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/flush";

/// SQS and API Gateway's own API on loopback.
pub(crate) struct Aws {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Delays of the messages in the queue, in seconds.
    queue: Mutex<Vec<u64>>,
    /// Method and path of each flush.
    flushes: Mutex<Vec<String>>,
    /// The gateway behind the calls.
    stage: Mutex<Option<Arc<Stage>>>,
    /// What is answered instead of success.
    failing: Mutex<Option<StatusCode>>,
}

impl Aws {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    fn queue(&self) -> FlushQueue {
        FlushQueue::new(caller(), QUEUE.to_owned(), Some(self.url.clone()))
    }

    /// Stages by the end of their ARNs, `restapis/a1/stages/prod`.
    fn stages(&self, paths: &[&str]) -> Stages {
        let arns: Vec<String> = paths.iter().map(|path| format!("{ARN}{path}")).collect();
        Stages::new(caller(), GatewayStage::list(&arns.join(", ")).unwrap(), self.url.clone())
    }

    /// Takes what is due out of the queue, all at once, as the event source hands it to the function.
    fn due(&self, after: u64) -> usize {
        let mut queue = self.shared.queue.lock().unwrap();
        let waiting = queue.len();
        queue.retain(|delay| *delay > after);
        waiting - queue.len()
    }

    /// How many messages are in the queue.
    pub(crate) fn waiting(&self) -> usize {
        self.shared.queue.lock().unwrap().len()
    }

    /// From now on nothing succeeds.
    pub(crate) fn fails(&self) {
        *self.shared.failing.lock().unwrap() = Some(StatusCode::TOO_MANY_REQUESTS);
    }

    fn flushes(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.flushes.lock().unwrap())
    }
}

fn caller() -> Caller {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("session".to_owned()), None, "test");
    Caller::new("eu-central-1".to_owned(), SharedCredentialsProvider::new(credentials), SystemTime::now)
}

async fn answer(
    State(aws): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let service = if method == Method::POST { "sqs" } else { "apigateway" };
    let authorization = headers["authorization"].to_str().unwrap();
    let scope = format!("/eu-central-1/{service}/aws4_request, SignedHeaders=");
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{authorization}");
    assert!(authorization.contains(&scope) && headers["x-amz-security-token"] == "session", "{authorization}");
    if let Some(status) = *aws.failing.lock().unwrap() {
        return (status, r#"{"message":"Too Many Requests"}"#.to_owned());
    }
    if method == Method::POST {
        assert_eq!(headers["x-amz-target"], "AmazonSQS.SendMessage");
        let message: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(message["QueueUrl"], QUEUE);
        aws.queue.lock().unwrap().push(message["DelaySeconds"].as_u64().unwrap());
        return (StatusCode::OK, r#"{"MessageId":"1"}"#.to_owned());
    }
    aws.flushes.lock().unwrap().push(format!("{method} {}", uri.path()));
    if let Some(stage) = &*aws.stage.lock().unwrap() {
        stage.flush_cache();
    }
    (StatusCode::ACCEPTED, String::new())
}

#[tokio::test]
async fn each_kind_of_stage_is_flushed_by_its_own_call() {
    let aws = Aws::start().await;
    let paths = [
        "restapis/a1b2c3d4e5/stages/prod",
        "restapis/f6/stages/v_1-b",
        "apis/g7h8/stages/$default",
        "apis/g7h8/stages/beta",
    ];
    aws.stages(&paths).flush().await.unwrap();
    assert_eq!(
        aws.flushes(),
        [
            "DELETE /restapis/a1b2c3d4e5/stages/prod/cache/authorizers",
            "DELETE /restapis/f6/stages/v_1-b/cache/authorizers",
            "DELETE /v2/apis/g7h8/stages/%24default/cache/authorizers",
            "DELETE /v2/apis/g7h8/stages/beta/cache/authorizers",
        ]
    );
    aws.stages(&[]).flush().await.unwrap();
    assert!(aws.flushes().is_empty(), "no stage, no flush");
}

#[test]
fn what_names_no_stage_is_refused() {
    assert_eq!(GatewayStage::list(" , ,"), Ok(Vec::new()));
    for path in
        ["restapis/abc", "restapis/abc/prod", "restapis//stages/prod", "restapis/abc/stages/", "apis/a/stages/b/c"]
    {
        assert!(GatewayStage::list(&format!("{ARN}{path}")).is_err(), "{path}");
    }
    for path in ["restapis/../stages/c", "restapis/a/stages/$default", "apis/a/stages/$other", "v2/a/stages/b"] {
        assert!(GatewayStage::list(&format!("{ARN}{path}")).is_err(), "{path}");
    }
    for arn in
        ["", "arn:aws:execute-api:eu-central-1:1:a/b", "arn:aws:s3:::/restapis/a/stages/b", "restapis/a/stages/b"]
    {
        assert!(GatewayStage::list(&format!("x{arn}")).is_err(), "{arn}");
    }
}

#[tokio::test]
async fn a_flush_ends_what_was_kept_and_the_second_what_was_being_decided() {
    let (aws, door) = (Aws::start().await, Door::open().await);
    *aws.shared.stage.lock().unwrap() = Some(Arc::clone(&door.stage));
    let stages = aws.stages(&["restapis/local00000/stages/local"]);
    assert_eq!(door.with_token("admin-contacts", "GET", CONTACTS).await.status, 200);
    door.revoke("admin-contacts").await;
    assert_eq!(door.with_token("admin-contacts", "GET", CONTACTS).await.status, 200, "it is kept");
    aws.queue().flush().await.unwrap();
    assert_eq!(aws.due(0), 1, "the first message is there at once");
    stages.flush().await.unwrap();
    assert_eq!(door.with_token("admin-contacts", "GET", CONTACTS).await.status, 401, "and is gone");
    let timeout = AUTHORIZER_TIMEOUT.as_secs();
    assert_eq!((aws.due(timeout), aws.due(timeout + 1)), (0, 1), "the second comes after the authorizer's timeout");
}

#[tokio::test]
async fn a_decision_under_way_is_kept_after_the_first_flush_and_gone_after_the_second() {
    let world = World::new().await;
    let to = world.store.url().strip_prefix("http://").unwrap().parse().unwrap();
    let store = Broken::start(Fault::Late, Duty::Forward { to, operation: "BatchGetItem" }).await;
    let door = Door::reading(world, store_at(&store)).await;
    let meanwhile = async {
        store.keeps_an_answer().await;
        door.revoke("admin-contacts").await;
        door.stage.flush().await.unwrap();
        store.turn(Fault::None);
    };
    let (reply, ()) = tokio::join!(door.with_token("admin-contacts", "GET", CONTACTS), meanwhile);
    assert_eq!(reply.status, 200, "it was read before the revocation");
    assert_eq!(door.with_token("admin-contacts", "GET", CONTACTS).await.status, 200, "and kept after the first flush");
    door.stage.flush().await.unwrap();
    assert_eq!(door.with_token("admin-contacts", "GET", CONTACTS).await.status, 401);
}

#[tokio::test]
async fn a_flush_that_fails_says_so_for_every_stage_and_tries_them_all() {
    let aws = Aws::start().await;
    aws.fails();
    let error =
        aws.stages(&["restapis/a/stages/prod", "restapis/b/stages/prod"]).flush().await.unwrap_err().to_string();
    for part in ["a/prod: apigateway: status 429", "b/prod: apigateway: status 429", "within the cache's TTL"] {
        assert!(error.contains(part), "{error}");
    }
    let error = aws.queue().flush().await.unwrap_err().to_string();
    assert!(error.contains("sqs: status 429"), "{error}");
    assert!(!error.contains("secret") && !error.contains("session"), "{error}");
    let nobody = FlushQueue::new(caller(), QUEUE.to_owned(), Some("http://127.0.0.1:1".to_owned()));
    assert!(nobody.flush().await.is_err());
}

#[tokio::test]
async fn the_function_flushes_once_for_all_messages_and_gives_back_what_failed() {
    let aws = Aws::start().await;
    let stages = format!("{ARN}restapis/a1/stages/prod,{ARN}apis/b2/stages/$default");
    let variables = [("FLUSH_STAGES", stages.as_str()), ("AWS_ENDPOINT_URL", aws.url.as_str())];
    let mut function = Function::start(env!("CARGO_BIN_EXE_responder"), "flush", &variables).await;
    let record = json!({"messageId": "1", "body": "flush", "eventSource": "aws:sqs"});
    let event = json!({"Records": [record.clone(), record.clone(), record]}).to_string();
    assert_eq!(function.ask(event.clone()).await, Value::Null);
    assert_eq!(aws.flushes().len(), 2, "each stage once");
    *aws.shared.failing.lock().unwrap() = Some(StatusCode::FORBIDDEN);
    let answer = function.ask(event).await;
    assert!(answer["errorMessage"].as_str().unwrap().contains("a1/prod: apigateway: status 403"), "{answer}");
}
