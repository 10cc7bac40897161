//! The tables of checks in the documentation are complete, and every test that they name is there.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;

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
    let tests = tests_in(&sources);
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
            assert!(tests.contains(test), "{number} names `{test}`, which is no test");
        }
    }
}

/// The functions that run as tests: of `cargo test`, of tokio, of a `proptest!`, and what the list of `races!` names.
fn tests_in(sources: &str) -> BTreeSet<&str> {
    let test = r"#\[(?:tokio::)?test[^\]]*\]\s+(?:#\[[^\]]*\]\s+)*(?:async )?fn (\w+)\(";
    let races = sources.split_once("\nraces!(").and_then(|(_, list)| list.split_once(");")).unwrap().0;
    let races = races.split([',', '\n', ' ']).filter(|name| !name.is_empty());
    Regex::new(test).unwrap().captures_iter(sources).map(|it| it.get(1).unwrap().as_str()).chain(races).collect()
}
