//! One line of JSON a decision: the structured log and the metrics at once.
//!
//! CloudWatch reads the metrics out of the line itself (embedded metric format), so that neither an API call nor a
//! second line is paid for. Alarms stand on these metrics and not on the function's errors: a refusal has to be an
//! error for the gateway to answer 401, so Lambda's own error count says nothing.
//!
//! What is never in it: the token, its hash, a piece of either, the event, the request's path.
//!
//! Source: "Specification: Embedded metric format", Amazon CloudWatch User Guide.

use serde::Serialize;
use tracing::{Level, Metadata as EventMetadata};

use crate::decision::{Decision, Outcome};
use crate::timestamp::Timestamp;

/// The namespace of the metrics.
pub const NAMESPACE: &str = "EdgeAuthorizer";

const DECISIONS: Metric = Metric { name: "Decisions", unit: "Count" };
pub(crate) const LATENCY: Metric = Metric { name: "Latency", unit: "Milliseconds" };
const READS: Metric = Metric { name: "Reads", unit: "Count" };

/// The metrics, and what each is counted by: the function, so that two installations in one account stay apart, and the
/// closed lists of outcomes and reasons. Nothing that grows with tenants, and only decisions by reason: CloudWatch
/// charges for each combination that occurs.
const METRICS: [Directive; 2] = [
    Directive { namespace: NAMESPACE, dimensions: [&["function", "outcome"]], metrics: &[DECISIONS, LATENCY, READS] },
    Directive { namespace: NAMESPACE, dimensions: [&["function", "outcome", "reason"]], metrics: &[DECISIONS] },
];

/// Whether an event is worth a line beside the decisions': what the authorization server says of each request is, and of
/// the libraries warnings and errors are.
///
/// But for one. A refusal has to be an error for the gateway to answer 401, and the runtime logs each error that it is
/// handed: a line for every refusal, which says less than the decision's own. A panic, which comes from the same place,
/// carries a field `error` and stays.
pub fn is_worth_a_line(event: &EventMetadata<'_>) -> bool {
    let is_own_answer = event.target() == "lambda_runtime::layers::panic" && event.fields().field("error").is_none();
    let least = if event.target().starts_with(env!("CARGO_CRATE_NAME")) { Level::INFO } else { Level::WARN };
    *event.level() <= least && !is_own_answer
}

/// Who decided, as Lambda calls it.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// The function's name.
    pub function: &'a str,
    /// The id of this call of it, by which Lambda's own lines of the log (`START`, `REPORT`) belong to this one.
    pub id: &'a str,
}

/// The line for a decision.
///
/// # Errors
/// When the line cannot be written as JSON; it holds strings and finite numbers only.
pub fn line(
    decision: &Decision,
    invocation: Invocation<'_>,
    milliseconds: f64,
    now: Timestamp,
) -> Result<String, serde_json::Error> {
    let trail = &decision.trail;
    serde_json::to_string(&Line {
        level: if matches!(decision.outcome, Outcome::Fault(_)) { "ERROR" } else { "INFO" },
        message: "decision",
        function: invocation.function,
        invocation_id: invocation.id,
        request_id: trail.request_id.as_deref(),
        operation: trail.operation.as_deref(),
        outcome: trail.reason.outcome(),
        reason: trail.reason.code(),
        detail: detail(&decision.outcome),
        tenant: trail.tenant.as_deref(),
        user: trail.user.as_deref(),
        token_id: trail.token_id.as_deref(),
        token_type: trail.token_type,
        decisions: 1,
        milliseconds,
        reads: trail.reads,
        metadata: Metadata { timestamp: now.seconds().saturating_mul(1000), cloud_watch_metrics: METRICS },
    })
}

/// The long form of a reason, for operators: compared values where there are some.
fn detail(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Answer(_) => None,
        Outcome::Unauthorized(refusal) => Some(refusal.to_string()),
        Outcome::Fault(fault) => Some(fault.to_string()),
    }
}

#[derive(Serialize)]
struct Line<'a> {
    level: &'static str,
    message: &'static str,
    function: &'a str,
    invocation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a str>,
    outcome: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(rename = "Decisions")]
    decisions: u32,
    #[serde(rename = "Latency")]
    milliseconds: f64,
    #[serde(rename = "Reads")]
    reads: u32,
    #[serde(rename = "_aws")]
    metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Metadata {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) timestamp: u64,
    pub(crate) cloud_watch_metrics: [Directive; 2],
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Directive {
    pub(crate) namespace: &'static str,
    /// Sets of dimensions, each a list of names of values in the line.
    pub(crate) dimensions: [&'static [&'static str]; 1],
    pub(crate) metrics: &'static [Metric],
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
}
