//! From an effective permission to the patterns of a policy, right for every route.

use crate::access::permission::PermissionSet;
use crate::token::credential::TokenKind;

use super::operation::Operation;
use super::pattern;

/// The patterns of one policy, each the part of a resource after the stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns {
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

/// The patterns for one kind of token and one effective permission.
pub fn compile(operations: &[Operation], kind: TokenKind, effective: PermissionSet) -> Patterns {
    let (covered, uncovered): (Vec<&Operation>, Vec<&Operation>) =
        operations.iter().partition(|operation| operation.requires(kind).is_met_by(&effective));
    let mut patterns = Patterns::default();
    if covered.is_empty() {
        return patterns;
    }
    patterns.allow = covered.into_iter().map(pattern::serving).collect();
    patterns.deny =
        uncovered.into_iter().filter(|operation| operation.path.segments.len() > 3).map(pattern::refusing).collect();
    patterns
}
