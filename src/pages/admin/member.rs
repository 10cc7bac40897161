//! `…/member?user=`: what a member may do by role and by exception, changed: first shown with all that it comes to, then
//! made.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::effect::{Preview, organisation};
use super::rights_form::{Group, groups};
use crate::access::administration::{MEMBER_READ, MEMBER_WRITE, Organisation, Overreach};
use crate::access::identity::UserId;
use crate::access::tenant::{User, UserKind, UserStatus};
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
#[template(path = "admin/member.html")]
struct MemberPage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    user: &'a User,
    roles: Vec<(&'a str, bool)>,
    groups: Vec<Group<'a>>,
    /// Where it is changed, if not here.
    elsewhere: Option<&'a str>,
    may_change: bool,
    /// What was ticked, shown with what it comes to.
    proposal: Option<(Preview, Once)>,
}

/// `GET …/member?user=`; with `edited`, what was ticked.
pub(super) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(looked_at(&server, &tenant, request).await)
}

/// `POST …/member`
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
    place.needs(server, MEMBER_READ)?;
    let query = Parameters::parse(incoming.query.as_bytes())?;
    if query.one("edited")?.is_some() {
        place.needs(server, MEMBER_WRITE)?;
        place.fresh(server, &Next::to(&incoming.path, &incoming.query))?;
    }
    shown(server, &place, &query).await
}

async fn changed(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let (place, form) = Place::changing(server, &incoming, tenant, [MEMBER_READ, MEMBER_WRITE]).await?;
    if server.settings.pages.roles_url.is_some() {
        return Err(Problem::Forbidden.into());
    }
    let before = organisation(server, &place.tenant.id).await?;
    let user = proposed(&before, member(&before, &form)?, &form);
    match place.delegated(server).put_user(&place.tenant.id, user, &server.stamp(&place.user.id)?).await {
        Ok(_) => ended(server).await,
        // It says why, with what was ticked.
        Err(AdminError::Overreach(_)) => return shown(server, &place, &form).await,
        Err(error) => return Err(error.into()),
    }
    Ok(place.way_to(server, "members"))
}

async fn shown(server: &AuthServer, place: &Place, typed: &Parameters) -> Result<Response, Stop> {
    let before = organisation(server, &place.tenant.id).await?;
    let was = member(&before, typed)?;
    let is_edited = typed.one("edited")?.is_some();
    let user = if is_edited { proposed(&before, was, typed) } else { was.clone() };
    let proposal = if is_edited {
        let revise =
            |it: &mut Organisation| it.users.iter_mut().filter(|it| it.id == user.id).for_each(|it| *it = user.clone());
        Some((Preview::of(server, place, MEMBER_WRITE, &before, revise), place.once(server)?))
    } else {
        None
    };
    let columns: [(&'static str, &[String]); 2] = [("added", &user.added), ("removed", &user.removed)];
    Ok(page(&MemberPage {
        frame: place.frame(server, Tab::Members),
        tenant: place.tenant.id.as_str(),
        user: &user,
        roles: known(&before.tenant.roles, &user.roles),
        groups: groups(&server.api.catalogue, place.rights(server).held(), &columns),
        elsewhere: server.settings.pages.roles_url.as_deref(),
        may_change: place.holds(server, MEMBER_WRITE),
        proposal,
    }))
}

/// The organisation's roles, and those that the member holds though it does not have them.
fn known<'a>(roles: &'a BTreeMap<String, Vec<String>>, held: &'a [String]) -> Vec<(&'a str, bool)> {
    let lost = held.iter().filter(|role| !roles.contains_key(*role));
    roles.keys().chain(lost).map(|role| (role.as_str(), held.contains(role))).collect()
}

/// The member that is asked for.
pub(super) fn member<'a>(organisation: &'a Organisation, typed: &Parameters) -> Result<&'a User, Stop> {
    let id = UserId::parse(typed.required("user")?).map_err(|_| Problem::NoSuchPage)?;
    organisation.users.iter().find(|user| user.id == id).ok_or_else(|| Problem::NoSuchPage.into())
}

/// The member with what was ticked. A role that the organisation does not have grants nothing, and ends here.
fn proposed(organisation: &Organisation, was: &User, typed: &Parameters) -> User {
    let all = |name: &'static str| -> Vec<String> { typed.all(name).map(str::to_owned).collect() };
    let mut roles = all("role");
    roles.retain(|role| organisation.tenant.roles.contains_key(role));
    User { roles, added: all("added"), removed: all("removed"), ..was.clone() }
}
