//! `…/why`: why a request is refused, or that it is not. The answer of `edge explain`, as a page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::place::{Place, page};
use super::rights::{supposed, whole};
use super::token_new::own;
use super::tokens::{Shown, Standing};
use crate::access::explanation::Explanation;
use crate::access::principal::Principal;
use crate::access::requirement::Verdict;
use crate::decision::Reason;
use crate::oauth::error::Problem;
use crate::oauth::http::Incoming;
use crate::oauth::parameters::Parameters;
use crate::oauth::server::AuthServer;
use crate::pages::frame::{Frame, Tab};
use crate::pages::stop::{Stop, answer};
use crate::policy::operation::Operation;
use crate::policy::router::Router;
use crate::token::credential::TokenKind;
use crate::why::Why;

/// The verbs that are asked with.
const VERBS: [&str; 5] = ["GET", "POST", "PATCH", "PUT", "DELETE"];

/// The longest path that is looked for.
const MAX_PATH: usize = 2048;

#[derive(Template)]
#[template(path = "account/why.html")]
struct WhyPage<'a> {
    frame: Frame<'a>,
    verbs: [&'static str; 5],
    verb: &'a str,
    path: &'a str,
    token: &'a str,
    tokens: Vec<(String, String)>,
    told: Told<'a>,
}

impl WhyPage<'_> {
    fn is_verb(&self, verb: &str) -> bool {
        self.verb == verb
    }

    fn is_token(&self, id: &str) -> bool {
        self.token == id
    }
}

/// What is said of the request.
enum Told<'a> {
    /// None was asked about.
    Nothing,
    /// The API has no such operation.
    NoRoute { reason: Reason },
    /// The token is over: every request is refused.
    Over { token: Shown },
    /// What the decision says.
    Explained { operation: &'a Operation, explanation: Explanation, reason: Reason },
}

impl Told<'_> {
    fn is_allowed(&self) -> bool {
        matches!(self, Self::Explained { reason: Reason::Allowed, .. })
    }

    fn because(&self) -> &'static str {
        match self {
            Self::Explained { reason: Reason::Path, .. } => "why.odd",
            Self::Explained { explanation, .. } => match explanation.verdict {
                Verdict::Allowed => "why.allowed",
                Verdict::ScopeMissing => "why.scope",
                Verdict::RoleMissing => "why.role",
                Verdict::FeatureMissing => "why.feature",
                Verdict::TenantSuspended => "why.suspended",
            },
            Self::Nothing | Self::NoRoute { .. } | Self::Over { .. } => "why.title",
        }
    }
}

/// `GET …/why`
pub(super) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(why(&server, &tenant, request).await)
}

async fn why(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    let asked = Parameters::parse(incoming.query.as_bytes())?;
    let verb = asked.one("verb")?.unwrap_or("GET");
    let (path, token) = (asked.one("path")?.unwrap_or_default(), asked.one("token")?.unwrap_or_default());
    if path.len() > MAX_PATH {
        return Err(Problem::Invalid("path").into());
    }
    let told = if path.is_empty() { Told::Nothing } else { told(server, &place, verb, path, token).await? };
    let records = server.store.admin().pats(&place.tenant.id, Some(&place.user.id)).await?;
    Ok(page(&WhyPage {
        frame: place.frame(server, Tab::Why),
        verbs: VERBS,
        verb,
        path,
        token,
        tokens: records.into_iter().rev().map(|record| (record.id, record.name)).collect(),
        told,
    }))
}

async fn told<'a>(
    server: &'a AuthServer,
    place: &Place,
    verb: &str,
    path: &str,
    token: &str,
) -> Result<Told<'a>, Stop> {
    let principal = match token {
        "" => whole(server, place)?,
        id => {
            let record = own(server, place, id).await?;
            let scopes = record.scopes.clone();
            let token = Shown::of(record, server.now());
            if matches!(token.state, Standing::Expired | Standing::Revoked) {
                return Ok(Told::Over { token });
            }
            supposed(server, place, TokenKind::Pat, &scopes)?
        }
    };
    Ok(explained(server, &principal, verb, path))
}

fn explained<'a>(server: &'a AuthServer, principal: &Principal, verb: &str, path: &str) -> Told<'a> {
    let path = path.split('?').next().unwrap_or_default();
    // A whole address is what people have at hand.
    let path = path.strip_prefix(server.settings.resource.as_str()).unwrap_or(path);
    let Why { reason, found } = Why::of(principal, Router::Rest, &verb.to_ascii_uppercase(), path, false, &server.api);
    match found {
        Some((operation, explanation)) => Told::Explained { operation, explanation, reason },
        None => Told::NoRoute { reason },
    }
}
