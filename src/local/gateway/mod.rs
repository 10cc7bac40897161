//! The local gateway: a REST API's stage on loopback, with this authorizer attached as a `TOKEN` authorizer.
//!
//! It is never nicer than AWS: what API Gateway would refuse, it refuses, with the same status, body and headers. It
//! calls the very `decide` that the Lambda calls, with the event that API Gateway would send, and judges the policy
//! that comes back with the evaluator that the proofs use.
//!
//! | file | what it is |
//! |---|---|
//! | `stage` | what happens to one request, in API Gateway's order |
//! | `cache` | the authorizer's result cache |
//! | `authorization` | the authorizer's answer, as a REST API reads it |
//! | `response` | gateway responses |
//! | `backend` | what stands behind: one that shows what it received, or a real one |

mod authorization;
mod backend;
mod cache;
mod response;
mod stage;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use tokio::net::TcpListener;

pub use backend::{Backend, InvalidUpstream};
pub use stage::{Clock, Handled, Log, Stage};

/// Serves a stage until `shutdown` resolves; requests that run may finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    stage: Arc<Stage>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let handle = async |State(stage): State<Arc<Stage>>, request| stage.handle(request).await;
    let app = Router::new().fallback(handle).with_state(stage);
    axum::serve(listener, app).with_graceful_shutdown(shutdown).await
}
