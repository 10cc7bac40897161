//! `POST /revoke`: a client gives up what it was granted (RFC 7009).
//!
//! A token of either kind is revoked with its grant, and so with every other token under it: at the door within the
//! gateway's cache TTL.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::authenticated;
use crate::access::identity::{ClientId, GrantId, TenantId};
use crate::oauth::error::GrantProblem;
use crate::oauth::http::{Incoming, empty};
use crate::oauth::returned::access_token;
use crate::oauth::server::{AuthServer, Failure};
use crate::store::audit::Action;

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
    let Some(held) = held(server, form.required("token")?).await? else { return Ok(()) };
    // What is not good any more need not be revoked (RFC 7009 §2.2); what is another client's is refused (§2.1).
    if held.client != client.id {
        return Err(GrantProblem::AnotherClient.into());
    }
    let stamp = server.stamp(&client.id)?;
    server.store.end_grant(&held.tenant, &held.grant, Action::GrantRevoke, &stamp).await?;
    let (tenant, grant) = (held.tenant.as_str(), held.grant.as_str());
    tracing::info!(endpoint = "revoke", outcome = "revoked", tenant, grant, client = client.id.as_str(), "oauth");
    Ok(())
}

/// The grant that a token stands under.
struct Held {
    tenant: TenantId,
    grant: GrantId,
    client: ClientId,
}

/// The grant of a token; none where there is nothing to revoke.
async fn held(server: &AuthServer, text: &str) -> Result<Option<Held>, Failure> {
    if !server.settings.refresh_tokens.claims(text) {
        let token = access_token(server, text, server.now()).await?;
        return Ok(
            token.and_then(|token| Some(Held { tenant: token.tenant, grant: token.grant?, client: token.client_id }))
        );
    }
    let Ok(presented) = server.settings.refresh_tokens.open(text) else { return Ok(None) };
    let family = server.store.family(&presented.tenant, &presented.grant).await?;
    Ok(family.map(|family| Held { tenant: presented.tenant, grant: presented.grant, client: family.grant.client }))
}
