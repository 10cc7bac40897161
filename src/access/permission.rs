//! Permissions and sets of them.
//!
//! A permission is a name of the API reference's catalogue (`contact.read`). Inside, it is a bit: names are text only
//! at the edges, so that the decision itself is a handful of machine words and cannot misspell anything.

/// How many permissions one API reference may declare.
///
/// Four machine words. The demonstration API needs 33; a larger API is refused when it is packed, by name and number.
pub const MAX_PERMISSIONS: usize = 256;

const WORDS: usize = MAX_PERMISSIONS / 64;

/// One permission of the catalogue: its place in the list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission(u8);

impl Permission {
    /// The permission at `index` of the catalogue's list of names; none beyond [`MAX_PERMISSIONS`].
    pub fn at(index: usize) -> Option<Self> {
        u8::try_from(index).ok().map(Self)
    }

    /// Its place in the catalogue's list of names.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PermissionSet([u64; WORDS]);

impl PermissionSet {
    /// No permission at all: where every decision starts.
    pub const EMPTY: Self = Self([0; WORDS]);

    /// The set of this one permission.
    pub fn of(permission: Permission) -> Self {
        let mut set = Self::EMPTY;
        set.insert(permission);
        set
    }

    /// Adds one permission.
    pub fn insert(&mut self, permission: Permission) {
        if let Some(word) = self.0.get_mut(permission.index() / 64) {
            *word |= 1 << (permission.index() % 64);
        }
    }

    /// Whether the permission is in the set.
    pub fn contains(&self, permission: Permission) -> bool {
        self.covers(&Self::of(permission))
    }

    /// Whether every permission of `required` is in this set.
    pub fn covers(&self, required: &Self) -> bool {
        self.0.iter().zip(required.0).all(|(held, required)| held & required == required)
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// What is in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// The permissions of the set, in the catalogue's order.
    pub fn iter(&self) -> impl Iterator<Item = Permission> + '_ {
        (0..=u8::MAX).map(Permission).filter(|permission| self.contains(*permission))
    }

    fn zip(self, other: Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        let mut words = self.0;
        for (word, other) in words.iter_mut().zip(other.0) {
            *word = combine(*word, other);
        }
        Self(words)
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let mut set = Self::EMPTY;
        for permission in permissions {
            set.insert(permission);
        }
        set
    }
}
