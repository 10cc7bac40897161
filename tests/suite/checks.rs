//! The tables of checks in the documentation are complete, and every test that they name is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use regex::Regex;

use crate::architecture::sources;
use crate::golden::file;

#[test]
fn every_check_of_the_authorization_server_has_its_test_or_its_reason() {
    // In the test's name, or in what is said over it or in it.
    hold(include_str!("../../docs/oauth.md"), 122, |number, test| {
        Regex::new(&format!(r"\[O?{number}\]|(fn |_)o{number}_")).unwrap().is_match(test)
    });
}

#[test]
fn everything_that_is_trusted_has_its_test_or_its_reason() {
    hold(include_str!("../../docs/trust.md"), 74, |_, _| true);
}

/// Holds a table whose first column is the number of a check, from 1 on, and whose last names its tests. Each of them is
/// one test and no other of that name, and carries the number as `carries` wants it.
fn hold(document: &str, checks: u32, carries: impl Fn(u32, &str) -> bool) {
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
            let [text] = tests.get(test).map(Vec::as_slice).unwrap_or_default() else {
                panic!("{number} names `{test}`, which is no test, or more than one");
            };
            assert!(carries(number, text), "`{test}` does not say that it is for {number}\n{text}");
        }
    }
}

/// The functions that run as tests, each with what is said over it and its body: of `cargo test`, of tokio, of a
/// `proptest!`, and what the list of `races!` names.
fn tests_in(sources: &str) -> BTreeMap<&str, Vec<&str>> {
    let races = sources.split_once("\nraces!(").and_then(|(_, list)| list.split_once(");")).unwrap().0;
    let races: BTreeSet<&str> = races.split([',', '\n', ' ']).filter(|name| !name.is_empty()).collect();
    let function = r"(?m)^(?P<over>(?:[ \t]*(?:///|#\[)[^\n]*\n)*)[ \t]*(?:async )?fn (?P<name>\w+)\(";
    let test = Regex::new(r"#\[(?:tokio::)?test\b").unwrap();
    let mut tests = BTreeMap::<&str, Vec<&str>>::new();
    for found in Regex::new(function).unwrap().captures_iter(sources) {
        let (all, name) = (found.get(0).unwrap(), found.name("name").unwrap().as_str());
        if !test.is_match(&found["over"]) && !races.contains(name) {
            continue;
        }
        let text = sources.get(all.start()..).unwrap();
        tests.entry(name).or_default().push(text.split_once("\n}\n").map_or(text, |(text, _)| text));
    }
    tests
}
