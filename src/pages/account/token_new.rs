//! `…/tokens/new` and `…/tokens/{token}/rotate`: a token is made, or put in the place of another, and its text shown,
//! this once. Whoever does either has just proven who they are: a browser that was left open is not enough.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::place::{Once, PROOF, Place, ended, page};
use super::tokens::Shown;
use crate::access::tenant::Tenant;
use crate::oauth::error::Problem;
use crate::oauth::http::Incoming;
use crate::oauth::parameters::Parameters;
use crate::oauth::server::AuthServer;
use crate::pages::frame::{Frame, Tab};
use crate::pages::moment::Moment;
use crate::pages::next::Next;
use crate::pages::scopes::{Grid, Worth, grid};
use crate::pages::stop::{Stop, answer};
use crate::policy::operation::{Operation, Segment, Verb};
use crate::store::admin::AdminError;
use crate::store::admin::pat::{DEFAULT_LIFE, Issued, NewPat, PatEntropy, Rotation};
use crate::token::credential::PatRecord;
use crate::token::pat::PatFormat;

const DAY: u64 = 24 * 3600;

/// How long tokens may live, in days.
const LIVES: [u64; 5] = [7, 30, 90, 180, 365];

/// How long the old token may stay good beside the new one, in hours.
const OVERLAPS: [u64; 4] = [0, 1, 24, 168];

#[derive(Template)]
#[template(path = "account/token_new.html")]
struct NewPage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    once: Once,
    trouble: Option<&'static str>,
    name: String,
    grid: Grid<'a>,
    lives: Vec<u64>,
    days: u64,
}

#[derive(Template)]
#[template(path = "account/token_rotate.html")]
struct RotatePage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    once: Once,
    trouble: Option<&'static str>,
    token: Shown,
}

#[derive(Template)]
#[template(path = "account/token_made.html")]
struct MadePage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    name: &'a str,
    text: &'a str,
    command: String,
    expires: Moment,
    /// Until when the old one is good, if there was one.
    old: Option<Moment>,
    /// The scopes that the person's rights do not cover today.
    short: Vec<&'a str>,
}

/// `GET …/tokens/new`
pub(super) async fn ask(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(asked(&server, &tenant, request).await)
}

/// `POST …/tokens/new`
pub(super) async fn make(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(made(&server, &tenant, request).await)
}

