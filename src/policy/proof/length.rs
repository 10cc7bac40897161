//! How long policies can get, over all permission sets at once.
//!
//! A policy is the sum of what is chosen for each verb, and the Denies for odd paths, or something shorter. So no policy
//! is longer than the longest choices for each verb together. For one verb the sets of covered routes are mostly few
//! enough to be looked at one by one; where they are not, each route counts with the most that it can cost.
//!
//! The Denies for odd paths are written once, or, where some verb is wholly covered, once for each of the others.

use std::collections::{BTreeMap, HashSet};

use crate::access::permission::PermissionSet;
use crate::api::Api;
use crate::policy::choice::Section;
use crate::policy::document::{MAX_LENGTH, SKELETON};
use crate::policy::pattern::{self, MAX_RESOURCE_LENGTH};
use crate::policy::route::expand;
use crate::policy::route_set::RouteSet;
use crate::token::credential::TokenKind;

use super::verdict::least;

/// How many sets of covered routes are looked at for one verb.
const MAX_SETS: usize = 20_000;

/// The length that an ARN is reckoned with before the verb: any partition and region, and a stage's name of some thirty
/// characters.
pub const USUAL_ARN: usize = 100;

/// The longest that an ARN can be before the verb, and what each pattern leaves room for.
pub const LONGEST_ARN: usize = MAX_RESOURCE_LENGTH - pattern::MAX_LENGTH;

/// What a policy may be made of: for each number of patterns, the most bytes that they have in JSON.
type Part = BTreeMap<usize, usize>;

/// A bound on the length of an API's policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The Denies for the odd paths of all verbs.
    odd: Part,
    verbs: Vec<OfVerb>,
}

/// The bound for one verb.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OfVerb {
    /// What is needed where not all of the verb is covered.
    partly: Vec<Part>,
    /// That, with the Denies for the verb's own odd paths.
    partly_with_odd: Vec<Part>,
    /// What is needed where all of it is.
    wholly: Part,
}

impl Bound {
    /// The bound for an API.
    pub fn of(api: &Api) -> Self {
        let odd = part(api.policies.menu().odd.iter().map(|deny| deny.pattern.as_str()));
        Self { odd, verbs: api.policies.sections().iter().map(|section| OfVerb::of(api, section)).collect() }
    }

    /// The most bytes that any policy has, for an ARN with so many characters before the verb.
    pub fn bytes(&self, arn: usize) -> usize {
        // Beside the pattern, a resource is the ARN and a comma.
        let length = |(count, bytes): (&usize, &usize)| bytes + count * (arn + 1);
        let longest = |part: &Part| part.iter().map(length).max().unwrap_or_default();
        let together = |parts: &[Part]| parts.iter().map(longest).sum::<usize>();
        let (mut once, mut each, mut least_spared) = (longest(&self.odd), 0, usize::MAX);
        for verb in &self.verbs {
            let (wholly, with_odd) = (longest(&verb.wholly), together(&verb.partly_with_odd));
            once += wholly.max(together(&verb.partly));
            each += wholly.max(with_odd);
            // At least one verb is wholly covered, or the Denies would be written once.
            least_spared = least_spared.min(with_odd.saturating_sub(wholly));
        }
        SKELETON + once.max(each.saturating_sub(least_spared))
    }

    /// How long an ARN may be before the verb, for every policy to be as short as it must: [`LONGEST_ARN`] at most.
    pub fn longest_arn(&self) -> Option<usize> {
        (0..=LONGEST_ARN).take_while(|arn| self.bytes(*arn) <= MAX_LENGTH).last()
    }

    /// Whether every policy is as short as it must, for an ARN of usual length.
    pub fn fits(&self) -> bool {
        self.bytes(USUAL_ARN) <= MAX_LENGTH
    }
}

impl OfVerb {
    fn of(api: &Api, section: &Section) -> Self {
        let menu = api.policies.menu();
        let wholly = part(api.policies.choose(section, &section.routes).1.own_patterns(menu));
        let Some(sets) = covered_sets(api, section) else {
            let partly: Vec<Part> = section.routes.iter().map(|route| dearest(api, route)).collect();
            let odd: Vec<String> = menu.odd.iter().map(|odd| odd.of_verb(&section.verb)).collect();
            let odd = part(odd.iter().map(String::as_str));
            return Self { partly_with_odd: partly.iter().cloned().chain([odd]).collect(), partly, wholly };
        };
        let (mut partly, mut partly_with_odd) = (Part::new(), Part::new());
        for covered in &sets {
            let chosen = api.policies.choose(section, covered).1;
            let odd: Vec<String> = chosen.odd_patterns(&section.verb, menu).collect();
            keep(&mut partly, chosen.own_patterns(menu));
            keep(&mut partly_with_odd, chosen.own_patterns(menu).chain(odd.iter().map(String::as_str)));
        }
        Self { partly: vec![partly], partly_with_odd: vec![partly_with_odd], wholly }
    }
}

/// Every set of a verb's routes that some permission set covers, for either kind of token; none if there are too many.
fn covered_sets(api: &Api, section: &Section) -> Option<HashSet<RouteSet>> {
    let routes = expand(&api.operations);
    let mut found = HashSet::new();
    for kind in TokenKind::ALL {
        let operations = section.routes.iter().filter_map(|at| api.operations.get(routes.get(at)?.operation));
        let mut steps: Vec<PermissionSet> = operations.flat_map(|it| least(it, kind, &api.catalogue)).collect();
        steps.sort_unstable();
        steps.dedup();
        // What a set covers is what the least sets within it cover together.
        let mut sets = HashSet::from([PermissionSet::EMPTY]);
        for step in steps {
            let larger: Vec<PermissionSet> = sets.iter().map(|set| set.union(step)).collect();
            sets.extend(larger);
            if sets.len() > MAX_SETS {
                return None;
            }
        }
        found.extend(sets.iter().map(|set| api.policies.covered(kind, set).and(&section.routes)));
    }
    Some(found)
}

/// The most that a route can cost: its own pattern if it is covered, and if not, the Denies that tame it.
fn dearest(api: &Api, route: usize) -> Part {
    let menu = api.policies.menu();
    let mut longest = part(menu.allows.get(route).iter().map(|allow| allow.pattern.as_str()));
    let tamers = || menu.denies.iter().filter(move |deny| deny.tames.contains(route));
    // One that tames it for every Allow is used once. Each of the others may be needed beside it.
    let narrow = || tamers().filter(|deny| deny.only_for.is_some()).flat_map(|deny| &deny.patterns);
    keep(&mut longest, narrow().map(String::as_str));
    for wide in tamers().filter(|deny| deny.only_for.is_none()) {
        keep(&mut longest, wide.patterns.iter().chain(narrow()).map(String::as_str));
    }
    longest
}

fn part<'a>(patterns: impl Iterator<Item = &'a str>) -> Part {
    let mut longest = Part::new();
    keep(&mut longest, patterns);
    longest
}

fn keep<'a>(longest: &mut Part, patterns: impl Iterator<Item = &'a str>) {
    let (count, bytes) = patterns.fold((0, 0), |(count, bytes), it| (count + 1, bytes + json_length(it)));
    let most = longest.entry(count).or_default();
    *most = bytes.max(*most);
}

fn json_length(pattern: &str) -> usize {
    serde_json::Value::from(pattern).to_string().len()
}
