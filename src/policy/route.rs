//! Routes: what a policy can tell apart, one verb on one path.
//!
//! An operation is one route; an `ANY` operation is a route for each verb that the gateway knows and that no other
//! operation on the same path names. Verbs are literal in every Allow: a wildcard there would swallow segments.

use std::cmp::Ordering;

use super::operation::{Operation, PathTemplate, Segment, Verb};

/// The verbs that API Gateway's `ANY` stands for.
///
/// Source: "Set up an HTTP method in API Gateway", Amazon API Gateway Developer Guide.
pub const VERBS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// One verb on one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    /// The place of its operation in the list of operations.
    pub operation: usize,
    /// Upper-case.
    pub verb: &'a str,
    /// Whether the operation is for `ANY` verb.
    pub is_any: bool,
    /// The operation's path.
    pub path: &'a PathTemplate,
}

/// The routes of the operations, in an order that does not depend on the order of the operations.
pub fn expand(operations: &[Operation]) -> Vec<Route<'_>> {
    let mut routes: Vec<Route<'_>> = as_listed(operations).collect();
    routes.sort_by_cached_key(|route| (route.path.precedence(), route.verb));
    routes
}

/// The routes of the operations, in the order of the operations.
fn as_listed(operations: &[Operation]) -> impl Iterator<Item = Route<'_>> {
    operations.iter().enumerate().flat_map(|(index, operation)| routes_of(index, operation, operations))
}

/// The routes whose path a request's path, in segments, is one of for certain; in the order of the operations.
pub(super) fn matching<'a>(operations: &'a [Operation], segments: &[&str]) -> impl Iterator<Item = Route<'a>> {
    let matches = move |(_, operation): &(usize, &Operation)| operation.path.takes(segments);
    let reached = operations.iter().enumerate().filter(matches);
    reached.flat_map(move |(index, operation)| routes_of(index, operation, operations))
}

fn routes_of<'a>(index: usize, operation: &'a Operation, operations: &'a [Operation]) -> Vec<Route<'a>> {
    let route = |verb: &'a str, is_any| Route { operation: index, verb, is_any, path: &operation.path };
    match &operation.verb {
        Verb::Only(verb) => vec![route(verb, false)],
        Verb::Any => VERBS
            .into_iter()
            .filter(|verb| !operations.iter().any(|other| names(other, verb, &operation.path)))
            .map(|verb| route(verb, true))
            .collect(),
    }
}

fn names(operation: &Operation, verb: &str, path: &PathTemplate) -> bool {
    matches!(&operation.verb, Verb::Only(only) if only == verb) && operation.path.is_same_resource(path)
}

impl PathTemplate {
    /// Whether two templates are the same resource to a gateway: the names and forms of parameters make no difference.
    pub fn is_same_resource(&self, other: &Self) -> bool {
        self.precedence() == other.precedence()
    }

    /// Smaller goes first, segment by segment: a literal before a parameter before a greedy one.
    pub(crate) fn precedence(&self) -> Vec<(u8, &str)> {
        self.segments.iter().map(rank).collect()
    }

    /// Whether each of two templates is the more specific one in some segment, so that "the most specific" names neither.
    /// A greedy one has its own place in every order.
    pub(crate) fn ties_with(&self, other: &Self) -> bool {
        let compared = || self.segments.iter().zip(&other.segments).map(|(own, other)| rank(own).0.cmp(&rank(other).0));
        self.is_greedy() == other.is_greedy() && compared().any(Ordering::is_lt) && compared().any(Ordering::is_gt)
    }

    /// Whether the last parameter swallows what follows.
    pub(crate) fn is_greedy(&self) -> bool {
        self.segments.iter().any(|segment| matches!(segment, Segment::Greedy { .. }))
    }

    /// Whether a request's path, in segments, is one of this template's for certain.
    pub(crate) fn takes(&self, segments: &[&str]) -> bool {
        let below = segments.get(self.segments.len().saturating_sub(1));
        self.may_take(segments) && !(self.is_greedy() && below.is_some_and(|first| first.is_empty()))
    }

    /// Whether a request's path, in segments, can be one of this template's. Whether a greedy parameter takes an empty
    /// segment first, `/files/` and `/files//a`, is not documented; at the root it does not take the root.
    pub(crate) fn may_take(&self, segments: &[&str]) -> bool {
        let mut rest = segments.iter();
        for segment in &self.segments {
            match (segment, rest.next()) {
                (Segment::Literal(text), Some(given)) if text == given => {}
                (Segment::Parameter { .. }, Some(given)) if !given.is_empty() => {}
                (Segment::Greedy { .. }, Some(_)) => return true,
                _ => return false,
            }
        }
        rest.next().is_none()
    }
}

fn rank(segment: &Segment) -> (u8, &str) {
    match segment {
        Segment::Literal(text) => (0, text),
        Segment::Parameter { .. } => (1, ""),
        Segment::Greedy { .. } => (2, ""),
    }
}
