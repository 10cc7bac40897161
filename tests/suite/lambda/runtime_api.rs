//! A Lambda Runtime API: hands out invocations one by one, and takes what the function makes of them.
//!
//! Source: "Using the Lambda runtime API for custom runtimes", AWS Lambda Developer Guide.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// The year 2100, in milliseconds: the invocations of a test have no deadline.
const DEADLINE: &str = "4102444800000";
const FUNCTION: &str = "arn:aws:lambda:eu-central-1:123456789012:function:authorizer";

/// What became of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// `POST …/response`, with what the gateway would get.
    Response(String),
    /// `POST …/error`, with Lambda's description of it.
    Error(String),
}

/// A runtime API for one function.
pub(crate) struct RuntimeApi {
    /// `host:port`, as `AWS_LAMBDA_RUNTIME_API` holds it.
    pub(crate) address: String,
    shared: Arc<Shared>,
    next: mpsc::UnboundedSender<(String, Bytes)>,
}

struct Shared {
    invocations: tokio::sync::Mutex<mpsc::UnboundedReceiver<(String, Bytes)>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Ended>>>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Self {
        let (next, invocations) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { invocations: tokio::sync::Mutex::new(invocations), waiting: Mutex::default() });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(hand_out))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(take_response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(take_error))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, shared, next }
    }

    /// Has the function handle an event, and waits for the end of it.
    pub(crate) async fn invoke(&self, id: &str, event: impl Into<Bytes>) -> oneshot::Receiver<Ended> {
        let (ended, end) = oneshot::channel();
        self.shared.waiting.lock().unwrap().insert(id.to_owned(), ended);
        self.next.send((id.to_owned(), event.into())).unwrap();
        end
    }
}

async fn hand_out(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let Some((id, event)) = shared.invocations.lock().await.recv().await else {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let headers = [
        ("lambda-runtime-aws-request-id", id.as_str()),
        ("lambda-runtime-deadline-ms", DEADLINE),
        ("lambda-runtime-invoked-function-arn", FUNCTION),
        ("lambda-runtime-trace-id", "Root=1-6a445a00-0123456789abcdef01234567;Sampled=0"),
    ];
    let headers: HeaderMap = headers
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect();
    Ok((headers, event))
}

async fn take_response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    end(&shared, &id, Ended::Response(text(&body)))
}

async fn take_error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    end(&shared, &id, Ended::Error(text(&body)))
}

fn end(shared: &Shared, id: &str, ended: Ended) -> StatusCode {
    let waiting = shared.waiting.lock().unwrap().remove(id);
    let taken = waiting.is_some_and(|waiting| waiting.send(ended).is_ok());
    if taken { StatusCode::ACCEPTED } else { StatusCode::FORBIDDEN }
}

fn text(body: &[u8]) -> String {
    String::from_utf8(body.to_vec()).unwrap()
}
