//! `GET` and `POST /consent`: the person decides what the app may do.
//!
//! What is asked comes from this server's record of the request and never from the form. The form can choose one of
//! the person's own tenants and leave scopes out; it can add nothing. A request is answered once. The same form again,
//! from the same browser and at once, gets the same answer: who clicks twice sees the second answer alone.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::Response;

use super::authorize::{answered, refused};
use super::sign_in::Asked;
use crate::access::tenant::{Tenant, User};
use crate::oauth::authorization_request::AuthorizationRequest;
use crate::oauth::browser::{same_origin, session};
use crate::oauth::client::Client;
use crate::oauth::code::IssuedCode;
use crate::oauth::error::{ClientProblem, Problem};
use crate::oauth::grant::Grant;
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::members::members;
use crate::oauth::metadata::GrantType;
use crate::oauth::parameters::Parameters;
use crate::oauth::scope::Scopes;
use crate::oauth::seal::{open, seal};
use crate::oauth::secret::{Secret, SecretDigest};
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::session::Answer;
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
    let Some(signed_in) = asked.person() else {
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
    let asked = match Asked::find(server, &incoming, &form).await {
        Err(Failure::Problem(Problem::Forbidden)) => return answered_before(server, &incoming, &form).await,
        asked => asked?,
    };
    let signed_in = asked.person().ok_or(Problem::Forbidden)?;
    let request = &asked.pending.request;
    // A denial, too, goes where the client is, and nowhere that it was.
    let client = client(server, request).await?;
    let scopes = request.scopes.only(form.all("scope"));
    let (response, code) = match (form.one("decision")? == Some("allow"), scopes) {
        (true, Ok(scopes)) => {
            let members = members(server, signed_in).await?;
            let chosen = form.one("tenant")?;
            let member = members.into_iter().find(|(tenant, _)| Some(tenant.id.as_str()) == chosen);
            let (text, code) = code(server, request, &client, member.ok_or(Problem::Forbidden)?, scopes)?;
            let parameters = [("code", text.expose())];
            let response = answered(server, &request.target, request.state.as_deref(), &parameters);
            (response, Some((text.digest(), code)))
        }
        _ => (refused(server, &request.target, request.state.as_deref(), Problem::Denied), None),
    };
    let code = code.as_ref().map(|(digest, code)| (*digest, code));
    let answer = answer(server, &asked, &form, &response, code)?;
    match server.store.answer_request(asked.session.digest(), asked.handle.digest(), code, Some(&answer)).await? {
        Commit::Done => {
            let outcome = if code.is_some() { "allowed" } else { "denied" };
            tracing::info!(endpoint = "consent", outcome, client = client.id.as_str(), "oauth");
            Ok(response)
        }
        Commit::Conflict => answered_before(server, &incoming, &form).await,
    }
}

/// A code for what the person allows, for whom they act there.
fn code(
    server: &AuthServer,
    request: &AuthorizationRequest,
    client: &Client,
    (tenant, user): (Tenant, User),
    scopes: Scopes,
) -> Result<(Secret, IssuedCode), Failure> {
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
        registered: client.registered,
        refreshable: client.may_use(GrantType::RefreshToken),
        expires: server.now().plus(server.settings.lifetimes.code),
    };
    Ok((server.secret("code")?, code))
}

/// What the browser is told, kept for the very same form, which alone opens it.
fn answer(
    server: &AuthServer,
    asked: &Asked,
    form: &Parameters,
    response: &Response,
    code: Option<(SecretDigest, &IssuedCode)>,
) -> Result<Answer, Failure> {
    let location = response.headers().get(LOCATION).ok_or(Failure::Broken("an answer leads nowhere"))?;
    let sealed = seal(asked.handle.expose(), form.encoded().as_bytes(), location.as_bytes(), server.random()?)
        .map_err(|_| Failure::Broken("an answer cannot be sealed"))?;
    let ends = server.now().plus(server.settings.lifetimes.code);
    Ok(Answer { code: code.map(|(digest, _)| digest), ends, sealed })
}

/// The answer that was given before, while its code is not redeemed. An app that takes the same answer twice, though its
/// `state` was spent, redeems the code twice and loses the grant: no app that checks its state does.
///
/// # Errors
/// [`Problem::Answered`] afterwards, and where something else is said now; [`Problem::Forbidden`] where this browser
/// answered nothing of the kind.
async fn answered_before(server: &AuthServer, incoming: &Incoming, form: &Parameters) -> Result<Response, Failure> {
    let now = server.now();
    let handle = form.one("request")?.and_then(Secret::presented).ok_or(Problem::Forbidden)?;
    let (session, _) = session(server, incoming, now).await?.ok_or(Problem::Forbidden)?;
    let answer = server.store.answer(session.digest(), handle.digest()).await?.ok_or(Problem::Forbidden)?;
    let redeemed = match answer.code {
        Some(digest) => server.store.code(digest).await?.is_none_or(|code| code.redeemed.is_some()),
        None => false,
    };
    let location = open(handle.expose(), form.encoded().as_bytes(), &answer.sealed).ok();
    let location = location.filter(|_| now < answer.ends && !redeemed).and_then(|text| String::from_utf8(text).ok());
    Ok(see_other(&location.ok_or(Problem::Answered)?))
}

/// The client, if the answer may still go where it was to go: a registration may have changed since.
pub(super) async fn client(server: &AuthServer, request: &AuthorizationRequest) -> Result<Client, Failure> {
    let client = server.store.client(&request.client).await?.ok_or(ClientProblem::Unknown)?.current(server.now())?;
    match client.metadata.target(Some(request.target.as_str())) {
        Some(_) => Ok(client),
        None => Err(Problem::Invalid("redirect_uri").into()),
    }
}
