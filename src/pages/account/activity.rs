//! `…/activity`: what a person changed here and what was changed of theirs, from the audit log of the last 30 days.

use std::collections::BTreeSet;
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

/// How far back it goes, in seconds.
const SPAN: u64 = 30 * 24 * 3600;

/// How many entries are shown, the newest first.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "account/activity.html")]
struct ActivityPage<'a> {
    frame: Frame<'a>,
    entries: Vec<Entry>,
}

/// One entry of the audit log.
struct Entry {
    at: Moment,
    by: String,
    mine: bool,
    action: &'static str,
    subject: String,
}

/// `GET …/activity`
pub(super) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(activity(&server, &tenant, request).await)
}

async fn activity(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    let me = place.user.id.as_str();
    let admin = server.store.admin();
    let since = Timestamp::from_seconds(server.now().seconds().saturating_sub(SPAN));
    let records = admin.audit(Some(&place.tenant.id), since).await?;
    let tokens = admin.pats(&place.tenant.id, Some(&place.user.id)).await?.into_iter().map(|token| token.id);
    let grants = server.store.grants(&place.tenant.id).await?.into_iter().filter(|grant| grant.user == place.user.id);
    let mine: BTreeSet<String> =
        tokens.chain(grants.map(|grant| grant.id.to_string())).chain([me.to_owned()]).collect();
    let about_me = records.into_iter().rev().filter(|record| record.by == me || mine.contains(&record.subject));
    let entries = about_me.take(MOST).map(|record| Entry {
        at: Timestamp::from_seconds(record.milliseconds / 1000).into(),
        mine: record.by == me,
        by: record.by,
        action: record.action.as_str(),
        subject: record.subject,
    });
    Ok(page(&ActivityPage { frame: place.frame(server, Tab::Activity), entries: entries.collect() }))
}
