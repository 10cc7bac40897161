//! A page as an answer.

use askama::Template;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::Response;

use crate::oauth::http::empty;

/// Nothing but our own files, and no frame around it. There is no `form-action`: Chromium holds it against the redirect
/// that answers the form, which leads to the client.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-ancestors 'none'; \
                      base-uri 'none'";

/// The page, with the headers that every page has.
pub(crate) fn show(status: StatusCode, page: &impl Template) -> Response {
    let Ok(html) = page.render() else { return empty(StatusCode::INTERNAL_SERVER_ERROR) };
    let mut response = empty(status);
    *response.body_mut() = Body::from(html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
