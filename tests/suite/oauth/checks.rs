//! The table of checks in `docs/oauth.md` is complete, and every test that it names is there.

use std::fs;
use std::path::Path;

const TABLE: &str = include_str!("../../../docs/oauth.md");

#[test]
fn every_check_has_its_test_or_its_reason() {
    let mut sources = String::new();
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    for folder in [suite.join("oauth"), suite] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let rows = TABLE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let checks: Vec<(u32, &str)> = rows.filter_map(|(number, cell)| Some((number.parse().ok()?, cell))).collect();
    assert!(checks.iter().map(|(number, _)| *number).eq(1..=122));
    for (number, cell) in checks {
        assert!(!cell.trim().is_empty(), "{number}");
        let named = cell.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() > 2);
        for test in named {
            assert!(sources.contains(&format!("fn {test}(")), "{number} names `{test}`, which is not there");
        }
    }
}
