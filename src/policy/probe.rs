//! Requests that settle the readings on a real stage.
//!
//! Each is sent twice: by a *wide* token, which covers every route of its verb and whose policy denies no odd paths,
//! and by a *narrow* one, which covers all but one, so that its policy does. What the two see tells where the odd text
//! went.
//!
//! ```text
//! wide      narrow
//! refused   refused   the gateway routes no such path: the reading does not matter
//! reached   refused   routed, and the ARN keeps the text
//! reached   reached   routed, and the ARN does not have the text: it was decoded or put in order
//! ```
//!
//! Most readings say that the text is kept; the two about decoding say that it is not. Only requests are asked with
//! which the two policies tell this: the wide one allows the text as it is sent, the narrow one refuses it and would
//! allow it decoded or in order.

use crate::access::permission::PermissionSet;
use crate::api::Api;
use crate::token::credential::TokenKind;

use super::compiler::Patterns;
use super::operation::{ParameterForm, Segment};
use super::reading::Reading;
use super::route::{Route, expand};

pub use super::seen::{Finding, Seen};

/// One request, and the reading that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The reading.
    pub reading: Reading,
    /// The request's path, to be sent as it is: a client that tidies paths shows nothing.
    pub path: String,
    /// What the ARN ends in if the gateway decodes the path or puts it in order.
    pub tidied: String,
}

/// The probes of an API, and what the two tokens must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The scopes of the wide token.
    pub wide: Vec<String>,
    /// The scopes of the narrow token.
    pub narrow: Vec<String>,
    /// A path that both may read: who is refused there is not who the plan asks for, or the stage is another.
    pub control: String,
    /// The requests, all `GET`, those of one reading one after the other.
    pub probes: Vec<Probe>,
    /// The readings of which not every request tells something: they cannot be settled so.
    pub unasked: Vec<Reading>,
}

/// A plan for an API; none if it has no list to read (a `GET` without parameters beside another `GET`).
pub fn plan(api: &Api) -> Option<Plan> {
    let routes = expand(&api.operations);
    let gets: Vec<&Route<'_>> = routes.iter().filter(|route| route.verb == "GET").collect();
    let wide = api.catalogue.scopes();
    let narrowed = |list: &Route<'_>| gets.iter().find_map(|spared| narrow(api, list, spared));
    let lists = gets.iter().filter(|route| !route.path.segments.is_empty() && is_literal(route));
    let (list, narrow) = lists.filter_map(|list| Some((list, narrowed(list)?))).next()?;
    let covered = |route: &&&Route<'_>| is_covered(api, route, &narrow);
    let items: Vec<Item> = gets.iter().filter(covered).filter_map(|route| Item::of(route)).collect();
    let patterns = |set| api.policies.patterns(TokenKind::Pat, set);
    let (wide_policy, narrow_policy) = (patterns(wide), patterns(narrow));
    let tells = |probe: &Probe| probe.tells(&wide_policy, &narrow_policy);
    let control = list.path.to_string();
    let (mut probes, mut unasked): (Vec<Probe>, Vec<Reading>) = (Vec::new(), Vec::new());
    for (reading, candidates) in questions(&control, &items) {
        match candidates.into_iter().find(tells) {
            Some(probe) => probes.push(probe),
            None => unasked.push(reading),
        }
    }
    let names = |set: PermissionSet| api.catalogue.names(set).map(str::to_owned).collect();
    Some(Plan { wide: names(wide), narrow: names(narrow), control, probes, unasked })
}

impl Probe {
    fn new(reading: Reading, path: String, tidied: String) -> Self {
        Self { reading, path, tidied }
    }

    fn tells(&self, wide: &Patterns, narrow: &Patterns) -> bool {
        let (sent, tidied) = (format!("GET{}", self.path), format!("GET{}", self.tidied));
        wide.allow_route(&sent) && !narrow.allow_route(&sent) && narrow.allow_route(&tidied)
    }
}

/// All that may be asked but for what another route requires; none if the list goes with it, or no route does.
fn narrow(api: &Api, list: &Route<'_>, spared: &Route<'_>) -> Option<PermissionSet> {
    let spared_only = least(api, spared).difference(least(api, list));
    let is_kept = |permission: &_| api.catalogue.covered_by(*permission).intersection(spared_only).is_empty();
    let narrow: PermissionSet = api.catalogue.scopes().iter().filter(is_kept).collect();
    (is_covered(api, list, &narrow) && !is_covered(api, spared, &narrow)).then_some(narrow)
}

