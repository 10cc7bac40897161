//! `POST /token`: a code or a refresh token for new tokens.
//!
//! Signing comes before anything is claimed, so that a failing key burns nothing. What was decided on a record holds
//! only while the record is still so; else it is decided again on what it has become. Once something is claimed, there is
//! an answer: whoever was told to try again then would end their own grant by it. (The store may claim and not say so in
//! time; then there is none.)

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::{authenticated, told};
use crate::access::tenant::UserStatus;
use crate::oauth::access_token::Claims;
use crate::oauth::authorization_request::resource;
use crate::oauth::client::AuthenticatedClient;
use crate::oauth::code::{NotRedeemed, Redeemed, Redemption};
use crate::oauth::error::{ClientProblem, GrantProblem, Problem};
use crate::oauth::family::{Family, NotRefreshed, RefreshRequest, Rotating, Standing};
use crate::oauth::grant::Grant;
use crate::oauth::http::Incoming;
use crate::oauth::metadata::GrantType;
use crate::oauth::parameters::Parameters;
use crate::oauth::refresh_token::{IssuedRefreshToken, PresentedRefreshToken};
use crate::oauth::scope::Scopes;
use crate::oauth::seal::{open, seal};
use crate::oauth::secret::Secret;
use crate::oauth::server::{AuthServer, Failure};
use crate::store::audit::Action;
use crate::store::oauth::Commit;
use crate::timestamp::Timestamp;
use crate::token::base62;

/// How often a decision is made anew when the record changed under it. The second look finds what the first winner
/// wrote; more are for DynamoDB's own conflicts.
const LOOKS: usize = 8;

/// What comes of a token request (RFC 6749 §5.1).
#[derive(Serialize, Deserialize)]
pub(in crate::oauth) struct TokenAnswer {
    access_token: String,
    token_type: String,
    expires_in: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
}

pub(in crate::oauth) async fn post(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    told("token", StatusCode::OK, exchange(&server, request).await)
}

async fn exchange(server: &AuthServer, request: Request) -> Result<TokenAnswer, Failure> {
    let incoming = Incoming::read(request).await?;
    let form = incoming.form()?;
    let grant_type = match form.required("grant_type")? {
        "authorization_code" => GrantType::AuthorizationCode,
        "refresh_token" => GrantType::RefreshToken,
        _ => return Err(Problem::GrantType.into()),
    };
    let client = authenticated(server, &incoming, &form).await?;
    if !client.may_use(grant_type) {
        return Err(Problem::UnauthorizedClient.into());
    }
    let answer = match grant_type {
        GrantType::AuthorizationCode => redeem(server, &client, &form).await?,
        GrantType::RefreshToken => refresh(server, &client, &form).await?,
    };
    renew(server, &client).await;
    Ok(answer)
}

async fn redeem(server: &AuthServer, client: &AuthenticatedClient, form: &Parameters) -> Result<TokenAnswer, Failure> {
    let digest = Secret::presented(form.required("code")?).ok_or(GrantProblem::Malformed)?.digest();
    let attempt = Redemption {
        client: &client.id,
        redirect_uri: form.one("redirect_uri")?,
        verifier: form.one("code_verifier")?,
    };
    for _ in 0..LOOKS {
        let now = server.now();
        let code = server.store.code(digest).await?.ok_or(GrantProblem::Unknown)?;
        let redeemed = match code.redeem(&attempt, now) {
            Ok(redeemed) => redeemed,
            Err(NotRedeemed::Invalid(problem)) => return Err(problem.into()),
            Err(NotRedeemed::WrongVerifier) => {
                server.store.count_attempt(digest).await?;
                return Err(GrantProblem::Verifier.into());
            }
            Err(NotRedeemed::Replayed(grant)) => return Err(ended(server, &grant).await?),
        };
        resource(form, &redeemed.grant.resource)?;
        still_a_member(server, &redeemed.grant).await?;
        let refresh_token = redeemed.refreshable.then(|| new_refresh_token(server, &redeemed.grant)).transpose()?;
        let answer = answer(server, &redeemed.grant, &redeemed.grant.scopes, refresh_token.as_ref(), now).await?;
        let start = |token: &IssuedRefreshToken| {
            Family::start(redeemed.grant.clone(), token.digest(), server.settings.lifetimes.refresh, now)
        };
        let family = refresh_token.as_ref().map(start);
        let stamp = server.stamp(&redeemed.grant.user)?;
        let access = server.settings.lifetimes.access;
        if server.store.claim(digest, &redeemed, family.as_ref(), access, &stamp).await? == Commit::Done {
            log("redeemed", &redeemed.grant);
            return Ok(answer);
        }
        still_a_client(server, &redeemed).await?;
    }
    Err(Failure::Contention)
}

