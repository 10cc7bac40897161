//! `GET` and `POST /sign-in`: a local account's name and password.
//!
//! The answer to a wrong name and to a wrong password is the same page after the same work. Attempts are counted by
//! account, existing or not, and by address. The session's id changes when somebody signs in.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::oauth::account::{AccountName, verify};
use crate::oauth::browser::{remember, same_origin, session};
use crate::oauth::error::Problem;
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::page::{SignInPage, show};
use crate::oauth::parameters::Parameters;
use crate::oauth::secret::{Secret, SecretDigest};
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::session::{Identity, PendingRequest, Session};
use crate::store::oauth::Commit;

pub(in crate::oauth) async fn get(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    match ask(&server, request).await {
        Ok(response) => response,
        Err(failure) => failure.note("sign_in").page(),
    }
}

pub(in crate::oauth) async fn post(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    match sign_in(&server, request).await {
        Ok(response) => response,
        Err(failure) => failure.note("sign_in").page(),
    }
}

async fn ask(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let incoming = Incoming::read(request).await?;
    let asked = Asked::find(server, &incoming, &Parameters::parse(incoming.query.as_bytes())?).await?;
    page(server, &asked, "", false).await
}

async fn sign_in(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let incoming = Incoming::read(request).await?;
    same_origin(&server.settings.issuer, &incoming)?;
    let form = incoming.form()?;
    let asked = Asked::find(server, &incoming, &form).await?;
    let typed = form.one("name")?.unwrap_or_default();
    let Some(identity) = identify(server, &incoming.address, typed, form.one("password")?.unwrap_or_default()).await?
    else {
        tracing::info!(endpoint = "sign_in", outcome = "refused", "oauth");
        return page(server, &asked, typed, true).await;
    };
    let now = server.now();
    let id = server.secret("session")?;
    let signed_in = Session::of(identity, now);
    let pending = (asked.handle.digest(), &asked.pending);
    if server.store.replace_session(asked.session, (id.digest(), &signed_in), pending).await? != Commit::Done {
        return Err(Problem::Forbidden.into());
    }
    tracing::info!(endpoint = "sign_in", outcome = "signed_in", "oauth");
    let location = server.settings.issuer.at(&format!("/consent?request={}", asked.handle.expose()));
    Ok(remember(&server.settings.issuer, &id, see_other(&location)))
}

/// Who it is, if name and password say so.
async fn identify(
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

async fn page(server: &AuthServer, asked: &Asked, name: &str, failed: bool) -> Result<Response, Failure> {
    let client = server.store.client(&asked.pending.request.client).await?.ok_or(Problem::Forbidden)?;
    let page = SignInPage {
        client: client.metadata.client_name.as_deref().unwrap_or(client.id.as_str()),
        handle: asked.handle.expose(),
        name,
        failed,
    };
    let status = if failed { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    Ok(show(status, &page))
}

/// The request that a page is about: found by the session and the handle together, or not at all.
pub(super) struct Asked {
    pub(super) session: SecretDigest,
    pub(super) identity: Option<Identity>,
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
        let pending = server.store.request(id, handle.digest()).await?.and_then(|pending| pending.current(now));
        Ok(Self { session: id, identity: session.identity, handle, pending: pending.ok_or(Problem::Forbidden)? })
    }
}
