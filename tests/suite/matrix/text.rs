//! The file of the golden matrix: how it is written, and how it is read.
//!
//! One line a user and set of scopes, a column an operation. Rows of one user that say the same are one line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use edge_authorizer::access::requirement::Verdict;
use edge_authorizer::policy::operation::{Operation, Segment};
use edge_authorizer::token::credential::TokenKind;

use super::holders::{DEMO_TOKENS, ScopeSet};
use super::verdicts::Told;

/// Who is told, by section and row of the file and by the kind of token, in the order of the file.
pub(super) type Matrix = Vec<((String, String, TokenKind), Told)>;

const HEAD: &str = "\
# Who may do what: every user of the demonstration, with every set of scopes, for every operation of the API.
#
# `cargo test matrix` decides each line with real tokens and records, and holds it against this file; the local gateway
# is asked the same. `UPDATE_GOLDEN=1 cargo test matrix` writes it again. A right that became wider is a letter where
# there was none.
#
# A letter is an operation that is allowed. Where there is none, this is why:
#   .  the token's scope does not cover it        ~  the tenant does not have the feature
#   -  the scope does, the user's role does not   !  the tenant is suspended
# A number is the status of every operation, with the reason code.
#
# The kind of token: `pat` a personal access token, `access` an access token, `either` where both are told the same.
# `no scope` is an empty list. [name] is the scopes of the demonstration's token of that name.
";

const ANY_SCOPES: &str = "any scopes";
const EITHER: &str = "either";

/// The letters of the operations, in groups: one a resource, in the order of the API reference.
pub(super) struct Columns(Vec<Group>);

struct Group {
    name: String,
    /// Letter and operation.
    operations: Vec<(char, String)>,
}

impl Columns {
    pub(super) fn of(operations: &[Operation]) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for operation in operations {
            let Some(Segment::Literal(resource)) = operation.path.segments.get(1) else { panic!("{operation:?}") };
            if groups.last().is_none_or(|group| group.name != *resource) {
                groups.push(Group { name: resource.clone(), operations: Vec::new() });
            }
            let group = groups.last_mut().unwrap();
            group.operations.push((group.letter(&operation.id), operation.id.clone()));
        }
        Self(groups)
    }

    fn header(&self) -> String {
        self.0.iter().map(|group| format!("{:<width$}", group.name, width = group.width())).collect()
    }

    fn cells(&self, verdicts: &[Verdict]) -> String {
        let mut verdicts = verdicts.iter();
        let mark = |(letter, _): &(char, String), verdict: &Verdict| match verdict {
            Verdict::Allowed => *letter,
            Verdict::ScopeMissing => '.',
            Verdict::RoleMissing => '-',
            Verdict::FeatureMissing => '~',
            Verdict::TenantSuspended => '!',
        };
        let group = |group: &Group| {
            let cells: String =
                group.operations.iter().zip(verdicts.by_ref()).map(|(it, verdict)| mark(it, verdict)).collect();
            format!("{cells:<width$}", width = group.width())
        };
        self.0.iter().map(group).collect()
    }

    /// The verdicts of a line's cells; none unless there is one for each operation, and each letter is in its column.
    fn verdicts(&self, cells: &str) -> Option<Vec<Verdict>> {
        let mut verdicts = Vec::new();
        let groups: Vec<&str> = cells.split_whitespace().collect();
        for (group, cells) in self.0.iter().zip(&groups) {
            for ((letter, _), cell) in group.operations.iter().zip(cells.chars()) {
                verdicts.push(match cell {
                    '.' => Verdict::ScopeMissing,
                    '-' => Verdict::RoleMissing,
                    '~' => Verdict::FeatureMissing,
                    '!' => Verdict::TenantSuspended,
                    other if other == *letter => Verdict::Allowed,
                    _ => return None,
                });
            }
        }
        let complete = groups.len() == self.0.len()
            && self.0.iter().zip(&groups).all(|(group, cells)| group.operations.len() == cells.chars().count());
        complete.then_some(verdicts)
    }
}

