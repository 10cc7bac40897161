//! Pages that are a manual, and of which every line is what happens.
//!
//! A ```` ```console ```` block holds commands after `$ `, what they print on both streams, and `? 3` where the exit code
//! is not 0. All commands of a page run in one shell. `UPDATE_GOLDEN=1 cargo test` writes what happened.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// What the shell prints behind a command: this, its exit code, and a line end.
const MARK: &str = "\u{1e}exit ";

/// Holds a page against what its commands print. `command` turns each into the one that is run, `prepare` makes the
/// shell's world, and `name` gives names to what differs from run to run.
pub(crate) fn hold(
    file: &Path,
    command: impl Fn(&str) -> String,
    prepare: impl FnOnce(&mut Command),
    name: impl FnOnce(&str) -> String,
) {
    let written = fs::read_to_string(file).unwrap();
    let commands: Vec<String> = commands(&written).iter().map(|written| command(written)).collect();
    let happened = replay(&written, &results(&name(&printed(&commands, prepare)), commands.len()));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(file, &happened).unwrap();
    }
    let difference = written.lines().zip(happened.lines()).find(|(written, happened)| written != happened);
    assert!(written == happened, "{}: first {difference:#?}, in\n{happened}", file.display());
}

/// The commands of a page. One that ends in `\` goes on in the next line, behind `> `.
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

/// What the commands print, in one shell, each with a mark behind it.
fn printed(commands: &[String], prepare: impl FnOnce(&mut Command)) -> String {
    let script: String = commands.iter().map(|command| format!("{command}\nprintf '{MARK}%s\\n' \"$?\"\n")).collect();
    let edge = Path::new(env!("CARGO_BIN_EXE_edge"));
    let path = format!("{}:/usr/bin:/bin", edge.parent().unwrap().display());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec 2>&1\n{script}")]).current_dir(env!("CARGO_MANIFEST_DIR"));
    prepare(shell.env_clear().env("PATH", path));
    String::from_utf8(shell.output().unwrap().stdout).unwrap()
}

/// What each command printed, with its exit code if that is not 0.
fn results(printed: &str, commands: usize) -> Vec<String> {
    let mut results = Vec::new();
    let mut rest = printed;
    while let Some((text, after)) = rest.split_once(MARK) {
        let (code, after) = after.split_once('\n').unwrap();
        let code = if code == "0" { String::new() } else { format!("? {code}\n") };
        results.push(format!("{text}{code}"));
        rest = after;
    }
    assert_eq!(results.len(), commands, "{printed}");
    results
}

/// The page with what was printed in the place of what is written.
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
