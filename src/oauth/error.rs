//! What can be wrong with a request, and the one place where that becomes an error of OAuth.
//!
//! A problem says what the log may know; its code and its description say what the caller may know. Neither holds
//! any text of the request.

#![expect(missing_docs, reason = "the message of each variant is its documentation")]

use std::fmt;

use super::sign_in::SignInProblem;

/// What is wrong with a request: the caller's doing, never this server's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("{0}")]
    Malformed(&'static str),
    #[error("the parameter `{0}` is missing")]
    Missing(&'static str),
    #[error("the parameter `{0}` is there more than once")]
    Duplicate(&'static str),
    #[error("the parameter `{0}` has a value that is not acceptable")]
    Invalid(&'static str),
    #[error("the response type is not `code`")]
    ResponseType,
    #[error("request objects are not supported")]
    RequestObject,
    #[error("request objects by reference are not supported and never fetched")]
    RequestUri,
    #[error("none of the scopes asked for can be granted")]
    Scope,
    #[error("the resource is not one that this server issues tokens for")]
    Target,
    #[error("the client could not be authenticated: {0}")]
    Client(ClientProblem),
    #[error("the grant is not valid: {0}")]
    Grant(GrantProblem),
    #[error("the client is not registered for this grant type")]
    UnauthorizedClient,
    #[error("the grant type is not supported")]
    GrantType,
    #[error("a redirect URI is not acceptable: {0}")]
    RedirectUri(RedirectUriProblem),
    #[error("the client's metadata is not acceptable: `{0}`")]
    Metadata(&'static str),
    #[error("the user denied the request")]
    Denied,
    #[error("nobody is signed in: {0}")]
    SignIn(SignInProblem),
    #[error("nobody is signed in, and no page may be shown")]
    LoginRequired,
    #[error("consent is always asked for, and no page may be shown")]
    ConsentRequired,
    #[error("registration needs a token, and the right one did not come with the request")]
    RegistrationToken,
    #[error("clients are registered by the operator alone")]
    RegistrationClosed,
    #[error("the caller may not ask this")]
    Forbidden,
    #[error("the request was answered before")]
    Answered,
    #[error("there is no such page")]
    NoSuchPage,
    #[error("the page does not do that")]
    NoSuchMethod,
    #[error("the body is longer than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("too many requests; the next may come in {retry_after} s")]
    TooMany { retry_after: u64 },
}

/// Why a client is not who it says it is. The caller learns `invalid_client` for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientProblem {
    #[error("no client is named")]
    Unnamed,
    #[error("no such client")]
    Unknown,
    #[error("the registration has expired")]
    Expired,
    #[error("the authentication method is not the registered one")]
    Method,
    #[error("the secret is wrong")]
    Secret,
    #[error("the `Authorization` header is not readable")]
    Header,
    #[error("the client's metadata document could not be fetched")]
    DocumentNotFetched,
    #[error("the client's metadata document is not acceptable")]
    Document,
}

/// Why a code or a refresh token is not good. The caller learns `invalid_grant` for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantProblem {
    #[error("it does not have the form of one that this server issues")]
    Malformed,
    #[error("no record of it")]
    Unknown,
    #[error("it has expired")]
    Expired,
    #[error("it has been used before, and the grant is ended")]
    Reused,
    #[error("it was issued to another client")]
    AnotherClient,
    #[error("the redirect URI is not the one that was authorized")]
    RedirectUri,
    #[error("the code verifier is missing")]
    VerifierMissing,
    #[error("the code verifier does not fit the challenge")]
    Verifier,
    #[error("too many wrong code verifiers")]
    Attempts,
    #[error("the grant has been ended")]
    Ended,
    #[error("the user may no longer act in the tenant")]
    User,
}

/// Why a redirect URI cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriProblem {
    #[error("there is none that an authorization could go to")]
    None,
    #[error("there are too many")]
    TooMany,
    #[error("it is not an absolute URI in its normal form")]
    Form,
    #[error("it has a fragment, user information or a wildcard")]
    Part,
    #[error("its scheme is dangerous")]
    Scheme,
    #[error("http is for loopback addresses alone")]
    PlainHttp,
    #[error("its host is not a host of anybody's own")]
    Host,
    #[error("its query carries a parameter of the response")]
    Query,
}

/// An error code of OAuth, as the wire knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    InvalidScope,
    InvalidTarget,
    AccessDenied,
    LoginRequired,
    ConsentRequired,
    RequestNotSupported,
    RequestUriNotSupported,
    InvalidRedirectUri,
    InvalidClientMetadata,
    InvalidToken,
    SlowDown,
    TemporarilyUnavailable,
    ServerError,
}

impl Code {
    /// The code as it stands in an answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidToken => "invalid_token",
            Self::SlowDown => "slow_down",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Problem {
    /// The code and the HTTP status: the one translation of a problem to the wire.
    pub fn answer(&self) -> (Code, u16) {
        match self {
            Self::Malformed(_) | Self::Missing(_) | Self::Duplicate(_) | Self::Invalid(_) => {
                (Code::InvalidRequest, 400)
            }
            Self::ResponseType => (Code::UnsupportedResponseType, 400),
            Self::RequestObject => (Code::RequestNotSupported, 400),
            Self::RequestUri => (Code::RequestUriNotSupported, 400),
            Self::Scope => (Code::InvalidScope, 400),
            Self::Target => (Code::InvalidTarget, 400),
            Self::Client(_) => (Code::InvalidClient, 401),
            Self::Grant(_) => (Code::InvalidGrant, 400),
            Self::UnauthorizedClient => (Code::UnauthorizedClient, 400),
            Self::GrantType => (Code::UnsupportedGrantType, 400),
            Self::RedirectUri(_) => (Code::InvalidRedirectUri, 400),
            Self::Metadata(_) => (Code::InvalidClientMetadata, 400),
            Self::Denied | Self::SignIn(_) | Self::RegistrationClosed | Self::Forbidden => (Code::AccessDenied, 403),
            Self::LoginRequired => (Code::LoginRequired, 403),
            Self::ConsentRequired => (Code::ConsentRequired, 403),
            Self::Answered => (Code::InvalidRequest, 409),
            Self::NoSuchPage => (Code::InvalidRequest, 404),
            Self::NoSuchMethod => (Code::InvalidRequest, 405),
            Self::RegistrationToken => (Code::InvalidToken, 401),
            Self::TooLarge { .. } => (Code::InvalidRequest, 413),
            Self::TooMany { .. } => (Code::SlowDown, 429),
        }
    }

    /// What the caller is told beside the code. Only characters of RFC 6749 §5.2 (`%x20-21 / %x23-5B / %x5D-7E`),
    /// and nothing of the request: a code that is unknown and one that has expired read the same.
    pub fn description(&self) -> String {
        match self {
            // Nothing more: what is to be fetched is a stranger's choice, and no probe of this server's surroundings.
            Self::Client(problem @ (ClientProblem::DocumentNotFetched | ClientProblem::Document)) => {
                problem.to_string()
            }
            Self::Client(_) => "the client is unknown or could not be authenticated".to_owned(),
            Self::SignIn(_) => "the sign-in did not succeed".to_owned(),
            Self::Grant(_) => "the code or the refresh token is not valid".to_owned(),
            other => other.to_string(),
        }
    }
}

macro_rules! problem_from {
    ($($variant:ident($error:ty)),*) => {
        $(impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

problem_from!(Client(ClientProblem), Grant(GrantProblem), RedirectUri(RedirectUriProblem), SignIn(SignInProblem));
