//! What the backend receives beside the request: names and flat strings. Never the token, never a hash of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use crate::access::catalogue::Catalogue;
use crate::access::principal::Principal;
use crate::access::tenant::{TenantStatus, is_name};

/// The entries of a context, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The tenant.
    BusinessId,
    /// The acting user.
    UserId,
    /// `pat_…` or the access token's `jti`.
    TokenId,
    /// `pat` or `access_token`.
    TokenType,
    /// The OAuth client; empty for a personal access token.
    ClientId,
    /// What the token's scopes cover, separated by spaces.
    Scopes,
    /// The effective permission, separated by spaces.
    Permissions,
    /// The user's roles, separated by spaces.
    Roles,
    /// What a 403 of this answer's policy means: `insufficient_permission` or `tenant_suspended`.
    DenyReason,
}

impl Entry {
    /// Every entry.
    pub const ALL: [Self; 9] = [
        Self::BusinessId,
        Self::UserId,
        Self::TokenId,
        Self::TokenType,
        Self::ClientId,
        Self::Scopes,
        Self::Permissions,
        Self::Roles,
        Self::DenyReason,
    ];

    /// Its name, unless the installation renames it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BusinessId => "business_id",
            Self::UserId => "user_id",
            Self::TokenId => "token_id",
            Self::TokenType => "token_type",
            Self::ClientId => "client_id",
            Self::Scopes => "scopes",
            Self::Permissions => "permissions",
            Self::Roles => "roles",
            Self::DenyReason => "deny_reason",
        }
    }
}

/// What a backend calls the entries: each its own name, unless the installation renames it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextNames(BTreeMap<String, String>);

/// A renaming that leaves the context ambiguous.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContextNamesError {
    /// The context has no such entry.
    #[error("`{entry}` is not an entry of the context; they are: {}", Entry::ALL.map(Entry::name).join(", "))]
    UnknownEntry {
        /// The name as given.
        entry: String,
    },
    /// The new name would not survive as a header or a JSON path.
    #[error("`{name}` cannot name an entry: letters, digits, `_`, `-` and `.`, 64 at most")]
    InvalidName {
        /// The name as given.
        name: String,
    },
    /// Two entries under one name.
    #[error("two entries would be called `{name}`")]
    Duplicate {
        /// The name as given.
        name: String,
    },
}

impl ContextNames {
    /// Names with some entries renamed: entry → its new name.
    ///
    /// # Errors
    /// [`ContextNamesError`] for an unknown entry, a name that is not plain, or one name for two entries.
    pub fn renamed(names: BTreeMap<String, String>) -> Result<Self, ContextNamesError> {
        if let Some(entry) = names.keys().find(|given| !Entry::ALL.iter().any(|entry| entry.name() == *given)) {
            return Err(ContextNamesError::UnknownEntry { entry: entry.clone() });
        }
        if let Some(name) = names.values().find(|name| !is_name(name)) {
            return Err(ContextNamesError::InvalidName { name: name.clone() });
        }
        let names = Self(names);
        let mut seen = BTreeSet::new();
        match Entry::ALL.into_iter().map(|entry| names.name(entry)).find(|name| !seen.insert(*name)) {
            Some(name) => Err(ContextNamesError::Duplicate { name: name.to_owned() }),
            None => Ok(names),
        }
    }

    /// What the backend calls an entry.
    pub fn name(&self, entry: Entry) -> &str {
        self.0.get(entry.name()).map_or(entry.name(), String::as_str)
    }
}

/// The context of one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(Vec<(String, String)>);

impl Context {
    /// The context for a principal. What a 403 can say is in it too: the scopes, the effective permission, and whether
    /// it is the tenant that is suspended.
    pub fn of(principal: &Principal, catalogue: &Catalogue, names: &ContextNames) -> Self {
        let list = |set| catalogue.names(set).collect::<Vec<_>>().join(" ");
        let value = |entry| match entry {
            Entry::BusinessId => principal.tenant.id.to_string(),
            Entry::UserId => principal.user.id.to_string(),
            Entry::TokenId => principal.token.id.clone(),
            Entry::TokenType => principal.token.kind.as_str().to_owned(),
            Entry::ClientId => principal.token.client_id.clone().unwrap_or_default(),
            Entry::Scopes => list(principal.token.scopes),
            Entry::Permissions => list(principal.effective()),
            Entry::Roles => roles(principal),
            Entry::DenyReason => deny_reason(principal.tenant.status).to_owned(),
        };
        Self(Entry::ALL.into_iter().map(|entry| (names.name(entry).to_owned(), value(entry))).collect())
    }

    /// The entries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The user's roles that the tenant has; a name that is not plain could pass for two.
fn roles(principal: &Principal) -> String {
    let known = |role: &&String| principal.tenant.roles.contains_key(*role) && is_name(role);
    principal.user.roles.iter().filter(known).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn deny_reason(status: TenantStatus) -> &'static str {
    match status {
        TenantStatus::Active => "insufficient_permission",
        TenantStatus::Suspended => "tenant_suspended",
    }
}

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
