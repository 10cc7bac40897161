//! Narrow Denies: for one Allow of fixed length and one deeper route, where a wide Deny would hit something else.
//!
//! ```text
//! Allow  GET/v1/notes/note_????????
//! Deny   GET/v1/notes/note_???/pins      the only place where `/pins` fits into the id's eight characters
//! ```
//!
//! A text of the Allow's length with a slash where the id is well-formed hits nothing that must work.

use crate::policy::operation::Segment;
use crate::policy::pattern::{MAX_LENGTH, serving};
use crate::policy::route::Route;

/// How many patterns one route may cost: beyond that a policy grows too long to be of use.
const MAX_PATTERNS: usize = 40;

/// How many places are tried for one list. A path of many parameters fits in more ways than are worth looking at.
const MAX_STEPS: usize = 20_000;

/// Lists of Denies to try, the narrowest first, that might tame a route among what an Allow matches.
pub(super) fn candidates(allowed: &str, exposed: &Route<'_>) -> Vec<Vec<String>> {
    let mut lists = vec![vec![serving(exposed)]];
    if !allowed.contains('*') {
        let segments = &exposed.path.segments;
        lists.push(laid_over(allowed, exposed.verb, segments));
        // The path's beginning, and anything behind it: fewer places, and whatever lies deeper is tamed as well.
        let rest = [Segment::Greedy { name: String::new() }];
        let beginnings = (1..segments.len()).rev().map(|length| segments.iter().take(length));
        lists.extend(
            beginnings.map(|beginning| {
                laid_over(allowed, exposed.verb, &beginning.chain(&rest).cloned().collect::<Vec<_>>())
            }),
        );
    }
    let fits = |pattern: &String| pattern.len() <= MAX_LENGTH;
    lists.retain(|list| !list.is_empty() && list.iter().all(fits));
    lists
}

fn laid_over(allowed: &str, verb: &str, segments: &[Segment]) -> Vec<String> {
    let places = Places { allowed: allowed.chars().collect(), segments };
    let mut tried = Tried { found: Vec::new(), steps: 0 };
    places.fill(verb.len(), 0, verb.to_owned(), &mut tried);
    // What was given up would tame in part only.
    if tried.is_given_up() { Vec::new() } else { tried.found }
}

/// What has been tried.
struct Tried {
    found: Vec<String>,
    steps: usize,
}

impl Tried {
    fn is_given_up(&self) -> bool {
        self.found.len() > MAX_PATTERNS || self.steps > MAX_STEPS
    }
}

/// Every way to lay a route's path over a pattern of fixed length.
struct Places<'a> {
    allowed: Vec<char>,
    segments: &'a [Segment],
}

impl Places<'_> {
    /// Lays the segments from `segment` on over the pattern from `at` on.
    fn fill(&self, at: usize, segment: usize, written: String, tried: &mut Tried) {
        tried.steps += 1;
        if tried.is_given_up() {
            return;
        }
        let Some(next) = self.segments.get(segment) else {
            if at == self.allowed.len() {
                tried.found.push(written);
            }
            return;
        };
        let Some(written) = self.lay(at, "/", written) else { return };
        let at = at + 1;
        match next {
            Segment::Literal(text) => {
                if let Some(written) = self.lay(at, text, written) {
                    self.fill(at + text.chars().count(), segment + 1, written, tried);
                }
            }
            Segment::Parameter { .. } => {
                let mut written = written;
                for (end, letter) in (at + 1..).zip(self.allowed.iter().skip(at)) {
                    if *letter == '/' {
                        break;
                    }
                    written.push(*letter);
                    self.fill(end, segment + 1, written.clone(), tried);
                }
            }
            Segment::Greedy { .. } => {
                let rest: String = self.allowed.iter().skip(at).collect();
                if !rest.is_empty() {
                    tried.found.push(written + &rest);
                }
            }
        }
    }

    /// Writes a text over the pattern, if the pattern leaves room for it there.
    fn lay(&self, at: usize, text: &str, written: String) -> Option<String> {
        let mut allowed = self.allowed.iter().skip(at);
        let fits = text.chars().all(|letter| allowed.next().is_some_and(|it| *it == letter || *it == '?'));
        fits.then(|| written + text)
    }
}
