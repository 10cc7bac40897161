//! Gateways as the readings describe them, written apart from the product: what each makes of a request.

use std::collections::BTreeSet;

use edge_authorizer::policy::operation::{Operation, PathTemplate, Segment, Verb};
use edge_authorizer::policy::reading::{Reading, Readings};

/// One way to deal with requests that the enabled readings leave open.
struct Gateway {
    order: Order,
    /// Whether it may take either of two paths of which neither is the more specific.
    is_undecided: bool,
    /// Whether a greedy parameter takes an empty beginning.
    takes_nothing: bool,
}

/// What is compared first.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    ResourceThenVerb,
    PathThenVerb,
    NamedVerbThenPath,
    NamedVerbThenGreed,
}

/// What a request can become: what its ARN ends in, and the operation that it reaches, if any.
pub(crate) type Outcome<'a> = (String, Option<&'a Operation>);

/// All that a request can become under the readings.
pub(crate) fn outcomes<'a>(
    operations: &'a [Operation],
    readings: &Readings,
    verb: &str,
    path: &str,
) -> Vec<Outcome<'a>> {
    let mut outcomes: Vec<Outcome<'a>> = Vec::new();
    for (routed, kept) in texts(readings, path) {
        for gateway in gateways(readings) {
            for reached in gateway.reached(operations, verb, &routed) {
                let outcome = (format!("{verb}{kept}"), reached);
                if !outcomes.contains(&outcome) {
                    outcomes.push(outcome);
                }
            }
        }
    }
    outcomes
}

/// The texts by which a path is routed, each with the one that its ARN keeps.
fn texts(readings: &Readings, path: &str) -> BTreeSet<(String, String)> {
    let tidied = [Reading::EncodedPath, Reading::EmptySegments, Reading::DotSegments, Reading::TrailingSlash];
    let mut routed = vec![path.to_owned()];
    for reading in tidied.into_iter().filter(|reading| readings.has(*reading)) {
        let more: Vec<String> = routed.iter().map(|path| tidy(reading, path)).collect();
        routed.extend(more);
    }
    let mut kept = vec![path.to_owned()];
    if readings.has(Reading::DecodedAfterRouting) {
        kept.push(decoded(&path.replace("%2F", "%252F")));
    }
    if readings.has(Reading::DecodedSlash) {
        kept.push(decoded(path));
    }
    routed.iter().flat_map(|routed| kept.iter().map(|kept| (routed.clone(), kept.clone()))).collect()
}

fn tidy(reading: Reading, path: &str) -> String {
    let segments = || path.split('/').skip(1);
    match reading {
        Reading::EncodedPath => decoded(path),
        Reading::EmptySegments => {
            let end = if path.ends_with('/') { "/" } else { "" };
            let full: Vec<&str> = segments().filter(|segment| !segment.is_empty()).collect();
            if full.is_empty() { "/".to_owned() } else { format!("/{}{end}", full.join("/")) }
        }
        Reading::DotSegments => {
            let mut resolved = Vec::new();
            for segment in segments() {
                match segment {
                    "." => {}
                    ".." => _ = resolved.pop(),
                    _ => resolved.push(segment),
                }
            }
            format!("/{}", resolved.join("/"))
        }
        _ => match path.strip_suffix('/') {
            Some(rest) if !rest.is_empty() => rest.to_owned(),
            _ => path.to_owned(),
        },
    }
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|it| std::str::from_utf8(it).ok());
        let byte = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn gateways(readings: &Readings) -> Vec<Gateway> {
    let mut gateways = Vec::new();
    let mut add = |order: Order, is_undecided: bool| {
        gateways.extend([true, false].map(|takes_nothing| Gateway { order, is_undecided, takes_nothing }));
    };
    if readings.has(Reading::RestRouting) {
        add(Order::ResourceThenVerb, false);
    }
    let http = readings.has(Reading::HttpRouting).then_some(Order::PathThenVerb);
    let verb_first = readings.has(Reading::HttpVerbFirst);
    let verb_first = verb_first.then_some([Order::NamedVerbThenPath, Order::NamedVerbThenGreed]);
    for order in http.into_iter().chain(verb_first.into_iter().flatten()) {
        add(order, false);
        if readings.has(Reading::HttpTies) {
            add(order, true);
        }
    }
    gateways
}

