//! From an effective permission to the patterns of a policy, right for every route.
//!
//! Nothing is matched here: which pattern serves, touches, tames or hits which routes was proved when the pack was
//! written, and a policy is a choice from that menu. The choice keeps one rule: what an Allow touches and the
//! permission does not cover is tamed by a Deny. An Allow for which that cannot be had is left out, so that what
//! cannot be written is refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::permission::PermissionSet;
use crate::token::credential::TokenKind;

use super::choice::Choice;
use super::iam::wildcard;
use super::menu::Menu;
use super::operation::Operation;
use super::route::expand;
use super::route_set::RouteSet;

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
    /// For each Allow, the routes of its verb: where odd paths may lead.
    same_verb: Vec<RouteSet>,
    compiled: Arc<Mutex<HashMap<Key, Arc<Patterns>>>>,
}

impl PolicyCompiler {
    /// A compiler for these operations; none if the menu was written for others.
    pub fn new(operations: &[Operation], menu: Menu) -> Option<Self> {
        let routes = expand(operations);
        if menu.routes != routes.len() || !menu.names_only(routes.len()) {
            return None;
        }
        let tames = |route| (0..).zip(&menu.denies).filter(move |(_, deny)| deny.tames.contains(route));
        let tamers = (0..routes.len()).map(|route| tames(route).map(|(at, _)| at).collect()).collect();
        let verb_of = |pattern: &str| pattern.split('/').next().unwrap_or_default().to_owned();
        let of_verb = |verb: String| (0..).zip(&routes).filter(move |(_, route)| route.verb == verb);
        let same_verb =
            menu.allows.iter().map(|allow| of_verb(verb_of(&allow.pattern)).map(|(at, _)| at).collect()).collect();
        Some(Self {
            operations: operations.to_vec(),
            route_operations: routes.iter().map(|route| route.operation).collect(),
            menu,
            tamers,
            same_verb,
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

    /// The routes that an effective permission covers.
    pub fn covered(&self, kind: TokenKind, effective: &PermissionSet) -> RouteSet {
        let is_met: Vec<bool> = self.operations.iter().map(|it| it.requires(kind).is_met_by(effective)).collect();
        let routes = (0..).zip(&self.route_operations);
        routes.filter(|(_, operation)| is_met.get(**operation).copied().unwrap_or_default()).map(|it| it.0).collect()
    }

    /// The patterns for a set of covered routes.
    pub fn compile(&self, covered: &RouteSet) -> Patterns {
        Choice::new(&self.menu, &self.tamers, &self.same_verb, covered).shortest()
    }

    /// The menu that policies are chosen from.
    pub fn menu(&self) -> &Menu {
        &self.menu
    }
}
