//! Why a token is refused: every way to a 401, each with the code that the log and the metrics carry.

use crate::timestamp::Timestamp;

/// A caller without a credential that counts. The caller learns 401 and nothing else; the log learns which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the request carries no credentials")]
    NoCredentials,
    #[error("the credentials are not one bearer token of a known form")]
    Malformed,
    #[error("the token's check value is wrong: it was mistyped or cut")]
    Mistyped,
    #[error("the token was not made with a key of this server")]
    Forged,
    #[error("no record of the token")]
    Unknown,
    #[error("the token expired at {at}, and it is {now}")]
    Expired { at: Timestamp, now: Timestamp },
    #[error("the token was revoked at {at}")]
    Revoked { at: Timestamp },
    #[error("the tenant of the token does not exist")]
    TenantUnknown,
    #[error("the user of the token is not in the tenant")]
    UserUnknown,
    #[error("the user of the token is disabled")]
    UserDisabled,
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
        }
    }
}
