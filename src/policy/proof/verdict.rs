//! The proof for every permission set at once.
//!
//! A policy is exact for all sets if, whenever a route is covered and its own pattern touches a route that is not,
//! some Deny tames the latter without hitting anything that is covered. Permissions only ever add up, so the sets
//! that could break this are few: those that hold just enough to cover the first route and, for each Deny in turn,
//! one of the routes that it hits.

use crate::access::catalogue::Catalogue;
use crate::access::permission::PermissionSet;
use crate::policy::menu::{Deny, Menu, OddDeny};
use crate::policy::operation::Operation;
use crate::policy::route::{Route, expand};
use crate::token::credential::TokenKind;

/// How many sets are looked at for one pair of routes before it counts as not proved.
const MAX_SETS: usize = 20_000;

/// Two routes that no choice from the menu serves and refuses at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// For which kind of token.
    pub kind: TokenKind,
    /// The route that is covered.
    pub served: usize,
    /// The route that is not, and that the first one's pattern touches; the same for a route that has no pattern.
    pub exposed: usize,
    /// A permission set for which it happens.
    pub permissions: PermissionSet,
}

/// All conflicts of an API; none if every permission set has an exact policy.
pub fn conflicts(operations: &[Operation], catalogue: &Catalogue, menu: &Menu) -> Vec<Conflict> {
    let routes = expand(operations);
    let search = |kind| Search { operations, routes: &routes, catalogue, menu, kind };
    TokenKind::ALL.into_iter().flat_map(|kind| search(kind).conflicts()).collect()
}

struct Search<'a> {
    operations: &'a [Operation],
    routes: &'a [Route<'a>],
    catalogue: &'a Catalogue,
    menu: &'a Menu,
    kind: TokenKind,
}

impl Search<'_> {
    fn conflicts(&self) -> Vec<Conflict> {
        let routes = 0..self.routes.len();
        routes.flat_map(|served| self.unserved(served).into_iter().chain(self.exposing(served))).collect()
    }

    /// A route whose own pattern does not serve it.
    fn unserved(&self, route: usize) -> Option<Conflict> {
        let is_served = self.menu.allows.get(route).is_some_and(|allow| allow.serves.contains(route));
        let permissions = self.least(route).into_iter().next().filter(|_| !is_served)?;
        Some(Conflict { kind: self.kind, served: route, exposed: route, permissions })
    }

    /// What a route's own pattern exposes for want of a Deny.
    fn exposing(&self, served: usize) -> Vec<Conflict> {
        let Some(allow) = self.menu.allows.get(served) else { return Vec::new() };
        let conflict = |exposed, permissions| Conflict { kind: self.kind, served, exposed, permissions };
        let untamed = allow.touches.iter().filter_map(|exposed| {
            let tamers: Vec<&Deny> = self.tamers(exposed, served).collect();
            Some(conflict(exposed, self.counterexample(served, exposed, &tamers)?))
        });
        let odd: Vec<Deny> =
            allow.odd.iter().filter_map(|at| Some(self.refusing(served, self.menu.odd.get(*at)?))).collect();
        let same_verb = (0..self.routes.len()).filter(|route| self.verb(*route) == self.verb(served));
        let oddly_exposed = same_verb.filter(|_| odd.iter().any(|deny| !deny.hits.is_empty())).filter_map(|exposed| {
            let permissions = odd.iter().find_map(|deny| self.counterexample(served, exposed, &[deny]))?;
            Some(conflict(exposed, permissions))
        });
        untamed.chain(oddly_exposed).collect()
    }

    /// The Denies that tame a route among what another's own pattern matches.
    fn tamers(&self, exposed: usize, served: usize) -> impl Iterator<Item = &Deny> {
        self.menu.denies.iter().filter(move |deny| deny.is_for(served) && deny.tames.contains(exposed))
    }

    /// The Deny for odd paths of a route's verb: where another verb's are allowed, each verb has its own.
    fn refusing(&self, served: usize, odd: &OddDeny) -> Deny {
        let hits = odd.hits.iter().filter(|route| self.verb(*route) == self.verb(served)).collect();
        Deny { patterns: vec![odd.pattern.clone()], hits, ..Deny::default() }
    }

    /// A set that covers one route, not the other, and something that each of the Denies hits.
    fn counterexample(&self, served: usize, exposed: usize, tamers: &[&Deny]) -> Option<PermissionSet> {
        let mut budget = MAX_SETS;
        self.least(served).into_iter().find_map(|set| self.grown(set, exposed, tamers, &mut budget))
    }

    fn grown(&self, set: PermissionSet, exposed: usize, tamers: &[&Deny], budget: &mut usize) -> Option<PermissionSet> {
        if self.is_covered(exposed, &set) {
            return None;
        }
        let is_hit = |deny: &&&Deny| deny.hits.iter().any(|route| self.is_covered(route, &set));
        let Some(usable) = tamers.iter().find(|deny| !is_hit(deny)) else { return Some(set) };
        let Some(rest) = budget.checked_sub(1) else { return Some(set) };
        *budget = rest;
        let larger = usable.hits.iter().flat_map(|route| self.least(route)).map(|more| set.union(more));
        larger.collect::<Vec<_>>().into_iter().find_map(|set| self.grown(set, exposed, tamers, budget))
    }

    fn least(&self, route: usize) -> Vec<PermissionSet> {
        self.operation(route).map(|operation| least(operation, self.kind, self.catalogue)).unwrap_or_default()
    }

    fn is_covered(&self, route: usize, set: &PermissionSet) -> bool {
        self.operation(route).is_some_and(|operation| operation.requires(self.kind).is_met_by(set))
    }

    fn operation(&self, route: usize) -> Option<&Operation> {
        self.operations.get(self.routes.get(route)?.operation)
    }

    fn verb(&self, route: usize) -> Option<&str> {
        self.routes.get(route).map(|route| route.verb)
    }
}

/// The least sets that cover an operation, closed under what covers what, and such that a scope can ask for them.
pub(super) fn least(operation: &Operation, kind: TokenKind, catalogue: &Catalogue) -> Vec<PermissionSet> {
    let alternatives = operation.requires(kind).alternatives();
    let possible = alternatives.iter().filter(|it| !it.is_empty() && catalogue.scopes().covers(it));
    let closed = |set: &PermissionSet| {
        set.iter().fold(*set, |closed, permission| closed.union(catalogue.covered_by(permission)))
    };
    possible.map(closed).collect()
}
