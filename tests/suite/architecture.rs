//! What the rooms may know: the decision stays a pure function of values, because nothing else can be imported there.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms that decide.
const PURE: [&str; 4] = ["src/gateway", "src/token", "src/access", "src/policy"];

/// What none of them may name, and why.
const FORBIDDEN: [(&str, &str); 10] = [
    ("aws_sdk", "no AWS SDK"),
    ("aws_smithy", "no AWS SDK"),
    ("tokio", "no async runtime"),
    ("async ", "no async"),
    (".await", "no async"),
    ("SystemTime", "no clock"),
    ("Instant::now", "no clock"),
    ("std::env", "no environment"),
    ("getrandom", "no randomness"),
    ("crate::store", "the store knows the rooms, and not the other way round"),
];

#[test]
fn the_rooms_that_decide_know_no_io_no_clock_and_no_randomness() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<PathBuf> = PURE.iter().flat_map(|room| sources(&root.join(room))).collect();
    assert!(files.len() > 10, "the rooms have moved: {files:?}");
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for (word, why) in FORBIDDEN.iter().filter(|(word, _)| line.contains(word)) {
                found.push(format!("{}:{}: `{word}` ({why})", file.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_file_says_what_lives_in_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let silent: Vec<PathBuf> = sources(&root.join("src"))
        .into_iter()
        .chain(sources(&root.join("tests/suite")))
        .filter(|file| !fs::read_to_string(file).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "no `//!` at the top: {silent:?}");
}

/// Every Rust file of a folder and of those in it.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
