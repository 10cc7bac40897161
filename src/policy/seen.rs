//! What a stage's answers to the probes show.
//!
//! An answer is the gateway's own only if it says so: the backend has its 400s, 403s and 404s as well, and what a backend
//! refuses has reached it.

use serde_json::Value;

use crate::gateway::response::ACCESS_DENIED;

use super::reading::Reading;

/// The errors by which a REST API refuses, in `x-amzn-errortype`.
///
/// Source: "How do I troubleshoot HTTP 403 errors from API Gateway?", AWS Knowledge Center.
const REFUSING: [&str; 3] = ["AccessDeniedException", "MissingAuthenticationTokenException", "BadRequestException"];

/// The whole of what a gateway says by default where it refuses: a REST API of a path that it does not have, an HTTP API
/// of a policy that does not allow it, and of a path that it does not have.
const MESSAGES: [(u16, &str); 3] = [(403, "Missing Authentication Token"), (403, "Forbidden"), (404, "Not Found")];

/// How a REST API's default answer begins where a policy does not allow the request.
const NOT_AUTHORIZED: &str = "User is not authorized to access this resource";

/// What was seen of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A backend answered.
    Reached,
    /// The gateway refused, or knows no such route.
    Refused,
    /// It was refused, and nothing tells by whom.
    Unclear,
}

impl Seen {
    /// What an answer shows, by its status, its `x-amzn-errortype` and its body.
    pub fn of(status: u16, error_type: Option<&str>, body: &[u8]) -> Self {
        let is_named = error_type.is_some_and(|it| it.split(':').next().is_some_and(|name| REFUSING.contains(&name)));
        match status {
            400 | 403 | 404 if is_named || is_of_the_gateway(status, body) => Self::Refused,
            400 | 403 => Self::Unclear,
            _ => Self::Reached,
        }
    }
}

fn is_of_the_gateway(status: u16, body: &[u8]) -> bool {
    let Ok(Value::Object(said)) = serde_json::from_slice(body) else { return false };
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    let only = || text("message").or(text("Message")).filter(|_| said.len() == 1);
    only().is_some_and(|it| MESSAGES.contains(&(status, it)) || (status == 403 && it.starts_with(NOT_AUTHORIZED)))
        || (status == ACCESS_DENIED.status && text("message").is_some_and(|it| it == denied()))
}

/// What this product's own gateway response says of a policy that does not allow the request.
fn denied() -> String {
    let body: Option<Value> = serde_json::from_str(ACCESS_DENIED.body).ok();
    body.and_then(|it| it.get("message")?.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What a probe shows; of several of one reading, the later one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// The gateway has no route for such a path.
    NotRouted,
    /// The gateway does otherwise.
    Fails,
    /// Something refused, and nothing tells whether it was the gateway.
    Inconclusive,
    /// The gateway does what the reading says.
    Holds,
    /// The narrow token reached what the wide one did not: the tokens are not what the plan asks for.
    Contradiction,
}

impl Finding {
    /// What follows for a reading from the two answers.
    pub fn of(reading: Reading, wide: Seen, narrow: Seen) -> Self {
        let is_about_decoding = matches!(reading, Reading::DecodedAfterRouting | Reading::DecodedSlash);
        match (wide, narrow) {
            (Seen::Unclear, _) | (_, Seen::Unclear) => Self::Inconclusive,
            (Seen::Refused, Seen::Refused) => Self::NotRouted,
            (Seen::Refused, Seen::Reached) => Self::Contradiction,
            (Seen::Reached, Seen::Refused) if is_about_decoding => Self::Fails,
            (Seen::Reached, Seen::Reached) if is_about_decoding => Self::Holds,
            (Seen::Reached, Seen::Refused) => Self::Holds,
            (Seen::Reached, Seen::Reached) => Self::Fails,
        }
    }

    /// Whether it tells whether the reading must be on.
    pub fn settles(self) -> bool {
        !matches!(self, Self::Inconclusive | Self::Contradiction)
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotRouted => "not_routed",
            Self::Fails => "fails",
            Self::Inconclusive => "inconclusive",
            Self::Holds => "holds",
            Self::Contradiction => "contradiction",
        }
    }

    /// What it means for the proof, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NotRouted => "not routed: whether the reading is on makes no difference",
            Self::Fails => "routed, and the gateway does not do so: the reading may be off",
            Self::Inconclusive => "not settled: something refused, and nothing tells whether it was the gateway",
            Self::Holds => "the gateway does so: the reading must be on",
            Self::Contradiction => "the tokens are not the ones that the plan asks for",
        }
    }
}
