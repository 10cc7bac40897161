//! The tables of checks in the documentation are complete, and every test that they name is there.

use std::fs;

use crate::architecture::sources;
use crate::golden::file;

#[test]
fn every_check_of_the_authorization_server_has_its_test_or_its_reason() {
    hold(include_str!("../../docs/oauth.md"), 122);
}

#[test]
fn everything_that_is_trusted_has_its_test_or_its_reason() {
    hold(include_str!("../../docs/trust.md"), 74);
}

/// Holds a table whose first column is the number of a check, from 1 on, and whose last names its tests.
fn hold(document: &str, checks: u32) {
    let sources: String = sources(&file("tests/suite")).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows: Vec<(u32, &str)> = rows
        .filter_map(|row| {
            let cells: Vec<&str> = row.split(" | ").collect();
            Some((cells.first()?.parse().ok()?, *cells.last()?))
        })
        .collect();
    assert!(rows.iter().map(|(number, _)| *number).eq(1..=checks), "{rows:?}");
    for (number, cell) in rows {
        assert!(!cell.trim().is_empty(), "{number}");
        let named = cell.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() > 1);
        for test in named {
            assert!(sources.contains(&format!("fn {test}(")), "{number} names `{test}`, which is not there");
        }
    }
}
