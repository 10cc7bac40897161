//! `GET` and `POST /consent`: the person decides what the app may do.
//!
//! What is asked comes from this server's record of the request and never from the form. The form can choose one of
//! the person's own tenants and leave scopes out; it can add nothing. A request is answered once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::authorize::{answered, refused};
use super::sign_in::Asked;
use crate::oauth::authorization_request::AuthorizationRequest;
use crate::oauth::browser::same_origin;
use crate::oauth::client::Client;
use crate::oauth::code::IssuedCode;
use crate::oauth::error::{ClientProblem, Problem};
use crate::oauth::grant::Grant;
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::members::members;
use crate::oauth::metadata::GrantType;
use crate::oauth::parameters::Parameters;
use crate::oauth::secret::SecretDigest;
use crate::oauth::server::{AuthServer, Failure};
use crate::pages::answer::show;
use crate::pages::app::App;
use crate::pages::consent::{Choice, ConsentPage};
use crate::pages::frame::Frame;
use crate::pages::problem::failed;
use crate::store::oauth::Commit;

pub(in crate::oauth) async fn get(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    match ask(&server, request).await {
        Ok(response) => response,
        Err(failure) => failed("consent", failure),
    }
}

pub(in crate::oauth) async fn post(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    match decide(&server, request).await {
        Ok(response) => response,
        Err(failure) => failed("consent", failure),
    }
}

async fn ask(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let incoming = Incoming::read(request).await?;
    let parameters = Parameters::parse(incoming.query.as_bytes())?;
    let asked = Asked::find(server, &incoming, &parameters).await?;
    let Some(signed_in) = &asked.signed_in else {
        let location = format!("/sign-in?request={}", asked.handle.expose());
        return Ok(see_other(&server.settings.issuer.at(&location)));
    };
    let members = members(server, signed_in).await?;
    let client = client(server, &asked.pending.request).await?;
    let request = &asked.pending.request;
    let page = ConsentPage {
        frame: Frame::of(server),
        app: App::of(&client, request),
        account: signed_in.shown(),
        handle: asked.handle.expose(),
        choice: Choice::of(server, &members, parameters.one("tenant")?, &request.scopes),
        delay: server.settings.pages.delay,
    };
    Ok(show(StatusCode::OK, &page))
}

async fn decide(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let incoming = Incoming::read(request).await?;
    same_origin(&server.settings.issuer, &incoming)?;
    let form = incoming.form()?;
    let asked = Asked::find(server, &incoming, &form).await?;
    let signed_in = asked.signed_in.as_ref().ok_or(Problem::Forbidden)?;
    let request = &asked.pending.request;
    let state = request.state.as_deref();
    let scopes = request.scopes.only(form.all("scope"));
    let (true, Ok(scopes)) = (form.one("decision")? == Some("allow"), scopes) else {
        answer_once(server, &asked, None).await?;
        return Ok(refused(server, &request.target, state, Problem::Denied));
    };
    let members = members(server, signed_in).await?;
    let chosen = form.one("tenant")?;
    let (tenant, user) =
        members.into_iter().find(|(tenant, _)| Some(tenant.id.as_str()) == chosen).ok_or(Problem::Forbidden)?;
    let client = client(server, request).await?;
    let grant = Grant {
        id: Grant::new_id(server.random()?).ok_or(Failure::Broken("a grant id cannot be made"))?,
        tenant: tenant.id,
        user: user.id,
        client: client.id.clone(),
        scopes,
        resource: request.resource.clone(),
    };
    let code = IssuedCode {
        grant,
        target: request.target.clone(),
        challenge: request.challenge,
        refreshable: client.may_use(GrantType::RefreshToken),
        expires: server.now().plus(server.settings.lifetimes.code),
    };
    let text = server.secret("code")?;
    let (tenant, client) = (code.grant.tenant.as_str(), code.grant.client.as_str());
    tracing::info!(endpoint = "consent", outcome = "allowed", tenant, client, user = %code.grant.user, "oauth");
    answer_once(server, &asked, Some((text.digest(), &code))).await?;
    Ok(answered(server, &request.target, state, &[("code", text.expose())]))
}

/// Takes the request away, so that no second answer finds it.
pub(super) async fn answer_once(
    server: &AuthServer,
    asked: &Asked,
    code: Option<(SecretDigest, &IssuedCode)>,
) -> Result<(), Failure> {
    match server.store.answer_request(asked.session.digest(), asked.handle.digest(), code).await? {
        Commit::Done => Ok(()),
        Commit::Conflict => Err(Problem::Forbidden.into()),
    }
}

/// The client, if the answer may still go where it was to go: a registration may have changed since.
pub(super) async fn client(server: &AuthServer, request: &AuthorizationRequest) -> Result<Client, Failure> {
    let client = server.store.client(&request.client).await?.ok_or(ClientProblem::Unknown)?.current(server.now())?;
    match client.metadata.target(Some(request.target.as_str())) {
        Some(_) => Ok(client),
        None => Err(Problem::Invalid("redirect_uri").into()),
    }
}
