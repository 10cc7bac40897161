//! The proof that policies are exact, for every permission set at once, before anything is served.
//!
//! Not part of the Lambda: what is proved here travels in the pack, as the menu's facts.

pub mod audit;
mod candidate;
pub mod check;
mod facts;
pub mod language;
pub mod length;
mod narrow;
mod territory;
pub mod verdict;

use std::collections::HashMap;

use crate::access::catalogue::Catalogue;

use super::menu::{Allow, Deny, Menu};
use super::operation::Operation;
use super::pattern::{MAX_LENGTH, refusing, serving};
use super::reading::{Reading, Readings};
use super::route::{Route, expand};
use super::route_set::RouteSet;

use facts::Facts;
use language::{Undecided, bounded};
use verdict::{Conflict, conflicts};

/// Proves the menu of an API.
///
/// What cannot be decided makes a menu that refuses everything, and [`check`] says so.
pub fn menu(operations: &[Operation], catalogue: &Catalogue, readings: &Readings) -> Menu {
    let routes = expand(operations);
    let proved = || {
        let mut facts = Facts::new(&routes, readings)?;
        let mut menu = wide(&routes, readings, &mut facts)?;
        narrow(&routes, &facts, conflicts(operations, catalogue, &menu), &mut menu);
        Ok::<_, Undecided>(menu)
    };
    bounded(proved).unwrap_or_else(|_| refusing_all(&routes, readings))
}

/// The reading for which a pattern denies odd paths, of one verb or of all; none if it is no such pattern.
pub fn odd_reading(pattern: &str) -> Option<Reading> {
    let pattern = pattern.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    Reading::ALL.into_iter().find(|reading| facts::odd_lists(*reading).iter().any(|list| list.contains(&pattern)))
}

/// The patterns whose facts hold whatever they are combined with.
fn wide(routes: &[Route<'_>], readings: &Readings, facts: &mut Facts) -> Result<Menu, Undecided> {
    let odd = facts.choose_odd(readings)?;
    let general = candidate::general(routes);
    let own = routes.iter().map(|route| match serving(route) {
        pattern if pattern.len() <= MAX_LENGTH => facts.allow(&pattern),
        pattern => Allow { pattern, ..Allow::default() },
    });
    let shared = worth_allowing(&general, facts).into_iter().map(|pattern| facts.allow(pattern));
    let allows = own.chain(shared.filter(|allow| allow.serves.len() > 1)).collect();
    let mut deny_patterns: Vec<String> = routes.iter().map(refusing).collect();
    deny_patterns.extend(worth_denying(&general, facts).into_iter().map(str::to_owned));
    // One resource that is too long makes the gateway refuse the whole policy.
    deny_patterns.retain(|pattern| pattern.len() <= MAX_LENGTH);
    deny_patterns.sort_unstable();
    deny_patterns.dedup();
    let denies = deny_patterns.iter().map(|pattern| facts.deny(pattern)).filter(|deny| !deny.tames.is_empty());
    Ok(Menu { readings: readings.clone(), routes: routes.len(), allows, denies: denies.collect(), odd })
}

/// Adds narrow Denies where the wide ones do not do.
fn narrow(routes: &[Route<'_>], facts: &Facts, conflicts: Vec<Conflict>, menu: &mut Menu) {
    let mut pairs: Vec<(usize, usize)> = conflicts.iter().map(|it| (it.served, it.exposed)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    for (served, exposed) in pairs {
        let (Some(allow), Some(route)) = (menu.allows.get(served), routes.get(exposed)) else { continue };
        let lists = narrow::candidates(&allow.pattern, route).into_iter();
        let denies = lists.map(|list| facts.deny_for(served, allow, list));
        let of_use = denies.filter(|deny| deny.tames.contains(exposed) && !menu.denies.contains(deny));
        let of_use: Vec<Deny> = of_use.collect();
        menu.denies.extend(of_use);
    }
}

/// Of the patterns that serve the same routes, the one that touches the fewest and is the shortest.
fn worth_allowing<'a>(patterns: &'a [String], facts: &Facts) -> Vec<&'a str> {
    best(patterns, |pattern| {
        let glance = facts.glance(pattern);
        (glance.serves.len() > 1).then(|| (glance.serves, (glance.touches.len(), is_ragged(pattern), pattern.len())))
    })
}

/// Of the patterns that tame the same routes, the one that hits the fewest and is the shortest.
fn worth_denying<'a>(patterns: &'a [String], facts: &Facts) -> Vec<&'a str> {
    best(patterns, |pattern| {
        let glance = facts.glance(pattern);
        (glance.tames.len() > 1).then(|| (glance.tames, (glance.hits.len(), is_ragged(pattern), pattern.len())))
    })
}

/// Whether it ends within a segment: `GET/v1*` reaches into `/v10`, should that ever be deployed beside it.
fn is_ragged(pattern: &str) -> bool {
    pattern.ends_with('*') && !pattern.ends_with("/*")
}

/// What a pattern costs, less being better.
type Cost = (usize, bool, usize);

fn best<'a>(patterns: &'a [String], worth: impl Fn(&str) -> Option<(RouteSet, Cost)>) -> Vec<&'a str> {
    let mut best: HashMap<Vec<usize>, (Cost, &'a str)> = HashMap::new();
    for pattern in patterns {
        let Some((routes, cost)) = worth(pattern) else { continue };
        let best = best.entry(routes.into()).or_insert((cost, pattern));
        if (cost, pattern.as_str()) < *best {
            *best = (cost, pattern);
        }
    }
    let mut patterns: Vec<&str> = best.into_values().map(|(_, pattern)| pattern).collect();
    patterns.sort_unstable();
    patterns
}

fn refusing_all(routes: &[Route<'_>], readings: &Readings) -> Menu {
    let refused = |route: &Route<'_>| Allow { pattern: serving(route), ..Allow::default() };
    Menu {
        readings: readings.clone(),
        routes: routes.len(),
        allows: routes.iter().map(refused).collect(),
        ..Menu::default()
    }
}
