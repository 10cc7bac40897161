//! What has been chosen from the menu for a policy, and how long that makes it.

use std::collections::BTreeSet;

use super::compiler::Patterns;
use super::menu::Menu;

/// About as many bytes as a resource costs beside its pattern: the ARN before the verb, quotes and a comma.
const RESOURCE_BYTES: usize = 66;

/// Patterns for one verb, by their places in the menu.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) allows: Vec<usize>,
    pub(super) denies: BTreeSet<usize>,
    /// The Denies for odd paths that it needs.
    pub(super) odd: BTreeSet<usize>,
    /// Whether it allows odd paths, since all of the verb is covered.
    pub(super) spares_odd: bool,
}

impl Chosen {
    /// Its size without the Denies for odd paths, which are the same whatever else is chosen.
    pub(super) fn own_size(&self, menu: &Menu) -> Size {
        Size::of(self.own_patterns(menu))
    }

    /// Its patterns without those for odd paths.
    pub(super) fn own_patterns<'a>(&'a self, menu: &'a Menu) -> impl Iterator<Item = &'a str> {
        self.allow_patterns(menu).chain(self.deny_patterns(menu))
    }

    fn allow_patterns<'a>(&'a self, menu: &'a Menu) -> impl Iterator<Item = &'a str> {
        self.allows.iter().filter_map(|at| menu.allows.get(*at)).map(|allow| allow.pattern.as_str())
    }

    fn deny_patterns<'a>(&'a self, menu: &'a Menu) -> impl Iterator<Item = &'a str> {
        let denies = self.denies.iter().filter_map(|at| menu.denies.get(*at));
        denies.flat_map(|deny| &deny.patterns).map(String::as_str)
    }

    /// The Denies for odd paths, of one verb alone.
    pub(super) fn odd_patterns(&self, verb: &str, menu: &Menu) -> impl Iterator<Item = String> {
        let odd = self.odd.iter().filter_map(|at| menu.odd.get(*at));
        odd.map(move |odd| odd.of_verb(verb))
    }
}

/// What has been chosen for every verb.
#[derive(Debug, Default)]
pub(super) struct Draft<'a>(Vec<(&'a str, Chosen)>);

impl<'a> Draft<'a> {
    /// Adds what was chosen for a verb.
    pub(super) fn add(&mut self, verb: &'a str, chosen: Chosen) {
        self.0.push((verb, chosen));
    }

    /// Its size.
    pub(super) fn size(&self, menu: &Menu) -> Size {
        let odd = self.odd_patterns(menu);
        Size::of(self.chosen().flat_map(|chosen| chosen.own_patterns(menu)).chain(odd.iter().map(String::as_str)))
    }

    /// Its patterns, in an order that does not depend on how they were chosen.
    pub(super) fn patterns(&self, menu: &Menu) -> Patterns {
        let mut allow: Vec<String> = self.chosen().flat_map(|it| it.allow_patterns(menu)).map(str::to_owned).collect();
        let mut deny: Vec<String> = self.chosen().flat_map(|it| it.deny_patterns(menu)).map(str::to_owned).collect();
        allow.sort_unstable();
        deny.sort_unstable();
        deny.dedup();
        deny.extend(self.odd_patterns(menu));
        Patterns { allow, deny }
    }

    /// The Denies for odd paths: once for all verbs, unless some verb's odd paths are allowed. Those must stay so, or
    /// more permission would allow less.
    fn odd_patterns(&self, menu: &Menu) -> Vec<String> {
        if self.chosen().any(|chosen| chosen.spares_odd) {
            return self.0.iter().flat_map(|(verb, chosen)| chosen.odd_patterns(verb, menu)).collect();
        }
        let needed: BTreeSet<usize> = self.chosen().flat_map(|chosen| chosen.odd.iter().copied()).collect();
        needed.into_iter().filter_map(|at| menu.odd.get(at)).map(|odd| odd.pattern.clone()).collect()
    }

    fn chosen(&self) -> impl Iterator<Item = &Chosen> {
        self.0.iter().map(|(_, chosen)| chosen)
    }
}

/// How long something makes a policy. Longer ARNs weigh with the number of its patterns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    patterns: usize,
    bytes: usize,
}

impl Size {
    /// The size of these patterns.
    pub(super) fn of<'a>(patterns: impl Iterator<Item = &'a str>) -> Self {
        let none = Self { patterns: 0, bytes: 0 };
        patterns.fold(none, |size, pattern| Self {
            patterns: size.patterns + 1,
            bytes: size.bytes + RESOURCE_BYTES + pattern.len(),
        })
    }

    /// About as many bytes, with an ARN of usual length.
    pub(super) fn bytes(self) -> usize {
        self.bytes
    }

    /// Whether it is less for an ARN of usual length, and not more for any longer one.
    pub(super) fn is_less(self, other: Self) -> bool {
        self.bytes < other.bytes && self.patterns <= other.patterns
    }
}
