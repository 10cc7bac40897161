//! The table of operations, for people: verb, path, and what each kind of token must be allowed.

use std::fmt;

use serde::Serialize;

use crate::api::{Pack, PackedOperation, PackedSegment};

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
}

/// The rows of an API, in the order of its reference.
pub fn table(pack: &Pack) -> Vec<Route> {
    pack.operations.iter().map(Route::of).collect()
}

impl Route {
    fn of(operation: &PackedOperation) -> Self {
        Self {
            verb: operation.verb.clone(),
            path: path(&operation.path),
            operation: operation.id.clone(),
            pat: operation.pat.clone(),
            access_token: operation.access_token.clone(),
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

const HEADINGS: [&str; 5] = ["verb", "path", "personal access token", "access token", "operation"];

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 5]> =
            std::iter::once(HEADINGS.map(str::to_owned)).chain(self.0.iter().map(cells)).collect();
        let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        for [verb, path, pat, access_token, operation] in &rows {
            let [of_verb, of_path, of_pat, of_access_token] = widths;
            writeln!(
                f,
                "{verb:of_verb$}  {path:of_path$}  {pat:of_pat$}  {access_token:of_access_token$}  {operation}"
            )?;
        }
        Ok(())
    }
}

fn cells(route: &Route) -> [String; 5] {
    let Route { verb, path, operation, pat, access_token } = route;
    [verb.clone(), path.clone(), required(pat), required(access_token), operation.clone()]
}

/// `a and b, or c`; a dash where no token of the kind will ever do.
fn required(alternatives: &[Vec<String>]) -> String {
    if alternatives.is_empty() {
        return "-".to_owned();
    }
    alternatives.iter().map(|all| all.join(" and ")).collect::<Vec<_>>().join(", or ")
}
