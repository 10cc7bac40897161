//! The command line, as transcripts: `tests/transcripts/*.md` are a manual, and every line in them is what happens.
//!
//! All commands of a file run against an empty store of their own. What differs each time has a name: `pat_<1>`,
//! `<token>`, `<time>`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use regex::Regex;

use crate::embedded::{Embedded, REGION, TABLE};
use crate::kms::Kms;
use crate::{transcript, world};

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

transcripts!(audit, clients, explain, invoke, keys, mistakes, tenants_and_users, tokens);

/// Holds a transcript against what happens.
fn hold(name: &str) {
    let (store, kms) = (Embedded::start(), Kms::start());
    let world = |shell: &mut Command| {
        shell
            .env("TABLE_NAME", TABLE)
            .env("AWS_REGION", REGION)
            .env("AWS_ENDPOINT_URL_DYNAMODB", &store.url)
            .env("AWS_ENDPOINT_URL_KMS", &kms.url)
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("PAT_MAC_KEY", "0123456789abcdef0123456789abcdef")
            .env("EDGE_OPERATOR", "anna")
            .env("EDGE_REFERENCE", pack());
    };
    transcript::hold(&folder().join(format!("{name}.md")), str::to_owned, world, redact);
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

/// Gives names to what differs each time: the same name to the same id.
fn redact(printed: &str) -> String {
    let tokens = Regex::new("crm_pat_[0-9A-Za-z]{40,}").unwrap();
    let secrets = Regex::new("crm_secret_[0-9A-Za-z]+").unwrap();
    let times = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").unwrap();
    let ids = Regex::new("(pat|app)_[0-9a-f]{24,}").unwrap();
    let without_tokens = tokens.replace_all(printed, "<token>");
    let without_tokens = secrets.replace_all(&without_tokens, "<secret>");
    let mut redacted = times.replace_all(&without_tokens, "<time>").into_owned();
    let mut number = 0;
    while let Some(id) = ids.find(&redacted).map(|found| found.as_str().to_owned()) {
        number += 1;
        let kind = id.split_once('_').unwrap().0;
        redacted = redacted.replace(&id, &format!("{kind}_<{number}>"));
    }
    redacted
}
