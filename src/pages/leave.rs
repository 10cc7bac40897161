//! The page that asks whether to go and sign in elsewhere, for an app.

use askama::Template;

use super::app::App;
use super::frame::Frame;

/// The page.
#[derive(Template)]
#[template(path = "leave.html")]
pub(crate) struct LeavePage<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) app: App<'a>,
    /// The host of the provider.
    pub(crate) provider: &'a str,
    /// The handle of the request.
    pub(crate) handle: &'a str,
}
