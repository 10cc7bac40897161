//! The catalogue: every permission that the API reference declares, and which one covers which.
//!
//! The rules that make `<resource>.all` more than a name live here and nowhere else:
//! it covers every action of its resource, the sum of the actions is not `all`, taking away an action takes away the
//! `all` that would bring it back, and a name that is not in the catalogue grants nothing.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::permission::{MAX_PERMISSIONS, Permission, PermissionSet};

/// The catalogue as the compiled API reference carries it: names only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueSource {
    /// Every permission that a token's scope can name, in the order of the API reference.
    pub scopes: Vec<String>,
    /// Permissions to administer the tenant itself: roles may hold them, no scope can ask for them.
    pub administration: Vec<String>,
    /// For a permission, the permissions that it covers beside itself (`contact.all` → `contact.read`, …).
    pub covers: BTreeMap<String, Vec<String>>,
    /// The permissions of each resource's "all": taking such a permission away takes away all that it covers.
    pub whole: Vec<String>,
    /// For a feature of a tenant, the permissions that it opens.
    pub features: BTreeMap<String, Vec<String>>,
    /// What people are told of each permission; of those that are not in here, their name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<PermissionWords>,
}

/// A permission as people read it: taken apart, and in the words of the API reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionWords {
    /// The permission.
    pub name: String,
    /// What it is about, `contact`.
    pub resource: String,
    /// What it lets somebody do with that, `read`.
    pub action: String,
    /// What it is for.
    pub description: String,
}

impl PermissionWords {
    /// What is known of a permission that the reference has no words for.
    fn of_name(name: &str) -> Self {
        let (resource, action) = name.rsplit_once(['.', ':', '/']).unwrap_or(("", name));
        let [name, resource, action] = [name, resource, action].map(str::to_owned);
        Self { description: name.clone(), name, resource, action }
    }
}

/// A catalogue whose names contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// More names than a set holds.
    #[error("the API reference declares {count} permissions, and at most {MAX_PERMISSIONS} are possible")]
    TooMany {
        /// How many names there are.
        count: usize,
    },
    /// One name twice.
    #[error("the permission `{name}` is declared twice")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A name used that is nowhere declared.
    #[error("`{used_by}` names the permission `{name}`, which is not declared")]
    Unknown {
        /// The name that is used.
        name: String,
        /// The permission, feature or list that uses it.
        used_by: String,
    },
}

/// What is known of one permission.
#[derive(Clone, Debug)]
struct Entry {
    words: PermissionWords,
    /// Itself and all that it covers, however far down.
    covers: PermissionSet,
    /// What is lost when it is taken away.
    loses: PermissionSet,
}

/// The permissions of an API, by name and by bit.
#[derive(Clone, Debug)]
pub struct Catalogue {
    entries: Vec<Entry>,
    by_name: HashMap<String, Permission>,
    scopes: PermissionSet,
    features: BTreeMap<String, PermissionSet>,
}

impl Catalogue {
    /// Reads a catalogue and closes its relation "covers" over itself.
    ///
    /// # Errors
    /// When a name is declared twice, used without being declared, or there are more than [`MAX_PERMISSIONS`].
    pub fn new(source: &CatalogueSource) -> Result<Self, CatalogueError> {
        let names: Vec<&String> = source.scopes.iter().chain(&source.administration).collect();
        let by_name = number(&names)?;
        let covers = close(&direct_covers(source, &by_name)?, names.len());
        let whole: PermissionSet = resolve(&source.whole, "whole", &by_name)?;
        let entries = names
            .iter()
            .zip(&covers)
            .map(|(name, own)| Entry {
                words: words(source, name),
                covers: *own,
                loses: by_name.get(*name).map(|it| losses(*it, *own, &covers, whole)).unwrap_or_default(),
            })
            .collect();
        let scopes = resolve(&source.scopes, "scopes", &by_name)?;
        let mut features = BTreeMap::new();
        for (feature, permissions) in &source.features {
            let named = resolve(permissions, feature, &by_name)?;
            features.insert(feature.clone(), expand_set(named, &covers));
        }
        Ok(Self { entries, by_name, scopes, features })
    }

    /// The permission of that name; none if the catalogue does not have it.
    pub fn permission(&self, name: &str) -> Option<Permission> {
        self.by_name.get(name).copied()
    }

    /// The name of a permission; empty for one that is not of this catalogue.
    pub fn name(&self, permission: Permission) -> &str {
        self.entries.get(permission.index()).map_or("", |entry| entry.words.name.as_str())
    }

    /// The names of a set, in the catalogue's order.
    pub fn names(&self, set: PermissionSet) -> impl Iterator<Item = &str> {
        self.words(set).map(|words| words.name.as_str())
    }

    /// What people are told of the permissions of a set, in the catalogue's order.
    pub fn words(&self, set: PermissionSet) -> impl Iterator<Item = &PermissionWords> {
        let entries = self.entries.iter().enumerate();
        entries
            .filter(move |(index, _)| Permission::at(*index).is_some_and(|it| set.contains(it)))
            .map(|(_, entry)| &entry.words)
    }

