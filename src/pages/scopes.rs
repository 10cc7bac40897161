//! Scopes as people see them: by resource, in the API reference's words, each with what it is worth to this person
//! today. That comes from the code that decides requests.

use crate::access::catalogue::{Catalogue, PermissionWords};
use crate::access::effective::Rights;
use crate::access::requirement::Verdict;
use crate::access::shortfall::shortfalls;

/// The scopes of one resource.
pub(crate) struct Group<'a> {
    pub(super) title: String,
    pub(super) lines: Vec<Line<'a>>,
}

/// One scope.
pub(crate) struct Line<'a> {
    pub(super) words: &'a PermissionWords,
    pub(super) worth: Worth,
    /// What of it can be done today, where that is not all.
    pub(super) remains: String,
}

/// What a scope is worth to a person today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    /// All that it says.
    All,
    /// A part of it.
    Part,
    /// Nothing, as no role of theirs allows it.
    NoRole,
    /// Nothing, as their organisation does not have the feature.
    NoFeature,
}

/// The scopes of these names, by resource, in the catalogue's order.
pub(crate) fn grouped<'a>(names: &[String], rights: &Rights, catalogue: &'a Catalogue) -> Vec<Group<'a>> {
    let mut groups: Vec<(&str, Group<'a>)> = Vec::new();
    let asked = names.iter().filter_map(|name| catalogue.permission(name)).collect();
    for words in catalogue.words(asked) {
        let line = line(words, rights, catalogue);
        match groups.iter_mut().find(|(resource, _)| *resource == words.resource) {
            Some((_, group)) => group.lines.push(line),
            None => groups.push((&words.resource, Group { title: titled(&words.resource), lines: vec![line] })),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn line<'a>(words: &'a PermissionWords, rights: &Rights, catalogue: &Catalogue) -> Line<'a> {
    let short = shortfalls(std::slice::from_ref(&words.name), rights, catalogue).into_iter().next();
    let worth = match &short {
        None => Worth::All,
        Some(short) if !short.remains.is_empty() => Worth::Part,
        Some(short) if short.verdict == Verdict::FeatureMissing => Worth::NoFeature,
        Some(_) => Worth::NoRole,
    };
    Line { words, worth, remains: short.map(|short| short.remains.join(", ")).unwrap_or_default() }
}

/// `contact` as a title.
pub(super) fn titled(resource: &str) -> String {
    let mut letters = resource.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str().replace(['_', '-'], " "))
}

/// Every scope in a table of resources and actions.
pub(crate) struct Grid<'a> {
    pub(super) actions: Vec<&'a str>,
    pub(super) rows: Vec<Row<'a>>,
}

/// The scopes of one resource, by action; none where the resource has no such action.
pub(crate) struct Row<'a> {
    pub(super) title: String,
    pub(super) cells: Vec<Option<(Line<'a>, bool)>>,
}

/// All scopes, those of these names ticked.
pub(crate) fn grid<'a>(ticked: &[&str], rights: &Rights, catalogue: &'a Catalogue) -> Grid<'a> {
    let every: Vec<&PermissionWords> = catalogue.words(catalogue.scopes()).collect();
    let mut actions: Vec<&str> = Vec::new();
    let mut resources: Vec<&str> = Vec::new();
    for words in &every {
        for (list, name) in [(&mut actions, words.action.as_str()), (&mut resources, words.resource.as_str())] {
            if !list.contains(&name) {
                list.push(name);
            }
        }
    }
    let cell = |resource: &str, action: &str| {
        let words = every.iter().find(|words| words.resource == resource && words.action == action)?;
        Some((line(words, rights, catalogue), ticked.contains(&words.name.as_str())))
    };
    let row = |resource: &&str| Row {
        title: titled(resource),
        cells: actions.iter().map(|action| cell(resource, action)).collect(),
    };
    Grid { rows: resources.iter().map(row).collect(), actions }
}
