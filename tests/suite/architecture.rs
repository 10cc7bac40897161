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

/// Where random bytes are drawn, all of the system's generator: the programs, and an id that is no secret.
const GENERATORS: [&str; 5] = [
    "src/bin/auth-server.rs",
    "src/bin/edge/host.rs",
    "src/bin/edge/serve/mod.rs",
    "src/bin/responder.rs",
    "src/local/gateway/stage.rs",
];

#[test]
fn t7_random_bytes_are_the_systems_and_drawn_by_the_programs_alone() {
    let drawing = files_with(|line| line.contains("getrandom::"));
    assert_eq!(drawing, GENERATORS);
    let others =
        files_with(|line| ["rand::rng", "thread_rng", "SmallRng", "fastrand"].iter().any(|it| line.contains(it)));
    assert_eq!(others, Vec::<String>::new());
}

/// Where what a stranger presents is held against a secret, and what compares the two in constant time.
const COMPARED: [(&str, &str); 4] = [
    ("src/oauth/account.rs", "verify_password("),
    ("src/oauth/pkce.rs", ".ct_eq("),
    ("src/oauth/secret.rs", ".ct_eq("),
    ("src/token/text.rs", ".verify_truncated_left("),
];

#[test]
fn t66_secrets_are_compared_by_what_takes_constant_time_and_never_as_text() {
    for (file, comparison) in COMPARED {
        assert!(files_with(|line| line.contains(comparison)).iter().any(|it| it == file), "{file}: no `{comparison}`");
    }
    let as_text = |line: &str| {
        ["expose()", "to_hex()"].iter().any(|text| {
            line.contains(&format!("{text} == ")) || line.contains(&format!("{text} != ")) || {
                let compared = line.split_once(" == ").or_else(|| line.split_once(" != "));
                compared.is_some_and(|(_, right)| right.split([' ', ',', ';']).next().unwrap().ends_with(text))
            }
        })
    };
    assert_eq!(files_with(as_text), Vec::<String>::new());
}

/// The files in `src` with such a line, comments aside, in order.
fn files_with(is_such: impl Fn(&str) -> bool) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let has = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        text.lines().any(|line| !line.trim_start().starts_with("//") && is_such(line))
    };
    let name = |file: PathBuf| file.strip_prefix(root).unwrap().display().to_string();
    let mut names: Vec<String> = sources(&root.join("src")).into_iter().filter(has).map(name).collect();
    names.sort();
    names
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
