//! `GET /authorize`: where an app sends the person whom it wants to act for.
//!
//! Nothing is redirected before the client and the redirect URI are known to belong together. The request is then kept
//! on this side, bound to the browser's session; the pages only carry a handle to it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use crate::oauth::authorization_request::{AuthorizationRequest, Prompt, named_client, named_target, repeatable_state};
use crate::oauth::browser::{remember, session};
use crate::oauth::document;
use crate::oauth::error::Problem;
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::parameters::Parameters;
use crate::oauth::redirect_uri::RedirectTarget;
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::session::{PendingRequest, Session};
use crate::pages::problem::failed;
use crate::store::oauth::Commit;

/// The longest form that is sent on as a query, in bytes: API Gateway passes 10,240 bytes of headers of an answer.
const RESENT_LIMIT: usize = 9 * 1024;

pub(in crate::oauth) async fn get(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    match authorize(&server, request).await {
        Ok(response) => response,
        Err(failure) => failed("authorize", failure),
    }
}

/// `POST /authorize`: the same request as a form (RFC 6749 §3.1), sent on as a query, so that the browser brings its
/// cookie: a form of another site comes without.
pub(in crate::oauth) async fn post(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    match resent(&server, request).await {
        Ok(response) => response,
        Err(failure) => failed("authorize", failure),
    }
}

async fn resent(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let query = Incoming::read(request).await?.form()?.encoded();
    if query.len() > RESENT_LIMIT {
        return Err(Problem::TooLarge { limit: RESENT_LIMIT }.into());
    }
    Ok(see_other(&server.settings.issuer.at(&format!("/authorize?{query}"))))
}

async fn authorize(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let incoming = Incoming::read(request).await?;
    let parameters = Parameters::parse(incoming.query.as_bytes())?;
    server.limit(&server.settings.limits.authorize_by_address, &incoming.address).await?;
    let id = named_client(&parameters)?;
    let client = document::named_client(server, &id, &incoming.address).await?;
    let target = named_target(&parameters, &client)?;
    match AuthorizationRequest::parse(&parameters, &client, target.clone(), &server.offer()) {
        Ok(request) => asked(server, &incoming, request).await,
        Err(problem) => Ok(refused(server, &target, repeatable_state(&parameters).as_deref(), problem)),
    }
}

/// Keeps the request and leads the person to the page that comes first.
async fn asked(server: &AuthServer, incoming: &Incoming, request: AuthorizationRequest) -> Result<Response, Failure> {
    let now = server.now();
    let known = session(server, incoming, now).await?;
    let signed_in = known.as_ref().is_some_and(|(_, session)| session.signed_in.is_some());
    if request.prompt == Prompt::Never {
        let problem = if signed_in { Problem::ConsentRequired } else { Problem::LoginRequired };
        return Ok(refused(server, &request.target, request.state.as_deref(), problem));
    }
    let handle = server.secret("request")?;
    let page = if signed_in && request.prompt == Prompt::AsNeeded { "consent" } else { "sign-in" };
    let location = server.settings.issuer.at(&format!("/{page}?request={}", handle.expose()));
    let (id, new) = match known {
        Some((id, _)) => (id.digest(), None),
        None => {
            let new = server.secret("session")?;
            server.store.start_session(new.digest(), &Session::anonymous(now)).await?;
            (new.digest(), Some(new))
        }
    };
    if server.store.keep_request(id, handle.digest(), &PendingRequest::new(request, now)).await? != Commit::Done {
        return Err(Failure::Contention);
    }
    let response = see_other(&location);
    Ok(match new {
        Some(new) => remember(&server.settings.issuer, &new, response),
        None => response,
    })
}

/// An error that goes to the client (RFC 6749 §4.1.2.1), with the issuer (RFC 9207 §2).
pub(super) fn refused(server: &AuthServer, target: &RedirectTarget, state: Option<&str>, problem: Problem) -> Response {
    let told = Failure::from(problem).note("authorize");
    let code = told.code.to_string();
    let parameters = [("error", code.as_str()), ("error_description", told.description.as_str())];
    told.marked(answered(server, target, state, &parameters))
}

/// An authorization response: its parameters, the state as it came, and the issuer, once.
pub(super) fn answered(
    server: &AuthServer,
    target: &RedirectTarget,
    state: Option<&str>,
    parameters: &[(&str, &str)],
) -> Response {
    let state = state.map(|state| ("state", state));
    let issuer = ("iss", server.settings.issuer.as_str());
    let all: Vec<_> = parameters.iter().copied().chain(state).chain([issuer]).collect();
    see_other(&target.with(&all))
}
