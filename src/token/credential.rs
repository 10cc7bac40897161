//! A credential whose own form and signature are proven, whichever kind it is, and the record that stands behind it.

use crate::access::identity::{ClientId, GrantId, TenantId, UserId};
use crate::timestamp::Timestamp;

use super::pat::PresentedPat;

/// The kind of a token: which security scheme of the API reference it satisfies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// Scheme `bearerPat`.
    Pat,
    /// Scheme `oauth2`.
    AccessToken,
}

impl TokenKind {
    /// Both kinds, in the order in which everything prints them.
    pub const ALL: [Self; 2] = [Self::Pat, Self::AccessToken];

    /// The name as backends receive it in `token_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pat => "pat",
            Self::AccessToken => "access_token",
        }
    }
}

/// A credential that has proven itself as far as it can without a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A personal access token whose MAC is right.
    Pat(PresentedPat),
    /// A JWT whose signature and claims are right.
    AccessToken(AccessToken),
}

impl Credential {
    /// Which kind it is.
    pub fn kind(&self) -> TokenKind {
        match self {
            Self::Pat(_) => TokenKind::Pat,
            Self::AccessToken(_) => TokenKind::AccessToken,
        }
    }

    /// How many records the decision reads: the tenant, the user, and the record behind the token.
    pub fn reads(&self) -> u32 {
        match self {
            Self::AccessToken(token) if token.grant.is_none() => 2,
            Self::Pat(_) | Self::AccessToken(_) => 3,
        }
    }

    /// The tenant that the token identifies.
    pub fn tenant(&self) -> &TenantId {
        match self {
            Self::Pat(pat) => &pat.tenant,
            Self::AccessToken(token) => &token.tenant,
        }
    }

    /// The user that acts.
    pub fn user(&self) -> &UserId {
        match self {
            Self::Pat(pat) => &pat.user,
            Self::AccessToken(token) => &token.user,
        }
    }
}

/// The claims of a JWT access token whose signature, issuer, audience, type and times are verified (RFC 9068).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// The tenant, `business_id`.
    pub tenant: TenantId,
    /// The user that acts, by the issuer's configuration.
    pub user: UserId,
    /// The OAuth client.
    pub client_id: ClientId,
    /// `jti`.
    pub token_id: String,
    /// The names in `scope`.
    pub scopes: Vec<String>,
    /// The grant that it was issued under; none only where the issuer's configuration needs none.
    pub grant: Option<GrantId>,
    /// This product's own authorization server issued it, which wrote the grant's record too.
    pub is_ours: bool,
}

/// The stored half of a personal access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatRecord {
    /// The public id, `pat_…`: what logs and people call the token.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The user that it acts for.
    pub user: UserId,
    /// What it asks for.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// The token is good before this, and no longer at it.
    pub expires: Timestamp,
    /// When it was revoked, if it was.
    pub revoked: Option<Timestamp>,
    /// When it was last used, to the hour.
    pub last_used: Option<Timestamp>,
    /// The token that was issued in its place, once it was rotated.
    pub successor: Option<String>,
}

/// What a user granted to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRecord {
    /// The id that tokens name it by.
    pub id: GrantId,
    /// Who granted.
    pub user: UserId,
    /// To which client.
    pub client_id: ClientId,
    /// What was granted: a token of it is worth no more.
    pub scopes: Vec<String>,
    /// When it was withdrawn, if it was.
    pub revoked: Option<Timestamp>,
}

/// The record behind a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialRecord {
    /// Of a personal access token.
    Pat(PatRecord),
    /// Of the grant behind an access token.
    Grant(GrantRecord),
}
