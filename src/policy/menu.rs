//! The menu: every pattern that a policy may be written with, and what has been proved of each.
//!
//! Computed ahead of time from the operations, with automata, and carried by the pack. At run time these facts are
//! bits, and a policy is chosen from them without looking at a pattern again.
//!
//! ```text
//! GET/v1/contacts*          serves   the list, the single contact, what is nested below
//!                           touches  those, and nothing else: what it could let through
//! GET/v1/contacts/*/notes   tames    the nested notes: nothing that reaches them gets past it
//!                           hits     nothing else that must work
//! ```

use serde::{Deserialize, Serialize};

use super::reading::Readings;
use super::route_set::RouteSet;

/// The patterns and their facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    /// Under which readings the facts hold.
    pub readings: Readings,
    /// How many routes the facts are about.
    pub routes: usize,
    /// The Allow patterns. The first are the routes' own, one each, in the routes' order.
    pub allows: Vec<Allow>,
    /// The Deny patterns.
    pub denies: Vec<Deny>,
    /// The Deny patterns for odd paths.
    pub odd: Vec<OddDeny>,
}

/// A pattern that may be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// The part of the resource after the stage.
    pub pattern: String,
    /// The routes of which it matches every request that must work.
    pub serves: RouteSet,
    /// The routes of which it matches some request, odd paths apart.
    pub touches: RouteSet,
    /// The places in [`Menu::odd`] of the odd paths that it matches.
    pub odd: Vec<usize>,
}

/// Patterns that may be denied, together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deny {
    /// The parts of the resources after the stage.
    pub patterns: Vec<String>,
    /// The routes of which they match every request, odd paths apart: all of them, or those that `only_for` matches.
    pub tames: RouteSet,
    /// The routes of which they match some request that must work.
    pub hits: RouteSet,
    /// The place in [`Menu::allows`] of the only Allow whose requests they tame; none if they tame any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_for: Option<usize>,
}

/// A pattern that refuses odd paths, whatever their verb: it begins with `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OddDeny {
    /// The part of the resource after the stage.
    pub pattern: String,
    /// The routes of which it matches some request that must work: none, for an API that can be written exactly.
    pub hits: RouteSet,
}

impl Menu {
    /// Whether all its facts are about so many routes and its own patterns.
    pub fn names_only(&self, routes: usize) -> bool {
        let is_known = |set: &RouteSet| set.iter().all(|route| route < routes);
        self.allows.len() >= routes
            && self.allows.iter().all(|it| is_known(&it.serves) && is_known(&it.touches))
            && self.allows.iter().flat_map(|it| &it.odd).all(|at| *at < self.odd.len())
            && self.denies.iter().all(|it| is_known(&it.tames) && is_known(&it.hits))
    }
}

impl OddDeny {
    /// The pattern for one verb's odd paths alone.
    pub fn of_verb(&self, verb: &str) -> String {
        [verb, &self.pattern].concat()
    }
}

impl Deny {
    /// Whether what it tames is tamed among what an Allow matches.
    pub fn is_for(&self, allow: usize) -> bool {
        self.only_for.is_none_or(|only| only == allow)
    }
}