async fn refresh(server: &AuthServer, client: &AuthenticatedClient, form: &Parameters) -> Result<TokenAnswer, Failure> {
    let presented = server.settings.refresh_tokens.open(form.required("refresh_token")?)?;
    for _ in 0..LOOKS {
        let now = server.now();
        let family = server.store.family(&presented.tenant, &presented.grant).await?.ok_or(GrantProblem::Unknown)?;
        let grant = family.grant.clone();
        let standing = match family.present(presented.digest(), &client.id, now) {
            Ok(standing) => standing,
            Err(NotRefreshed::Invalid(problem)) => return Err(problem.into()),
            Err(NotRefreshed::Reused) => return Err(ended(server, &grant).await?),
        };
        let request = RefreshRequest {
            scopes: grant.scopes.narrowed(form.one("scope")?, &server.api.catalogue)?,
            resource: resource(form, &grant.resource)?,
        };
        still_a_member(server, &grant).await?;
        match standing {
            Standing::Current(rotating) => {
                if let Some(answer) = rotate(server, rotating, request, &presented, now).await? {
                    log("refreshed", &grant);
                    return Ok(answer);
                }
            }
            Standing::JustUsed(repeating) => {
                let binding = repeating.binding();
                let Ok(sealed) = repeating.answer(&request) else { return Err(ended(server, &grant).await?) };
                log("repeated", &grant);
                return unsealed(&presented, &binding, &sealed);
            }
        }
    }
    Err(Failure::Contention)
}

/// The new tokens; none if somebody else was faster.
async fn rotate(
    server: &AuthServer,
    rotating: Rotating,
    request: RefreshRequest,
    presented: &PresentedRefreshToken,
    now: Timestamp,
) -> Result<Option<TokenAnswer>, Failure> {
    let successor = new_refresh_token(server, rotating.grant())?;
    let answer = answer(server, rotating.grant(), &request.scopes, Some(&successor), now).await?;
    let text = serde_json::to_vec(&answer).map_err(|_| Failure::Broken("an answer cannot be written"))?;
    let sealed = seal(presented.expose(), &rotating.binding(), &text, server.random()?)
        .map_err(|_| Failure::Broken("an answer cannot be sealed"))?;
    let next = rotating.rotate(successor.digest(), request, sealed, server.settings.lifetimes.refresh, now);
    Ok((server.store.rotate(&next).await? == Commit::Done).then_some(answer))
}

fn unsealed(presented: &PresentedRefreshToken, binding: &[u8], sealed: &[u8]) -> Result<TokenAnswer, Failure> {
    let text =
        open(presented.expose(), binding, sealed).map_err(|_| Failure::Broken("a sealed answer does not open"))?;
    serde_json::from_slice(&text).map_err(|_| Failure::Broken("a sealed answer cannot be read"))
}

/// Ends a grant because one of its secrets came back.
async fn ended(server: &AuthServer, grant: &Grant) -> Result<Failure, Failure> {
    let stamp = server.stamp(&grant.client)?;
    server.store.end_grant(&grant.tenant, &grant.id, Action::GrantReplay, &stamp).await?;
    log("reused", grant);
    Ok(GrantProblem::Reused.into())
}

/// The registration that a claim was refused for may be gone: then there is no code of it any more.
async fn still_a_client(server: &AuthServer, redeemed: &Redeemed) -> Result<(), Failure> {
    let client = server.store.client(&redeemed.grant.client).await?.ok_or(ClientProblem::Unknown)?;
    if client.registered != redeemed.registered {
        return Err(ClientProblem::Unknown.into());
    }
    client.current(server.now())?;
    Ok(())
}

/// A user who has left or is disabled gets nothing new; what the others get is worth what they may do at each
/// decision.
async fn still_a_member(server: &AuthServer, grant: &Grant) -> Result<(), Failure> {
    match server.store.member(&grant.tenant, &grant.user).await? {
        Some((_, user)) if user.status == UserStatus::Active => Ok(()),
        Some(_) | None => Err(GrantProblem::User.into()),
    }
}

fn new_refresh_token(server: &AuthServer, grant: &Grant) -> Result<IssuedRefreshToken, Failure> {
    Ok(server.settings.refresh_tokens.issue(&grant.tenant, &grant.id, server.random()?))
}

async fn answer(
    server: &AuthServer,
    grant: &Grant,
    scopes: &Scopes,
    refresh_token: Option<&IssuedRefreshToken>,
    now: Timestamp,
) -> Result<TokenAnswer, Failure> {
    let life = server.settings.lifetimes.access;
    let claims = Claims {
        issuer: server.settings.issuer.to_string(),
        audience: grant.resource.clone(),
        tenant: grant.tenant.clone(),
        user: grant.user.clone(),
        client_id: grant.client.clone(),
        grant: grant.id.clone(),
        scopes: scopes.names().to_vec(),
        token_id: base62::encode(&server.random::<16>()?),
        issued: now,
        expires: now.plus(life),
    };
    Ok(TokenAnswer {
        access_token: server.signer.sign(&claims).await?,
        token_type: "Bearer".to_owned(),
        expires_in: life,
        refresh_token: refresh_token.map(|token| token.expose().to_owned()),
        scope: scopes.to_string(),
    })
}

/// A registration that is used does not end. Where that cannot be written down, the next use does it: what was asked for
/// is done already.
async fn renew(server: &AuthServer, client: &AuthenticatedClient) {
    let now = server.now();
    let Some(until) = client.renewed(server.settings.lifetimes.registration, now) else { return };
    if let Err(fault) = server.store.renew_client(client, until, now).await {
        tracing::warn!(endpoint = "token", outcome = "not_renewed", client = client.id.as_str(), reason = %fault, "oauth");
    }
}

fn log(outcome: &'static str, grant: &Grant) {
    let (tenant, client) = (grant.tenant.as_str(), grant.client.as_str());
    tracing::info!(endpoint = "token", outcome, tenant, client, user = %grant.user, grant = %grant.id, "oauth");
}
