//! The nearest name to one that does not exist, for messages that say what to do.

/// How alike two names must be before one is proposed for the other.
const ALIKE: f64 = 0.75;

/// The candidate that somebody probably meant; none if nothing is near. One slip of the finger is near, however short
/// the name: a letter too many, too few, another one, or two that changed places.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |candidate| match strsim::osa_distance(name, candidate) {
        0 | 1 => 1.0,
        _ => strsim::jaro_winkler(name, candidate),
    };
    candidates
        .into_iter()
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
