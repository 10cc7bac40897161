//! `…/tokens/{token}/revoke`: asked first, as it is for good.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::place::{Once, Place, ended, page};
use super::tokens::Shown;
use crate::access::administration::TOKEN_REVOKE;
use crate::oauth::http::Incoming;
use crate::oauth::server::AuthServer;
use crate::pages::frame::{Frame, Tab};
use crate::pages::stop::{Stop, answer};
use crate::store::admin::AdminError;
use crate::token::credential::PatRecord;

#[derive(Template)]
#[template(path = "account/token_revoke.html")]
struct RevokePage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    once: Once,
    token: Shown,
    /// The page that lists it.
    back: &'static str,
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
    let record = revocable(server, &place, token).await?;
    let (tab, back) = list_of(&place, &record);
    let frame = place.frame(server, tab);
    let token = Shown::of(record, server.now());
    Ok(page(&RevokePage { frame, tenant: place.tenant.id.as_str(), once: place.once(server)?, token, back }))
}

async fn revoked(server: &AuthServer, tenant: &str, token: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let (place, _) = Place::sent(server, &incoming, tenant).await?;
    let record = revocable(server, &place, token).await?;
    let (tenant, stamp) = (&place.tenant.id, server.stamp(&place.user.id)?);
    let revoked = match record.user == place.user.id {
        true => server.store.admin().revoke_pat(tenant, &record.id, &stamp).await,
        false => place.delegated(server).revoke_pat(tenant, &record.id, &stamp).await,
    };
    match revoked {
        // Revoked already is what was wanted.
        Ok(_) | Err(AdminError::AlreadyRevoked { .. }) => ended(server).await,
        Err(error) => return Err(error.into()),
    }
    Ok(place.way_to(server, list_of(&place, &record).1))
}

/// The token of that id, which is theirs, or which they may revoke though it is not.
///
/// # Errors
/// [`Problem::NoSuchPage`] for any other.
async fn revocable(server: &AuthServer, place: &Place, id: &str) -> Result<PatRecord, Stop> {
    let record = server.store.admin().pat(&place.tenant.id, id).await?;
    if record.user != place.user.id {
        place.needs(server, TOKEN_REVOKE)?;
    }
    Ok(record)
}

/// Where the token is listed.
fn list_of(place: &Place, record: &PatRecord) -> (Tab, &'static str) {
    match record.user == place.user.id {
        true => (Tab::Tokens, "tokens"),
        false => (Tab::Everybody, "everybody"),
    }
}
