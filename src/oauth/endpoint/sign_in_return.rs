//! `GET /sign-in/return`: a browser comes back from where somebody else has signed the person in.
//!
//! What it brings counts only in the session that was sent away with its challenge, and once. The session's id changes,
//! and so does the handle of the request that waits.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use crate::oauth::browser::{remember, session};
use crate::oauth::error::Problem;
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::parameters::Parameters;
use crate::oauth::secret::Secret;
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::session::{Away, PendingRequest, Session};
use crate::oauth::sign_in::{Arrival, Departure, SignIn, SignInProblem};
use crate::pages::next::Next;
use crate::pages::problem::failed;
use crate::store::oauth::Commit;
use crate::store::oauth::sessions::Return;
use crate::timestamp::Timestamp;

pub(in crate::oauth) async fn get(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    match arrive(&server, request).await {
        Ok(response) => response,
        Err(failure) => failed("sign_in", failure),
    }
}

async fn arrive(server: &AuthServer, request: Request) -> Result<Response, Failure> {
    let incoming = Incoming::read(request).await?;
    let parameters = Parameters::parse(incoming.query.as_bytes())?;
    let now = server.now();
    let (old, _) = session(server, &incoming, now).await?.ok_or(Problem::Forbidden)?;
    // Who has no session here is not counted, or a mere link would use up what all behind an address have.
    server.limit(&server.settings.limits.sign_in_by_address, &incoming.address).await?;
    let (challenge, arrival) = match &server.settings.sign_in {
        SignIn::Accounts => return Err(Problem::Forbidden.into()),
        SignIn::Product(product) => product.arrival(server, &parameters).await?,
        SignIn::Provider(provider) => {
            let state = parameters.one("state")?.and_then(Secret::presented).ok_or(SignInProblem::Challenge)?;
            // Before anything is redeemed: a stranger's code is not even tried.
            waiting(server, &old, &state, now).await?;
            let departure = Departure { challenge: &state, session: &old, again: false };
            let arrival = provider.arrival(server, &parameters, &departure).await?;
            (state, arrival)
        }
    };
    let (away, pending) = waiting(server, &old, &challenge, now).await?;
    let pending = pending.map(PendingRequest::after_sign_in);
    let (id, handle) = (server.secret("session")?, server.secret("request")?);
    let Arrival { signed_in, once } = arrival;
    let back = Return {
        old: old.digest(),
        challenge: challenge.digest(),
        new: (id.digest(), &Session::of(signed_in, now)),
        request: away.request.zip(pending.as_ref()).map(|(from, pending)| (from, handle.digest(), pending)),
        once: once.as_ref().map(|(name, until)| (name.as_str(), *until)),
    };
    if server.store.return_session(&back).await? != Commit::Done {
        return Err(SignInProblem::Challenge.into());
    }
    tracing::info!(endpoint = "sign_in", outcome = "signed_in", "oauth");
    let path = match pending {
        Some(_) => format!("/consent?request={}", handle.expose()),
        None => Next::said(away.next.as_deref()).as_str().to_owned(),
    };
    let location = server.settings.issuer.at(&path);
    Ok(remember(&server.settings.issuer, &id, see_other(&location)))
}

/// What this browser was sent away for with that challenge.
async fn waiting(
    server: &AuthServer,
    session: &Secret,
    challenge: &Secret,
    now: Timestamp,
) -> Result<(Away, Option<PendingRequest>), Failure> {
    let away = server.store.away(session.digest(), challenge.digest()).await?.and_then(|away| away.current(now));
    let away = away.ok_or(SignInProblem::Challenge)?;
    let Some(request) = away.request else { return Ok((away, None)) };
    let pending = server.store.request(session.digest(), request).await?.and_then(|pending| pending.current(now));
    Ok((away, Some(pending.ok_or(SignInProblem::Challenge)?)))
}
