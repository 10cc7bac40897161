//! The page of what went wrong: in words, with what to do, and with the request's id, which the log has too.
//!
//! A handler that fails leaves the failure in its answer; the page is made here, where the request's id is known.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::answer::show;
use super::frame::Frame;
use crate::oauth::error::{Code, Problem};
use crate::oauth::http::{RequestId, Told, empty};
use crate::oauth::server::{AuthServer, Failure};

/// A failure that is to be shown.
#[derive(Clone)]
struct Failed {
    endpoint: &'static str,
    failure: Failure,
}

/// The answer of a page that failed.
pub(crate) fn failed(endpoint: &'static str, failure: Failure) -> Response {
    let mut response = empty(StatusCode::INTERNAL_SERVER_ERROR);
    response.extensions_mut().insert(Failed { endpoint, failure });
    response
}

/// `GET` of a path that leads nowhere.
pub(crate) async fn nowhere() -> Response {
    failed("none", Problem::NoSuchPage.into())
}

/// A verb that the path does not have.
pub(crate) async fn not_so() -> Response {
    failed("none", Problem::NoSuchMethod.into())
}

/// Makes a page of a failure.
pub(crate) async fn shown(State(server): State<Arc<AuthServer>>, request: Request, next: Next) -> Response {
    let given = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    let Some(Failed { endpoint, failure }) = response.extensions_mut().remove::<Failed>() else { return response };
    let request_id = match given {
        Some(RequestId(id)) => id,
        None => server.random().map(|bytes| format!("{:016x}", u64::from_be_bytes(bytes))).unwrap_or_default(),
    };
    let told = failure.note_request(endpoint, Some(&request_id));
    let page = ProblemPage {
        frame: Frame::of(&server),
        kind: Kind::of(&failure),
        code: told.code.to_string(),
        description: sentence(&told.description),
        seconds: told.retry_after,
        request_id,
    };
    page.answer(&told)
}

/// What kind of thing went wrong, as far as what to do about it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The link or the form is good no more, or never was this browser's.
    Expired,
    /// The person has answered before.
    Answered,
    /// There is no such page.
    Nowhere,
    /// Too often.
    TooMany,
    /// Whoever signs people in did not.
    SignIn,
    /// This side's fault, and it may pass.
    Later,
    /// This side's fault.
    Broken,
    /// The app's mistake.
    App,
}

impl Kind {
    fn of(failure: &Failure) -> Self {
        match failure {
            Failure::Problem(Problem::Forbidden) => Self::Expired,
            Failure::Problem(Problem::Answered) => Self::Answered,
            Failure::Problem(Problem::NoSuchPage | Problem::NoSuchMethod) => Self::Nowhere,
            Failure::Problem(Problem::TooMany { .. }) => Self::TooMany,
            Failure::Problem(Problem::SignIn(_)) => Self::SignIn,
            Failure::Problem(_) => Self::App,
            other if other.told().status == StatusCode::SERVICE_UNAVAILABLE => Self::Later,
            _ => Self::Broken,
        }
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame<'a>,
    kind: Kind,
    code: String,
    description: String,
    seconds: Option<u64>,
    request_id: String,
}

impl ProblemPage<'_> {
    /// A client that is not known is not what a person at a browser could prove: no 401, which would have the browser
    /// ask for a password (RFC 6749 §4.1.2.1).
    fn answer(&self, told: &Told) -> Response {
        match told.code {
            Code::InvalidClient => told.marked(show(StatusCode::BAD_REQUEST, self)),
            _ => told.dressed(show(told.status, self)),
        }
    }
}

/// A description of the wire, as a sentence.
fn sentence(description: &str) -> String {
    let mut letters = description.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}
