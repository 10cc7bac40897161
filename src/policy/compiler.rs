//! From an effective permission to the patterns of a policy, right for every route.
//!
//! Nothing is matched here: which pattern serves, touches, tames or hits which routes was proved when the pack was
//! written, and a policy is a choice from that menu. The choice keeps one rule: what an Allow touches and the
//! permission does not cover is tamed by a Deny. An Allow for which that cannot be had is left out, so that what
//! cannot be written is refused.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::permission::PermissionSet;
use crate::token::credential::TokenKind;

use super::choice::{Choice, Section};
use super::chosen::{Chosen, Draft};
use super::iam::wildcard;
use super::menu::Menu;
use super::operation::Operation;
use super::pattern::{MAX_LENGTH, serving};
use super::reading::Reading;
use super::route::{Route, expand};
use super::route_set::RouteSet;
use super::router::reachable;

/// The patterns of one policy, each the part of a resource after the stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns {
    /// What is allowed, where nothing denies it.
    pub allow: Vec<String>,
    /// What is denied, whatever allows it.
    pub deny: Vec<String>,
}

impl Patterns {
    /// Whether a policy of these patterns allows a route, `GET/v1/contacts`: Deny wins, and nothing is allowed by default.
    pub fn allow_route(&self, route: &str) -> bool {
        let matched = |patterns: &[String]| patterns.iter().any(|pattern| wildcard(pattern, route));
        matched(&self.allow) && !matched(&self.deny)
    }
}

/// How many policies are kept. A tenant's tokens share a few permission sets; beyond that, one more costs microseconds.
const KEPT: usize = 512;

/// What distinguishes policies from each other.
type Key = (TokenKind, PermissionSet);

/// The compiler of one API's policies. It compiles each permission set once.
#[derive(Clone, Debug)]
pub struct PolicyCompiler {
    operations: Vec<Operation>,
    /// The operation of each route.
    route_operations: Vec<usize>,
    menu: Menu,
    /// For each route, the places of the Denies that tame it.
    tamers: Vec<Vec<usize>>,
    /// One for each verb.
    sections: Vec<Section>,
    compiled: Arc<Mutex<HashMap<Key, Arc<Patterns>>>>,
}

impl PolicyCompiler {
    /// A compiler for these operations; none if the menu was written for others.
    pub fn new(operations: &[Operation], menu: Menu) -> Option<Self> {
        let routes = expand(operations);
        // The facts are about these very routes, in this order, or they are about nothing.
        let own: Vec<String> = routes.iter().map(serving).collect();
        let is_of_routes = menu.allows.iter().map(|allow| &allow.pattern).take(routes.len()).eq(&own);
        if menu.routes != routes.len() || !menu.names_only(routes.len()) || !is_of_routes {
            return None;
        }
        let tames = |route| (0..).zip(&menu.denies).filter(move |(_, deny)| deny.tames.contains(route));
        let tamers = (0..routes.len()).map(|route| tames(route).map(|(at, _)| at).collect()).collect();
        Some(Self {
            operations: operations.to_vec(),
            route_operations: routes.iter().map(|route| route.operation).collect(),
            sections: sections(&routes, &menu),
            menu,
            tamers,
            compiled: Arc::default(),
        })
    }

    /// The patterns for one kind of token and one effective permission.
    pub fn patterns(&self, kind: TokenKind, effective: PermissionSet) -> Arc<Patterns> {
        // A thread that panicked while it held the lock has left whole entries behind: none is written in parts.
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(patterns) = compiled.get(&(kind, effective)) {
            return Arc::clone(patterns);
        }
        let patterns = Arc::new(self.compile(&self.covered(kind, &effective)));
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        compiled.insert((kind, effective), Arc::clone(&patterns));
        patterns
    }

    /// The patterns for one request, for an answer that is not used for another.
    ///
    /// They are those of the whole permission, unless these refuse the request although whatever it can reach is
    /// covered: then no policy is right for all requests, and what it can reach is allowed. Odd paths are refused as
    /// ever.
    pub fn patterns_for(&self, kind: TokenKind, effective: PermissionSet, verb: &str, path: &str) -> Arc<Patterns> {
        let whole = self.patterns(kind, effective);
        // Nothing could be proved of this API, odd paths included.
        if self.menu.allows.iter().all(|allow| allow.serves.is_empty()) {
            return whole;
        }
        let request = format!("{verb}{path}");
        // With a slash out of a `%2F` in it, the path does not tell which routes' templates it was held against.
        if self.menu.readings.has(Reading::DecodedSlash) {
            return whole;
        }
        if whole.allow_route(&request) || self.menu.odd.iter().any(|odd| wildcard(&odd.pattern, &request)) {
            return whole;
        }
        let covered = self.covered(kind, &effective);
        let reached = reachable(&expand(&self.operations), &self.menu.readings, verb, path);
        if !reached.iter().all(|route| covered.contains(*route)) {
            return whole;
        }
        let own = reached.iter().filter_map(|route| self.menu.allows.get(*route)).map(|allow| &allow.pattern);
        let allow = own.filter(|pattern| pattern.len() <= MAX_LENGTH).cloned().collect();
        Arc::new(Patterns { allow, deny: Vec::new() })
    }

    /// The routes that an effective permission covers.
    pub fn covered(&self, kind: TokenKind, effective: &PermissionSet) -> RouteSet {
        let is_met: Vec<bool> = self.operations.iter().map(|it| it.requires(kind).is_met_by(effective)).collect();
        let routes = (0..).zip(&self.route_operations);
        routes.filter(|(_, operation)| is_met.get(**operation).copied().unwrap_or_default()).map(|it| it.0).collect()
    }

    /// The patterns for a set of covered routes.
    pub fn compile(&self, covered: &RouteSet) -> Patterns {
        let (mut plain, mut shortest) = (Draft::default(), Draft::default());
        for section in &self.sections {
            let chosen = self.choose(section, &covered.and(&section.routes));
            plain.add(&section.verb, chosen.0);
            shortest.add(&section.verb, chosen.1);
        }
        // General patterns match odd paths and bring the Denies for them. Literal ones do not, so the sum decides.
        let is_plain_less = plain.size(&self.menu).is_less(shortest.size(&self.menu));
        if is_plain_less { plain.patterns(&self.menu) } else { shortest.patterns(&self.menu) }
    }

    /// The menu's sections, one for each verb.
    #[cfg(feature = "reference")]
    pub(super) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// What can be chosen for one verb, of which these routes are covered: its routes' own patterns, and the shortest.
    pub(super) fn choose(&self, section: &Section, covered: &RouteSet) -> (Chosen, Chosen) {
        Choice::new(&self.menu, &self.tamers, section, covered).plain_and_shortest()
    }

    /// The menu that policies are chosen from.
    pub fn menu(&self) -> &Menu {
        &self.menu
    }
}

fn sections(routes: &[Route<'_>], menu: &Menu) -> Vec<Section> {
    let verb_of = |pattern: &'_ str| pattern.split('/').next().unwrap_or_default().to_owned();
    let verbs: BTreeSet<&str> = routes.iter().map(|route| route.verb).collect();
    let of = |verb: &str| Section {
        verb: verb.to_owned(),
        routes: (0..).zip(routes).filter(|(_, route)| route.verb == verb).map(|(at, _)| at).collect(),
        general: (0..)
            .zip(&menu.allows)
            .skip(routes.len())
            .filter(|(_, allow)| verb_of(&allow.pattern) == verb)
            .map(|(at, _)| at)
            .collect(),
    };
    verbs.into_iter().map(of).collect()
}
