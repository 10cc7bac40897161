//! `POST /sign-out`: the session ends here and in the browser. `GET /signed-out`: that it has.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::show;
use super::frame::Frame;
use super::problem::failed;
use super::{account, forms};
use crate::oauth::browser::{forget, session};
use crate::oauth::error::Problem;
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::server::{AuthServer, Failure};

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage<'a> {
    frame: Frame<'a>,
    home: &'static str,
}

/// `GET /signed-out`
pub(super) async fn get(State(server): State<Arc<AuthServer>>) -> Response {
    show(StatusCode::OK, &SignedOutPage { frame: Frame::of(&server), home: account::HOME })
}

/// `POST /sign-out`
pub(super) async fn post(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    sign_out(&server, request).await.unwrap_or_else(|failure| failed("sign_out", failure))
}

async fn sign_out(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let incoming = Incoming::read(request).await?;
    let form = forms::read(server, &incoming)?;
    let issuer = &server.settings.issuer;
    // Who is signed out already has what they want.
    if let Some((id, _)) = session(server, &incoming, server.now()).await? {
        if !forms::is_of(&id, &form)? {
            return Err(Problem::Forbidden.into());
        }
        server.store.end_session(id.digest()).await?;
        tracing::info!(endpoint = "sign_out", outcome = "signed_out", "oauth");
    }
    Ok(forget(issuer, see_other(&issuer.at("/signed-out"))))
}
