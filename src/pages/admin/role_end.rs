//! `…/role/end?name=`: a role that nobody holds is removed; asked first.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::role::name;
use crate::access::administration::{MEMBER_READ, ROLE_READ, ROLE_WRITE};
use crate::oauth::error::Problem;
use crate::oauth::http::Incoming;
use crate::oauth::parameters::Parameters;
use crate::oauth::server::AuthServer;
use crate::pages::account::place::{Once, Place, page};
use crate::pages::frame::{Frame, Tab};
use crate::pages::next::Next;
use crate::pages::stop::{Stop, answer};
use crate::store::admin::AdminError;

#[derive(Template)]
#[template(path = "admin/role_end.html")]
struct EndPage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    name: &'a str,
    once: Once,
    /// Who holds it: then it stays.
    holders: Vec<String>,
}

/// `GET …/role/end`
pub(super) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(asked(&server, &tenant, request).await)
}

/// `POST …/role/end`
pub(super) async fn post(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(made(&server, &tenant, request).await)
}

async fn asked(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    place.needs(server, ROLE_READ)?;
    place.needs(server, ROLE_WRITE)?;
    here(server)?;
    place.fresh(server, &Next::to(&incoming.path, &incoming.query))?;
    let query = Parameters::parse(incoming.query.as_bytes())?;
    let name = name(&query)?;
    if !server.store.admin().tenant(&place.tenant.id).await?.roles.contains_key(name) {
        return Err(Problem::NoSuchPage.into());
    }
    let holders = server.store.admin().users(&place.tenant.id).await?.into_iter();
    let holders = holders.filter(|user| user.roles.iter().any(|role| role == name)).map(|user| user.id.to_string());
    shown(server, &place, name, holders.collect())
}

async fn made(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let (place, form) = Place::changing(server, &incoming, tenant, [ROLE_READ, ROLE_WRITE]).await?;
    here(server)?;
    let name = name(&form)?;
    let stamp = server.stamp(&place.user.id)?;
    match place.delegated(server).remove_role(&place.tenant.id, name, &stamp).await {
        // Gone already is what was wanted. What nobody holds nobody loses, so no cache is emptied.
        Ok(_) | Err(AdminError::NoRole { .. }) => Ok(place.way_to(server, "roles")),
        Err(AdminError::RoleHeld { users, .. }) => shown(server, &place, name, users),
        Err(error) => Err(error.into()),
    }
}

/// Where roles are administered elsewhere, there is no such page.
fn here(server: &AuthServer) -> Result<(), Problem> {
    if server.settings.pages.roles_url.is_none() { Ok(()) } else { Err(Problem::NoSuchPage) }
}

/// Who may not see the members learns that there are holders, and not who.
fn shown(server: &AuthServer, place: &Place, name: &str, holders: Vec<String>) -> Result<Response, Stop> {
    let may_see = place.holds(server, MEMBER_READ);
    let holders = holders.into_iter().map(|holder| if may_see { holder } else { "…".to_owned() }).collect();
    let (frame, tenant) = (place.frame(server, Tab::Roles), place.tenant.id.as_str());
    Ok(page(&EndPage { frame, tenant, name, once: place.once(server)?, holders }))
}
