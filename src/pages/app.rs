//! An app that asks for something, as it is shown to whom it asks.

use crate::oauth::authorization_request::AuthorizationRequest;
use crate::oauth::client::{Client, Origin};
use crate::oauth::document::url::DocumentUrl;

/// An app, and what is known of it.
pub(crate) struct App<'a> {
    /// What it calls itself; nobody has checked it.
    pub(super) name: &'a str,
    /// The letter that stands for it.
    pub(super) letter: char,
    /// Whether it registered itself.
    pub(super) unverified: bool,
    /// The host where it described itself, if it did.
    pub(super) described: Option<String>,
    /// The host that the answer goes to.
    pub(super) host: String,
    /// Whether that is the person's own machine.
    pub(super) local: bool,
}

impl<'a> App<'a> {
    /// The app of a request.
    pub(crate) fn of(client: &'a Client, request: &AuthorizationRequest) -> Self {
        let name = client.shown();
        Self {
            name,
            letter: letter(name),
            unverified: client.origin == Origin::SelfRegistered,
            described: document_host(client),
            host: request.target.host(),
            local: request.target.is_loopback(),
        }
    }
}

/// The first letter or digit of a name.
pub(super) fn letter(name: &str) -> char {
    name.chars().find(|letter| letter.is_alphanumeric()).and_then(|it| it.to_uppercase().next()).unwrap_or('?')
}

/// The host of the document that a client described itself in: the one thing that is known of it.
fn document_host(client: &Client) -> Option<String> {
    let url = DocumentUrl::parse(client.id.as_str())?;
    let host = url.url().host_str()?;
    Some(url.url().port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
