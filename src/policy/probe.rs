//! Requests that settle the readings on a real stage.
//!
//! Each is sent twice: by a *wide* token, which covers every route of its verb and whose policy denies no odd paths,
//! and by a *narrow* one, which covers all but one, so that its policy does. What the two see tells where the odd text
//! went.
//!
//! ```text
//! wide      narrow
//! refused   any       the gateway routes no such path: the reading does not matter
//! reached   refused   routed, and the ARN keeps the text
//! reached   reached   routed, and the ARN does not have the text: it was decoded or put in order
//! ```
//!
//! Most readings say that the text is kept; the two about decoding say that it is not.

use crate::access::permission::PermissionSet;
use crate::api::Api;
use crate::token::credential::TokenKind;

use super::operation::{PathTemplate, Segment};
use super::reading::Reading;
use super::route::{Route, expand};

/// One request, and the reading that it settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The reading.
    pub reading: Reading,
    /// The request's path, to be sent as it is: a client that tidies paths shows nothing.
    pub path: String,
}

/// The probes of an API, and what the two tokens must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The scopes of the wide token.
    pub wide: Vec<String>,
    /// The scopes of the narrow token.
    pub narrow: Vec<String>,
    /// The requests, all `GET`.
    pub probes: Vec<Probe>,
}

/// What was seen of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A backend answered.
    Reached,
    /// The gateway refused, or knows no such route.
    Refused,
}

/// What a probe shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The gateway has no route for such a path.
    NotRouted,
    /// The gateway does what the reading says.
    Holds,
    /// The gateway does otherwise.
    Fails,
    /// The narrow token reached what the wide one did not: the tokens are not what the plan asks for.
    Contradiction,
}

impl Finding {
    /// What follows for a reading from the two answers.
    pub fn of(reading: Reading, wide: Seen, narrow: Seen) -> Self {
        let is_about_decoding = matches!(reading, Reading::DecodedAfterRouting | Reading::DecodedSlash);
        match (wide, narrow) {
            (Seen::Refused, Seen::Refused) => Self::NotRouted,
            (Seen::Refused, Seen::Reached) => Self::Contradiction,
            (Seen::Reached, Seen::Refused) if is_about_decoding => Self::Fails,
            (Seen::Reached, Seen::Reached) if is_about_decoding => Self::Holds,
            (Seen::Reached, Seen::Refused) => Self::Holds,
            (Seen::Reached, Seen::Reached) => Self::Fails,
        }
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotRouted => "not_routed",
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Contradiction => "contradiction",
        }
    }

    /// What it means for the proof, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NotRouted => "not routed: whether the reading is on makes no difference",
            Self::Holds => "the gateway does so: the reading must be on",
            Self::Fails => "routed, and the gateway does not do so: the reading may be off",
            Self::Contradiction => "the tokens are not the ones that the plan asks for",
        }
    }
}

/// A plan for an API; none if it has no list to read (a `GET` without parameters beside another `GET`).
pub fn plan(api: &Api) -> Option<Plan> {
    let routes = expand(&api.operations);
    let gets: Vec<&Route<'_>> = routes.iter().filter(|route| route.verb == "GET").collect();
    let list = *gets.iter().find(|route| is_literal(route.path) && !route.path.segments.is_empty())?;
    let wide = api.catalogue.scopes();
    let needed = least(api, list);
    let spared = gets.iter().map(|route| least(api, route)).find(|set| !needed.covers(set))?;
    let narrow = wide.iter().filter(|it| api.catalogue.covered_by(*it).intersection(spared).is_empty());
    let names = |set: PermissionSet| api.catalogue.names(set).map(str::to_owned).collect();
    let item = gets.iter().find(|route| matches!(route.path.segments.last(), Some(Segment::Parameter { .. })));
    let probes = probes(&list.path.to_string(), item.map(|route| route.path));
    Some(Plan { wide: names(wide), narrow: names(narrow.collect()), probes })
}

fn probes(list: &str, item: Option<&PathTemplate>) -> Vec<Probe> {
    let probe = |reading, path: String| Probe { reading, path };
    let (parent, last) = list.rsplit_once('/').unwrap_or(("", list));
    let first = last.chars().next().map(|letter| format!("%{:02x}", u32::from(letter))).unwrap_or_default();
    let rest: String = last.chars().skip(1).collect();
    let mut probes = vec![
        probe(Reading::EncodedPath, format!("{parent}/{first}{rest}")),
        probe(Reading::EmptySegments, format!("{parent}//{last}")),
        probe(Reading::DotSegments, format!("{parent}/x/../{last}")),
        probe(Reading::TrailingSlash, format!("{list}/")),
    ];
    if let Some(item) = item {
        let above: String = item.to_string().rsplit_once('/').map(|(above, _)| above.to_owned()).unwrap_or_default();
        probes.push(probe(Reading::DecodedAfterRouting, format!("{above}/%78")));
        probes.push(probe(Reading::DecodedSlash, format!("{above}/x%2Fy")));
    }
    probes
}

fn is_literal(path: &PathTemplate) -> bool {
    path.segments.iter().all(|segment| matches!(segment, Segment::Literal(_)))
}

/// The permissions of a route's first alternative, for a personal access token.
fn least(api: &Api, route: &Route<'_>) -> PermissionSet {
    let operation = api.operations.get(route.operation);
    let alternatives = operation.map(|operation| operation.requires(TokenKind::Pat).alternatives());
    alternatives.and_then(|all| all.first().copied()).unwrap_or_default()
}
