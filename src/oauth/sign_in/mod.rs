//! Who is at the browser: asked of local accounts, of the host product, or of another OpenID provider. Which one is
//! configuration; what comes of it is the same, a [`SignedIn`] in a new session.
//!
//! ```text
//!  /sign-in ── challenge, kept with this browser's session ──▶ somebody else's page
//!  /sign-in/return ◀── the challenge again, and a signed text about a person ──┘
//! ```
//!
//! A challenge is found only in the partition of the session that it was made for, and only once. So what comes back is
//! worth nothing in another browser, and nothing the second time: nobody is signed in as somebody else by a link.

pub mod config;
pub mod product;
pub mod provider;
mod signed;
pub mod upstream;

use self::product::Product;
use self::provider::Provider;
use super::secret::Secret;
use super::session::SignedIn;
use crate::timestamp::Timestamp;
use crate::token::refusal::Refusal;

/// Where a browser that was signed in elsewhere comes back to.
pub const RETURN_PATH: &str = "/sign-in/return";

/// Who says who is at the browser.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// Accounts of this server's own, with passwords.
    Accounts,
    /// The host product, whose session the person has already.
    Product(Product),
    /// Another OpenID provider.
    Provider(Provider),
}

/// A browser on its way to where somebody else signs the person in.
pub(super) struct Departure<'a> {
    /// What must come back.
    pub(super) challenge: &'a Secret,
    /// The browser's session, which nobody else has the text of.
    pub(super) session: &'a Secret,
    /// Whether to ask even somebody who is signed in there.
    pub(super) again: bool,
}

/// What came back, proven to be from whom it says it is from.
pub(super) struct Arrival {
    /// Who it is.
    pub(super) signed_in: SignedIn,
    /// A name that may come once, and until when it could come.
    pub(super) once: Option<(String, Timestamp)>,
}

/// Why somebody is not signed in, though they came back. The page says only that it did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInProblem {
    /// Nothing that this browser was sent away with.
    #[error("this browser was not sent away with that challenge, or came back with it before")]
    Challenge,
    /// The signed text is not to be believed.
    #[error("what was said of the person is not to be believed: {0}")]
    Token(#[from] Refusal),
    /// Another provider's answer (RFC 9207 §2.4).
    #[error("the answer is from another provider than the one that was asked")]
    AnotherProvider,
    /// The provider refused.
    #[error("the provider did not sign the person in")]
    NotSignedIn,
    /// The provider does not take the code.
    #[error("the provider does not take the code that came back")]
    Code,
}
