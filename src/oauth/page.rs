//! The pages for people: sign-in, consent, and what went wrong. Plain HTML without scripts; everything that comes from
//! a client or a person is escaped by the template.

use askama::Template;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::Response;

use super::error::Code;
use super::http::{Told, empty};

/// Nothing but our own style sheet, and no frame around it. There is no `form-action`: Chromium holds it against the
/// redirect that answers the form, which leads to the client.
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Asks who is there.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage<'a> {
    /// The client that asks.
    pub(super) client: &'a str,
    /// The handle of the request.
    pub(super) handle: &'a str,
    /// What was typed before.
    pub(super) name: &'a str,
    /// Whether that did not lead to a sign-in.
    pub(super) failed: bool,
}

/// Asks whether to go and sign in elsewhere.
#[derive(Template)]
#[template(path = "leave.html")]
pub(super) struct LeavePage<'a> {
    /// What the client calls itself; nobody has checked it.
    pub(super) client: &'a str,
    /// Whether the client registered itself.
    pub(super) unverified: bool,
    /// Where the client described itself, if it did.
    pub(super) described: Option<String>,
    /// The host that the answer goes to.
    pub(super) host: String,
    /// Whether that is the user's own machine.
    pub(super) loopback: bool,
    /// The host of the provider.
    pub(super) provider: &'a str,
    /// The handle of the request.
    pub(super) handle: &'a str,
}

/// Asks what the client may do.
#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct ConsentPage<'a> {
    /// What the client calls itself; nobody has checked it.
    pub(super) client: &'a str,
    /// Whether the client registered itself.
    pub(super) unverified: bool,
    /// Where the client described itself, if it did.
    pub(super) described: Option<String>,
    /// The host that the answer goes to.
    pub(super) host: String,
    /// Whether that is the user's own machine.
    pub(super) loopback: bool,
    /// Who is signed in.
    pub(super) account: &'a str,
    /// The tenants to choose from.
    pub(super) tenants: Vec<&'a str>,
    /// What is asked for.
    pub(super) scopes: Vec<ScopeLine<'a>>,
    /// The handle of the request.
    pub(super) handle: &'a str,
}

/// One scope on the consent page.
pub(super) struct ScopeLine<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What it lets an app do.
    pub(super) words: String,
    /// The tenants in which the user's role does not cover it today.
    pub(super) uncovered: Vec<&'a str>,
}

/// Says what is wrong, where there is nobody else to tell.
#[derive(Template)]
#[template(path = "problem.html")]
pub(super) struct ProblemPage<'a> {
    /// The error's code.
    pub(super) code: String,
    /// What is wrong.
    pub(super) description: &'a str,
}

/// A page as an answer.
pub(super) fn show(status: StatusCode, page: &impl Template) -> Response {
    let Ok(html) = page.render() else { return empty(StatusCode::INTERNAL_SERVER_ERROR) };
    let mut response = empty(status);
    *response.body_mut() = Body::from(html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

impl Told {
    /// The failure as a page. A client that is not known is not what a person at a browser could prove: no 401, which
    /// would have the browser ask for a password (RFC 6749 §4.1.2.1).
    pub(super) fn page(&self) -> Response {
        let page = ProblemPage { code: self.code.to_string(), description: &self.description };
        if self.code == Code::InvalidClient {
            return show(StatusCode::BAD_REQUEST, &page);
        }
        self.dressed(show(self.status, &page))
    }
}

/// `GET /style.css`
pub(super) async fn style() -> Response {
    let mut response = empty(StatusCode::OK);
    *response.body_mut() = Body::from(include_str!("../../templates/style.css"));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    response
}

/// A scope in words, by the API's convention of `<resource>.<action>`; another name stands for itself.
pub(super) fn words(scope: &str) -> String {
    let (resource, action) = scope.rsplit_once(['.', ':']).unwrap_or(("", scope));
    match action {
        "read" => format!("See {resource} records"),
        "write" => format!("Create and change {resource} records"),
        "delete" => format!("Delete {resource} records"),
        "all" => format!("Do everything with {resource} records, bulk changes included"),
        _ => scope.to_owned(),
    }
}
