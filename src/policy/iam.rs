//! IAM policies as far as API Gateway judges them: the evaluator that the local gateway, the tests and the proofs use.
//!
//! Strict on purpose: an element that it does not know is an error and not a shrug, so that no verdict rests on
//! something that was passed over.
//!
//! Source: "IAM JSON policy elements reference" and "Policy evaluation logic", AWS IAM User Guide.

use std::str::Chars;

use serde::Deserialize;

/// The only action that API Gateway asks a policy about.
pub const INVOKE: &str = "execute-api:Invoke";

/// A policy that the evaluator does not understand.
#[derive(Debug, thiserror::Error)]
#[error("not a policy that API Gateway could judge: {0}")]
pub struct InvalidPolicy(#[from] serde_json::Error);

/// A parsed policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Policy {
    #[serde(default)]
    #[expect(dead_code, reason = "read so that it is known, and never different")]
    version: Option<Version>,
    statement: OneOrMany<Statement>,
}

#[derive(Debug, Deserialize)]
enum Version {
    #[serde(rename = "2012-10-17")]
    Current,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(default)]
    #[expect(dead_code, reason = "a statement may have an id, which means nothing")]
    sid: Option<String>,
    effect: Effect,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// An Allow matched, and no Deny.
    Allowed,
    /// A Deny matched: nothing can allow it.
    ExplicitlyDenied,
    /// Nothing matched.
    ImplicitlyDenied,
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// [`InvalidPolicy`] for an element or a value that the evaluator does not know.
    pub fn from_json(json: &str) -> Result<Self, InvalidPolicy> {
        Ok(serde_json::from_str(json)?)
    }

    /// Judges the invocation of a method by its ARN: Deny wins over Allow, and nothing is allowed by default.
    pub fn judge(&self, arn: &str) -> Judgement {
        let matching = |effect: Effect| {
            self.statement.as_slice().iter().any(|statement| statement.effect == effect && statement.matches(arn))
        };
        if matching(Effect::Deny) {
            Judgement::ExplicitlyDenied
        } else if matching(Effect::Allow) {
            Judgement::Allowed
        } else {
            Judgement::ImplicitlyDenied
        }
    }
}

impl Statement {
    fn matches(&self, arn: &str) -> bool {
        // Actions are compared without case, resources with it.
        let invoke = INVOKE.to_ascii_lowercase();
        self.action.as_slice().iter().any(|action| wildcard(&action.to_ascii_lowercase(), &invoke))
            && self.resource.as_slice().iter().any(|resource| wildcard(resource, arn))
    }
}

/// Whether a pattern matches a text: `*` is any characters, `/` and `:` too, `?` is any one; there is no escape.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // What follows the last `*`, and the text that it has not swallowed yet: going back to it suffices.
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let (mut next_pattern, mut next_text) = (pattern.clone(), text.clone());
        let Some(letter) = next_text.next() else { break };
        match next_pattern.next() {
            Some('*') => {
                star = Some((next_pattern.clone(), text.clone()));
                pattern = next_pattern;
            }
            Some(wanted) if wanted == '?' || wanted == letter => {
                (pattern, text) = (next_pattern, next_text);
            }
            _ => {
                let Some((after_star, swallowed)) = &mut star else { return false };
                swallowed.next();
                (pattern, text) = (after_star.clone(), swallowed.clone());
            }
        }
    }
    pattern.all(|rest| rest == '*')
}
