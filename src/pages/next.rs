//! Where a sign-in leads to that no app asked for: a page of the account, and never anywhere else.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::account::HOME;

/// The longest path: one that brings a whole form back.
const MAX_LENGTH: usize = 4096;

/// What stays as it is in a query's value.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'/');

/// A path of the account, with its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Next(String);

impl Next {
    /// Takes what a query or a form says; what leads anywhere else leads to the account's first page.
    pub(crate) fn said(text: Option<&str>) -> Self {
        Self(text.filter(|text| is_inside(text)).unwrap_or(HOME).to_owned())
    }

    /// The path.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A page with its query.
    pub(crate) fn to(path: &str, query: &str) -> Self {
        let text = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        Self::said(Some(&text))
    }

    /// Where somebody who is signed in proves it again, to go on there.
    pub(crate) fn sign_in_again(&self) -> String {
        format!("{}&again=1", self.sign_in())
    }

    /// Where somebody signs in who is to go on there.
    pub(crate) fn sign_in(&self) -> String {
        format!("/sign-in?next={}", utf8_percent_encode(&self.0, VALUE))
    }
}

/// Whether a browser that is led there comes to a page of the account: to no other host by `//` or `\`, and by no dots, as
/// they are or encoded, to another path.
fn is_inside(text: &str) -> bool {
    let path = text.split('?').next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/?&=%+-._~:!*'(),".contains(&byte);
    let under = path == HOME || path.strip_prefix(HOME).is_some_and(|rest| rest.starts_with('/'));
    // The same parser as the browser's; the host is any.
    let stays = || Url::parse("http://here").and_then(|here| here.join(text)).is_ok_and(|url| url.path() == path);
    under && text.len() <= MAX_LENGTH && text.bytes().all(plain) && !path.contains("//") && stays()
}
