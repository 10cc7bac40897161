//! The Lambda's own program under a runtime API on loopback: what only a process can show. It is frozen between two
//! events as Lambda freezes it, and its memory stays flat whatever the store says.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::{get, post};
use edge_authorizer::local::demo::{Seed, variables};
use edge_authorizer::local::store::{REGION, TABLE};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::broken::{Broken, Fault};
use super::case::Case;
use super::{Part, event, store_cases};
use crate::world::{World, pack};

/// What the memory of the process may grow by, in KiB, from one round of faults to the third after it.
const GROWTH: u64 = 4 * 1024;

/// The function, its runtime API, and its store.
struct Function {
    world: World,
    store: Broken,
    process: Child,
    events: Sender<String>,
    answers: Receiver<Value>,
}

struct Runtime {
    events: Mutex<Receiver<String>>,
    answers: Sender<Value>,
}

impl Function {
    async fn start() -> Self {
        let world = World::new().await;
        let store = Broken::start(Fault::None, Part::Read.duty(&world)).await;
        let (events, taken) = channel(1);
        let (given, answers) = channel(1);
        let runtime = Runtime { events: Mutex::new(taken), answers: given };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, routes(runtime)).await });
        let pack =
            std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faults-{}.pack", store.address.port()));
        std::fs::write(&pack, serde_json::to_string(&self::pack()).unwrap()).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_authorizer"))
            .env_clear()
            .envs(variables(&Seed::public()))
            .env("API_PACK", &pack)
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", store.address))
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_NAME", "authorizer")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_RUNTIME_API", api)
            .env("AWS_REGION", REGION)
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("TABLE_NAME", TABLE)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { world, store, process, events, answers }
    }

    /// What the function answers to the demonstration's token.
    async fn ask(&mut self) -> Value {
        self.events.send(event(self.world.token("admin-everything"))).await.unwrap();
        self.answers.recv().await.unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Resident memory, in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn routes(runtime: Runtime) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{outcome}", post(answered))
        .with_state(Arc::new(runtime))
}

async fn next(State(runtime): State<Arc<Runtime>>) -> impl IntoResponse {
    let headers = [
        ("lambda-runtime-aws-request-id", "1"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:authorizer"),
    ];
    // The function asks, and waits, until there is an event.
    match runtime.events.lock().await.recv().await {
        Some(event) => (AppendHeaders(headers), event),
        None => std::future::pending().await,
    }
}

async fn answered(State(runtime): State<Arc<Runtime>>, Path(_): Path<(String, String)>, body: Bytes) {
    drop(runtime.answers.send(serde_json::from_slice(&body).unwrap()).await);
}

fn allows(answer: &Value) -> bool {
    answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
}

#[tokio::test]
async fn a_frozen_process_gives_the_right_answer_although_its_connections_died_meanwhile() {
    let mut function = Function::start().await;
    let answer = function.ask().await;
    assert!(allows(&answer), "{answer}");
    for reset in [false, true] {
        function.signal(Signal::STOP);
        function.store.drop_connections(reset).await;
        function.signal(Signal::CONT);
        let answer = function.ask().await;
        assert!(allows(&answer), "after its connections were closed (reset: {reset}): {answer}");
    }
    // The store's place is taken by a server that knows nothing of the old connections, and then by none.
    function.store.turn(Fault::HangUp { reset: true });
    function.store.drop_connections(false).await;
    let answer = function.ask().await;
    assert!(answer["errorMessage"].as_str().unwrap().starts_with("fault: store_"), "{answer}");
    function.store.mend();
    let answer = function.ask().await;
    assert!(allows(&answer), "{answer}");
}

#[tokio::test]
async fn the_memory_is_flat_whatever_the_store_says() {
    let mut function = Function::start().await;
    // What is no fault for ever, and what waits for the deadline, would wait here too.
    let quick = |case: &Case| case.status() == 500 && case.codes != ["store_timeout"];
    let cases = store_cases::content().into_iter().filter(quick);
    let faults: Vec<Fault> = cases.map(|case| case.fault).chain(store_cases::floods()).collect();
    let mut memory = Vec::new();
    for _ in 0..4 {
        for fault in &faults {
            function.store.turn(fault.clone());
            let answer = function.ask().await;
            let error = answer["errorMessage"].as_str().unwrap_or_else(|| panic!("no fault: {answer}"));
            assert!(error.starts_with("fault: "), "{error}");
        }
        memory.push(function.memory());
    }
    assert!(memory[3] < memory[0] + GROWTH, "KiB, round by round: {memory:?}");
    function.store.turn(Fault::None);
    assert!(allows(&function.ask().await));
}
