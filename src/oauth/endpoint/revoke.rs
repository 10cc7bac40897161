//! `POST /revoke`: a client gives up what it was granted (RFC 7009).
//!
//! A refresh token is revoked with its grant, and so with every access token under it, at the door within the
//! gateway's cache TTL. An access token alone is not: it has no record of its own, and lives for minutes.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::authenticated;
use crate::oauth::error::{GrantProblem, Problem};
use crate::oauth::http::{Incoming, empty};
use crate::oauth::server::{AuthServer, Failure};

pub(in crate::oauth) async fn post(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    match revoke(&server, request).await {
        Ok(()) => empty(StatusCode::OK),
        Err(failure) => failure.note("revoke").json(),
    }
}

async fn revoke(server: &AuthServer, request: Request) -> Result<(), Failure> {
    let incoming = Incoming::read(request).await?;
    let form = incoming.form()?;
    let client = authenticated(server, &incoming, &form).await?;
    // `token_type_hint` is only a hint (RFC 7009 §2.1): the token's own form says what it is.
    let text = form.required("token")?;
    if text.matches('.').count() == 2 {
        return Err(Problem::TokenType.into());
    }
    // What is not good any more need not be revoked (RFC 7009 §2.2); what is another client's is refused (§2.1).
    let Ok(presented) = server.settings.refresh_tokens.open(text) else { return Ok(()) };
    let Some(family) = server.store.family(&presented.tenant, &presented.grant).await? else { return Ok(()) };
    if family.grant.client != client.id {
        return Err(GrantProblem::AnotherClient.into());
    }
    server.store.end_grant(&presented.tenant, &presented.grant, server.now()).await?;
    let (tenant, grant) = (presented.tenant.as_str(), presented.grant.as_str());
    tracing::info!(endpoint = "revoke", outcome = "revoked", tenant, grant, client = client.id.as_str(), "oauth");
    Ok(())
}
