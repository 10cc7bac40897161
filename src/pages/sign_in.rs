//! `/sign-in`, for an app and without one; and without one, what happens there.
//!
//! Who comes by themselves has no request whose handle proves that the form is ours, so the form carries the token of
//! the session, which is started for it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::show;
use super::forms;
use super::frame::Frame;
use super::next::Next;
use crate::oauth::account::LOCAL_ISSUER;
use crate::oauth::browser::{remember, session};
use crate::oauth::endpoint::sign_in::{identify, leave};
use crate::oauth::error::Problem;
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::parameters::Parameters;
use crate::oauth::secret::Secret;
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::session::{Away, Session, SignedIn};
use crate::oauth::sign_in::SignIn;
use crate::store::oauth::Commit;

/// Asks who is there.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) whither: Whither<'a>,
    /// What was typed before, or who is to prove it again.
    pub(crate) name: &'a str,
    pub(crate) notice: Notice,
}

/// Where it leads to.
pub(crate) enum Whither<'a> {
    /// To an app's request.
    App {
        /// What the app calls itself.
        name: &'a str,
        /// The handle of the request.
        handle: &'a str,
    },
    /// To a page of the account.
    Account {
        /// The page.
        next: &'a str,
        /// The token of the session's forms.
        form: String,
    },
}

/// Why it is asked, where that is not plain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// It is.
    None,
    /// Name and password were not right.
    Wrong,
    /// The page had been open for too long, or is not of this browser.
    Expired,
    /// Who is signed in is to prove it again.
    Again,
}

/// `GET /sign-in` without an app's request.
pub(crate) async fn ask(
    server: &AuthServer,
    incoming: &Incoming,
    parameters: &Parameters,
) -> Result<Response, Failure> {
    let next = Next::said(parameters.one("next")?);
    let again = parameters.one("again")?.is_some();
    let known = session(server, incoming, server.now()).await?;
    let signed_in = known.as_ref().and_then(|(_, session)| session.signed_in.clone());
    if signed_in.is_some() && !again {
        return Ok(see_other(&server.settings.issuer.at(next.as_str())));
    }
    let notice = if signed_in.is_some() { Notice::Again } else { Notice::None };
    let name = signed_in.as_ref().map(|it| &it.identity).filter(|it| it.issuer == LOCAL_ISSUER);
    let name = name.map(|it| it.subject.as_str()).unwrap_or_default();
    let opened = Opened::of(server, incoming, known).await?;
    match &server.settings.sign_in {
        SignIn::Accounts => Ok(opened.page(server, &next, name, notice, StatusCode::OK)),
        SignIn::Product(_) | SignIn::Provider(_) => {
            let away = Away { request: None, next: Some(next.as_str().to_owned()), ends: opened.ends };
            let response = leave(server, incoming, &opened.id, signed_in.is_some(), away).await?;
            Ok(opened.remembered(server, response))
        }
    }
}

/// `POST /sign-in` without an app's request.
pub(crate) async fn answer(server: &AuthServer, incoming: &Incoming, form: &Parameters) -> Result<Response, Failure> {
    if !matches!(server.settings.sign_in, SignIn::Accounts) {
        return Err(Problem::Forbidden.into());
    }
    let next = Next::said(form.one("next")?);
    let typed = form.one("name")?.unwrap_or_default();
    let known = session(server, incoming, server.now()).await?;
    let sent = match &known {
        Some((id, _)) => forms::is_of(id, form)?,
        None => false,
    };
    let opened = Opened::of(server, incoming, known).await?;
    if !sent {
        return Ok(opened.page(server, &next, typed, Notice::Expired, StatusCode::FORBIDDEN));
    }
    let password = form.one("password")?.unwrap_or_default();
    let Some(identity) = identify(server, &incoming.address, typed, password).await? else {
        tracing::info!(endpoint = "sign_in", outcome = "refused", "oauth");
        return Ok(opened.page(server, &next, typed, Notice::Wrong, StatusCode::UNAUTHORIZED));
    };
    let signed_in = Session::of(SignedIn::of(identity), server.now());
    let id = server.secret("session")?;
    if server.store.replace_session(opened.id.digest(), (id.digest(), &signed_in), None).await? != Commit::Done {
        return Err(Problem::Forbidden.into());
    }
    tracing::info!(endpoint = "sign_in", outcome = "signed_in", "oauth");
    Ok(remember(&server.settings.issuer, &id, see_other(&server.settings.issuer.at(next.as_str()))))
}

/// A session for the form to be of: the browser's own, or one that is started.
struct Opened {
    id: Secret,
    ends: crate::timestamp::Timestamp,
    is_new: bool,
}

impl Opened {
    async fn of(server: &AuthServer, incoming: &Incoming, known: Option<(Secret, Session)>) -> Result<Self, Failure> {
        let fresh = Session::anonymous(server.now());
        if let Some((id, session)) = known {
            return Ok(Self { id, ends: session.ends.min(fresh.ends), is_new: false });
        }
        server.limit(&server.settings.limits.authorize_by_address, &incoming.address).await?;
        let id = server.secret("session")?;
        server.store.start_session(id.digest(), &fresh).await?;
        Ok(Self { id, ends: fresh.ends, is_new: true })
    }

    fn page(&self, server: &AuthServer, next: &Next, name: &str, notice: Notice, status: StatusCode) -> Response {
        let whither = Whither::Account { next: next.as_str(), form: forms::token(&self.id) };
        let page = SignInPage { frame: Frame::of(server), whither, name, notice };
        self.remembered(server, show(status, &page))
    }

    fn remembered(&self, server: &AuthServer, response: Response) -> Response {
        if self.is_new { remember(&server.settings.issuer, &self.id, response) } else { response }
    }
}
