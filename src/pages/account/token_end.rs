//! `…/tokens/{token}/revoke`: asked first, as it is for good.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::place::{Once, Place, ended, page};
use super::token_new::own;
use super::tokens::Shown;
use crate::oauth::http::Incoming;
use crate::oauth::server::AuthServer;
use crate::pages::frame::{Frame, Tab};
use crate::pages::stop::{Stop, answer};
use crate::store::admin::AdminError;

#[derive(Template)]
#[template(path = "account/token_revoke.html")]
struct RevokePage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    once: Once,
    token: Shown,
}

/// `GET …/tokens/{token}/revoke`
pub(super) async fn ask(
    State(server): State<Arc<AuthServer>>,
    Path((tenant, token)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer(asked(&server, &tenant, &token, request).await)
}

/// `POST …/tokens/{token}/revoke`
pub(super) async fn revoke(
    State(server): State<Arc<AuthServer>>,
    Path((tenant, token)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer(revoked(&server, &tenant, &token, request).await)
}

async fn asked(server: &AuthServer, tenant: &str, token: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    let token = Shown::of(own(server, &place, token).await?, server.now());
    let frame = place.frame(server, Tab::Tokens);
    Ok(page(&RevokePage { frame, tenant: place.tenant.id.as_str(), once: place.once(server)?, token }))
}

async fn revoked(server: &AuthServer, tenant: &str, token: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let (place, _) = Place::sent(server, &incoming, tenant).await?;
    let record = own(server, &place, token).await?;
    let stamp = server.stamp(&place.user.id)?;
    match server.store.admin().revoke_pat(&place.tenant.id, &record.id, &stamp).await {
        // Revoked already is what was wanted.
        Ok(_) | Err(AdminError::AlreadyRevoked { .. }) => ended(server).await,
        Err(error) => return Err(error.into()),
    }
    Ok(place.way_to(server, "tokens"))
}
