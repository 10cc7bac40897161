//! Why a token is refused: every way to a 401, each with the code that the log and the metrics carry.

use crate::timestamp::Timestamp;

/// A caller without a credential that counts. The caller learns 401 and nothing else; the log learns which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No `Authorization` header.
    #[error("the request carries no credentials")]
    NoCredentials,
    /// Not one bearer token, or not of the form of a token.
    #[error("the credentials are not one bearer token of a known form")]
    Malformed,
    /// The check value of a personal access token is wrong.
    #[error("the token's check value is wrong: it was mistyped or cut")]
    Mistyped,
    /// The MAC of a personal access token is wrong.
    #[error("the token was not made with a key of this server")]
    Forged,
    /// The table has no such token, or no such grant; or another issuer's token names a grant that is not its own.
    #[error("no record of the token")]
    Unknown,
    /// The token is past its end.
    #[error("the token expired at {at}, and it is {now}")]
    Expired {
        /// From this on the token is no longer good.
        at: Timestamp,
        /// When it was presented.
        now: Timestamp,
    },
    /// The token, or the grant behind it, was revoked.
    #[error("the token was revoked at {at}")]
    Revoked {
        /// When it was.
        at: Timestamp,
    },
    /// The table has no such tenant.
    #[error("the tenant of the token does not exist")]
    TenantUnknown,
    /// The table has no such user in the tenant.
    #[error("the user of the token is not in the tenant")]
    UserUnknown,
    /// The user may not act at present.
    #[error("the user of the token is disabled")]
    UserDisabled,
    /// The header asks for something that is not supported: `crit`, `b64`, `zip`, `enc`.
    #[error("the token's header asks for what is not supported")]
    UnsupportedHeader,
    /// `alg` is none of ours, not the issuer's, or not the key's.
    #[error("the token is signed with an algorithm that is not allowed for its issuer or its key")]
    WrongAlgorithm,
    /// `typ` is not that of the issuer's access tokens.
    #[error("the token is of a type that its issuer's access tokens do not have")]
    WrongType,
    /// `iss` is nobody that the configuration names.
    #[error("the token is from an issuer that is not configured")]
    WrongIssuer,
    /// `aud` does not name this API.
    #[error("the token is not for this API")]
    WrongAudience,
    /// The issuer may not speak for the tenant.
    #[error("the token is for a tenant that its issuer may not speak for")]
    WrongTenant,
    /// The issuer has no such key, or has it no longer.
    #[error("the token is signed with a key that its issuer does not have")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the token's signature is wrong")]
    BadSignature,
    /// A claim that must be there is not.
    #[error("the token has no claim `{claim}`")]
    MissingClaim {
        /// Its name, by the configuration.
        claim: String,
    },
    /// A claim is of the wrong type, or has a value that means nothing.
    #[error("the token's claim `{claim}` is not what it must be")]
    InvalidClaim {
        /// Its name, by the configuration.
        claim: String,
    },
    /// A claim that the issuer's configuration fixes has another value.
    #[error("the token's claim `{claim}` has a value that is not allowed")]
    WrongClaim {
        /// Its name, by the configuration.
        claim: String,
    },
    /// `nbf` or `iat` is in the future.
    #[error("the token is good from {at}, and it is {now}")]
    NotYetValid {
        /// From this on the token would be good.
        at: Timestamp,
        /// When it was presented.
        now: Timestamp,
    },
    /// The token lives longer than its issuer's tokens may.
    #[error("the token lives for {seconds} s, and at most {most} are allowed")]
    LivesTooLong {
        /// From `iat` to `exp`.
        seconds: u64,
        /// What the configuration allows.
        most: u64,
    },
    /// `cnf`: the token is bound to a key that nobody checks here, so it is no bearer token (RFC 9700 §2.2.1).
    #[error("the token is bound to its sender, which is not supported")]
    SenderConstrained,
    /// `authorization_details`: rights that are not understood here (RFC 9396).
    #[error("the token has authorization details, which are not supported")]
    AuthorizationDetails,
    /// `sub` is the client itself: no user stands behind it (RFC 9068 §5).
    #[error("the token is a client's own, and no user's")]
    NoUser,
}

impl Refusal {
    /// The reason code: closed, documented, stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::Malformed => "malformed",
            Self::Mistyped => "mistyped",
            Self::Forged => "forged",
            Self::Unknown => "unknown_token",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
            Self::TenantUnknown => "unknown_tenant",
            Self::UserUnknown => "unknown_user",
            Self::UserDisabled => "user_disabled",
            Self::UnsupportedHeader => "unsupported_header",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::WrongType => "wrong_type",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::WrongTenant => "wrong_tenant",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::MissingClaim { .. } => "missing_claim",
            Self::InvalidClaim { .. } => "invalid_claim",
            Self::WrongClaim { .. } => "wrong_claim",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::LivesTooLong { .. } => "lives_too_long",
            Self::SenderConstrained => "sender_constrained",
            Self::AuthorizationDetails => "authorization_details",
            Self::NoUser => "no_user",
        }
    }
}
