//! `…/role?name=`: what a role grants, changed: first shown with what becomes of each member, then made.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::effect::{Preview, organisation};
use super::rights_form::{Group, groups};
use crate::access::administration::{Organisation, Overreach, ROLE_READ, ROLE_WRITE};
use crate::access::tenant::is_name;
use crate::oauth::error::Problem;
use crate::oauth::http::Incoming;
use crate::oauth::parameters::Parameters;
use crate::oauth::server::AuthServer;
use crate::pages::account::place::{Once, Place, ended, page};
use crate::pages::frame::{Frame, Tab};
use crate::pages::next::Next;
use crate::pages::stop::{Stop, answer};
use crate::store::admin::AdminError;

#[derive(Template)]
#[template(path = "admin/role.html")]
struct RolePage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    name: &'a str,
    is_new: bool,
    permissions: &'a [String],
    groups: Vec<Group<'a>>,
    elsewhere: Option<&'a str>,
    may_change: bool,
    /// What was ticked, shown with what it comes to.
    proposal: Option<(Preview, Once)>,
}

/// `GET …/role?name=`; with `edited`, what was ticked.
pub(super) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(looked_at(&server, &tenant, request).await)
}

/// `POST …/role`
pub(super) async fn post(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(changed(&server, &tenant, request).await)
}

async fn looked_at(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    place.needs(server, ROLE_READ)?;
    let query = Parameters::parse(incoming.query.as_bytes())?;
    if query.one("edited")?.is_some() {
        place.needs(server, ROLE_WRITE)?;
        place.fresh(server, &Next::to(&incoming.path, &incoming.query))?;
    }
    shown(server, &place, &query).await
}

async fn changed(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let (place, form) = Place::changing(server, &incoming, tenant, [ROLE_READ, ROLE_WRITE]).await?;
    if server.settings.pages.roles_url.is_some() {
        return Err(Problem::Forbidden.into());
    }
    let name = name(&form)?;
    let stamp = server.stamp(&place.user.id)?;
    match place.delegated(server).put_role(&place.tenant.id, name, &ticked(&form), &stamp).await {
        Ok(_) => ended(server).await,
        // It says why, with what was ticked.
        Err(AdminError::Overreach(_)) => return shown(server, &place, &form).await,
        Err(error) => return Err(error.into()),
    }
    Ok(place.way_to(server, "roles"))
}

async fn shown(server: &AuthServer, place: &Place, typed: &Parameters) -> Result<Response, Stop> {
    let before = organisation(server, &place.tenant.id).await?;
    let name = name(typed)?;
    let was = before.tenant.roles.get(name);
    let is_edited = typed.one("edited")?.is_some();
    let permissions = if is_edited { ticked(typed) } else { was.cloned().unwrap_or_default() };
    let proposal = if is_edited {
        let revise = |it: &mut Organisation| drop(it.tenant.roles.insert(name.to_owned(), permissions.clone()));
        Some((Preview::of(server, place, ROLE_WRITE, &before, revise), place.once(server)?))
    } else {
        None
    };
    let columns: [(&'static str, &[String]); 1] = [("permission", &permissions)];
    Ok(page(&RolePage {
        frame: place.frame(server, Tab::Roles),
        tenant: place.tenant.id.as_str(),
        name,
        is_new: was.is_none(),
        permissions: &permissions,
        groups: groups(&server.api.catalogue, place.rights(server).held(), &columns),
        elsewhere: server.settings.pages.roles_url.as_deref(),
        may_change: place.holds(server, ROLE_WRITE),
        proposal,
    }))
}

/// A name that a role can have.
pub(super) fn name(typed: &Parameters) -> Result<&str, Problem> {
    Some(typed.required("name")?).filter(|name| is_name(name)).ok_or(Problem::Invalid("name"))
}

fn ticked(typed: &Parameters) -> Vec<String> {
    typed.all("permission").map(str::to_owned).collect()
}
