//! `GET` and `POST /sign-in`: who is there? A local account's name and password, or the way to where somebody else knows.
//!
//! The answer to a wrong name and to a wrong password is the same page after the same work. Attempts are counted by
//! account, existing or not, and by address. The session's id changes when somebody signs in. Before a browser leaves
//! for another provider, the person is told for which app: the provider only knows us, and would sign anybody in.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::authorize::refused;
use super::consent::client;
use crate::oauth::account::{AccountName, verify};
use crate::oauth::authorization_request::Prompt;
use crate::oauth::browser::{remember, same_origin, session};
use crate::oauth::error::Problem;
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::parameters::Parameters;
use crate::oauth::secret::Secret;
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::session::{Away, Identity, PendingRequest, Session, SignedIn};
use crate::oauth::sign_in::provider::Provider;
use crate::oauth::sign_in::{Departure, SignIn};
use crate::pages;
use crate::pages::answer::show;
use crate::pages::app::App;
use crate::pages::frame::Frame;
use crate::pages::leave::LeavePage;
use crate::pages::problem::failed;
use crate::pages::sign_in::{Notice, SignInPage, Whither};
use crate::store::oauth::Commit;

pub(in crate::oauth) async fn get(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    match ask(&server, request).await {
        Ok(response) => response,
        Err(failure) => failed("sign_in", failure),
    }
}

pub(in crate::oauth) async fn post(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    match answer(&server, request).await {
        Ok(response) => response,
        Err(failure) => failed("sign_in", failure),
    }
}

async fn ask(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let incoming = Incoming::read(request).await?;
    let parameters = Parameters::parse(incoming.query.as_bytes())?;
    if parameters.all("request").next().is_none() {
        return pages::sign_in::ask(server, &incoming, &parameters).await;
    }
    let asked = Asked::find(server, &incoming, &parameters).await?;
    match &server.settings.sign_in {
        SignIn::Accounts => page(server, &asked, "", Notice::None).await,
        SignIn::Product(_) => leave_for(server, &incoming, &asked).await,
        SignIn::Provider(provider) => before_leaving(server, &asked, provider).await,
    }
}

async fn answer(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let incoming = Incoming::read(request).await?;
    same_origin(&server.settings.issuer, &incoming)?;
    let form = incoming.form()?;
    if form.all("request").next().is_none() {
        return pages::sign_in::answer(server, &incoming, &form).await;
    }
    let asked = Asked::find(server, &incoming, &form).await?;
    match &server.settings.sign_in {
        SignIn::Accounts => sign_in(server, &incoming, &form, &asked).await,
        SignIn::Product(_) => Err(Problem::Forbidden.into()),
        SignIn::Provider(_) if form.one("decision")? == Some("continue") => leave_for(server, &incoming, &asked).await,
        SignIn::Provider(_) => deny(server, &asked).await,
    }
}

/// The person does not go on: an answer for the app, where it still is.
async fn deny(server: &AuthServer, asked: &Asked) -> Result<Response, Failure> {
    let request = &asked.pending.request;
    client(server, request).await?;
    match server.store.answer_request(asked.session.digest(), asked.handle.digest(), None, None).await? {
        Commit::Done => Ok(refused(server, &request.target, request.state.as_deref(), Problem::Denied)),
        Commit::Conflict => Err(Problem::Forbidden.into()),
    }
}

async fn sign_in(
    server: &AuthServer,
    incoming: &Incoming,
    form: &Parameters,
    asked: &Asked,
) -> Result<Response, Failure> {
    let typed = form.one("name")?.unwrap_or_default();
    let Some(identity) = identify(server, &incoming.address, typed, form.one("password")?.unwrap_or_default()).await?
    else {
        tracing::info!(endpoint = "sign_in", outcome = "refused", "oauth");
        return page(server, asked, typed, Notice::Wrong).await;
    };
    let now = server.now();
    let id = server.secret("session")?;
    let signed_in = Session::of(SignedIn::of(identity), now);
    let pending = asked.pending.clone().after_sign_in();
    let pending = Some((asked.handle.digest(), &pending));
    if server.store.replace_session(asked.session.digest(), (id.digest(), &signed_in), pending).await? != Commit::Done {
        return Err(Problem::Forbidden.into());
    }
    tracing::info!(endpoint = "sign_in", outcome = "signed_in", "oauth");
    let location = server.settings.issuer.at(&format!("/consent?request={}", asked.handle.expose()));
    Ok(remember(&server.settings.issuer, &id, see_other(&location)))
}