impl Gateway {
    fn reached<'a>(&self, operations: &'a [Operation], verb: &str, path: &str) -> Vec<Option<&'a Operation>> {
        let on_path: Vec<&'a Operation> = operations.iter().filter(|it| self.matches(&it.path, path)).collect();
        let names_it = |it: &Operation| it.verb == Verb::Only(verb.to_owned());
        let is_named = |path: &PathTemplate| on_path.iter().any(|it| names_it(it) && it.path.is_same_resource(path));
        let is_for = |it: &Operation| names_it(it) || (it.verb == Verb::Any && !is_named(&it.path));
        if self.order == Order::ResourceThenVerb {
            let Some(resource) = on_path.iter().min_by_key(|it| specificity(&it.path)) else { return vec![None] };
            let mut on_it = on_path.iter().filter(|it| it.path.is_same_resource(&resource.path));
            return vec![on_it.find(|it| is_for(it)).copied()];
        }
        let candidates: Vec<&'a Operation> = on_path.iter().filter(|it| is_for(it)).copied().collect();
        let place = |it: &&'a Operation| {
            let (path, greedy, any) = (specificity(&it.path), is_greedy(&it.path), it.verb == Verb::Any);
            match self.order {
                Order::NamedVerbThenPath => (greedy, any, path, false),
                Order::NamedVerbThenGreed => (any, greedy, path, false),
                _ => (greedy, false, path, any),
            }
        };
        let Some(first) = candidates.iter().copied().min_by_key(place) else { return vec![None] };
        let is_beaten = |path: &PathTemplate| {
            let own = specificity(path);
            let beats = |other: &Operation| {
                let other = specificity(&other.path);
                other != own && other.iter().zip(&own).all(|(other, own)| other.0 <= own.0)
            };
            candidates.iter().any(|it| is_greedy(&it.path) == is_greedy(path) && beats(it))
        };
        let is_tied = |it: &&Operation| is_greedy(&it.path) == is_greedy(&first.path) && !is_beaten(&it.path);
        let tied = candidates.iter().copied().filter(|_| self.is_undecided).filter(is_tied);
        tied.chain([first]).map(Some).collect()
    }

    fn matches(&self, template: &PathTemplate, path: &str) -> bool {
        let given: Vec<&str> = if path == "/" { Vec::new() } else { path.split('/').skip(1).collect() };
        let fits = |(at, segment): (usize, &Segment)| match (segment, given.get(at)) {
            (Segment::Literal(text), Some(given)) => text == given,
            (Segment::Parameter { .. }, Some(given)) => !given.is_empty(),
            (Segment::Greedy { .. }, Some(given)) => self.takes_nothing || !given.is_empty(),
            (_, None) => false,
        };
        (is_greedy(template) || given.len() == template.segments.len())
            && template.segments.iter().enumerate().all(fits)
    }
}

fn specificity<'a>(path: &'a PathTemplate) -> Vec<(u8, &'a str)> {
    let of = |segment: &Segment| match segment {
        Segment::Literal(_) => 0,
        Segment::Parameter { .. } => 1,
        Segment::Greedy { .. } => 2,
    };
    let text = |segment: &'a Segment| if let Segment::Literal(text) = segment { text.as_str() } else { "" };
    path.segments.iter().map(|segment| (of(segment), text(segment))).collect()
}

fn is_greedy(path: &PathTemplate) -> bool {
    matches!(path.segments.last(), Some(Segment::Greedy { .. }))
}
