//! Operations that a gateway could not tell apart, or would not take side by side.

use std::collections::HashMap;

use crate::api::PackedSegment;

use super::mistake::{Mistakes, Problem};
use super::operations::Found;

/// Reports two operations of one id, one verb and shape, or with two names for one parameter.
pub(super) fn find(operations: &[Found], mistakes: &mut Mistakes<'_>) {
    let mut by_id: HashMap<&str, &Found> = HashMap::new();
    let mut by_shape: HashMap<(&str, Vec<Shape<'_>>), &Found> = HashMap::new();
    let mut by_prefix: HashMap<Vec<Shape<'_>>, (&str, &Found)> = HashMap::new();
    for found in operations {
        let operation = &found.packed;
        if let Some(other) = by_id.insert(&operation.id, found) {
            let problem = Problem::DuplicateOperationId { id: operation.id.clone(), other: other.place.name.clone() };
            mistakes.add(&found.place.under("operationId"), problem);
        }
        let shape: Vec<Shape<'_>> = operation.path.iter().map(Shape::of).collect();
        if let Some(other) = by_shape.insert((&operation.verb, shape.clone()), found) {
            mistakes.add(&found.place, Problem::SameRoute { other: other.place.name.clone() });
            continue;
        }
        for (index, segment) in operation.path.iter().enumerate() {
            let Some(name) = parameter(segment) else { continue };
            let prefix: Vec<Shape<'_>> = shape.iter().take(index + 1).cloned().collect();
            let (first, other) = *by_prefix.entry(prefix).or_insert((name, found));
            if first != name {
                let problem = Problem::SiblingParameters {
                    name: name.to_owned(),
                    other_name: first.to_owned(),
                    other: other.place.name.clone(),
                };
                mistakes.add(&found.place, problem);
            }
        }
    }
}

/// A segment as a gateway routes it: which name and form a parameter has makes no difference.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Shape<'a> {
    Literal(&'a str),
    Parameter,
    Greedy,
}

impl<'a> Shape<'a> {
    fn of(segment: &'a PackedSegment) -> Self {
        match segment {
            PackedSegment::Literal(text) => Self::Literal(text),
            PackedSegment::Parameter(_) | PackedSegment::Id { .. } => Self::Parameter,
            PackedSegment::Greedy(_) => Self::Greedy,
        }
    }
}

fn parameter(segment: &PackedSegment) -> Option<&str> {
    match segment {
        PackedSegment::Literal(_) => None,
        PackedSegment::Parameter(name) | PackedSegment::Id { name, .. } | PackedSegment::Greedy(name) => Some(name),
    }
}
