//! What each route's requests look like in the ARN: the most that can happen, and the least that must work.
//!
//! ```text
//! core   what a request routed to the route can be, odd paths apart, under any enabled reading
//! odd    paths that some reading routes otherwise than they look: `%`, `//`, dot segments, a slash at the end;
//!        any of them may reach any route of the verb
//! may    core and odd: what must be refused while the route is not covered
//! must   canonical paths with well-formed parameters, under every reading: what must work while it is covered
//! ```

use crate::policy::operation::{ParameterForm, PathTemplate, Segment};
use crate::policy::reading::{Reading, Readings};
use crate::policy::route::Route;

use super::language::{Language, Undecided, escaped};

/// The two languages of a route.
#[derive(Clone, Debug)]
pub(super) struct Territory {
    pub(super) core: Language,
    pub(super) must: Language,
}

/// The territories of all routes, in their order.
pub(super) fn of_routes(routes: &[Route<'_>], readings: &Readings) -> Result<Vec<Territory>, Undecided> {
    routes.iter().map(|route| Territory::of(route, routes, readings)).collect()
}

impl Territory {
    fn of(route: &Route<'_>, routes: &[Route<'_>], readings: &Readings) -> Result<Self, Undecided> {
        let core = Language::regex(&expression(route, &Segments::possible(readings)))?;
        let canonical = Language::regex(&expression(route, &Segments::CANONICAL))?;
        let mut lost_to_some = Language::nothing();
        let mut lost_to_all: Option<Language> = None;
        for router in readings.routers() {
            let is_tied = |rival: &Route<'_>| readings.ties(router, rival, route);
            let lost_for_certain = lost(route, |rival| router.prefers(rival, route) && !is_tied(rival), routes)?;
            lost_to_some = lost_to_some.or(&lost(route, is_tied, routes)?)?.or(&lost_for_certain)?;
            lost_to_all = Some(match lost_to_all {
                Some(common) => common.and(&lost_for_certain)?,
                None => lost_for_certain,
            });
        }
        let lost_to_all = lost_to_all.unwrap_or_else(Language::nothing);
        // A request can reach the route if one router sends it there, and must if all do. Where they agree on no
        // request at all, any that can must: otherwise an API on which the readings disagree would pass as exact.
        let agreed = canonical.minus(&lost_to_some)?;
        let must = if agreed.is_empty() { canonical.minus(&lost_to_all)? } else { agreed };
        let core = if readings.decode_for_the_arn() { core } else { core.minus(&lost_to_all)? };
        Ok(Self { core, must })
    }
}

/// What a route loses to its rivals.
fn lost(
    route: &Route<'_>,
    is_preferred: impl Fn(&Route<'_>) -> bool,
    routes: &[Route<'_>],
) -> Result<Language, Undecided> {
    let rivals = routes.iter().filter(|rival| is_preferred(rival) && overlap(rival.path, route.path));
    rivals
        .map(|rival| under_verb(route.verb, rival.path, &Segments::CERTAIN))
        .try_fold(Language::nothing(), |all, one| all.or(&Language::regex(&one)?))
}

/// Whether a path can be both templates'.
fn overlap(a: &PathTemplate, b: &PathTemplate) -> bool {
    let (mut a, mut b) = (a.segments.iter(), b.segments.iter());
    loop {
        match (a.next(), b.next()) {
            (Some(Segment::Greedy { .. }), Some(_)) | (Some(_), Some(Segment::Greedy { .. })) | (None, None) => {
                return true;
            }
            (Some(Segment::Literal(a)), Some(Segment::Literal(b))) if a != b => return false,
            (Some(_), Some(_)) => {}
            (Some(_), None) | (None, Some(_)) => return false,
        }
    }
}

/// The languages of odd paths, by the reading that makes them odd.
pub(super) fn odd(reading: Reading) -> Option<&'static str> {
    match reading {
        Reading::EncodedPath => Some("[A-Z]+/.*%.*"),
        Reading::EmptySegments => Some("[A-Z]+/(.*/)?/.*"),
        Reading::DotSegments => Some("[A-Z]+/(.*/)?[.][.]?(/.*)?"),
        Reading::TrailingSlash => Some("[A-Z]+/.*/"),
        _ => None,
    }
}

/// The regular expressions of a segment's possible contents.
struct Segments {
    /// One segment without a form.
    free: &'static str,
    /// Whether a greedy parameter may hold empty segments after its first.
    may_be_empty: bool,
    /// Whether its first may be empty too: that is not documented, and so it may be, and need not.
    may_begin_empty: bool,
    /// Whether the form of a parameter is relied on.
    is_formed: bool,
}

impl Segments {
    /// What a route takes for certain.
    const CERTAIN: Self = Self { free: "[^/]+", may_be_empty: true, may_begin_empty: false, is_formed: false };

    /// RFC 3986 §2.3 unreserved characters; a dot segment is no value.
    const CANONICAL: Self = Self {
        free: "([A-Za-z0-9_~-]|[.][A-Za-z0-9_~-]|[.][.][A-Za-z0-9._~-])[A-Za-z0-9._~-]*",
        may_be_empty: false,
        may_begin_empty: false,
        is_formed: true,
    };

    /// Which contents the enabled readings leave to the core: what is odd is not counted twice.
    fn possible(readings: &Readings) -> Self {
        let has = |reading| readings.has(reading);
        let free = match (has(Reading::DecodedSlash), has(Reading::EncodedPath), has(Reading::DotSegments)) {
            (true, true, _) => "[^%]+",
            (true, false, _) => ".+",
            (false, true, true) => "([^/%.]|[.][^/%.]|[.][.][^/%])[^/%]*",
            (false, true, false) => "[^/%]+",
            (false, false, true) => "([^/.]|[.][^/.]|[.][.][^/])[^/]*",
            (false, false, false) => "[^/]+",
        };
        let may_be_empty = !has(Reading::EmptySegments) || !has(Reading::TrailingSlash);
        Self { free, may_be_empty, may_begin_empty: may_be_empty, is_formed: false }
    }
}

fn expression(route: &Route<'_>, segments: &Segments) -> String {
    under_verb(route.verb, route.path, segments)
}

fn under_verb(verb: &str, path: &PathTemplate, segments: &Segments) -> String {
    let mut expression = escaped(verb);
    if path.segments.is_empty() {
        // The root resource's ARN ends in a slash; should it end at the verb, that is no one else's.
        expression.push_str(if segments.is_formed { "/" } else { "/?" });
    }
    for (at, segment) in path.segments.iter().enumerate() {
        expression.push('/');
        expression.push_str(&segment_expression(segment, at == 0, segments));
    }
    expression
}

fn segment_expression(segment: &Segment, is_first: bool, segments: &Segments) -> String {
    let free = segments.free;
    match segment {
        Segment::Literal(text) => escaped(text),
        Segment::Parameter { form: ParameterForm::Id { prefix, digits }, .. } if segments.is_formed => {
            format!("{}[0-9a-f]{{{digits}}}", escaped(prefix))
        }
        Segment::Parameter { .. } => format!("({free})"),
        // At the root, nothing at all is the root resource's.
        Segment::Greedy { .. } if segments.may_begin_empty && is_first => format!("(({free})|/({free})?)(/({free})?)*"),
        Segment::Greedy { .. } if segments.may_begin_empty => format!("({free})?(/({free})?)*"),
        Segment::Greedy { .. } if segments.may_be_empty => format!("({free})(/({free})?)*"),
        Segment::Greedy { .. } => format!("({free})(/({free}))*"),
    }
}
