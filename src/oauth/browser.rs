//! The browser's side: its session cookie, and whether a form comes from a page of ours.

use std::borrow::Cow;

use axum::http::header::{COOKIE, HeaderValue, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;

use crate::timestamp::Timestamp;

use super::error::Problem;
use super::http::Incoming;
use super::issuer::Issuer;
use super::secret::Secret;
use super::server::{AuthServer, Failure};
use super::session::Session;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The session that a browser presents, if it is good.
pub(crate) async fn session(
    server: &AuthServer,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Option<(Secret, Session)>, Failure> {
    let Some(id) = presented(&server.settings.issuer, &incoming.headers) else { return Ok(None) };
    let session = server.store.session(id.digest()).await?.and_then(|session| session.current(now));
    Ok(session.map(|session| (id, session)))
}

/// The one session id that the browser sends; two are none.
fn presented(issuer: &Issuer, headers: &HeaderMap) -> Option<Secret> {
    let name = cookie_name(issuer);
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut ids = pairs.filter(|(key, _)| **key == *name).map(|(_, value)| value);
    match (ids.next(), ids.next()) {
        (Some(id), None) => Secret::presented(id),
        _ => None,
    }
}

/// `__Host-` binds the cookie to this very host over TLS. On loopback there is no TLS, and so no such name; and what else
/// is served there, on whatever port, shares its cookies with this server, so that the port is in the name.
fn cookie_name(issuer: &Issuer) -> Cow<'static, str> {
    match issuer.loopback_port() {
        None => Cow::Borrowed("__Host-session"),
        Some(port) => Cow::Owned(format!("edge-session-{port}")),
    }
}

/// Gives the browser its session.
pub(crate) fn remember(issuer: &Issuer, id: &Secret, mut response: Response) -> Response {
    let secure = if issuer.is_https() { "; Secure" } else { "" };
    let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Lax{secure}", cookie_name(issuer), id.expose());
    if let Ok(mut value) = HeaderValue::from_str(&cookie) {
        value.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// Takes the browser's session away.
pub(crate) fn forget(issuer: &Issuer, mut response: Response) -> Response {
    let secure = if issuer.is_https() { "; Secure" } else { "" };
    let cookie = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}", cookie_name(issuer));
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// Refuses a form that a page of another site sent.
///
/// Browsers say where a form comes from in `Sec-Fetch-Site`. Where they do not, `Origin` must be ours if it is there;
/// our pages send no referrer, so a browser without `Sec-Fetch-Site` says `null`, which is refused.
pub(crate) fn same_origin(issuer: &Issuer, incoming: &Incoming) -> Result<(), Problem> {
    let ours = match (incoming.header(&FETCH_SITE)?, incoming.header(&ORIGIN)?) {
        (Some(site), origin) => {
            site == "same-origin" && origin.is_none_or(|origin| origin == "null" || origin == issuer.as_str())
        }
        (None, Some(origin)) => origin == issuer.as_str(),
        (None, None) => true,
    };
    if ours { Ok(()) } else { Err(Problem::Forbidden) }
}
