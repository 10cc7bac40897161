//! Which path leads where. The same router answers in the Lambda and on a local port.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use super::endpoint::{
    authorize, consent, discovery, introspect, manage, register, revoke, sign_in, sign_in_return, token,
};
use super::http::{ClientAddress, open_to_scripts, over_tls};
use super::server::AuthServer;
use super::sign_in::RETURN_PATH;
use super::telemetry::seen;
use crate::gateway::response::RESOURCE_METADATA_PATH;
use crate::pages;

/// The authorization server's router. Whoever mounts it puts a [`ClientAddress`] into each request's
/// extensions.
pub fn router(server: Arc<AuthServer>) -> Router {
    // Scripts of any origin may call these. Never the pages, which have cookies (OAuth 2.1 §3.1).
    let open = Router::new()
        .route("/token", post(token::post))
        .route("/register", post(register::post))
        .route("/revoke", post(revoke::post))
        .route("/jwks.json", get(discovery::keys))
        .route("/.well-known/oauth-authorization-server", get(discovery::metadata))
        .route(RESOURCE_METADATA_PATH, get(discovery::resource))
        .layer(from_fn(open_to_scripts));
    let pages = Router::new()
        .route("/authorize", get(authorize::get).post(authorize::post))
        .route("/sign-in", get(sign_in::get).post(sign_in::post))
        .route(RETURN_PATH, get(sign_in_return::get))
        .route("/consent", get(consent::get).post(consent::post))
        .merge(pages::routes())
        .method_not_allowed_fallback(pages::problem::not_so);
    Router::new()
        .route("/register/{client}", get(manage::get).put(manage::put).delete(manage::delete))
        .route("/introspect", post(introspect::post))
        .merge(pages)
        .fallback(pages::problem::nowhere)
        .layer(from_fn_with_state(Arc::clone(&server), pages::problem::shown))
        .merge(open)
        .layer(from_fn_with_state(Arc::clone(&server), over_tls))
        .layer(from_fn(seen))
        .with_state(server)
}

/// Serves it on a port of its own until `shutdown` resolves; requests that run may finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    server: Arc<AuthServer>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app = router(server).layer(from_fn(by_socket)).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(shutdown).await
}

/// On a port, the address is the socket's.
async fn by_socket(ConnectInfo(address): ConnectInfo<SocketAddr>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(ClientAddress(address.ip().to_string()));
    next.run(request).await
}
