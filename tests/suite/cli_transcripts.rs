//! The command line, as transcripts: `tests/transcripts/*.md` are a manual, and every line in them is what happens.
//!
//! A ```` ```console ```` block holds commands after `$ `, what they print on both streams, and `? 3` where the exit code
//! is not 0. All commands of a file run in one shell, against an empty store of their own. What differs each time has a
//! name: `pat_<1>`, `<token>`, `<time>`. `UPDATE=1 cargo test cli_transcripts` writes what happened.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use regex::Regex;

use crate::embedded::{Embedded, REGION, TABLE};
use crate::world;

/// What the shell prints behind a command: this, its exit code, and a line end.
const MARK: &str = "\u{1e}exit ";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

macro_rules! transcripts {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            hold(stringify!($name));
        })*

        #[test]
        fn every_transcript_is_run() {
            let mut files: Vec<String> = fs::read_dir(folder())
                .unwrap()
                .filter_map(|entry| entry.unwrap().path().file_stem().map(|name| name.to_string_lossy().into_owned()))
                .collect();
            files.sort();
            let mut run = vec![$(stringify!($name).to_owned()),*];
            run.sort();
            assert_eq!(files, run);
        }
    };
}

transcripts!(audit, explain, invoke, mistakes, tenants_and_users, tokens);

/// Holds a transcript against what happens.
fn hold(name: &str) {
    let file = folder().join(format!("{name}.md"));
    let written = fs::read_to_string(&file).unwrap();
    let store = Embedded::start();
    let happened = replay(&written, &run(&commands(&written), &store));
    if std::env::var_os("UPDATE").is_some() {
        return fs::write(&file, &happened).unwrap();
    }
    let difference = written.lines().zip(happened.lines()).find(|(written, happened)| written != happened);
    assert!(written == happened, "{}: first {difference:#?}, in\n{happened}", file.display());
}

/// The commands of a transcript. One that ends in `\` goes on in the next line, behind `> `.
fn commands(written: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for line in blocks(written).filter(|(inside, _)| *inside).map(|(_, line)| line) {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push(command.to_owned());
        } else if let (Some(more), Some(last)) = (line.strip_prefix("> "), commands.last_mut()) {
            let _ = write!(last, "\n{more}");
        }
    }
    commands
}

/// Each line, and whether it stands in a console block.
fn blocks(written: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut inside = false;
    written.lines().map(move |line| {
        if line.starts_with("```") {
            inside = line == "```console";
            return (false, line);
        }
        (inside, line)
    })
}

/// Runs the commands in one shell; what each printed, with its exit code if that is not 0.
fn run(commands: &[String], store: &Embedded) -> Vec<String> {
    let script: String = commands.iter().map(|command| format!("{command}\nprintf '{MARK}%s\\n' \"$?\"\n")).collect();
    let edge = Path::new(env!("CARGO_BIN_EXE_edge"));
    let path = format!("{}:/usr/bin:/bin", edge.parent().unwrap().display());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{script}")])
        .current_dir(root)
        .env_clear()
        .env("PATH", path)
        .env("TABLE_NAME", TABLE)
        .env("AWS_REGION", REGION)
        .env("AWS_ENDPOINT_URL_DYNAMODB", &store.url)
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("PAT_MAC_KEY", "0123456789abcdef0123456789abcdef")
        .env("EDGE_OPERATOR", "anna")
        .env("EDGE_REFERENCE", pack())
        .output()
        .unwrap();
    let printed = redact(&String::from_utf8(output.stdout).unwrap());
    let mut results = Vec::new();
    let mut rest = printed.as_str();
    while let Some((text, after)) = rest.split_once(MARK) {
        let (code, after) = after.split_once('\n').unwrap();
        let code = if code == "0" { String::new() } else { format!("? {code}\n") };
        results.push(format!("{text}{code}"));
        rest = after;
    }
    assert_eq!(results.len(), commands.len(), "{printed}");
    results
}

/// `api.yaml`, compiled once for all commands.
fn pack() -> &'static Path {
    static PACK: LazyLock<PathBuf> = LazyLock::new(|| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transcripts.pack.json");
        fs::write(&file, serde_json::to_string(&world::pack()).unwrap()).unwrap();
        file
    });
    &PACK
}

/// The transcript with what was printed in the place of what is written.
fn replay(written: &str, results: &[String]) -> String {
    let mut happened = String::new();
    let mut results = results.iter();
    let mut printed: Option<&String> = None;
    for (inside, line) in blocks(written) {
        let of_command = inside && (line.starts_with("$ ") || line.starts_with("> "));
        if inside && !of_command {
            continue;
        }
        if !line.starts_with("> ") || !inside {
            happened.push_str(printed.take().map_or("", String::as_str));
        }
        happened.push_str(line);
        happened.push('\n');
        if inside && line.starts_with("$ ") {
            printed = results.next();
        }
    }
    happened
}

/// Gives names to what differs each time: the same name to the same id.
fn redact(printed: &str) -> String {
    let tokens = Regex::new("crm_pat_[0-9A-Za-z]{40,}").unwrap();
    let times = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").unwrap();
    let ids = Regex::new("pat_[0-9a-f]{24}").unwrap();
    let without_tokens = tokens.replace_all(printed, "<token>");
    let mut redacted = times.replace_all(&without_tokens, "<time>").into_owned();
    let mut number = 0;
    while let Some(id) = ids.find(&redacted).map(|found| found.as_str().to_owned()) {
        number += 1;
        redacted = redacted.replace(&id, &format!("pat_<{number}>"));
    }
    redacted
}
