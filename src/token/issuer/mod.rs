//! One issuer of access tokens, and everything that its tokens must be to be believed.
//!
//! Nothing is believed by default: an issuer speaks for the tenants that its configuration names, for users by the
//! rule that its configuration states, in tokens of the type that it names, for this API, within their times.

pub mod config;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use url::Url;

use super::credential::AccessToken;
use super::jwt::algorithm::Algorithm;
use super::jwt::candidate::Candidate;
use super::jwt::claims::{Claims, invalid};
use super::jwt::compact::{Compact, Header};
use super::key_set::KeySet;
use super::refusal::Refusal;
use crate::access::identity::{ClientId, GrantId, TenantId, UserId};
use crate::timestamp::Timestamp;

/// The type of access tokens (RFC 9068 §2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// The life that an issuer's tokens may have where the configuration says nothing, in seconds. A token that has no
/// grant behind it lives as long as it says, whatever happens.
pub const DEFAULT_MAX_LIFETIME: u64 = 3600;

/// The longest `jti`, in bytes: it goes to the log and to the backend.
const MAX_TOKEN_ID_LENGTH: usize = 128;

/// An issuer, as it is configured.
#[derive(Clone, Debug)]
pub struct Issuer {
    name: String,
    /// This product's own authorization server.
    is_ours: bool,
    audience: String,
    algorithms: Vec<Algorithm>,
    keys: KeySource,
    key_id: KeyId,
    types: Vec<String>,
    required_claims: BTreeMap<String, Vec<Value>>,
    tenants: Tenants,
    user: UserRule,
    grant: GrantRule,
    claims: ClaimNames,
    max_lifetime: u64,
}

/// Where an issuer's keys are.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// In the table's partition `KEY#<issuer>`.
    Table,
    /// At a URL, as a JWK set.
    Url(Url),
    /// In the configuration.
    Inline(Arc<KeySet>),
}

/// Whether a token must name its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyId {
    /// A token without `kid` is refused.
    Required,
    /// A token without `kid` means the issuer's only key for its algorithm.
    Optional,
}

/// The tenants that an issuer may speak for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenants {
    /// Every tenant: for issuers that the product itself runs.
    All,
    /// These. An issuer whose configuration says nothing has an empty list.
    Only(Vec<TenantId>),
}

/// How a token's subject becomes a user of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRule {
    /// `sub` is the user's id.
    Subject,
    /// The user's id is this text and then `sub`: so that no subject of one issuer is another issuer's user.
    Prefixed(String),
    /// This claim is the user's id.
    Claim(String),
}

/// Whether a record of a grant must stand behind each token, so that it can be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantRule {
    /// The token names its grant, and the grant's record decides with it.
    Required,
    /// The token stands for itself until it expires.
    None,
}

/// The names of the claims whose names differ from issuer to issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The tenant's id.
    pub tenant: String,
    /// The client's id.
    pub client: String,
    /// The scope, separated by spaces.
    pub scope: String,
    /// The token's id.
    pub token_id: String,
    /// The grant's id.
    pub grant: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            tenant: "business_id".to_owned(),
            client: "client_id".to_owned(),
            scope: "scope".to_owned(),
            token_id: "jti".to_owned(),
            grant: "grant_id".to_owned(),
        }
    }
}

impl Issuer {
    /// This product's own authorization server: ES256, its keys in the table, a grant behind every token, all tenants.
    pub fn own(name: String, audience: String) -> Self {
        Self {
            name,
            is_ours: true,
            audience,
            algorithms: vec![Algorithm::Es256],
            keys: KeySource::Table,
            key_id: KeyId::Required,
            types: vec![ACCESS_TOKEN_TYPE.to_owned()],
            required_claims: BTreeMap::new(),
            tenants: Tenants::All,
            user: UserRule::Subject,
            grant: GrantRule::Required,
            claims: ClaimNames::default(),
            max_lifetime: DEFAULT_MAX_LIFETIME,
        }
    }

    /// `iss`, byte for byte.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its keys are.
    pub fn keys(&self) -> &KeySource {
        &self.keys
    }

    /// Whether a subject of one could be the same user as a subject of the other, by prefixes of which one starts the
    /// other.
    pub(super) fn shares_users(&self, other: &Self) -> bool {
        match (&self.user, &other.user) {
            (UserRule::Prefixed(one), UserRule::Prefixed(other)) => one.starts_with(other) || other.starts_with(one),
            _ => false,
        }
    }