impl Group {
    /// The first letter of the operation's words that the group has not used; of all its letters, if need be.
    fn letter(&self, operation: &str) -> char {
        let words = operation.chars().enumerate().filter(|(at, it)| *at == 0 || it.is_ascii_uppercase());
        let candidates = words.map(|(_, it)| it).chain(operation.chars()).map(|it| it.to_ascii_uppercase());
        let free = |letter: &char| self.operations.iter().all(|(used, _)| used != letter);
        candidates.into_iter().find(free).unwrap()
    }

    fn width(&self) -> usize {
        self.name.len().max(self.operations.len()) + 1
    }
}

/// Writes the file.
pub(super) fn write(columns: &Columns, sets: &[ScopeSet], matrix: &Matrix) -> String {
    let mut text = HEAD.to_owned() + "\nThe operations\n";
    for group in &columns.0 {
        let operations: Vec<String> = group.operations.iter().map(|(letter, id)| format!("{letter} {id}")).collect();
        writeln!(text, "  {:<11}{}", group.name, operations.join("  ")).unwrap();
    }
    text.push_str("\nThe scopes\n");
    for set in sets.iter().filter(|set| set.name.starts_with('[')) {
        writeln!(text, "  {:<19}{}", set.name, set.scopes.join(" ")).unwrap();
    }
    let mut sections: Vec<&str> = Vec::new();
    for ((section, ..), _) in matrix {
        if !sections.contains(&section.as_str()) {
            sections.push(section);
            write_section(&mut text, section, columns, matrix);
        }
    }
    text
}

fn write_section(text: &mut String, section: &str, columns: &Columns, matrix: &Matrix) {
    let title = format!("{section:<28}");
    write!(text, "\n{}", format!("{title}{}", columns.header()).trim_end()).unwrap();
    text.push('\n');
    for (row, kind, told) in lines(section, matrix) {
        let cells = match told {
            Told::Refused(code) => format!("401 {code}"),
            Told::Each(verdicts) => columns.cells(verdicts),
        };
        writeln!(text, "{}", format!("  {row:<19}{kind:<7}{cells}").trim_end()).unwrap();
    }
}

/// The lines of a section: what both kinds are told is one line, and so is what all rows of a user are told.
fn lines<'a>(section: &str, matrix: &'a Matrix) -> Vec<(&'a str, &'static str, &'a Told)> {
    let rows: Vec<_> = matrix.iter().filter(|((of, ..), _)| of == section).collect();
    if section != DEMO_TOKENS && rows.iter().all(|(_, told)| *told == rows[0].1) {
        return vec![(ANY_SCOPES, EITHER, &rows[0].1)];
    }
    let mut lines: Vec<(&str, &str, &Told)> = Vec::new();
    for ((_, row, kind), told) in rows {
        match lines.last_mut() {
            Some(last) if last.0 == row && last.2 == told => last.1 = EITHER,
            _ => lines.push((row, name(*kind), told)),
        }
    }
    lines
}

fn name(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Pat => "pat",
        TokenKind::AccessToken => "access",
    }
}

/// Reads the file, line by line, without knowing how many users, rows or operations there should be.
pub(super) fn read(text: &str, columns: &Columns, sets: &[ScopeSet]) -> BTreeMap<(String, String, TokenKind), Told> {
    let mut matrix = BTreeMap::new();
    let mut section = "";
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(line) = line.strip_prefix("  ") else {
            section = line.split("  ").next().unwrap();
            continue;
        };
        if ["The operations", "The scopes"].contains(&section) {
            continue;
        }
        let (row, rest) = line.split_at(19);
        let (kind, cells) = rest.split_once(' ').unwrap();
        let told = match cells.trim().strip_prefix("401 ") {
            Some(code) => Told::Refused(code.to_owned()),
            None => Told::Each(columns.verdicts(cells).unwrap_or_else(|| panic!("{section}: {line}"))),
        };
        let rows: Vec<&str> = match row.trim_end() {
            ANY_SCOPES => sets.iter().map(|set| set.name.as_str()).collect(),
            one => vec![one],
        };
        for (row, of) in rows.iter().flat_map(|row| TokenKind::ALL.map(|of| (*row, of))) {
            if kind == EITHER || kind == name(of) {
                let before = matrix.insert((section.to_owned(), row.to_owned(), of), told.clone());
                assert!(before.is_none(), "{section}: `{row}` is there twice");
            }
        }
    }
    matrix
}
