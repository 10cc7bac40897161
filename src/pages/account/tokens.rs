//! `GET /account/{tenant}/tokens`: a person's personal access tokens, never their text.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::place::{Place, page};
use crate::oauth::http::Incoming;
use crate::oauth::server::AuthServer;
use crate::pages::frame::{Frame, Tab};
use crate::pages::moment::Moment;
use crate::pages::stop::{Stop, answer};
use crate::timestamp::Timestamp;
use crate::token::credential::PatRecord;

/// How long before its end a token is pointed at, in seconds.
const SOON: u64 = 14 * 24 * 3600;

#[derive(Template)]
#[template(path = "account/tokens.html")]
struct TokensPage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    good: Vec<Shown>,
    over: Vec<Shown>,
}

/// A token as it is shown.
pub(in crate::pages) struct Shown {
    pub(in crate::pages) id: String,
    pub(in crate::pages) name: String,
    pub(in crate::pages) scopes: Vec<String>,
    pub(in crate::pages) created: Moment,
    pub(in crate::pages) expires: Moment,
    pub(in crate::pages) used: Option<Moment>,
    pub(in crate::pages) state: Standing,
}

/// How it is with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) enum Standing {
    /// Good.
    Good,
    /// Good, and not for long any more.
    Ending,
    /// Good until the end of the overlap: another has taken its place.
    Replaced,
    /// Over.
    Expired,
    /// Ended by somebody.
    Revoked,
}

impl Shown {
    pub(in crate::pages) fn of(record: PatRecord, now: Timestamp) -> Self {
        let state = match &record {
            it if it.revoked.is_some() => Standing::Revoked,
            it if now >= it.expires => Standing::Expired,
            it if it.successor.is_some() => Standing::Replaced,
            it if it.expires.since(now) < SOON => Standing::Ending,
            _ => Standing::Good,
        };
        Self {
            state,
            created: record.created.into(),
            expires: record.expires.into(),
            used: record.last_used.map(Moment::from),
            id: record.id,
            name: record.name,
            scopes: record.scopes,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, Standing::Expired | Standing::Revoked)
    }
}

/// `GET …/tokens`
pub(super) async fn list(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(listed(&server, &tenant, request).await)
}

async fn listed(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    let records = server.store.admin().pats(&place.tenant.id, Some(&place.user.id)).await?;
    let shown = records.into_iter().rev().map(|record| Shown::of(record, server.now()));
    let (over, good) = shown.partition(Shown::is_over);
    let frame = place.frame(server, Tab::Tokens);
    Ok(page(&TokensPage { frame, tenant: place.tenant.id.as_str(), good, over }))
}
