//! The one place where a token's scope meets the user's rights.
//!
//! ```text
//! effective = scopes(token) ∧ ((roles(user) ∪ added(user)) − removed(user)) ∧ features(tenant)
//! ```
//!
//! Every set is closed under "covers" before it comes here, and stays so: what is taken away takes along whatever
//! would bring it back. So no order of the operations can yield more than the formula says.

use super::catalogue::Catalogue;
use super::permission::PermissionSet;
use super::tenant::{Features, Tenant, User};

/// What a user may do in a tenant, whatever the token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// By the user's roles, as the tenant defines them.
    pub roles: PermissionSet,
    /// Granted to this user beside the roles.
    pub added: PermissionSet,
    /// Taken from this user, whatever the roles say.
    pub removed: PermissionSet,
    /// Opened by the tenant's features.
    pub features: PermissionSet,
}

impl Rights {
    /// The rights of a user in a tenant. Unknown roles, permissions and features grant nothing.
    pub fn of(user: &User, tenant: &Tenant, catalogue: &Catalogue) -> Self {
        let granted = |names: &[String]| catalogue.granted(names.iter().map(String::as_str));
        Self {
            roles: user
                .roles
                .iter()
                .filter_map(|role| tenant.roles.get(role))
                .fold(PermissionSet::EMPTY, |set, names| set.union(granted(names))),
            added: granted(&user.added),
            removed: catalogue.withdrawn(user.removed.iter().map(String::as_str)),
            features: opened_by(&tenant.features, catalogue),
        }
    }

    /// What the user's roles and exceptions come to, before the tenant's features.
    pub fn held(&self) -> PermissionSet {
        self.roles.union(self.added).difference(self.removed)
    }

    /// The effective permission of a token with these scopes: never more than the scopes, never more than the user's.
    pub fn effective(&self, scopes: PermissionSet) -> PermissionSet {
        scopes.intersection(self.held()).intersection(self.features)
    }
}

fn opened_by(features: &Features, catalogue: &Catalogue) -> PermissionSet {
    match features {
        Features::All => catalogue.every(),
        Features::Named(names) => {
            names.iter().fold(catalogue.administration(), |set, feature| set.union(catalogue.feature(feature)))
        }
    }
}
