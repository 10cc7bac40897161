//! The table of operations, for people: verb, path, what each kind of token must be allowed, and which roles allow it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::access::permission::PermissionSet;
use crate::api::{Api, Pack, PackedOperation, PackedSegment};
use crate::token::credential::TokenKind;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// Upper-case, or `ANY`.
    pub verb: String,
    /// `/v1/contacts/{id}`
    pub path: String,
    /// The operation's id.
    pub operation: String,
    /// The alternatives for personal access tokens, each a list of permissions of which all are needed; none: never.
    pub pat: Vec<Vec<String>>,
    /// The same for access tokens.
    pub access_token: Vec<Vec<String>>,
    /// Of the roles that were asked about, those which allow it to a token with every scope.
    pub roles: Vec<String>,
}

/// The rows of an API, in the order of its reference, with who of these roles may do what.
pub fn table(pack: &Pack, api: &Api, roles: &BTreeMap<String, Vec<String>>) -> Vec<Route> {
    let held = |names: &Vec<String>| api.catalogue.granted(names.iter().map(String::as_str));
    let roles: Vec<(&String, PermissionSet)> = roles.iter().map(|(name, names)| (name, held(names))).collect();
    let rows = pack.operations.iter().zip(&api.operations).map(|(packed, operation)| {
        let may = |held: &PermissionSet| TokenKind::ALL.iter().any(|kind| operation.requires(*kind).is_met_by(held));
        let of = roles.iter().filter(|(_, held)| may(held)).map(|(name, _)| (*name).clone()).collect();
        Route::of(packed, of)
    });
    rows.collect()
}

impl Route {
    fn of(operation: &PackedOperation, roles: Vec<String>) -> Self {
        Self {
            verb: operation.verb.clone(),
            path: path(&operation.path),
            operation: operation.id.clone(),
            pat: operation.pat.clone(),
            access_token: operation.access_token.clone(),
            roles,
        }
    }
}

/// A path as the reference writes it.
pub(super) fn path(segments: &[PackedSegment]) -> String {
    segments
        .iter()
        .map(|segment| match segment {
            PackedSegment::Literal(text) => format!("/{text}"),
            PackedSegment::Parameter(name) | PackedSegment::Id { name, .. } => format!("/{{{name}}}"),
            PackedSegment::Greedy(name) => format!("/{{{name}+}}"),
        })
        .collect()
}

/// Rows as aligned columns, with a heading.
pub struct Table<'a>(pub &'a [Route]);

const HEADINGS: [&str; COLUMNS] = ["verb", "path", "personal access token", "access token", "roles", "operation"];

const COLUMNS: usize = 6;

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; COLUMNS]> =
            std::iter::once(HEADINGS.map(str::to_owned)).chain(self.0.iter().map(cells)).collect();
        let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
        let [of_verb, of_path, of_pat, of_access, of_roles] = [width(0), width(1), width(2), width(3), width(4)];
        for [verb, path, pat, access, roles, operation] in &rows {
            write!(f, "{verb:of_verb$}  {path:of_path$}  {pat:of_pat$}  {access:of_access$}  ")?;
            writeln!(f, "{roles:of_roles$}  {operation}")?;
        }
        Ok(())
    }
}

fn cells(route: &Route) -> [String; COLUMNS] {
    let Route { verb, path, operation, pat, access_token, roles } = route;
    [verb.clone(), path.clone(), required(pat), required(access_token), roles.join(" "), operation.clone()]
}

/// `a and b, or c`; a dash where no token of the kind will ever do.
fn required(alternatives: &[Vec<String>]) -> String {
    if alternatives.is_empty() {
        return "-".to_owned();
    }
    alternatives.iter().map(|all| all.join(" and ")).collect::<Vec<_>>().join(", or ")
}
