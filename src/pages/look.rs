//! How the pages look: the product's name, its colour, where its people help; and the files that every page has.
//!
//! A file's address carries a hash of it, so that a browser may keep it for good and never has an old one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use sha2::{Digest, Sha256};
use url::Url;

use super::colour::Colour;
use crate::oauth::http::empty;
use crate::oauth::server::AuthServer;

pub(super) const STYLE: &str = "/style.css";
pub(super) const SCRIPT: &str = "/pages.js";
pub(super) const ICON: &str = "/icon.svg";

/// The longest name of a product, in characters.
pub const MAX_NAME: usize = 60;

/// The colour of who has given none.
const DEFAULT_COLOUR: Colour = Colour::rgb(0x1f, 0x5f, 0x5b);

/// The backgrounds that coloured text is read on, as `style.css` has them: the darkest by day, the lightest by night.
const DAY: Colour = Colour::rgb(0xf1, 0xf1, 0xec);
const NIGHT: Colour = Colour::rgb(0x26, 0x28, 0x2c);

/// How the pages of an installation look.
#[derive(Clone, Debug)]
pub struct Look {
    pub(super) name: String,
    pub(super) support: Option<String>,
    pub(super) style: File,
    pub(super) script: File,
    pub(super) icon: File,
}

/// What cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableLook {
    /// A name.
    #[error("a name has 1 to {MAX_NAME} characters, none of them a control character")]
    Name,
    /// A colour.
    #[error("a colour is written as `#1f5f5b`")]
    Colour,
    /// Where help is.
    #[error("help is at an https:// address or a mailto: one")]
    Support,
}

impl Look {
    /// The look of a product of that name, with its colour and the address where its people help.
    ///
    /// # Errors
    /// [`UnusableLook`].
    pub fn new(name: &str, colour: Option<&str>, support: Option<&str>) -> Result<Self, UnusableLook> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(UnusableLook::Name);
        }
        let colour = colour.map_or(Some(DEFAULT_COLOUR), Colour::parse).ok_or(UnusableLook::Colour)?;
        let support = support.map(|text| support_address(text).ok_or(UnusableLook::Support)).transpose()?;
        let style = format!("{}{}", colours(colour), include_str!("../../templates/style.css"));
        Ok(Self {
            name: name.to_owned(),
            support,
            style: File::new(STYLE, "text/css; charset=utf-8", style),
            script: File::new(
                SCRIPT,
                "text/javascript; charset=utf-8",
                include_str!("../../templates/pages.js").into(),
            ),
            icon: File::new(ICON, "image/svg+xml", drawn(colour)),
        })
    }
}

/// An address to lead people to.
pub(crate) fn support_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "https" | "mailto").then(|| url.into())
}

/// What is made of the one colour.
fn colours(colour: Colour) -> String {
    let [ink, day, night] = [colour.ink(), colour.readable_on(DAY), colour.readable_on(NIGHT)];
    format!(
        ":root{{--brand:{colour};--on-brand:{ink};--accent:{day}}}\n\
         @media(prefers-color-scheme:dark){{:root{{--brand:{night};--on-brand:{};--accent:{night}}}}}\n",
        night.ink()
    )
}

fn drawn(colour: Colour) -> String {
    let ink = colour.ink();
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="{colour}"/><path d="M10 17.5l4.2 4.2L22.5 11" fill="none" stroke="{ink}" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round"/></svg>"#
    )
}

/// A file that every page has.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its address, hash and all.
    pub(super) address: String,
    tag: String,
    media_type: &'static str,
    text: Arc<str>,
}

impl File {
    fn new(path: &str, media_type: &'static str, text: String) -> Self {
        let hash: String = Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { address: format!("{path}?{hash}"), tag: format!("\"{hash}\""), media_type, text: text.into() }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers.get(IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == self.tag.as_bytes());
        let mut response = empty(if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
        if !known {
            *response.body_mut() = Body::from(self.text.to_string());
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // A drawing is a document too, for who opens it by itself.
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            headers.insert(ETAG, tag);
        }
        response
    }
}

/// `GET /style.css`
pub(super) async fn style(State(server): State<Arc<AuthServer>>, headers: HeaderMap) -> Response {
    server.settings.pages.look.style.answer(&headers)
}

/// `GET /pages.js`
pub(super) async fn script(State(server): State<Arc<AuthServer>>, headers: HeaderMap) -> Response {
    server.settings.pages.look.script.answer(&headers)
}

/// `GET /icon.svg`
pub(super) async fn icon(State(server): State<Arc<AuthServer>>, headers: HeaderMap) -> Response {
    server.settings.pages.look.icon.answer(&headers)
}