/// What is asked, each with requests of which the first that tells is sent.
fn questions(list: &str, items: &[Item]) -> Vec<(Reading, Vec<Probe>)> {
    let one = |reading, path: String| (reading, vec![Probe::new(reading, path, list.to_owned())]);
    let (parent, last) = list.rsplit_once('/').unwrap_or(("", list));
    let encoded_slash = |text: &str| text.rsplit_once('/').map(|(above, last)| format!("{above}%2F{last}"));
    let below = Some(list).filter(|_| !parent.is_empty()).into_iter().chain(items.iter().map(|it| it.path.as_str()));
    let slashes =
        below.filter_map(|path| Some(Probe::new(Reading::EncodedPath, encoded_slash(path)?, path.to_owned())));
    let letters = items.iter().map(|item| item.probe(Reading::DecodedAfterRouting, item.encoded_letter()));
    let within = items.iter().flat_map(|item| item.encoded_slashes().map(|it| item.probe(Reading::DecodedSlash, it)));
    vec![
        one(Reading::EncodedPath, format!("{parent}/{}", encoded_first(last))),
        (Reading::EncodedPath, slashes.collect()),
        one(Reading::EncodedPath, format!("{parent}/x/%2e%2e/{last}")),
        one(Reading::EmptySegments, format!("{parent}//{last}")),
        one(Reading::DotSegments, format!("{parent}/x/../{last}")),
        one(Reading::TrailingSlash, format!("{list}/")),
        (Reading::DecodedAfterRouting, letters.collect()),
        (Reading::DecodedSlash, within.collect()),
    ]
}

/// A single thing, of a well-formed id: a backend has no reason to refuse it, and does not have it.
struct Item {
    path: String,
    /// The last segment, of which all but the form is free to choose.
    value: String,
}

impl Item {
    /// A request to a route whose last segment is a parameter.
    fn of(route: &Route<'_>) -> Option<Self> {
        let values = route.path.segments.iter().map(|segment| match segment {
            Segment::Literal(text) => Some(text.clone()),
            Segment::Parameter { form: ParameterForm::Id { prefix, digits }, .. } => {
                Some(format!("{prefix}{}", "a".repeat(*digits)))
            }
            Segment::Parameter { .. } => Some("aaaa".to_owned()),
            Segment::Greedy { .. } => None,
        });
        let values: Vec<String> = values.collect::<Option<_>>()?;
        let value = values.last()?.clone();
        let is_item = matches!(route.path.segments.last(), Some(Segment::Parameter { .. }));
        is_item.then(|| Self { path: format!("/{}", values.join("/")), value })
    }

    /// A request that ends in this instead; `%2F` and `%61` are what it would be decoded from.
    fn probe(&self, reading: Reading, last: String) -> Probe {
        let above = self.path.strip_suffix(&self.value).unwrap_or_default();
        let path = format!("{above}{last}");
        let tidied = path.replace("%2F", "/").replace("%61", "a");
        Probe::new(reading, path, tidied)
    }

    fn encoded_letter(&self) -> String {
        let rest = self.value.strip_suffix('a').unwrap_or_default();
        format!("{rest}%61")
    }

    /// The value with a slash in each place that leaves its length as it is.
    fn encoded_slashes(&self) -> impl Iterator<Item = String> {
        let letters: Vec<char> = self.value.chars().collect();
        (1..letters.len().saturating_sub(1)).rev().map(move |at| {
            let (before, after) = (letters.iter().take(at), letters.iter().skip(at + 1));
            format!("{}%2F{}", before.collect::<String>(), after.collect::<String>())
        })
    }
}

fn encoded_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|letter| format!("%{:02x}", u32::from(letter))).unwrap_or_default() + letters.as_str()
}

fn is_literal(route: &Route<'_>) -> bool {
    route.path.segments.iter().all(|segment| matches!(segment, Segment::Literal(_)))
}

fn is_covered(api: &Api, route: &Route<'_>, set: &PermissionSet) -> bool {
    api.operations.get(route.operation).is_some_and(|operation| operation.requires(TokenKind::Pat).is_met_by(set))
}

/// The permissions of a route's first alternative, for a personal access token.
fn least(api: &Api, route: &Route<'_>) -> PermissionSet {
    let operation = api.operations.get(route.operation);
    let alternatives = operation.map(|operation| operation.requires(TokenKind::Pat).alternatives());
    alternatives.and_then(|all| all.first().copied()).unwrap_or_default()
}
