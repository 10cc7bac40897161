//! What an operation requires: one of several alternatives, each a set of permissions of which all are needed.
//!
//! This is OpenAPI's `security`: alternatives are OR, the scopes within one are AND.

use super::effective::Rights;
use super::permission::PermissionSet;

/// The alternatives of one operation for one kind of token. No alternative at all means: never.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    alternatives: Vec<PermissionSet>,
}

impl Requirement {
    /// A requirement of any of these alternatives.
    pub fn any_of(alternatives: Vec<PermissionSet>) -> Self {
        Self { alternatives }
    }

    /// The alternatives; any one of them suffices.
    pub fn alternatives(&self) -> &[PermissionSet] {
        &self.alternatives
    }

    /// Whether a set of permissions is enough.
    pub fn is_met_by(&self, permissions: &PermissionSet) -> bool {
        self.alternatives.iter().any(|needed| !needed.is_empty() && permissions.covers(needed))
    }
}

/// Whether an operation may be called, and if not, which half of the permission is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The effective permission covers the operation.
    Allowed,
    /// The token's scope does not.
    ScopeMissing,
    /// The scope does; the user's roles and exceptions do not.
    RoleMissing,
    /// Scope and roles do; the tenant's features do not.
    FeatureMissing,
    /// The tenant is suspended: nothing is allowed, whatever else would be.
    TenantSuspended,
}

impl Verdict {
    /// Judges one operation: the scope first, then the role within it, then the feature within both.
    pub fn of(requirement: &Requirement, scopes: PermissionSet, rights: &Rights) -> Self {
        if requirement.is_met_by(&rights.effective(scopes)) {
            Self::Allowed
        } else if !requirement.is_met_by(&scopes) {
            Self::ScopeMissing
        } else if !requirement.is_met_by(&scopes.intersection(rights.held())) {
            Self::RoleMissing
        } else {
            Self::FeatureMissing
        }
    }
}
