//! `…/apps`: the apps that a person let in; disconnecting one ends all that it was granted.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::place::{Once, Place, ended, page};
use crate::access::identity::ClientId;
use crate::oauth::client::Origin;
use crate::oauth::error::Problem;
use crate::oauth::http::Incoming;
use crate::oauth::parameters::Parameters;
use crate::oauth::server::AuthServer;
use crate::pages::app::letter;
use crate::pages::frame::{Frame, Tab};
use crate::pages::moment::Moment;
use crate::pages::stop::{Stop, answer};
use crate::store::audit::Action;
use crate::timestamp::Timestamp;

#[derive(Template)]
#[template(path = "account/apps.html")]
struct AppsPage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    apps: Vec<Connected>,
}

#[derive(Template)]
#[template(path = "account/app_end.html")]
struct EndPage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    once: Once,
    app: Connected,
}

/// An app that was let in.
struct Connected {
    id: ClientId,
    name: String,
    letter: char,
    unverified: bool,
    scopes: Vec<String>,
    since: Option<Timestamp>,
    /// When it last got a new token.
    used: Option<Timestamp>,
}

impl Connected {
    fn since(&self) -> Option<Moment> {
        self.since.map(Moment::from)
    }

    fn used(&self) -> Option<Moment> {
        self.used.map(Moment::from)
    }
}

/// `GET …/apps`
pub(super) async fn list(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(listed(&server, &tenant, request).await)
}

/// `GET …/apps/disconnect`
pub(super) async fn ask(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(asked(&server, &tenant, request).await)
}

/// `POST …/apps/disconnect`
pub(super) async fn disconnect(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(disconnected(&server, &tenant, request).await)
}

async fn listed(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    let apps = connected(server, &place).await?;
    Ok(page(&AppsPage { frame: place.frame(server, Tab::Apps), tenant: place.tenant.id.as_str(), apps }))
}

async fn asked(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    let query = Parameters::parse(incoming.query.as_bytes())?;
    let wanted = query.required("client")?;
    let app = connected(server, &place).await?.into_iter().find(|app| app.id.as_str() == wanted);
    let app = app.ok_or(Problem::NoSuchPage)?;
    let frame = place.frame(server, Tab::Apps);
    Ok(page(&EndPage { frame, tenant: place.tenant.id.as_str(), once: place.once(server)?, app }))
}

async fn disconnected(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let (place, form) = Place::sent(server, &incoming, tenant).await?;
    let wanted = form.required("client")?;
    let mut stamp = server.stamp(&place.user.id)?;
    for (grant, _) in server.store.grants_of(&place.tenant.id, &place.user.id).await? {
        if grant.client_id.as_str() == wanted {
            server.store.end_grant(&place.tenant.id, &grant.id, Action::GrantRevoke, &stamp).await?;
            stamp = stamp.next();
        }
    }
    ended(server).await;
    Ok(place.way_to(server, "apps"))
}

/// The apps, each with all that it was granted.
async fn connected(server: &AuthServer, place: &Place) -> Result<Vec<Connected>, Stop> {
    let mut apps: Vec<Connected> = Vec::new();
    for (grant, created) in server.store.grants_of(&place.tenant.id, &place.user.id).await? {
        let family = server.store.family(&place.tenant.id, &grant.id).await?;
        let used = family.and_then(|family| family.previous).map(|previous| previous.used);
        if !apps.iter().any(|app| app.id == grant.client_id) {
            apps.push(named(server, grant.client_id.clone()).await?);
        }
        let Some(app) = apps.iter_mut().find(|app| app.id == grant.client_id) else { continue };
        app.scopes.extend(grant.scopes);
        app.since = [app.since, created].into_iter().flatten().min();
        app.used = app.used.max(used);
    }
    for app in &mut apps {
        app.scopes.sort();
        app.scopes.dedup();
    }
    Ok(apps)
}

/// The app of that id, as far as it is still known.
async fn named(server: &AuthServer, id: ClientId) -> Result<Connected, Stop> {
    let known = server.store.client(&id).await?;
    let name = known.as_ref().map_or_else(|| id.to_string(), |client| client.shown().to_owned());
    let unverified = known.is_none_or(|client| client.origin == Origin::SelfRegistered);
    Ok(Connected { letter: letter(&name), id, name, unverified, scopes: Vec::new(), since: None, used: None })
}
