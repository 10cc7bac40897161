//! General patterns that may stand for several routes at once.
//!
//! Each route is generalised in every way that keeps the path's beginning that all routes share: a prefix with what
//! follows left open, and literals within replaced by `*`. What two routes come to alike is worth a proof.

use std::collections::BTreeMap;

use crate::policy::operation::Segment;
use crate::policy::pattern::MAX_LENGTH;
use crate::policy::route::Route;

/// How many literals of one path are replaced in every combination; of the rest only all or none.
const COMBINED_LITERALS: usize = 4;

/// What may follow a prefix.
const TAILS: [&str; 3] = ["*", "/*", "/*/*"];

/// The general patterns that at least two routes come to, most general last, in an order that does not depend on the
/// order of the routes.
pub(super) fn general(routes: &[Route<'_>]) -> Vec<String> {
    let shared = shared_prefix(routes);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for route in routes {
        let mut own = generalisations(route, shared);
        own.sort_unstable();
        own.dedup();
        for pattern in own {
            *found.entry(pattern).or_default() += 1;
        }
    }
    let mut patterns: Vec<String> =
        found.into_iter().filter(|(pattern, count)| *count > 1 && pattern.len() <= MAX_LENGTH).map(|it| it.0).collect();
    patterns.sort_by_key(|pattern| (pattern.matches('*').count(), pattern.clone()));
    patterns
}

fn generalisations(route: &Route<'_>, shared: usize) -> Vec<String> {
    let segments = &route.path.segments;
    let mut patterns = Vec::new();
    for length in shared..=segments.len() {
        let prefix: Vec<&Segment> = segments.iter().take(length).collect();
        for path in replaced(&prefix, shared) {
            let start = format!("{}{path}", route.verb);
            patterns.extend(TAILS.iter().map(|tail| format!("{start}{tail}")));
            if length == segments.len() {
                patterns.push(start);
            }
        }
    }
    // `GET*` would reach beyond its verb.
    patterns.retain(|pattern| pattern.starts_with(&format!("{}/", route.verb)));
    patterns
}

/// The prefix with its parameters, and any choice of its literals, replaced by `*`.
fn replaced(prefix: &[&Segment], shared: usize) -> Vec<String> {
    let mut paths = vec![String::new()];
    let mut combined = 0;
    for (at, segment) in prefix.iter().enumerate() {
        let texts = match segment {
            Segment::Literal(text) if at < shared || combined >= COMBINED_LITERALS => vec![text.as_str()],
            Segment::Literal(text) => {
                combined += 1;
                vec![text.as_str(), "*"]
            }
            Segment::Parameter { .. } | Segment::Greedy { .. } => vec!["*"],
        };
        paths = paths.iter().flat_map(|path| texts.iter().map(move |text| format!("{path}/{text}"))).collect();
    }
    paths
}

/// How many literal segments all routes begin with.
fn shared_prefix(routes: &[Route<'_>]) -> usize {
    let Some(first) = routes.first() else { return 0 };
    let is_shared = |at: usize, segment: &Segment| {
        matches!(segment, Segment::Literal(_))
            && routes.iter().all(|route| route.path.segments.get(at) == Some(segment))
    };
    first.path.segments.iter().enumerate().take_while(|(at, segment)| is_shared(*at, segment)).count()
}
