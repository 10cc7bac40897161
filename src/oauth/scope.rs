//! Scopes: from what a request says to what a grant holds.
//!
//! No scope, or an empty one, means the client's default, and then the server's. Unknown names drop out; if nothing
//! is left, the request is refused. `offline_access` is neither known nor an error: every grant can be refreshed.

use serde::{Deserialize, Serialize};

use crate::access::catalogue::Catalogue;

use super::error::Problem;

/// What some clients add to ask for a refresh token.
const OFFLINE_ACCESS: &str = "offline_access";

/// Names of the API's catalogue, in its order and each once; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Takes the names that the catalogue knows as scopes.
    ///
    /// # Errors
    /// [`Problem::Scope`] when none is left.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>, catalogue: &Catalogue) -> Result<Self, Problem> {
        let known = names.into_iter().filter_map(|name| catalogue.permission(name)).collect();
        let scopes: Vec<String> = catalogue.names(catalogue.scopes().intersection(known)).map(str::to_owned).collect();
        if scopes.is_empty() { Err(Problem::Scope) } else { Ok(Self(scopes)) }
    }

    /// What a request asks for: its own words, else the first of the defaults that says anything.
    ///
    /// # Errors
    /// [`Problem::Scope`] when no name is known.
    pub fn requested(asked: Option<&str>, defaults: [&[String]; 2], catalogue: &Catalogue) -> Result<Self, Problem> {
        let words = |text: &str| text.split(' ').filter(|word| is_meant(word)).map(str::to_owned).collect::<Vec<_>>();
        let asked = asked.map(words).unwrap_or_default();
        let names = std::iter::once(asked.as_slice()).chain(defaults).find(|names| !names.is_empty());
        Self::of(names.unwrap_or_default().iter().map(String::as_str), catalogue)
    }

    /// A part of these scopes, as a refresh may ask for it: each name covered by one of these.
    ///
    /// # Errors
    /// [`Problem::Scope`] for a name beyond them, known or not (RFC 6749 §6).
    pub fn narrowed(&self, asked: Option<&str>, catalogue: &Catalogue) -> Result<Self, Problem> {
        let words: Vec<&str> = asked.unwrap_or_default().split(' ').filter(|word| is_meant(word)).collect();
        if words.is_empty() {
            return Ok(self.clone());
        }
        let held = catalogue.granted(self.iter());
        let covered = |word: &&str| catalogue.permission(word).is_some_and(|permission| held.contains(permission));
        if !words.iter().all(covered) {
            return Err(Problem::Scope);
        }
        Self::of(words, catalogue)
    }

    /// The names of these that are among `kept`.
    ///
    /// # Errors
    /// [`Problem::Scope`] when none is.
    pub fn only<'a>(&self, kept: impl IntoIterator<Item = &'a str>) -> Result<Self, Problem> {
        let kept: Vec<&str> = kept.into_iter().collect();
        let scopes: Vec<String> = self.0.iter().filter(|name| kept.contains(&name.as_str())).cloned().collect();
        if scopes.is_empty() { Err(Problem::Scope) } else { Ok(Self(scopes)) }
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The names as a list.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// The value of a `scope` parameter.
impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

fn is_meant(word: &str) -> bool {
    !word.is_empty() && word != OFFLINE_ACCESS
}
