//! A path as the file writes it, taken apart into segments that every gateway routes the same.

use crate::api::PackedSegment;

use super::mistake::Problem;

/// A segment of a path, before its parameter's form is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Literal(&'a str),
    /// `{name}`
    Parameter(&'a str),
    /// `{name+}`
    Greedy(&'a str),
}

/// Takes a path apart.
pub(super) fn parts(path: &str) -> Result<Vec<Part<'_>>, Vec<Problem>> {
    let rest = path.strip_prefix('/').ok_or_else(|| vec![Problem::RelativePath])?;
    if rest.is_empty() {
        return Err(vec![Problem::RootPath]);
    }
    let (mut parts, mut problems) = (Vec::new(), Vec::new());
    for segment in rest.split('/') {
        match part(segment) {
            Ok(part) => parts.push(part),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(twice(&parts));
    problems.extend(greedy_too_early(&parts));
    if problems.is_empty() { Ok(parts) } else { Err(problems) }
}

/// The form of a parameter, from its schema's `pattern`: `^con_[0-9a-f]{24}$` has one that a policy can state, any
/// other pattern has none.
pub(super) fn id(name: &str, pattern: &str) -> Option<PackedSegment> {
    let inner = pattern.strip_prefix('^')?.strip_suffix('$')?;
    let (prefix, digits) = inner.strip_suffix('}')?.split_once("[0-9a-f]{")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let digits = digits.parse().ok().filter(|digits| (1..=64).contains(digits))?;
    prefix.bytes().all(plain).then(|| PackedSegment::Id { name: name.to_owned(), prefix: prefix.to_owned(), digits })
}

fn part(segment: &str) -> Result<Part<'_>, Problem> {
    if segment.is_empty() {
        return Err(Problem::EmptySegment);
    }
    if let Some(inner) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return parameter(inner, segment);
    }
    if segment.contains(['{', '}']) {
        return Err(Problem::MixedSegment { segment: segment.to_owned() });
    }
    if segment == "." || segment == ".." {
        return Err(Problem::DotSegment { segment: segment.to_owned() });
    }
    // "The resource's path part only allows a-zA-Z0-9._-: or a valid greedy path variable" (API Gateway).
    match segment.chars().find(|character| !character.is_ascii_alphanumeric() && !"._-:".contains(*character)) {
        Some(character) => Err(Problem::SegmentCharacter { segment: segment.to_owned(), character }),
        None => Ok(Part::Literal(segment)),
    }
}

fn parameter<'a>(inner: &'a str, segment: &str) -> Result<Part<'a>, Problem> {
    let (name, greedy) = inner.strip_suffix('+').map_or((inner, false), |name| (name, true));
    if name.contains(['{', '}']) {
        return Err(Problem::MixedSegment { segment: segment.to_owned() });
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(Problem::ParameterName { name: name.to_owned() });
    }
    Ok(if greedy { Part::Greedy(name) } else { Part::Parameter(name) })
}

impl<'a> Part<'a> {
    /// The name of a parameter.
    pub(super) fn name(&self) -> Option<&'a str> {
        match *self {
            Self::Literal(_) => None,
            Self::Parameter(name) | Self::Greedy(name) => Some(name),
        }
    }
}

fn twice(parts: &[Part<'_>]) -> Option<Problem> {
    let mut seen = Vec::new();
    for name in parts.iter().filter_map(Part::name) {
        if seen.contains(&name) {
            return Some(Problem::DuplicateParameter { name: name.to_owned() });
        }
        seen.push(name);
    }
    None
}

fn greedy_too_early(parts: &[Part<'_>]) -> Option<Problem> {
    let (_, before) = parts.split_last()?;
    before.iter().find_map(|part| match part {
        Part::Greedy(name) => Some(Problem::GreedyNotLast { name: (*name).to_owned() }),
        Part::Literal(_) | Part::Parameter(_) => None,
    })
}