    /// Holds a token against all but its signature.
    pub(super) fn admit<'a>(
        &'a self,
        token: Compact<'a>,
        claims: &Claims,
        leeway: u64,
        now: Timestamp,
    ) -> Result<Candidate<'a>, Refusal> {
        self.check_header(token.header())?;
        check_no_unsupported(claims)?;
        self.check_audience(claims)?;
        self.check_times(claims, leeway, now)?;
        self.check_required(claims)?;
        let access = self.access_token(claims)?;
        Ok(Candidate::new(self, token, access))
    }

    fn check_header(&self, header: &Header) -> Result<(), Refusal> {
        let media_type = header.media_type.as_deref().map(media_type).ok_or(Refusal::WrongType)?;
        if !self.types.contains(&media_type) {
            return Err(Refusal::WrongType);
        }
        if !self.algorithms.contains(&header.algorithm) {
            return Err(Refusal::WrongAlgorithm);
        }
        if header.key_id.is_none() && self.key_id == KeyId::Required {
            return Err(Refusal::UnknownKey);
        }
        Ok(())
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), Refusal> {
        if !claims.audiences()?.contains(&self.audience.as_str()) {
            return Err(Refusal::WrongAudience);
        }
        Ok(())
    }

    /// A token is good from `nbf` and `iat` until before `exp` (RFC 7519 §4.1.4-6), each by our clock give or take
    /// the leeway.
    fn check_times(&self, claims: &Claims, leeway: u64, now: Timestamp) -> Result<(), Refusal> {
        let (issued, expires) = (claims.time("iat")?, claims.time("exp")?);
        for at in [Some(issued), claims.optional_time("nbf")?].into_iter().flatten() {
            if now.plus(leeway) < at {
                return Err(Refusal::NotYetValid { at, now });
            }
        }
        if now >= expires.plus(leeway) {
            return Err(Refusal::Expired { at: expires, now });
        }
        let seconds = expires.since(issued);
        if seconds > self.max_lifetime {
            return Err(Refusal::LivesTooLong { seconds, most: self.max_lifetime });
        }
        Ok(())
    }

    fn check_required(&self, claims: &Claims) -> Result<(), Refusal> {
        for (claim, allowed) in &self.required_claims {
            if !allowed.contains(claims.required(claim)?) {
                return Err(Refusal::WrongClaim { claim: claim.clone() });
            }
        }
        Ok(())
    }

    fn access_token(&self, claims: &Claims) -> Result<AccessToken, Refusal> {
        let names = &self.claims;
        let client_id = claims.parsed(&names.client, ClientId::parse)?;
        if claims.text("sub")? == client_id.as_str() {
            return Err(Refusal::NoUser);
        }
        let tenant = claims.parsed(&names.tenant, TenantId::parse)?;
        if !self.tenants.contain(&tenant) {
            return Err(Refusal::WrongTenant);
        }
        Ok(AccessToken {
            tenant,
            user: self.user.user(claims)?,
            client_id,
            token_id: claims.parsed(&names.token_id, token_id)?,
            scopes: claims.scopes(&names.scope)?,
            grant: match self.grant {
                GrantRule::Required => Some(claims.parsed(&names.grant, GrantId::parse)?),
                GrantRule::None => None,
            },
            is_ours: self.is_ours,
        })
    }
}

impl Tenants {
    fn contain(&self, tenant: &TenantId) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.contains(tenant),
        }
    }
}

impl UserRule {
    fn user(&self, claims: &Claims) -> Result<UserId, Refusal> {
        match self {
            Self::Subject => claims.parsed("sub", UserId::parse),
            Self::Prefixed(prefix) => claims.parsed("sub", |subject| UserId::parse(&format!("{prefix}{subject}"))),
            Self::Claim(name) => claims.parsed(name, UserId::parse),
        }
    }
}

/// A media type as `typ` means it: in lower case, and with or without `application/` (RFC 7515 §4.1.9).
fn media_type(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    lower.strip_prefix("application/").map(str::to_owned).unwrap_or(lower)
}

/// What would make a token more, or less, than a bearer token with a scope.
fn check_no_unsupported(claims: &Claims) -> Result<(), Refusal> {
    if claims.value("cnf").is_some() {
        return Err(Refusal::SenderConstrained);
    }
    if claims.value("authorization_details").is_some() {
        return Err(Refusal::AuthorizationDetails);
    }
    Ok(())
}

fn token_id(text: &str) -> Result<String, Refusal> {
    if text.is_empty() || text.len() > MAX_TOKEN_ID_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid("jti"));
    }
    Ok(text.to_owned())
}
