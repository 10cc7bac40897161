//! The ARN of the method that a request asks for.
//!
//! ```text
//! arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/v1/contacts/con_…
//!     │               │            │            │          │    │   └ the concrete request path
//!     partition       region       account      API        stage verb
//! ```
//!
//! Source: "ARN format of API executions in API Gateway", Amazon API Gateway Developer Guide.

/// A method ARN, split and checked, so that what is before the verb can stand literally in a policy.
///
/// The gateway writes what is before the verb. Verb and path are a stranger's, who may send any word for a verb and a
/// path of any length: nothing that can be sent makes an ARN invalid, or strangers could raise the alarm on faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodArn<'a> {
    /// All before the verb: `arn:…:<api>/<stage>/`.
    stage: &'a str,
    /// `GET`, `POST`, or any other word; none for a WebSocket's route key.
    verb: Option<&'a str>,
    /// The path with its leading slash, as the gateway wrote it; a WebSocket's route key (`$connect`).
    path: &'a str,
}

/// Text that is not the ARN of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the ARN of an API Gateway method")]
pub struct InvalidArn;

impl<'a> MethodArn<'a> {
    /// Splits the ARN of a request of a REST or an HTTP API. The verb is what stands before the first slash, and the path
    /// whatever remains; nothing before them may be anything but literal.
    ///
    /// # Errors
    /// [`InvalidArn`] unless partition, region, account, API, stage and verb are all there.
    pub fn parse(text: &'a str) -> Result<Self, InvalidArn> {
        let (stage, route) = split(text)?;
        // The root resource's ARN may end at the verb.
        let (verb, path) = route.split_at_checked(route.find('/').unwrap_or(route.len())).ok_or(InvalidArn)?;
        if verb.is_empty() {
            return Err(InvalidArn);
        }
        Ok(Self { stage, verb: Some(verb), path })
    }

    /// Splits the ARN of a WebSocket's connection. Of its routes an authorizer is asked about `$connect` alone.
    ///
    /// # Errors
    /// [`InvalidArn`] for any other.
    pub fn parse_connect(text: &'a str) -> Result<Self, InvalidArn> {
        let (stage, route) = split(text)?;
        if route != "$connect" {
            return Err(InvalidArn);
        }
        Ok(Self { stage, verb: None, path: route })
    }

    /// All before the verb, `arn:…:<api>/<stage>/`: plain characters only, none that means anything to IAM.
    pub fn stage(&self) -> &'a str {
        self.stage
    }

    /// All behind the stage, as a policy's patterns are matched against it: verb and path, or a WebSocket's route key.
    pub fn route(&self) -> String {
        format!("{}{}", self.verb.unwrap_or_default(), self.path)
    }

    /// The request's verb, hostile text like its path; none for a WebSocket.
    pub fn verb(&self) -> Option<&'a str> {
        self.verb
    }

    /// The request's path. Hostile text: it is matched against routes and written nowhere.
    pub fn path(&self) -> &'a str {
        self.path
    }
}

/// What the gateway writes, up to the stage and its slash, and what is behind it.
fn split(text: &str) -> Result<(&str, &str), InvalidArn> {
    // A path may contain `:`, so the ARN is split at most five times and the sixth part is kept whole.
    let mut parts = text.splitn(6, ':');
    let mut part = || parts.next().ok_or(InvalidArn);
    let (arn, partition, service, region, account, target) = (part()?, part()?, part()?, part()?, part()?, part()?);
    let well_formed = arn == "arn"
        && is_literal(partition, "-")
        && partition.starts_with("aws")
        && service == "execute-api"
        && is_literal(region, "-")
        && account.len() == 12
        && account.bytes().all(|digit| digit.is_ascii_digit());
    let (api, rest) = target.split_once('/').ok_or(InvalidArn)?;
    let (stage, route) = rest.split_once('/').ok_or(InvalidArn)?;
    if !well_formed || !is_literal(api, "-") || !(stage == "$default" || is_literal(stage, "-_")) {
        return Err(InvalidArn);
    }
    text.split_at_checked(text.len() - route.len()).ok_or(InvalidArn)
}

fn is_literal(text: &str, beside: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || beside.contains(letter))
}
