//! Patterns of a policy's resources: the part after the stage, `GET/v1/contacts/con_????…`.

use super::operation::{Operation, ParameterForm, PathTemplate, Segment, Verb};

/// The longest resource of a policy (IAM and API Gateway quotas), ARN prefix included.
pub const MAX_RESOURCE_LENGTH: usize = 512;

/// The pattern that serves one operation: `?` for each character of a parameter of fixed form, `*` for a free one.
pub fn serving(operation: &Operation) -> String {
    format!(
        "{}{}",
        verb(&operation.verb),
        path(&operation.path, |form| match form {
            ParameterForm::Free => "*".to_owned(),
            ParameterForm::Id { prefix, digits } => format!("{prefix}{}", "?".repeat(*digits)),
        })
    )
}

/// The pattern that refuses one operation, whatever its parameters.
pub fn refusing(operation: &Operation) -> String {
    format!("{}{}", verb(&operation.verb), path(&operation.path, |_| "*".to_owned()))
}

fn verb(verb: &Verb) -> &str {
    match verb {
        Verb::Only(verb) => verb,
        Verb::Any => "*",
    }
}

fn path(template: &PathTemplate, parameter: impl Fn(&ParameterForm) -> String) -> String {
    let mut pattern = String::new();
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
