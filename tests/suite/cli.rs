//! What of the command line a transcript cannot show: a running local installation, colours, completion, secrets.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use edge_authorizer::local::demo::{Seed, variables};
use edge_authorizer::local::state::LocalState;
use edge_authorizer::local::store::{REGION, TABLE};
use edge_authorizer::timestamp::Timestamp;
use serde_json::Value;

use crate::world::{World, pack};

const CONTACT: &str = "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e";

/// A local installation as `edge serve` leaves its traces, in a folder of the test's own.
struct Local {
    world: World,
    folder: PathBuf,
    /// The store answers while this lives.
    _runtime: tokio::runtime::Runtime,
}

impl Local {
    fn start(test: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let world = runtime.block_on(World::new());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let state = LocalState {
            pid: std::process::id(),
            gateway: "http://127.0.0.1:9".to_owned(),
            authorization_server: "http://127.0.0.1:9".to_owned(),
            dynamodb: world.store.url(),
            region: REGION.to_owned(),
            table: TABLE.to_owned(),
            settings: variables(&Seed::public()).into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        };
        state.write(&folder.join("local.json")).unwrap();
        std::fs::write(folder.join("api.json"), serde_json::to_string(&pack()).unwrap()).unwrap();
        Self { world, folder, _runtime: runtime }
    }

    fn edge(&self, arguments: &[&str], input: &str) -> Output {
        let mut edge = edge();
        let edge = edge.args(arguments).arg(format!("--local={}", self.folder.display()));
        let edge = edge.env("EDGE_REFERENCE", self.folder.join("api.json")).stdin(Stdio::piped());
        let mut child = edge.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

fn edge() -> Command {
    let mut edge = Command::new(env!("CARGO_BIN_EXE_edge"));
    edge.env_clear();
    edge
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

#[test]
fn explain_takes_either_kind_of_token_from_standard_input() {
    let local = Local::start("explain-local");
    #[expect(clippy::disallowed_methods, reason = "the program that is run reads the real clock")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let sales = local.world.demo.token("sales-contacts").unwrap();
    let access_token = local.world.demo.access_token(sales, Timestamp::from_seconds(now)).unwrap();
    for (token, kind) in [(local.world.token("sales-contacts"), "pat"), (access_token.as_str(), "access_token")] {
        let explained = local.edge(&["explain", "--json", "--token", "-", "GET", CONTACT], &format!("{token}\n"));
        assert_eq!((&json(&explained)["reason"], &json(&explained)["token_type"]), (&"allowed".into(), &kind.into()));
        assert_eq!(explained.status.code(), Some(0));
        let said = text(&explained.stdout) + &text(&explained.stderr);
        assert!(!said.contains(token), "{said}");
    }
}

#[test]
fn explain_does_not_count_as_a_use_of_the_token() {
    let local = Local::start("explain-unseen");
    let token = local.world.token("sales-contacts").to_owned();
    let before = local.edge(&["pat", "list", "--json", "--tenant", tenant(&local)], "");
    assert_eq!(local.edge(&["explain", "--token", "-", "GET", CONTACT], &token).status.code(), Some(0));
    assert_eq!(json(&before), json(&local.edge(&["pat", "list", "--json", "--tenant", tenant(&local)], "")));
}

#[test]
fn what_is_said_of_a_bad_token_does_not_hold_the_token() {
    let local = Local::start("explain-bad");
    let token = format!("{}x", local.world.token("sales-contacts"));
    for token in [token.as_str(), "crm_pat_hello", "eyJhbGciOiJub25lIn0.e30.", "\u{0}", "two words"] {
        let refused = local.edge(&["explain", "--token", "-", "GET", CONTACT], token);
        let said = text(&refused.stdout) + &text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.starts_with("unauthorized") && !said.contains(token), "{said}");
    }
}

#[test]
fn the_sample_events_need_no_table() {
    let mut edge = edge();
    let edge = edge.args(["invoke", "--sample", "--json", "events/rest-request-forged.json"]);
    let edge = edge.current_dir(env!("CARGO_MANIFEST_DIR"));
    let refused = edge.output().unwrap();
    assert_eq!(json(&refused)["answer"]["errorMessage"], "Unauthorized");
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn colours_are_for_those_who_want_them() {
    let local = Local::start("colours");
    let show = |variable: (&str, &str)| {
        let mut edge = edge();
        let edge = edge.args(["tenant", "show", tenant(&local)]).arg(format!("--local={}", local.folder.display()));
        text(&edge.env(variable.0, variable.1).output().unwrap().stdout)
    };
    assert!(show(("CLICOLOR_FORCE", "1")).contains('\u{1b}'));
    assert!(!show(("NO_COLOR", "1")).contains('\u{1b}'), "and a pipe is no terminal");
}

#[test]
fn every_shell_gets_its_completion() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = edge().args(["completion", shell]).output().unwrap();
        assert!(script.status.success() && text(&script.stdout).contains("rotate"), "{shell}");
    }
}

fn tenant(local: &Local) -> &str {
    local.world.demo.tenants[0].id.as_str()
}
