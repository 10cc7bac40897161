//! A policy's patterns as the JSON of an IAM policy, for the API and the stage that asked.

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::value::RawValue;

use crate::gateway::arn::MethodArn;

use super::compiler::Patterns;
use super::pattern::MAX_RESOURCE_LENGTH;

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
/// When a resource is too long: patterns leave room for the longest ARN there is, so this is a fault.
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
    serde_json::value::to_raw_value(&Document { version: "2012-10-17", statement: statements })
}