/// `GET …/tokens/{token}/rotate`
pub(super) async fn ask_again(
    State(server): State<Arc<AuthServer>>,
    Path((tenant, token)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer(asked_again(&server, &tenant, &token, request).await)
}

/// `POST …/tokens/{token}/rotate`
pub(super) async fn replace(
    State(server): State<Arc<AuthServer>>,
    Path((tenant, token)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer(replaced(&server, &tenant, &token, request).await)
}

async fn asked(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    place.fresh(server, &Next::to(&incoming.path, &incoming.query))?;
    form(server, &place, &Parameters::parse(incoming.query.as_bytes())?, None)
}

async fn made(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let (place, typed) = Place::sent(server, &incoming, tenant).await?;
    place.fresh(server, &Next::to(&incoming.path, &typed.without(&PROOF).encoded()))?;
    let days = days(&typed)?;
    if !lives(&place.tenant).contains(&days) {
        return form(server, &place, &typed, Some("trouble.life"));
    }
    let most = place.tenant.max_token_seconds.unwrap_or(u64::MAX);
    let new = NewPat {
        user: place.user.id.clone(),
        name: typed.one("name")?.unwrap_or_default().to_owned(),
        scopes: typed.all("scope").map(str::to_owned).collect(),
        life: Some(days.saturating_mul(DAY).min(most)),
    };
    let stamp = server.stamp(&place.user.id)?;
    let issued = server
        .store
        .admin()
        .issue_pat(&server.api.catalogue, format(server)?, &place.tenant.id, &new, entropy(server)?, &stamp)
        .await;
    match issued {
        Ok(issued) => Ok(shown(server, &place, &issued, None)),
        Err(error) => form(server, &place, &typed, Some(trouble(error)?)),
    }
}

async fn asked_again(server: &AuthServer, tenant: &str, token: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    place.fresh(server, &Next::to(&incoming.path, ""))?;
    let record = own(server, &place, token).await?;
    rotation_form(server, &place, record, None)
}

async fn replaced(server: &AuthServer, tenant: &str, token: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let (place, typed) = Place::sent(server, &incoming, tenant).await?;
    place.fresh(server, &Next::to(&incoming.path, ""))?;
    let record = own(server, &place, token).await?;
    let overlap = typed.required("overlap")?.parse().ok().filter(|hours| OVERLAPS.contains(hours));
    let overlap = overlap.ok_or(Problem::Invalid("overlap"))?.saturating_mul(3600);
    let rotation = Rotation { id: record.id.clone(), life: None, overlap };
    let stamp = server.stamp(&place.user.id)?;
    let rotated = server
        .store
        .admin()
        .rotate_pat(&server.api.catalogue, format(server)?, &place.tenant.id, &rotation, entropy(server)?, &stamp)
        .await;
    match rotated {
        Ok(rotated) => {
            if overlap == 0 {
                ended(server).await;
            }
            Ok(shown(server, &place, &rotated.new, Some(&rotated.old)))
        }
        Err(error) => rotation_form(server, &place, record, Some(trouble(error)?)),
    }
}

/// The form, with what was typed. Nothing is ticked that was not.
fn form(
    server: &AuthServer,
    place: &Place,
    typed: &Parameters,
    trouble: Option<&'static str>,
) -> Result<Response, Stop> {
    let lives = lives(&place.tenant);
    let longest = lives.last().copied().unwrap_or_default();
    let scopes: Vec<&str> = typed.all("scope").collect();
    Ok(page(&NewPage {
        frame: place.frame(server, Tab::Tokens),
        tenant: place.tenant.id.as_str(),
        once: place.once(server)?,
        trouble,
        name: typed.one("name")?.unwrap_or_default().to_owned(),
        grid: grid(&scopes, &place.rights(server), &server.api.catalogue),
        days: days(typed).unwrap_or((DEFAULT_LIFE / DAY).min(longest)),
        lives,
    }))
}

fn rotation_form(
    server: &AuthServer,
    place: &Place,
    record: PatRecord,
    trouble: Option<&'static str>,
) -> Result<Response, Stop> {
    Ok(page(&RotatePage {
        frame: place.frame(server, Tab::Tokens),
        tenant: place.tenant.id.as_str(),
        once: place.once(server)?,
        trouble,
        token: Shown::of(record, server.now()),
    }))
}

fn shown(server: &AuthServer, place: &Place, issued: &Issued, old: Option<&PatRecord>) -> Response {
    let text = issued.token.expose();
    let path = server.api.operations.iter().find(|operation| is_plain_read(operation)).map(|it| it.path.to_string());
    let address = format!("{}{}", server.settings.resource, path.unwrap_or_default());
    page(&MadePage {
        frame: place.frame(server, Tab::Tokens),
        tenant: place.tenant.id.as_str(),
        name: &issued.record.name,
        text,
        command: format!("curl -i {address} -H 'Authorization: Bearer {text}'"),
        expires: issued.record.expires.into(),
        old: old.map(|old| old.expires.into()),
        short: issued.shortfalls.iter().map(|short| short.scope.as_str()).collect(),
    })
}

/// An operation that anybody can try: it reads, and its path needs nothing put in.
fn is_plain_read(operation: &Operation) -> bool {
    operation.verb == Verb::Only("GET".to_owned())
        && operation.path.segments.iter().all(|segment| matches!(segment, Segment::Literal(_)))
}

/// The person's own token of that id.
///
/// # Errors
/// [`Problem::NoSuchPage`] for anybody else's.
pub(super) async fn own(server: &AuthServer, place: &Place, id: &str) -> Result<PatRecord, Stop> {
    let record = server.store.admin().pat(&place.tenant.id, id).await?;
    if record.user == place.user.id { Ok(record) } else { Err(Problem::NoSuchPage.into()) }
}

/// How long a token may live here, in days: where even a week is too long, for all the time that is allowed.
fn lives(tenant: &Tenant) -> Vec<u64> {
    let most = tenant.max_token_seconds.unwrap_or(u64::MAX);
    let lives: Vec<u64> = LIVES.into_iter().filter(|days| days.saturating_mul(DAY) <= most).collect();
    if lives.is_empty() { vec![(most / DAY).max(1)] } else { lives }
}

fn days(typed: &Parameters) -> Result<u64, Problem> {
    typed.required("days")?.parse().map_err(|_| Problem::Invalid("days"))
}

fn format(server: &AuthServer) -> Result<&PatFormat, Stop> {
    server.settings.pages.pats.as_ref().ok_or_else(|| Problem::NoSuchPage.into())
}

fn entropy(server: &AuthServer) -> Result<PatEntropy, Stop> {
    Ok(PatEntropy { secret: server.random()?, id: server.random()? })
}

/// What to say of a change that was not made, where a form can lead to that.
pub(super) fn trouble(error: AdminError) -> Result<&'static str, Stop> {
    Ok(match error {
        AdminError::NoScope => "trouble.no_scope",
        AdminError::InvalidTokenName { .. } => "trouble.name",
        AdminError::LifeTooLong { .. } | AdminError::NoLife => "trouble.life",
        AdminError::UnknownPermission { .. } | AdminError::NotAScope { .. } => "trouble.scope",
        AdminError::AlreadyRevoked { .. } => "trouble.revoked",
        AdminError::AlreadyRotated { .. } => "trouble.rotated",
        AdminError::Expired { .. } => "trouble.expired",
        other => return Err(other.into()),
    })
}