/// Who it is, if name and password say so.
pub(crate) async fn identify(
    server: &AuthServer,
    address: &str,
    typed: &str,
    password: &str,
) -> Result<Option<Identity>, Failure> {
    let limits = &server.settings.limits;
    server.limit(&limits.sign_in_by_address, address).await?;
    server.limit(&limits.sign_in_by_account, &typed.trim().to_lowercase()).await?;
    let name = AccountName::parse(typed);
    let account = match &name {
        Some(name) => server.store.password(name).await?,
        None => None,
    };
    let password = password.to_owned();
    let right = server.hash(move || verify(&password, account.as_ref())).await?;
    Ok(name.filter(|_| right).map(|name| name.identity()))
}

async fn page(server: &AuthServer, asked: &Asked, name: &str, notice: Notice) -> Result<Response, Failure> {
    let client = server.store.client(&asked.pending.request.client).await?.ok_or(Problem::Forbidden)?;
    let whither = Whither::App { name: client.shown(), handle: asked.handle.expose() };
    let page = SignInPage { frame: Frame::of(server), whither, name, notice };
    let status = if notice == Notice::Wrong { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    Ok(show(status, &page))
}

/// Whether the person wants to sign in somewhere for this app at all.
async fn before_leaving(server: &AuthServer, asked: &Asked, provider: &Provider) -> Result<Response, Failure> {
    let client = client(server, &asked.pending.request).await?;
    let page = LeavePage {
        frame: Frame::of(server),
        app: App::of(&client, &asked.pending.request),
        provider: provider.host(),
        handle: asked.handle.expose(),
    };
    Ok(show(StatusCode::OK, &page))
}

/// Sends the browser to where somebody else signs the person in, for an app.
async fn leave_for(server: &AuthServer, incoming: &Incoming, asked: &Asked) -> Result<Response, Failure> {
    // Who is signed in and comes here wants to be somebody else.
    let again = asked.signed_in.is_some() || asked.pending.request.prompt == Prompt::SignIn;
    let away = Away { request: Some(asked.handle.digest()), next: None, ends: asked.pending.ends };
    leave(server, incoming, &asked.session, again, away).await
}

/// Sends the browser to where somebody else signs the person in, `again` even if they are signed in there.
pub(crate) async fn leave(
    server: &AuthServer,
    incoming: &Incoming,
    session: &Secret,
    again: bool,
    away: Away,
) -> Result<Response, Failure> {
    server.limit(&server.settings.limits.sign_in_by_address, &incoming.address).await?;
    let challenge = server.secret("challenge")?;
    let departure = Departure { challenge: &challenge, session, again };
    let location = match &server.settings.sign_in {
        SignIn::Accounts => return Err(Problem::Forbidden.into()),
        SignIn::Product(product) => product.departure(&departure),
        SignIn::Provider(provider) => provider.departure(server, &departure).await?,
    };
    if server.store.keep_away(session.digest(), challenge.digest(), &away).await? != Commit::Done {
        return Err(Failure::Contention);
    }
    Ok(see_other(&location))
}

/// The request that a page is about: found by the session and the handle together, or not at all.
pub(super) struct Asked {
    pub(super) session: Secret,
    pub(super) signed_in: Option<SignedIn>,
    pub(super) handle: Secret,
    pub(super) pending: PendingRequest,
}

impl Asked {
    /// Finds it.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for a handle that is missing, made up, another session's, answered or expired.
    pub(super) async fn find(
        server: &AuthServer,
        incoming: &Incoming,
        parameters: &Parameters,
    ) -> Result<Self, Failure> {
        let now = server.now();
        let handle = parameters.one("request")?.and_then(Secret::presented).ok_or(Problem::Forbidden)?;
        let (id, session) = session(server, incoming, now).await?.ok_or(Problem::Forbidden)?;
        let pending = server.store.request(id.digest(), handle.digest()).await?;
        let pending = pending.and_then(|pending| pending.current(now)).ok_or(Problem::Forbidden)?;
        Ok(Self { session: id, signed_in: session.signed_in, handle, pending })
    }

    /// Who answers: who is signed in, unless the app wants them to do that once more and they have not yet.
    pub(super) fn person(&self) -> Option<&SignedIn> {
        self.signed_in.as_ref().filter(|_| self.pending.request.prompt != Prompt::SignIn)
    }
}
