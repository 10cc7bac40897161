//! One line of JSON a request to the authorization server, with the metrics in it, as the authorizer writes one a
//! decision.
//!
//! What is never in it: anything of the request but which endpoint it went to. No query, form, header, cookie or token.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;

use crate::telemetry::{Directive, Invocation, LATENCY, Metadata, Metric, NAMESPACE};
use crate::timestamp::Timestamp;

const REQUESTS: Metric = Metric { name: "Requests", unit: "Count" };
const FAULTS: Metric = Metric { name: "Faults", unit: "Count" };
const REFUSALS: Metric = Metric { name: "Refusals", unit: "Count" };
const REPLAYS: Metric = Metric { name: "Replays", unit: "Count" };

/// What is counted for the function as a whole, which alarms stand on, and how long each endpoint takes. CloudWatch
/// charges for each combination that occurs: the outcome stays in the line, for whoever asks the log.
const METRICS: [Directive; 2] = [
    Directive { namespace: NAMESPACE, dimensions: [&["function"]], metrics: &[REQUESTS, FAULTS, REFUSALS, REPLAYS] },
    Directive { namespace: NAMESPACE, dimensions: [&["function", "endpoint"]], metrics: &[LATENCY] },
];

/// What a path that leads nowhere is called.
const NOWHERE: &str = "none";

/// A code or a refresh token came back, and its grant has ended.
pub(super) const REUSED: &str = "reused";

/// What an answer says of itself, to this side alone: an error code of OAuth, or [`REUSED`].
#[derive(Clone, Copy)]
pub(super) struct Outcome(pub(super) &'static str);

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The route, `/register/{client}`, and never the path itself.
    pub endpoint: String,
    /// `ok`, an error code of OAuth, `reused`, or `refused` for a page that says no.
    pub outcome: &'static str,
    /// What HTTP was told.
    pub status: u16,
}

impl Seen {
    fn of(endpoint: &str, response: &Response) -> Self {
        let status = response.status();
        let outcome = match response.extensions().get::<Outcome>() {
            Some(Outcome(outcome)) => outcome,
            None if status.is_client_error() || status.is_server_error() => "refused",
            None => "ok",
        };
        Self { endpoint: endpoint.to_owned(), outcome, status: status.as_u16() }
    }

    /// What an answer says of itself that went through `seen`; one that did not led nowhere.
    pub fn in_answer(response: &Response) -> Self {
        response.extensions().get::<Self>().cloned().unwrap_or_else(|| Self::of(NOWHERE, response))
    }
}

/// Notes on each answer what it was an answer to.
pub(super) async fn seen(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let seen = Seen::of(path.as_ref().map_or(NOWHERE, MatchedPath::as_str), &response);
    response.extensions_mut().insert(seen);
    response
}

/// The line for a request.
///
/// # Errors
/// When the line cannot be written as JSON; it holds strings and finite numbers only.
pub fn line(
    seen: &Seen,
    invocation: Invocation<'_>,
    milliseconds: f64,
    now: Timestamp,
) -> Result<String, serde_json::Error> {
    let is_fault = seen.status >= 500;
    serde_json::to_string(&Line {
        level: if is_fault { "ERROR" } else { "INFO" },
        message: "request",
        function: invocation.function,
        invocation_id: invocation.id,
        endpoint: &seen.endpoint,
        outcome: seen.outcome,
        status: seen.status,
        requests: 1,
        faults: is_fault.into(),
        refusals: (400..500).contains(&seen.status).into(),
        replays: (seen.outcome == REUSED).into(),
        milliseconds,
        metadata: Metadata { timestamp: now.seconds().saturating_mul(1000), cloud_watch_metrics: METRICS },
    })
}

#[derive(Serialize)]
struct Line<'a> {
    level: &'static str,
    message: &'static str,
    function: &'a str,
    invocation_id: &'a str,
    endpoint: &'a str,
    outcome: &'static str,
    status: u16,
    #[serde(rename = "Requests")]
    requests: u32,
    #[serde(rename = "Faults")]
    faults: u32,
    #[serde(rename = "Refusals")]
    refusals: u32,
    #[serde(rename = "Replays")]
    replays: u32,
    #[serde(rename = "Latency")]
    milliseconds: f64,
    #[serde(rename = "_aws")]
    metadata: Metadata,
}
