//! `…/everybody`: the tokens of all, never their text.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use crate::access::administration::{TOKEN_READ, TOKEN_REVOKE};
use crate::oauth::http::Incoming;
use crate::oauth::server::AuthServer;
use crate::pages::account::place::{Place, page};
use crate::pages::account::tokens::{Shown, Standing};
use crate::pages::frame::{Frame, Tab};
use crate::pages::stop::{Stop, answer};

#[derive(Template)]
#[template(path = "admin/everybody.html")]
struct EverybodyPage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    may_revoke: bool,
    tokens: Vec<(String, Shown)>,
}

/// `GET …/everybody`
pub(super) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(everybody(&server, &tenant, request).await)
}

async fn everybody(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    place.needs(server, TOKEN_READ)?;
    let records = server.store.admin().pats(&place.tenant.id, None).await?;
    let tokens = records.into_iter().rev().map(|it| (it.user.to_string(), Shown::of(it, server.now())));
    Ok(page(&EverybodyPage {
        frame: place.frame(server, Tab::Everybody),
        tenant: place.tenant.id.as_str(),
        may_revoke: place.holds(server, TOKEN_REVOKE),
        tokens: tokens.collect(),
    }))
}
