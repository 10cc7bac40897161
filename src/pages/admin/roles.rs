//! `…/roles`: the organisation's roles, what each grants and who holds it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::effect::organisation;
use crate::access::administration::{Organisation, ROLE_READ, ROLE_WRITE};
use crate::oauth::http::Incoming;
use crate::oauth::server::AuthServer;
use crate::pages::account::place::{Place, page};
use crate::pages::frame::{Frame, Tab};
use crate::pages::stop::{Stop, answer};

#[derive(Template)]
#[template(path = "admin/roles.html")]
struct RolesPage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    may_change: bool,
    elsewhere: Option<&'a str>,
    roles: Vec<Role>,
}

struct Role {
    name: String,
    permissions: Vec<String>,
    holders: usize,
}

/// `GET …/roles`
pub(super) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(roles(&server, &tenant, request).await)
}

async fn roles(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    place.needs(server, ROLE_READ)?;
    let Organisation { tenant: whole, users } = organisation(server, &place.tenant.id).await?;
    let role = |(name, permissions): (String, Vec<String>)| {
        let holders = users.iter().filter(|user| user.roles.contains(&name)).count();
        Role { name, permissions, holders }
    };
    Ok(page(&RolesPage {
        frame: place.frame(server, Tab::Roles),
        tenant: place.tenant.id.as_str(),
        may_change: place.holds(server, ROLE_WRITE),
        elsewhere: server.settings.pages.roles_url.as_deref(),
        roles: whole.roles.into_iter().map(role).collect(),
    }))
}
