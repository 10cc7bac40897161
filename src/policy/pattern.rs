//! Patterns of a policy's resources: the part after the stage, `GET/v1/contacts/con_????…`.

use super::operation::{ParameterForm, PathTemplate, Segment};
use super::route::Route;

/// The longest resource of a policy (IAM and API Gateway quotas), ARN prefix included.
pub const MAX_RESOURCE_LENGTH: usize = 512;

/// The longest pattern: what a resource leaves beside the longest ARN before the verb.
///
/// `arn:` partition (10) `:execute-api:` region (20) `:` account (12) `:` API (64) `/` stage (128) `/`, and some air.
pub const MAX_LENGTH: usize = MAX_RESOURCE_LENGTH - 260;

/// The pattern that serves one route: `?` for each character of a parameter of fixed form, `*` for a free one.
pub fn serving(route: &Route<'_>) -> String {
    write(route.verb, route.path, |form| match form {
        ParameterForm::Free => "*".to_owned(),
        ParameterForm::Id { prefix, digits } => format!("{prefix}{}", "?".repeat(*digits)),
    })
}

/// The pattern that refuses one route, whatever its parameters.
pub fn refusing(route: &Route<'_>) -> String {
    write(route.verb, route.path, |_| "*".to_owned())
}

fn write(verb: &str, template: &PathTemplate, parameter: impl Fn(&ParameterForm) -> String) -> String {
    if template.segments.is_empty() {
        return format!("{verb}/");
    }
    let mut pattern = verb.to_owned();
    for segment in &template.segments {
        pattern.push('/');
        match segment {
            Segment::Literal(text) => pattern.push_str(text),
            Segment::Parameter { form, .. } => pattern.push_str(&parameter(form)),
            Segment::Greedy { .. } => pattern.push('*'),
        }
    }
    pattern
}
