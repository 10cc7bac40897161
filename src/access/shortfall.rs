//! What a token's scopes ask for and its user may not do today: for the person who issues the token.

use super::catalogue::Catalogue;
use super::effective::Rights;
use super::requirement::{Requirement, Verdict};

/// A scope that is worth less than it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// The scope.
    pub scope: String,
    /// Which half is missing: the user's roles, or the tenant's features.
    pub verdict: Verdict,
    /// What of it the user may do all the same.
    pub remains: Vec<String>,
}

/// The scopes that these rights do not cover in full. They may later: rights change, tokens do not.
pub fn shortfalls(scopes: &[String], rights: &Rights, catalogue: &Catalogue) -> Vec<Shortfall> {
    let short = |scope: &String| {
        let asked = catalogue.granted([scope.as_str()]);
        let verdict = Verdict::of(&Requirement::any_of(vec![asked]), asked, rights);
        let remains = catalogue.names(rights.effective(asked)).map(str::to_owned).collect();
        (verdict != Verdict::Allowed).then(|| Shortfall { scope: scope.clone(), verdict, remains })
    };
    scopes.iter().filter_map(short).collect()
}
