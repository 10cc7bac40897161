//! Why a principal may or may not call an operation: which half of the permission is there, and through what.
//!
//! The verdict, and whether each half holds, come from the very sets that the decision is made of. What is added here
//! is only where these sets come from, by name.

use super::catalogue::Catalogue;
use super::permission::{Permission, PermissionSet};
use super::principal::Principal;
use super::requirement::{Requirement, Verdict};
use super::tenant::Features;

/// Why an operation is allowed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What the decision says.
    pub verdict: Verdict,
    /// The alternatives of the requirement, any one of which suffices; of each, all needs must be met.
    pub alternatives: Vec<Vec<Need>>,
    /// Roles that the user holds and the tenant does not have: they grant nothing.
    pub unknown_roles: Vec<String>,
}

/// One permission that an operation needs, and who grants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The permission.
    pub permission: String,
    /// Whether the token's scopes cover it, and which of them do.
    pub scope: Half,
    /// Whether the user's roles and exceptions come to it, and which roles and granted exceptions do.
    pub held: Half,
    /// What was taken from the user and takes this along.
    pub taken: Vec<String>,
    /// Whether the tenant's features open it, and which do.
    pub feature: Half,
    /// The features of the API that would open it.
    pub opened_by: Vec<String>,
}

/// One of the sets that are intersected, as far as one permission goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Half {
    /// Whether the decision finds the permission in it.
    pub holds: bool,
    /// Through what.
    pub through: Vec<String>,
}

/// Explains what the decision says of one operation's requirement.
pub fn explain(requirement: &Requirement, principal: &Principal, catalogue: &Catalogue) -> Explanation {
    let needs = |set: &PermissionSet| set.iter().map(|it| need(it, principal, catalogue)).collect();
    let roles = &principal.tenant.roles;
    Explanation {
        verdict: principal.verdict(requirement),
        alternatives: requirement.alternatives().iter().map(needs).collect(),
        unknown_roles: principal.user.roles.iter().filter(|role| !roles.contains_key(*role)).cloned().collect(),
    }
}

/// The permissions of a set that no wider one of the set brings along.
fn widest(set: PermissionSet, catalogue: &Catalogue) -> PermissionSet {
    let wider = |one: Permission, other: Permission| {
        let (one, covered) = (catalogue.covered_by(one), catalogue.covered_by(other));
        covered != one && covered.covers(&one)
    };
    set.iter().filter(|one| !set.iter().any(|other| wider(*one, other))).collect()
}

fn need(permission: Permission, principal: &Principal, catalogue: &Catalogue) -> Need {
    let Principal { tenant, user, token, rights } = principal;
    let covers = |name: &String| catalogue.granted([name.as_str()]).contains(permission);
    let withdraws = |name: &String| catalogue.withdrawn([name.as_str()]).contains(permission);
    let grants = |role: &String| tenant.roles.get(role).is_some_and(|names| names.iter().any(covers));
    let scopes = catalogue.names(widest(token.scopes, catalogue)).map(str::to_owned).filter(covers);
    let roles = user.roles.iter().filter(|role| grants(role)).map(|role| format!("role {role}"));
    let added = user.added.iter().filter(|name| covers(name)).map(|name| format!("granted {name}"));
    let openers = catalogue.features().filter(|(_, opened)| opened.contains(permission));
    let opened_by: Vec<String> = openers.map(|(name, _)| name.to_owned()).collect();
    let features = match &tenant.features {
        Features::All => vec!["all".to_owned()],
        Features::Named(names) => names.iter().filter(|name| opened_by.contains(name)).cloned().collect(),
    };
    Need {
        permission: catalogue.name(permission).to_owned(),
        scope: Half { holds: token.scopes.contains(permission), through: scopes.collect() },
        held: Half { holds: rights.held().contains(permission), through: roles.chain(added).collect() },
        taken: user.removed.iter().filter(|name| withdraws(name)).cloned().collect(),
        feature: Half { holds: rights.features.contains(permission), through: features },
        opened_by,
    }
}
