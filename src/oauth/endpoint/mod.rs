//! The endpoints, a file each.

pub(super) mod authorize;
pub(super) mod consent;
pub(super) mod discovery;
pub(super) mod introspect;
pub(super) mod manage;
pub(super) mod register;
pub(super) mod revoke;
pub(crate) mod sign_in;
pub(super) mod sign_in_return;
pub(super) mod token;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::client::{AuthenticatedClient, PresentedClient};
use super::document;
use super::http::{Incoming, json};
use super::parameters::Parameters;
use super::server::{AuthServer, Failure};

/// The client that a request to an endpoint of its own comes from, proven.
async fn authenticated(
    server: &AuthServer,
    incoming: &Incoming,
    form: &Parameters,
) -> Result<AuthenticatedClient, Failure> {
    let presented = PresentedClient::of_request(incoming.authorization()?, form)?;
    let record = match document::holder(server, presented.id())? {
        Some(client) => Some(client),
        None => server.store.client(presented.id()).await?,
    };
    Ok(presented.authenticate(record, server.now())?)
}

/// A JSON answer, or the failure as JSON.
fn told<T: Serialize>(endpoint: &'static str, status: StatusCode, result: Result<T, Failure>) -> Response {
    match result {
        Ok(answer) => json(status, &answer),
        Err(failure) => failure.note(endpoint).json(),
    }
}
