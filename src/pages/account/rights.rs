//! `…/rights`: what a person may do here, and where each right comes from: the very explanation that `edge explain`
//! gives of an operation, for each permission by itself.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::place::{Place, page};
use crate::access::catalogue::PermissionWords;
use crate::access::explanation::{Need, explain};
use crate::access::permission::PermissionSet;
use crate::access::principal::Principal;
use crate::access::requirement::Requirement;
use crate::oauth::error::Problem;
use crate::oauth::http::Incoming;
use crate::oauth::server::AuthServer;
use crate::pages::frame::{Frame, Tab};
use crate::pages::scopes::titled;
use crate::pages::stop::{Stop, answer};
use crate::token::credential::TokenKind;

#[derive(Template)]
#[template(path = "account/rights.html")]
struct RightsPage<'a> {
    frame: Frame<'a>,
    roles: String,
    groups: Vec<Group<'a>>,
    unknown: Vec<String>,
}

struct Group<'a> {
    title: String,
    rows: Vec<Row<'a>>,
}

/// One permission.
struct Row<'a> {
    words: &'a PermissionWords,
    allowed: bool,
    need: Need,
}

/// `GET …/rights`
pub(super) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(rights(&server, &tenant, request).await)
}

async fn rights(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    let principal = whole(server, &place)?;
    let mut groups: Vec<(&str, Group<'_>)> = Vec::new();
    let mut unknown = Vec::new();
    for permission in server.api.catalogue.every().iter() {
        let set = PermissionSet::of(permission);
        let explanation = explain(&Requirement::any_of(vec![set]), &principal, &server.api.catalogue);
        let need = explanation.alternatives.into_iter().flatten().next();
        let (Some(words), Some(need)) = (server.api.catalogue.words(set).next(), need) else { continue };
        unknown = explanation.unknown_roles;
        let row = Row { words, allowed: need.held.holds && need.feature.holds, need };
        match groups.iter_mut().find(|(resource, _)| *resource == words.resource) {
            Some((_, group)) => group.rows.push(row),
            None => groups.push((&words.resource, Group { title: titled(&words.resource), rows: vec![row] })),
        }
    }
    Ok(page(&RightsPage {
        frame: place.frame(server, Tab::Rights),
        roles: place.user.roles.join(", "),
        groups: groups.into_iter().map(|(_, group)| group).collect(),
        unknown,
    }))
}

/// The person with a token that asks for everything.
pub(super) fn whole(server: &AuthServer, place: &Place) -> Result<Principal, Stop> {
    let scopes: Vec<String> = server.api.catalogue.names(server.api.catalogue.scopes()).map(str::to_owned).collect();
    supposed(server, place, TokenKind::Pat, &scopes)
}

/// The person with a token of these scopes.
pub(super) fn supposed(
    server: &AuthServer,
    place: &Place,
    kind: TokenKind,
    scopes: &[String],
) -> Result<Principal, Stop> {
    Principal::supposed(place.tenant.clone(), place.user.clone(), kind, scopes, &server.api.catalogue)
        .map_err(|_| Problem::Forbidden.into())
}
