//! `GET /account`: in which organisation?

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::oauth::http::Incoming;
use crate::oauth::server::{AuthServer, Failure};
use crate::pages::answer::show;
use crate::pages::frame::Frame;
use crate::pages::problem::failed;
use crate::pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "account/home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    /// Each organisation, and the person's roles there.
    tenants: Vec<(&'a str, String)>,
}

/// `GET /account`
pub(in crate::pages) async fn get(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    home(&server, request).await.unwrap_or_else(|failure| failed("account", failure))
}

async fn home(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let incoming = Incoming::read(request).await?;
    let visitor = match Visitor::of(server, &incoming).await? {
        Ok(visitor) => visitor,
        Err(response) => return Ok(response),
    };
    let tenants = visitor.members.iter().map(|(tenant, user)| (tenant.id.as_str(), user.roles.join(", ")));
    let page = HomePage { frame: Frame::for_visitor(server, &visitor), tenants: tenants.collect() };
    Ok(show(StatusCode::OK, &page))
}
