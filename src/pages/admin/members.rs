//! `…/members`: who is in the organisation, and in which role.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use crate::access::administration::{MEMBER_READ, MEMBER_WRITE};
use crate::access::tenant::{User, UserKind, UserStatus};
use crate::oauth::http::Incoming;
use crate::oauth::server::AuthServer;
use crate::pages::account::place::{Place, page};
use crate::pages::frame::{Frame, Tab};
use crate::pages::stop::{Stop, answer};

#[derive(Template)]
#[template(path = "admin/members.html")]
struct MembersPage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    me: &'a str,
    may_change: bool,
    members: Vec<User>,
}

/// `GET …/members`
pub(super) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(members(&server, &tenant, request).await)
}

async fn members(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    place.needs(server, MEMBER_READ)?;
    Ok(page(&MembersPage {
        frame: place.frame(server, Tab::Members),
        tenant: place.tenant.id.as_str(),
        me: place.user.id.as_str(),
        may_change: place.holds(server, MEMBER_WRITE),
        members: server.store.admin().users(&place.tenant.id).await?,
    }))
}
