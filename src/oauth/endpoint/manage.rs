//! `GET`, `PUT`, `DELETE /register/{client_id}`: a confidential client looks after its own registration (RFC 7592).
//!
//! The token that came with the registration opens that one registration. Public clients have none: whoever registers
//! the same metadata is the same client, and must not be able to remove it from under the others.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::register::{Registered, limited};
use super::told;
use crate::access::identity::ClientId;
use crate::oauth::client::Client;
use crate::oauth::error::Problem;
use crate::oauth::http::{Incoming, empty};
use crate::oauth::metadata::{AuthenticationMethod, ClientMetadata};
use crate::oauth::secret::{Secret, SecretDigest};
use crate::oauth::server::{AuthServer, Failure};
use crate::store::oauth::Commit;

pub(in crate::oauth) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    told("manage", StatusCode::OK, show(&server, &id, request).await)
}

pub(in crate::oauth) async fn put(
    State(server): State<Arc<AuthServer>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    told("manage", StatusCode::OK, change(&server, &id, request).await)
}

pub(in crate::oauth) async fn delete(
    State(server): State<Arc<AuthServer>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    match remove(&server, &id, request).await {
        Ok(()) => empty(StatusCode::NO_CONTENT),
        Err(failure) => failure.note("manage").json(),
    }
}

async fn show(server: &AuthServer, id: &str, request: Request) -> Result<Registered, Failure> {
    let incoming = Incoming::read(request).await?;
    let (client, token) = managed(server, id, &incoming).await?;
    let client = client.current(server.now()).map_err(|_| Problem::RegistrationToken)?;
    Ok(Registered::of(client, Some(&token), &server.settings.issuer))
}

/// What a client must say again of itself when it changes its metadata (RFC 7592 §2.2).
#[derive(Deserialize)]
struct Itself {
    client_id: ClientId,
    client_secret: Option<String>,
}

async fn change(server: &AuthServer, id: &str, request: Request) -> Result<Registered, Failure> {
    let incoming = Incoming::read(request).await?;
    let (client, token) = managed(server, id, &incoming).await?;
    let now = server.now();
    let client = client.current(now).map_err(|_| Problem::RegistrationToken)?;
    let json = incoming.json()?;
    let metadata = ClientMetadata::from_json(json)?;
    let itself: Itself = serde_json::from_slice(json).map_err(|_| Problem::Metadata("client_id"))?;
    if itself.client_id != client.id {
        return Err(Problem::Metadata("client_id").into());
    }
    if itself.client_secret.is_some_and(|secret| Some(SecretDigest::of(&secret)) != client.secret) {
        return Err(Problem::Metadata("client_secret").into());
    }
    // Without its secret it would be a public client, and those cannot be managed.
    if metadata.token_endpoint_auth_method == AuthenticationMethod::None {
        return Err(Problem::Metadata("token_endpoint_auth_method").into());
    }
    limited(server, &incoming).await?;
    let expires = Some(now.plus(server.settings.lifetimes.registration));
    let client = Client { metadata, expires, ..client };
    match server.store.replace_client(&client, now).await? {
        Commit::Done => {}
        Commit::Conflict => return Err(Problem::RegistrationToken.into()),
    }
    tracing::info!(endpoint = "manage", outcome = "changed", client = client.id.as_str(), "oauth");
    Ok(Registered::of(client, Some(&token), &server.settings.issuer))
}

async fn remove(server: &AuthServer, id: &str, request: Request) -> Result<(), Failure> {
    let incoming = Incoming::read(request).await?;
    // One that has ended may be removed too: it may be what a removal left that did not get to its end.
    let (client, _) = managed(server, id, &incoming).await?;
    match server.store.withdraw_client(&client, &server.stamp(&client.id)?).await? {
        Commit::Done => {}
        // Somebody else removed it.
        Commit::Conflict => return Err(Problem::RegistrationToken.into()),
    }
    tracing::info!(endpoint = "manage", outcome = "removed", client = client.id.as_str(), "oauth");
    Ok(())
}

/// The client whose registration the presented token opens, and that token.
///
/// # Errors
/// [`Problem::RegistrationToken`], whichever of the two is wrong.
async fn managed(server: &AuthServer, id: &str, incoming: &Incoming) -> Result<(Client, Secret), Failure> {
    let token = Secret::presented(incoming.bearer()?).ok_or(Problem::RegistrationToken)?;
    let id = ClientId::parse(id).map_err(|_| Problem::RegistrationToken)?;
    let client = server.store.client(&id).await?.ok_or(Problem::RegistrationToken)?;
    match client.management {
        Some(digest) if digest == token.digest() => Ok((client, token)),
        Some(_) | None => Err(Problem::RegistrationToken.into()),
    }
}
