//! Which operation a request reaches, as a REST API routes it: the resource first, then the verb.
//!
//! A literal segment goes before a parameter, a parameter before a greedy one.

use super::operation::{Operation, PathTemplate, Segment, Verb};

/// The operation that a request reaches; none if the gateway has no method there.
pub fn route<'a>(operations: &'a [Operation], verb: &str, path: &str) -> Option<&'a Operation> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let resource = operations
        .iter()
        .map(|operation| &operation.path)
        .filter(|template| matches(template, &segments))
        .min_by_key(|template| precedence(template))?;
    let on_resource = |operation: &&Operation| {
        precedence(&operation.path) == precedence(resource) && matches(&operation.path, &segments)
    };
    let methods: Vec<&Operation> = operations.iter().filter(on_resource).collect();
    let exact = |operation: &&&Operation| matches!(&operation.verb, Verb::Only(only) if only == verb);
    methods.iter().find(exact).or_else(|| methods.iter().find(|it| it.verb == Verb::Any)).copied()
}

fn matches(template: &PathTemplate, segments: &[&str]) -> bool {
    let mut rest = segments.iter();
    for segment in &template.segments {
        match (segment, rest.next()) {
            (Segment::Literal(text), Some(given)) if text == given => {}
            (Segment::Parameter { .. }, Some(given)) if !given.is_empty() => {}
            (Segment::Greedy { .. }, Some(_)) => return true,
            _ => return false,
        }
    }
    rest.next().is_none()
}

/// Smaller goes first, segment by segment.
fn precedence(template: &PathTemplate) -> Vec<(u8, &str)> {
    template.segments.iter().map(rank).collect()
}

fn rank(segment: &Segment) -> (u8, &str) {
    match segment {
        Segment::Literal(text) => (0, text),
        Segment::Parameter { .. } => (1, ""),
        Segment::Greedy { .. } => (2, ""),
    }
}