    /// Every permission, tenant administration included.
    pub fn every(&self) -> PermissionSet {
        (0..self.entries.len()).filter_map(Permission::at).collect()
    }

    /// The permissions that a token's scope can name.
    pub fn scopes(&self) -> PermissionSet {
        self.scopes
    }

    /// The permission and all that it covers.
    pub fn covered_by(&self, permission: Permission) -> PermissionSet {
        self.entries.get(permission.index()).map_or(PermissionSet::EMPTY, |entry| entry.covers)
    }

    /// All that the names stand for, with what they cover; unknown names grant nothing.
    pub fn granted<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> PermissionSet {
        names
            .into_iter()
            .filter_map(|name| self.permission(name))
            .fold(PermissionSet::EMPTY, |set, permission| set.union(self.covered_by(permission)))
    }

    /// All that is lost when the names are taken away.
    ///
    /// A name that the catalogue does not know takes nothing away, as it granted nothing.
    pub fn withdrawn<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> PermissionSet {
        names
            .into_iter()
            .filter_map(|name| self.permission(name))
            .filter_map(|permission| self.entries.get(permission.index()))
            .fold(PermissionSet::EMPTY, |set, entry| set.union(entry.loses))
    }

    /// What a feature of a tenant opens; nothing for an unknown feature.
    pub fn feature(&self, name: &str) -> PermissionSet {
        self.features.get(name).copied().unwrap_or_default()
    }

    /// The features that the API reference declares, by name.
    pub fn features(&self) -> impl Iterator<Item = (&str, PermissionSet)> {
        self.features.iter().map(|(name, set)| (name.as_str(), *set))
    }

    /// Permissions that belong to tenant administration, which no feature gates and no scope can ask for.
    pub fn administration(&self) -> PermissionSet {
        self.every().difference(self.scopes)
    }
}

fn words(source: &CatalogueSource, name: &str) -> PermissionWords {
    let known = source.words.iter().find(|words| words.name == name);
    known.cloned().unwrap_or_else(|| PermissionWords::of_name(name))
}

fn number(names: &[&String]) -> Result<HashMap<String, Permission>, CatalogueError> {
    let mut by_name = HashMap::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let Some(permission) = Permission::at(index) else {
            return Err(CatalogueError::TooMany { count: names.len() });
        };
        if by_name.insert((*name).clone(), permission).is_some() {
            return Err(CatalogueError::Duplicate { name: (*name).clone() });
        }
    }
    Ok(by_name)
}

fn resolve(
    names: &[String],
    used_by: &str,
    by_name: &HashMap<String, Permission>,
) -> Result<PermissionSet, CatalogueError> {
    let unknown = |name: &String| CatalogueError::Unknown { name: name.clone(), used_by: used_by.to_owned() };
    names.iter().map(|name| by_name.get(name).copied().ok_or_else(|| unknown(name))).collect()
}

fn direct_covers(
    source: &CatalogueSource,
    by_name: &HashMap<String, Permission>,
) -> Result<Vec<PermissionSet>, CatalogueError> {
    let mut direct: Vec<PermissionSet> =
        (0..by_name.len()).map(|index| Permission::at(index).into_iter().collect()).collect();
    for (name, covered) in &source.covers {
        let owner = resolve(std::slice::from_ref(name), "covers", by_name)?;
        let covered = resolve(covered, name, by_name)?;
        for permission in owner.iter() {
            if let Some(set) = direct.get_mut(permission.index()) {
                *set = set.union(covered);
            }
        }
    }
    Ok(direct)
}

/// The transitive closure; each round lengthens every chain, so as many rounds as there are names suffice.
fn close(direct: &[PermissionSet], rounds: usize) -> Vec<PermissionSet> {
    let mut closed = direct.to_vec();
    for _ in 0..rounds {
        let next: Vec<PermissionSet> = closed.iter().map(|set| expand_set(*set, &closed)).collect();
        if next == closed {
            break;
        }
        closed = next;
    }
    closed
}

fn expand_set(set: PermissionSet, covers: &[PermissionSet]) -> PermissionSet {
    set.iter().filter_map(|it| covers.get(it.index())).fold(set, |all, covered| all.union(*covered))
}

/// Taking a permission away takes away whatever covers it, since that would bring it back; and a whole takes its
/// parts along, each of which again takes what covers it.
fn losses(permission: Permission, own: PermissionSet, covers: &[PermissionSet], whole: PermissionSet) -> PermissionSet {
    let parts = if whole.contains(permission) { own } else { PermissionSet::of(permission) };
    let above = |(index, covered): (usize, &PermissionSet)| {
        Permission::at(index).filter(|_| !covered.intersection(parts).is_empty())
    };
    covers.iter().enumerate().filter_map(above).collect()
}
