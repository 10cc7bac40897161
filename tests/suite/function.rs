//! A Lambda's own program under a runtime API on loopback: events in, answers out, as on AWS.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::{get, post};
use edge_authorizer::local::store::REGION;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// A running function. It ends with its value.
pub(crate) struct Function {
    process: Child,
    events: Sender<String>,
    answers: Receiver<Value>,
}

struct Runtime {
    events: Mutex<Receiver<String>>,
    answers: Sender<Value>,
}

impl Function {
    /// Starts a program with these variables and what every function finds in its environment.
    pub(crate) async fn start(program: &str, handler: &str, variables: &[(&str, &str)]) -> Self {
        Self::writing(program, handler, variables, Stdio::null()).await
    }

    /// The same, with its log written there.
    pub(crate) async fn writing(
        program: &str,
        handler: &str,
        variables: &[(&str, &str)],
        log: impl Into<Stdio>,
    ) -> Self {
        let (events, taken) = channel(1);
        let (given, answers) = channel(1);
        let runtime = Runtime { events: Mutex::new(taken), answers: given };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, routes(runtime)).await });
        let process = Command::new(program)
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_RUNTIME_API", api)
            .env("AWS_REGION", REGION)
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_SESSION_TOKEN", "session")
            .env("_HANDLER", handler)
            .envs(variables.iter().copied())
            .stdout(log)
            .spawn()
            .unwrap();
        Self { process, events, answers }
    }

    /// What the function answers to an event: its answer, or the error that it reports.
    pub(crate) async fn ask(&mut self, event: String) -> Value {
        self.events.send(event).await.unwrap();
        self.answers.recv().await.unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Resident memory, in KiB.
    pub(crate) fn memory(&self) -> u64 {
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
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:function"),
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
