//! Permissions to tick, those of administration among them, by resource and in the API reference's words.

use crate::access::catalogue::{Catalogue, PermissionWords};
use crate::access::permission::PermissionSet;
use crate::pages::scopes::titled;

/// The permissions of one resource.
pub(super) struct Group<'a> {
    pub(super) title: String,
    pub(super) rows: Vec<Row<'a>>,
}

/// One permission.
pub(super) struct Row<'a> {
    pub(super) words: &'a PermissionWords,
    /// Whether it is ticked in each of the columns.
    pub(super) ticked: Vec<(&'static str, bool)>,
    /// Whether whoever ticks holds it: nobody grants what they do not hold.
    pub(super) mine: bool,
}

/// All permissions; `columns` are the names of the fields, each with the permissions that are ticked in it.
pub(super) fn groups<'a>(
    catalogue: &'a Catalogue,
    mine: PermissionSet,
    columns: &[(&'static str, &[String])],
) -> Vec<Group<'a>> {
    let mut groups: Vec<(&str, Group<'a>)> = Vec::new();
    for permission in catalogue.every().iter() {
        let Some(words) = catalogue.words(PermissionSet::of(permission)).next() else { continue };
        let ticked = columns.iter().map(|(field, names)| (*field, names.contains(&words.name))).collect();
        let row = Row { words, ticked, mine: mine.contains(permission) };
        match groups.iter_mut().find(|(resource, _)| *resource == words.resource) {
            Some((_, group)) => group.rows.push(row),
            None => groups.push((&words.resource, Group { title: titled(&words.resource), rows: vec![row] })),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
