//! A policy's patterns as the JSON of an IAM policy, for the API and the stage that asked.
//!
//! It is the longest thing that a decision writes, so it is written once, into one string.

use serde::ser::Error as _;
use serde_json::value::RawValue;

use crate::gateway::arn::MethodArn;

use super::compiler::Patterns;
use super::pattern::MAX_RESOURCE_LENGTH;

/// The longest policy, in bytes. A longer one is never handed out: API Gateway gives 8 KB as the size of an authorizer's
/// result where it gives any ("Quotas for configuring and running a WebSocket API").
pub const MAX_LENGTH: usize = 8192;

/// The most bytes of a policy that are not its resources.
pub(super) const SKELETON: usize = 170;

/// Writes the policy. Of the request it takes the part of the ARN before the verb, which is literal by construction.
///
/// Without a single allowed pattern the policy denies everything: an empty statement list is not a valid policy.
///
/// # Errors
/// When a resource or the whole is longer than the gateway accepts, which is a fault. Patterns leave room for the
/// longest ARN there is, and `edge check` tells for which ARNs every policy is short enough.
pub fn write(patterns: &Patterns, arn: &MethodArn<'_>) -> Result<Box<RawValue>, serde_json::Error> {
    let stage = arn.stage();
    let resource_bytes = |pattern: &String| stage.len() + pattern.len() + r#""","#.len();
    let bytes: usize = patterns.allow.iter().chain(&patterns.deny).map(resource_bytes).sum();
    let mut text = String::with_capacity(bytes + SKELETON);
    text.push_str(r#"{"Version":"2012-10-17","Statement":["#);
    if patterns.allow.is_empty() {
        statement(&mut text, "Deny", stage, &["*"])?;
    } else {
        statement(&mut text, "Allow", stage, &patterns.allow)?;
        if !patterns.deny.is_empty() {
            text.push(',');
            statement(&mut text, "Deny", stage, &patterns.deny)?;
        }
    }
    text.push_str("]}");
    if text.len() > MAX_LENGTH {
        return Err(serde_json::Error::custom("the policy is longer than the gateway accepts"));
    }
    RawValue::from_string(text)
}

fn statement(
    text: &mut String,
    effect: &str,
    stage: &str,
    patterns: &[impl AsRef<str>],
) -> Result<(), serde_json::Error> {
    text.push_str(r#"{"Action":"execute-api:Invoke","Effect":""#);
    text.push_str(effect);
    text.push_str(r#"","Resource":["#);
    for (index, pattern) in patterns.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        resource(text, stage, pattern.as_ref())?;
    }
    text.push_str("]}");
    Ok(())
}

fn resource(text: &mut String, stage: &str, pattern: &str) -> Result<(), serde_json::Error> {
    if stage.len() + pattern.len() > MAX_RESOURCE_LENGTH {
        return Err(serde_json::Error::custom("a resource of the policy is longer than the gateway accepts"));
    }
    // A stage is plain by construction; a path of the API reference need not be.
    if pattern.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        text.push('"');
        text.push_str(stage);
        text.push_str(pattern);
        text.push('"');
    } else {
        text.push_str(&serde_json::to_string(&[stage, pattern].concat())?);
    }
    Ok(())
}
