//! The proof for one policy: everything that it lets through, against everything that it must and must not.
//!
//! It knows nothing of the menu or the compiler: only languages. So it is the judge of both, and it finds the request
//! that shows a fault.

use std::collections::BTreeMap;

use crate::policy::compiler::Patterns;
use crate::policy::operation::Operation;
use crate::policy::reading::Readings;
use crate::policy::route::expand;
use crate::policy::route_set::RouteSet;

use super::language::{Language, Undecided, bounded, escaped};
use super::territory::{self, Territory};

/// A request that a policy gets wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which way it is wrong.
    pub error: Error,
    /// The route that the request reaches.
    pub route: usize,
    /// What the ARN ends in: `GET/v1/contacts`.
    pub request: String,
}

/// How a policy can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// It allows what the permission does not cover.
    Allows,
    /// It refuses what the permission covers.
    Refuses,
}

/// The judge of an API's policies.
pub struct Auditor {
    verbs: Vec<String>,
    territories: Vec<Territory>,
    odd: Vec<Language>,
}

impl Auditor {
    /// Prepares the languages of the operations' routes.
    ///
    /// # Errors
    /// [`Undecided`] when an automaton grows beyond its bound.
    pub fn new(operations: &[Operation], readings: &Readings) -> Result<Self, Undecided> {
        let routes = expand(operations);
        bounded(|| {
            let odd = readings.iter().filter_map(territory::odd).map(Language::regex);
            Ok(Self {
                verbs: routes.iter().map(|route| route.verb.to_owned()).collect(),
                territories: territory::of_routes(&routes, readings)?,
                odd: odd.collect::<Result<_, _>>()?,
            })
        })
    }

    /// What is wrong with a policy for these routes: for each route at most one request.
    ///
    /// # Errors
    /// [`Undecided`] when an automaton grows beyond its bound.
    pub fn findings(&self, covered: &RouteSet, patterns: &Patterns) -> Result<Vec<Finding>, Undecided> {
        bounded(|| {
            let (allow, deny) = (languages(&patterns.allow)?, languages(&patterns.deny)?);
            let mut findings = Vec::new();
            for (route, territory) in self.territories.iter().enumerate() {
                let (error, request) = if covered.contains(route) {
                    (Error::Refuses, refused(&territory.must, &allow, &deny)?)
                } else {
                    (Error::Allows, let_through(&territory.core, &allow, &deny)?)
                };
                findings.extend(request.map(|request| Finding { error, route, request }));
            }
            for route in self.first_uncovered_of_each_verb(covered) {
                let of_verb = Language::regex(&format!("{}(/.*)?", self.verb(route)))?;
                for odd in &self.odd {
                    let request = let_through(&odd.and(&of_verb)?, &allow, &deny)?;
                    findings.extend(request.map(|request| Finding { error: Error::Allows, route, request }));
                }
            }
            Ok(findings)
        })
    }

    /// Odd paths may reach any route of their verb, so one that is not covered stands for all.
    fn first_uncovered_of_each_verb(&self, covered: &RouteSet) -> Vec<usize> {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for (route, verb) in self.verbs.iter().enumerate().filter(|(route, _)| !covered.contains(*route)) {
            first.entry(verb).or_insert(route);
        }
        first.into_values().collect()
    }

    /// Examples of requests that reach a route: canonical ones, and any.
    ///
    /// # Errors
    /// [`Undecided`] when there are too many to look through.
    pub fn examples(&self, route: usize, count: usize) -> Result<(Vec<String>, Vec<String>), Undecided> {
        let Some(territory) = self.territories.get(route) else { return Ok(Default::default()) };
        Ok((territory.must.samples(count)?, territory.core.samples(count)?))
    }

    fn verb(&self, route: usize) -> String {
        self.verbs.get(route).map(|verb| escaped(verb)).unwrap_or_default()
    }
}

fn languages(patterns: &[String]) -> Result<Vec<Language>, Undecided> {
    patterns.iter().map(|pattern| Language::pattern(pattern)).collect()
}

/// One of these requests that is allowed.
///
/// The last Denies are tried first: they are the ones for odd paths, and of those they leave nothing at once.
fn let_through(requests: &Language, allow: &[Language], deny: &[Language]) -> Result<Option<String>, Undecided> {
    for allowed in allow {
        let mut through = requests.and(allowed)?;
        for denied in deny.iter().rev() {
            through = through.minus(denied)?;
        }
        if let Some(request) = through.example()? {
            return Ok(Some(request));
        }
    }
    Ok(None)
}

/// One of these requests that is not allowed.
fn refused(requests: &Language, allow: &[Language], deny: &[Language]) -> Result<Option<String>, Undecided> {
    for denied in deny {
        if let Some(request) = requests.and(denied)?.example()? {
            return Ok(Some(request));
        }
    }
    allow.iter().try_fold(requests.clone(), |rest, allowed| rest.without(allowed))?.example()
}
