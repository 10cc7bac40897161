//! Which path leads where. The same router answers in the Lambda and on a local port.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use super::endpoint::{authorize, consent, discovery, register, revoke, sign_in, token};
use super::http::open_to_scripts;
use super::page;
use super::server::AuthServer;

/// The authorization server's router. Whoever mounts it puts a [`super::http::ClientAddress`] into each request's
/// extensions.
pub fn router(server: Arc<AuthServer>) -> Router {
    // Scripts of any origin may call these. Never the pages, which have cookies (OAuth 2.1 §3.1).
    let open = Router::new()
        .route("/token", post(token::post))
        .route("/register", post(register::post))
        .route("/revoke", post(revoke::post))
        .route("/jwks.json", get(discovery::keys))
        .route("/.well-known/oauth-authorization-server", get(discovery::metadata))
        .layer(from_fn(open_to_scripts));
    Router::new()
        .route("/authorize", get(authorize::get).post(authorize::post))
        .route("/sign-in", get(sign_in::get).post(sign_in::post))
        .route("/consent", get(consent::get).post(consent::post))
        .route("/style.css", get(page::style))
        .merge(open)
        .with_state(server)
}
