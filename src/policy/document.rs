//! A policy's patterns as the JSON of an IAM policy, for the API and the stage that asked.

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::value::RawValue;

use crate::gateway::arn::MethodArn;

use super::compiler::Patterns;
use super::pattern::MAX_RESOURCE_LENGTH;

/// The longest policy, in bytes. A longer one is never handed out: API Gateway gives 8 KB as the size of an authorizer's
/// result where it gives any ("Quotas for configuring and running a WebSocket API").
pub const MAX_LENGTH: usize = 8192;

/// The most bytes of a policy that are not its resources.
#[cfg(feature = "reference")]
pub(super) const SKELETON: usize = 170;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    action: &'static str,
    effect: &'static str,
    resource: Vec<String>,
}

/// Writes the policy. Of the request it takes the part of the ARN before the verb, which is literal by construction.
///
/// Without a single allowed pattern the policy denies everything: an empty statement list is not a valid policy.
///
/// # Errors
/// When a resource or the whole is longer than the gateway accepts, which is a fault. Patterns leave room for the
/// longest ARN there is, and `edge check` tells for which ARNs every policy is short enough.
pub fn write(patterns: &Patterns, arn: &MethodArn<'_>) -> Result<Box<RawValue>, serde_json::Error> {
    let resources = |patterns: &[String]| patterns.iter().map(|it| format!("{}{it}", arn.stage())).collect::<Vec<_>>();
    let statement = |effect, resource| Statement { action: "execute-api:Invoke", effect, resource };
    let mut statements = Vec::new();
    if patterns.allow.is_empty() {
        statements.push(statement("Deny", vec![format!("{}*", arn.stage())]));
    } else {
        statements.push(statement("Allow", resources(&patterns.allow)));
        if !patterns.deny.is_empty() {
            statements.push(statement("Deny", resources(&patterns.deny)));
        }
    }
    if statements.iter().flat_map(|statement| &statement.resource).any(|it| it.len() > MAX_RESOURCE_LENGTH) {
        return Err(serde_json::Error::custom("a resource of the policy is longer than the gateway accepts"));
    }
    let written = serde_json::value::to_raw_value(&Document { version: "2012-10-17", statement: statements })?;
    if written.get().len() > MAX_LENGTH {
        return Err(serde_json::Error::custom("the policy is longer than the gateway accepts"));
    }
    Ok(written)
}
