//! A tenant and its users, as far as a decision needs them. The store fills these; nothing here reads anything.

use std::collections::BTreeMap;
use std::fmt;

use super::identity::{TenantId, UserId};

/// The longest name of a role or a feature, in bytes: the names travel in the answer's context, which has a size.
const MAX_NAME_LENGTH: usize = 64;

/// Whether the text can name a role or a feature: a letter or digit, then letters, digits, `_`, `-`, `.`.
///
/// Names are shown in a list that is separated by spaces and put into headers, so they are plain.
pub fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    text.len() <= MAX_NAME_LENGTH
        && text.bytes().all(plain)
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
}

/// One customer of the product.
#[derive(Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The tenant's id, `business_id` in tokens and contexts.
    pub id: TenantId,
    /// Whether its requests are served.
    pub status: TenantStatus,
    /// What it has bought.
    pub features: Features,
    /// Name of a role → the permissions that it grants.
    pub roles: BTreeMap<String, Vec<String>>,
    /// The API key that usage plans count this tenant's requests under, if it has one.
    pub usage_key: Option<String>,
    /// The longest life of a personal access token in this tenant, in seconds, if it has set one.
    pub max_token_seconds: Option<u64>,
}

/// An API key stays out of `Debug`.
impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, status, features, roles, usage_key: _, max_token_seconds } = self;
        f.debug_struct("Tenant")
            .field("id", id)
            .field("status", status)
            .field("features", features)
            .field("roles", roles)
            .field("max_token_seconds", max_token_seconds)
            .finish_non_exhaustive()
    }
}

/// Whether a tenant's requests are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantStatus {
    /// They are.
    Active,
    /// Every valid token of the tenant gets 403.
    Suspended,
}

/// The features that a tenant has. Unrestricted is a named value; an empty list is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Features {
    /// Every feature, present and future.
    All,
    /// These and no others.
    Named(Vec<String>),
}

/// One user of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The user's id within the tenant.
    pub id: UserId,
    /// A person or a backend.
    pub kind: UserKind,
    /// Whether the user may act at all.
    pub status: UserStatus,
    /// Names of the tenant's roles.
    pub roles: Vec<String>,
    /// Permissions granted to this user beside the roles.
    pub added: Vec<String>,
    /// Permissions taken from this user whatever the roles say.
    pub removed: Vec<String>,
}

/// What kind of user acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserKind {
    /// A human being, who can sign in.
    Person,
    /// A backend: bounded by a role, cannot sign in, does not leave with an employee.
    Service,
}

/// Whether a user may act at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// Tokens of the user are judged by what they may do.
    Active,
    /// Every token of the user gets 401.
    Disabled,
}
