//! The authorizer's answer, as a REST API reads it.
//!
//! API Gateway takes what it can use and answers 500 to the rest; so does this.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::policy::iam::{InvalidPolicy, Judgement, Policy};

/// A readable answer: good for every request of the token while it is cached.
#[derive(Debug)]
pub(super) struct Authorization {
    policy: Policy,
    /// What the backend receives. Flat strings: arrays and objects break a REST API.
    pub(super) context: BTreeMap<String, String>,
}

/// An answer that a REST API cannot use.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidAnswer {
    #[error("the authorizer's answer is not one that a REST API reads: {0}")]
    Form(#[from] serde_json::Error),
    #[error(transparent)]
    Policy(#[from] InvalidPolicy),
}

/// The form of an answer. API Gateway breaks on `null`, and so does this.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answer {
    #[serde(rename = "principalId")]
    _principal_id: String,
    policy_document: Box<RawValue>,
    #[serde(default)]
    context: BTreeMap<String, String>,
    #[serde(rename = "usageIdentifierKey", default)]
    _usage_identifier_key: String,
}

impl Authorization {
    /// Reads an answer's JSON.
    pub(super) fn from_json(json: &str) -> Result<Self, InvalidAnswer> {
        let answer: Answer = serde_json::from_str(json)?;
        Ok(Self { policy: Policy::from_json(answer.policy_document.get())?, context: answer.context })
    }

    /// Whether the policy allows the method of that ARN.
    pub(super) fn allows(&self, arn: &str) -> bool {
        self.policy.judge(arn) == Judgement::Allowed
    }
}
