//! The facts of the menu: which pattern serves, touches, tames and hits which routes.
//!
//! Each fact is decided. An example or a literal beginning often decides it at once; automata decide the rest. What
//! is not decided within bounds is taken as the answer that refuses more.

use crate::policy::iam::wildcard;
use crate::policy::menu::{Allow, Deny, OddDeny};
use crate::policy::pattern;
use crate::policy::reading::{Reading, Readings};
use crate::policy::route::Route;
use crate::policy::route_set::RouteSet;

use super::language::{Language, Undecided};
use super::territory::{self, Territory};

/// How many examples of each language are looked at before an automaton is.
const EXAMPLES: usize = 6;

/// What is known of one route.
struct Ground {
    territory: Territory,
    /// A pattern around all of the core.
    outline: String,
    possible: Vec<String>,
    canonical: Vec<String>,
}

/// The routes' languages, ready to be asked about patterns.
pub(super) struct Facts {
    grounds: Vec<Ground>,
    odd: Vec<Language>,
}

impl Facts {
    /// Prepares the languages of the routes.
    pub(super) fn new(routes: &[Route<'_>], readings: &Readings) -> Result<Self, Undecided> {
        let territories = territory::of_routes(routes, readings)?;
        let ground = |(route, territory): (&Route<'_>, Territory)| {
            Ok(Ground {
                outline: pattern::refusing(route),
                possible: territory.core.samples(EXAMPLES)?,
                canonical: territory.must.samples(EXAMPLES)?,
                territory,
            })
        };
        let grounds = routes.iter().zip(territories).map(ground).collect::<Result<_, Undecided>>()?;
        Ok(Self { grounds, odd: Vec::new() })
    }

    /// Chooses the Denies for odd paths: of each reading the shortest list that hits nothing that must work, or the
    /// last list there is.
    pub(super) fn choose_odd(&mut self, readings: &Readings) -> Result<Vec<OddDeny>, Undecided> {
        let mut chosen = Vec::new();
        for reading in readings.iter() {
            let Some(odd) = territory::odd(reading) else { continue };
            let odd = Language::regex(odd)?;
            let mut lists = odd_lists(reading).iter().map(|list| self.odd_denies(list));
            let mut list = lists.next().unwrap_or_default();
            while list.iter().any(|deny| !deny.hits.is_empty()) {
                let Some(next) = lists.next() else { break };
                list = next;
            }
            for deny in list {
                self.odd.push(odd.and(&Language::pattern(&deny.pattern)?)?);
                chosen.push(deny);
            }
        }
        Ok(chosen)
    }

    fn odd_denies(&self, patterns: &[&str]) -> Vec<OddDeny> {
        patterns.iter().map(|pattern| OddDeny { pattern: (*pattern).to_owned(), hits: self.hits(pattern) }).collect()
    }

    /// The facts of a pattern as an Allow.
    pub(super) fn allow(&self, pattern: &str) -> Allow {
        let language = Language::pattern(pattern);
        let is_odd = |odd: &Language| decided(&language, |language| language.meets(odd), true);
        Allow {
            pattern: pattern.to_owned(),
            serves: self.routes(|ground| {
                !ground.canonical.is_empty()
                    && ground.canonical.iter().all(|text| wildcard(pattern, text))
                    && decided(&language, |language| ground.territory.must.is_within(language), false)
            }),
            touches: self.routes(|ground| {
                can_meet(pattern, &ground.outline)
                    && (ground.possible.iter().any(|text| wildcard(pattern, text))
                        || decided(&language, |language| ground.territory.core.meets(language), true))
            }),
            odd: (0..).zip(&self.odd).filter(|(_, odd)| is_odd(odd)).map(|(at, _)| at).collect(),
        }
    }

    /// The facts of a pattern as a Deny.
    pub(super) fn deny(&self, pattern: &str) -> Deny {
        let language = Language::pattern(pattern);
        let tames = self.routes(|ground| {
            ground.possible.iter().all(|text| wildcard(pattern, text))
                && decided(&language, |language| ground.territory.core.is_within(language), false)
        });
        Deny { patterns: vec![pattern.to_owned()], tames, hits: self.hits(pattern), only_for: None }
    }

    /// The facts of Denies that tame routes together, for one Allow alone.
    pub(super) fn deny_for(&self, at: usize, allow: &Allow, patterns: Vec<String>) -> Deny {
        let language = Language::pattern(&allow.pattern);
        let is_tamed = |allowed: &Language, ground: &Ground| {
            let exposed = allowed.and(&ground.territory.core)?;
            let without = |rest: Language, pattern: &String| rest.without(&Language::pattern(pattern)?);
            Ok(patterns.iter().try_fold(exposed, without)?.is_empty())
        };
        let grounds = (0..).zip(&self.grounds).filter(|(route, _)| allow.touches.contains(*route));
        let tames = grounds
            .filter(|(_, ground)| decided(&language, |allowed| is_tamed(allowed, ground), false))
            .map(|(route, _)| route)
            .collect();
        let mut hits = RouteSet::default();
        for pattern in &patterns {
            hits.add(&self.hits(pattern));
        }
        Deny { patterns, tames, hits, only_for: Some(at) }
    }

    /// What a pattern looks like from the examples alone: enough to choose which patterns are worth a proof.
    pub(super) fn glance(&self, pattern: &str) -> Glance {
        let matched = |examples: &[String]| examples.iter().filter(|text| wildcard(pattern, text)).count();
        let mut glance = Glance::default();
        let grounds = self.grounds.iter().enumerate();
        for (route, ground) in grounds.filter(|(_, ground)| can_meet(pattern, &ground.outline)) {
            let (canonical, possible) = (matched(&ground.canonical), matched(&ground.possible));
            let seen = [
                (&mut glance.serves, canonical == ground.canonical.len()),
                (&mut glance.hits, canonical > 0),
                (&mut glance.tames, possible == ground.possible.len()),
                (&mut glance.touches, possible > 0),
            ];
            for (set, _) in seen.into_iter().filter(|(_, is_in)| *is_in) {
                set.insert(route);
            }
        }
        glance
    }

    fn hits(&self, pattern: &str) -> RouteSet {
        let language = Language::pattern(pattern);
        self.routes(|ground| {
            can_meet(pattern, &ground.outline)
                && (ground.canonical.iter().any(|text| wildcard(pattern, text))
                    || decided(&language, |language| ground.territory.must.meets(language), true))
        })
    }

    fn routes(&self, is_in: impl Fn(&Ground) -> bool) -> RouteSet {
        (0..).zip(&self.grounds).filter(|(_, ground)| is_in(ground)).map(|(at, _)| at).collect()
    }
}

/// A pattern's facts as far as examples show them.
#[derive(Default)]
pub(super) struct Glance {
    pub(super) serves: RouteSet,
    pub(super) hits: RouteSet,
    pub(super) tames: RouteSet,
    pub(super) touches: RouteSet,
}

/// The Denies for a reading's odd paths, shortest list first.
pub(super) fn odd_lists(reading: Reading) -> &'static [&'static [&'static str]] {
    match reading {
        Reading::EncodedPath => &[&["*%*"]],
        Reading::EmptySegments => &[&["*//*"]],
        Reading::DotSegments => &[&["*/.*"], &["*/./*", "*/../*", "*/.", "*/.."]],
        // The root ends in a slash of its own, the only one.
        Reading::TrailingSlash => &[&["*/*/"]],
        _ => &[],
    }
}

/// Whether two patterns could have a text in common, by their literal beginnings and ends.
fn can_meet(a: &str, b: &str) -> bool {
    let agree = |(a, b): (char, char)| a == b || a == '?' || b == '?';
    let until_star = |(a, b): &(char, char)| *a != '*' && *b != '*';
    a.chars().zip(b.chars()).take_while(until_star).all(agree)
        && a.chars().rev().zip(b.chars().rev()).take_while(until_star).all(agree)
}

fn decided(
    language: &Result<Language, Undecided>,
    question: impl Fn(&Language) -> Result<bool, Undecided>,
    otherwise: bool,
) -> bool {
    language.as_ref().ok().and_then(|language| question(language).ok()).unwrap_or(otherwise)
}
