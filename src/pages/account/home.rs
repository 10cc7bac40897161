//! `GET /account`: in which organisation? Where there is one alone, that.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::place::{Place, page};
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::server::AuthServer;
use crate::pages::frame::Frame;
use crate::pages::next::Next;
use crate::pages::stop::{Stop, answer};
use crate::pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "account/home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    /// Each organisation, and the person's roles there.
    tenants: Vec<(&'a str, String)>,
    /// Whether there is more to see of them.
    open: bool,
}

/// `GET /account`
pub(super) async fn get(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    answer(home(&server, request).await)
}

/// `GET /account/{tenant}`
pub(super) async fn first(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(tokens(&server, &tenant, request).await)
}

async fn tokens(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    Ok(Place::of(server, &incoming, tenant).await?.way_to(server, "tokens"))
}

async fn home(server: &AuthServer, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let visitor = Visitor::of(server, &incoming, &Next::to(&incoming.path, "")).await?.map_err(Stop::go)?;
    let open = server.settings.pages.pats.is_some();
    if let ([(only, _)], true) = (visitor.members.as_slice(), open) {
        return Ok(see_other(&server.settings.issuer.at(&format!("{}/{}/tokens", super::HOME, only.id))));
    }
    let tenants = visitor.members.iter().map(|(tenant, user)| (tenant.id.as_str(), user.roles.join(", ")));
    Ok(page(&HomePage { frame: Frame::for_visitor(server, &visitor), tenants: tenants.collect(), open }))
}
