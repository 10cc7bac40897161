//! Sets of routes, as bits: what the menu's proved facts are made of.

use serde::{Deserialize, Serialize};

/// A set of routes, each named by its place in [`routes`](super::route::expand).
///
/// The last word is never empty, so that equal sets are equal in their words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<usize>", into = "Vec<usize>")]
pub struct RouteSet(Vec<u64>);

const BITS: usize = 64;

impl RouteSet {
    /// Adds a route.
    pub fn insert(&mut self, route: usize) {
        let word = route / BITS;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (route % BITS);
        }
    }

    /// Whether a route is in the set.
    pub fn contains(&self, route: usize) -> bool {
        self.0.get(route / BITS).is_some_and(|word| word & (1 << (route % BITS)) != 0)
    }

    /// Whether no route is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many routes are in the set.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether a route is in both sets.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// Whether every route of this set is in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().enumerate().all(|(at, word)| word & !other.word(at) == 0)
    }

    /// How many routes are in both sets.
    pub fn overlap(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a & b).count_ones()).sum()
    }

    /// Adds all routes of the other set.
    pub fn add(&mut self, other: &Self) {
        if other.0.len() > self.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    /// Takes all routes of the other set away.
    pub fn remove(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= !other;
        }
        self.trim();
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut rest = self.clone();
        rest.remove(other);
        rest
    }

    /// What is in both sets.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut common = Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect());
        common.trim();
        common
    }

    /// The lowest route of the set.
    pub fn first(&self) -> Option<usize> {
        self.iter().next()
    }

    /// The routes of the set, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                let offset = usize::try_from(bit).ok().filter(|bit| *bit < BITS)?;
                rest &= rest - 1;
                Some(at * BITS + offset)
            })
        })
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn word(&self, at: usize) -> u64 {
        self.0.get(at).copied().unwrap_or_default()
    }
}

impl FromIterator<usize> for RouteSet {
    fn from_iter<I: IntoIterator<Item = usize>>(routes: I) -> Self {
        let mut set = Self::default();
        for route in routes {
            set.insert(route);
        }
        set
    }
}

impl From<Vec<usize>> for RouteSet {
    fn from(routes: Vec<usize>) -> Self {
        routes.into_iter().collect()
    }
}

impl From<RouteSet> for Vec<usize> {
    fn from(set: RouteSet) -> Self {
        set.iter().collect()
    }
}
