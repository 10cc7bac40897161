//! What an installation of the authorization server decides.

use super::family::RefreshLifetimes;
use super::issuer::Issuer;
use super::limit::Limits;
use super::refresh_token::RefreshTokenFormat;
use super::secret::SecretDigest;
use super::sign_in::SignIn;
use crate::pages::look::Look;
use crate::token::pat::PatFormat;

const DAY: u64 = 24 * 3600;

/// Who may register a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Anybody, within limits.
    Open,
    /// Whoever has the token of this digest (RFC 7591 §3, "initial access token").
    Token(SecretDigest),
    /// Nobody: the operator makes clients.
    Off,
}

impl Registration {
    /// Reads who may register: `open`, `token` together with that token, or `off`.
    ///
    /// # Errors
    /// [`UnknownRegistration`]; a token's text is never in it.
    pub fn parse(mode: &str, token: Option<&str>) -> Result<Self, UnknownRegistration> {
        match (mode, token.filter(|token| !token.is_empty())) {
            ("open", _) => Ok(Self::Open),
            ("off", _) => Ok(Self::Off),
            ("token", Some(token)) => Ok(Self::Token(SecretDigest::of(token))),
            ("token", None) => Err(UnknownRegistration::NoToken),
            (other, _) => Err(UnknownRegistration::Mode(other.to_owned())),
        }
    }
}

/// Text that does not say who may register.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownRegistration {
    /// No such mode.
    #[error("`{0}` is neither `open` nor `token` nor `off`")]
    Mode(String),
    /// The token that clients must bring is not said.
    #[error("`token` needs the token that clients must bring, in REGISTRATION_TOKEN")]
    NoToken,
}

/// Whether a client may be named by the address of a document that describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientDocuments {
    /// Yes: public clients alone.
    Fetched,
    /// No: nothing is ever fetched for a stranger.
    Off,
}

/// How long things live, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Codes.
    pub code: u64,
    /// Access tokens.
    pub access: u64,
    /// Refresh tokens.
    pub refresh: RefreshLifetimes,
    /// Registrations that nobody uses.
    pub registration: u64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            code: 60,
            access: 15 * 60,
            refresh: RefreshLifetimes { idle: 30 * DAY, absolute: 365 * DAY },
            registration: 90 * DAY,
        }
    }
}

/// The settings of an authorization server.
#[derive(Clone, Debug)]
pub struct OAuthSettings {
    /// Whom it speaks for.
    pub issuer: Issuer,
    /// The API that its tokens are for: their `aud`, and the only `resource`.
    pub resource: String,
    /// The scopes of a request without any, where the client has no default of its own.
    pub default_scopes: Vec<String>,
    /// Who may register a client.
    pub registration: Registration,
    /// Whether clients may be described by documents of their own.
    pub documents: ClientDocuments,
    /// Who says who is at the browser.
    pub sign_in: SignIn,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How often things may be tried.
    pub limits: Limits,
    /// What codes and client secrets start with, `crm`.
    pub prefix: String,
    /// The form and the keys of refresh tokens.
    pub refresh_tokens: RefreshTokenFormat,
    /// What the pages for people are told.
    pub pages: PageSettings,
}

/// The settings of the pages for people.
#[derive(Clone, Debug)]
pub struct PageSettings {
    /// How they look.
    pub look: Look,
    /// How long the gateway keeps an answer, in seconds: until then a change may not be seen.
    pub delay: u64,
    /// Where members and roles are administered, if it is not here: the host product's own page.
    pub roles_url: Option<String>,
    /// What makes personal access tokens. Without it, people have no account here beyond signing in and out.
    pub pats: Option<PatFormat>,
}
