//! Which operation a request reaches.
//!
//! A literal segment goes before a parameter, a parameter before a greedy one. The kinds of API differ in when the
//! verb is looked at, and in when a greedy path is; the proofs take every kind into account, so that one policy is
//! right for all of them.
//!
//! ```text
//! GET /notes/search, with POST /notes/search and GET /notes/{id} declared
//!   REST API: the resource is /notes/search, which has no GET: refused by the gateway itself
//!   HTTP API: of the routes for GET, /notes/{id} matches, with the id `search`
//! ```
//!
//! Source: "Create routes for HTTP APIs" and "Set up a proxy resource", Amazon API Gateway Developer Guide.

use super::operation::Operation;
use super::reading::Readings;
use super::route::{Route, matching};

/// A way to route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Router {
    /// A REST API: the resource first, then the verb.
    Rest,
    /// An HTTP API: of the routes for the verb the most specific path; of two on one path, the one that names the verb.
    Http,
    /// An HTTP API, should it prefer a route that names the verb to an `ANY` route with a more specific path. The
    /// guide says "full match for a route and method" and leaves this open.
    HttpVerbFirst,
    /// The same, should a greedy path that names the verb go before an `ANY` route as well.
    HttpVerbBeforeGreed,
}

/// What a router compares: smaller goes first.
type Rank<'a> = (bool, bool, Vec<(u8, &'a str)>, bool);

impl Router {
    /// Every router.
    pub const ALL: [Self; 4] = [Self::Rest, Self::Http, Self::HttpVerbFirst, Self::HttpVerbBeforeGreed];

    /// The operation that a request reaches; none if the gateway has no method there.
    pub fn route<'a>(self, operations: &'a [Operation], verb: &str, path: &str) -> Option<&'a Operation> {
        let segments = segments(path)?;
        let routes: Vec<Route<'_>> = matching(operations, &segments).collect();
        let reached = routes.iter().min_by_key(|route| self.rank(route))?;
        let on_it = |route: &&Route<'_>| self != Self::Rest || route.path.is_same_resource(reached.path);
        let for_verb = routes.iter().filter(on_it).filter(|route| route.verb == verb);
        for_verb.min_by_key(|route| self.rank(route)).and_then(|route| operations.get(route.operation))
    }

    /// Whether a request that both routes match goes to the first and can never go to the second.
    pub(crate) fn prefers(self, first: &Route<'_>, second: &Route<'_>) -> bool {
        (self == Self::Rest || first.verb == second.verb) && self.rank(first) < self.rank(second)
    }

    fn rank<'a>(self, route: &Route<'a>) -> Rank<'a> {
        let path = route.path.precedence();
        match self {
            Self::Rest => (false, false, path, false),
            Self::Http => (route.path.is_greedy(), false, path, route.is_any),
            Self::HttpVerbFirst => (route.path.is_greedy(), route.is_any, path, false),
            Self::HttpVerbBeforeGreed => (route.is_any, route.path.is_greedy(), path, false),
        }
    }
}

/// The places of the routes that a request can reach, under any of the readings: each that does not lose it to a more
/// specific one for certain. None loses one for certain where the ARN is not the text that the route was chosen by.
pub(super) fn reachable(routes: &[Route<'_>], readings: &Readings, verb: &str, path: &str) -> Vec<usize> {
    let Some(segments) = segments(path) else { return Vec::new() };
    let matching: Vec<(usize, &Route<'_>)> =
        (0..).zip(routes).filter(|(_, route)| route.path.may_take(&segments)).collect();
    let certain: Vec<&Route<'_>> = matching.iter().map(|it| it.1).filter(|it| it.path.takes(&segments)).collect();
    let loses = |router: Router, route: &Route<'_>| {
        let takes_it = |rival: &&Route<'_>| router.prefers(rival, route) && !readings.ties(router, rival, route);
        !readings.decode_for_the_arn() && certain.iter().any(takes_it)
    };
    let routers = readings.routers();
    let reached = matching.iter().filter(|(_, route)| route.verb == verb);
    reached.filter(|(_, route)| routers.iter().any(|router| !loses(*router, route))).map(|(at, _)| *at).collect()
}

/// The segments of a path. The root has none, and its ARN may end at the verb.
fn segments(path: &str) -> Option<Vec<&str>> {
    match path {
        "" | "/" => Some(Vec::new()),
        _ => Some(path.strip_prefix('/')?.split('/').collect()),
    }
}
