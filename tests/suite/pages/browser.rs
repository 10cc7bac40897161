//! People at a real browser: Chromium runs through every page of a running `edge serve`, with a script and without.
//!
//! `tests/clients/browser.mjs` is what they do, and what must hold of each page: no complaint of the browser (its policy
//! above all), nothing that axe finds, nothing to scroll sideways at 320 px.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::serving::Serving;

/// Where Debian puts it.
const CHROMIUM: &str = "/usr/bin/chromium";

#[test]
fn people_at_a_real_browser() {
    let Some(node) = node() else { return };
    run(node, "browser", &[]);
}

/// `make screenshots`
#[test]
#[ignore = "writes pictures, for people to look at"]
fn screenshots() {
    let Some(node) = node() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    run(node, "screenshots", &[folder.to_str().unwrap()]);
}

fn run(mut node: Command, name: &str, more: &[&str]) {
    let serving = Serving::start(name, &["--ttl", "60"]);
    let output =
        node.current_dir(clients()).arg("browser.mjs").arg(serving.said.to_string()).args(more).output().unwrap();
    let (said, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    assert!(output.status.success(), "{complaints}");
    assert!(said.lines().count() >= 10, "{said}");
}

/// What runs it, if all that it needs is installed. Under `REQUIRE_ALL=1` it must be.
#[expect(clippy::disallowed_methods, reason = "whether a test may skip is decided where it runs")]
fn node() -> Option<Command> {
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| CHROMIUM.to_owned());
    let imports = ["--input-type=module", "--eval", "import 'playwright-core'; import 'axe-core'"];
    let has_packages = Command::new("node").args(imports).current_dir(clients()).output();
    let missing = if !Path::new(&chromium).exists() {
        "there is no Chromium: `apt-get install chromium`, or its path in CHROMIUM"
    } else if !has_packages.is_ok_and(|output| output.status.success()) {
        "Node.js, playwright-core or axe-core is missing: `make clients` brings the latter"
    } else {
        return Some(Command::new("node"));
    };
    let required = std::env::var("REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(!required, "{missing}, and REQUIRE_ALL=1");
    println!("skipped: {missing}");
    None
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}
