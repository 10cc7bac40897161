//! `POST /introspect`: a client that the operator gave the right asks what a token is worth (RFC 7662).
//!
//! The authorizer never calls it. Whatever is not good is only that: `{"active":false}`, whyever (RFC 7662 §2.2).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::{authenticated, told};
use crate::access::tenant::{TenantStatus, UserStatus};
use crate::oauth::error::Problem;
use crate::oauth::family::Standing;
use crate::oauth::http::Incoming;
use crate::oauth::returned::{access_token, expires, principal};
use crate::oauth::server::{AuthServer, Failure};
use crate::timestamp::Timestamp;

pub(in crate::oauth) async fn post(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    told("introspect", StatusCode::OK, introspect(&server, request).await)
}

async fn introspect(server: &AuthServer, request: Request) -> Result<Value, Failure> {
    let incoming = Incoming::read(request).await?;
    let form = incoming.form()?;
    let client = authenticated(server, &incoming, &form).await?;
    if client.is_public() || !client.may_introspect() {
        return Err(Problem::Forbidden.into());
    }
    let (text, now) = (form.required("token")?, server.now());
    let active = match server.settings.refresh_tokens.claims(text) {
        true => of_refresh_token(server, text, now).await?,
        false => of_access_token(server, text, now).await?,
    };
    Ok(active.unwrap_or_else(|| json!({"active": false})))
}

async fn of_access_token(server: &AuthServer, text: &str, now: Timestamp) -> Result<Option<Value>, Failure> {
    let Some(token) = access_token(server, text, now).await? else { return Ok(None) };
    let Some(principal) = principal(server, token, now).await? else { return Ok(None) };
    if principal.tenant.status == TenantStatus::Suspended {
        return Ok(None);
    }
    let scopes: Vec<&str> = server.api.catalogue.names(principal.token.scopes).collect();
    Ok(Some(json!({
        "active": true,
        "token_type": "Bearer",
        "iss": server.settings.issuer.as_str(),
        "aud": server.settings.resource,
        "sub": principal.user.id,
        "business_id": principal.tenant.id,
        "client_id": principal.token.client_id,
        "scope": scopes.join(" "),
        "exp": expires(text),
        "jti": principal.token.id,
    })))
}

async fn of_refresh_token(server: &AuthServer, text: &str, now: Timestamp) -> Result<Option<Value>, Failure> {
    let Ok(presented) = server.settings.refresh_tokens.open(text) else { return Ok(None) };
    let Some(family) = server.store.family(&presented.tenant, &presented.grant).await? else { return Ok(None) };
    let (grant, ends) = (family.grant.clone(), family.idle_end.min(family.absolute_end));
    // To look is not to use: an old token that is asked about ends nothing.
    let Ok(Standing::Current(_)) = family.present(presented.digest(), &grant.client, now) else { return Ok(None) };
    match server.store.member(&grant.tenant, &grant.user).await? {
        Some((tenant, user)) if user.status == UserStatus::Active && tenant.status == TenantStatus::Active => {}
        Some(_) | None => return Ok(None),
    }
    Ok(Some(json!({
        "active": true,
        "iss": server.settings.issuer.as_str(),
        "sub": grant.user,
        "business_id": grant.tenant,
        "client_id": grant.client,
        "scope": grant.scopes.to_string(),
        "exp": ends,
    })))
}
