//! The evaluator of IAM policies, held against an independent one: the same verdict on thousands of policies.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use edge_authorizer::gateway::arn::MethodArn;
use edge_authorizer::policy::document;
use edge_authorizer::policy::iam::{Judgement, Policy};
use edge_authorizer::token::credential::TokenKind;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::awkward::{STAGE, api, sets};

const GENERATED: usize = 4000;

/// The Python that `make venv` prepares; none where it has not been run.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python3");
    let imports = ["-c", "import ministack.core.iam_evaluator"];
    let tried = Command::new(&python).args(imports).stderr(Stdio::null()).status();
    if tried.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    #[expect(clippy::disallowed_methods, reason = "a test's switch, not a setting of the program")]
    let required = std::env::var("REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(!required, "no ministack in `.venv` (run `make venv`), and REQUIRE_ALL=1");
    println!("skipped: no ministack in `.venv` (run `make venv`)");
    None
}

/// The other engine's verdicts, one a case.
fn verdicts(python: &Path, cases: &[(Value, String)]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge.py");
    let mut judge = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = judge.stdin.take().unwrap();
    let lines: String =
        cases.iter().map(|(policy, arn)| json!({"policy": policy, "arn": arn}).to_string() + "\n").collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = judge.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn ours(policy: &Value, arn: &str) -> &'static str {
    match Policy::from_json(&policy.to_string()).unwrap().judge(arn) {
        Judgement::Allowed => "Allow",
        Judgement::ExplicitlyDenied => "Deny",
        Judgement::ImplicitlyDenied => "ImplicitDeny",
    }
}

/// Paths and patterns of few letters, so that they often meet.
fn text(letters: Vec<&'static str>) -> impl Strategy<Value = String> {
    vec(select(letters), 0..9).prop_map(|parts| format!("{STAGE}GET/{}", parts.concat()))
}

fn policy() -> impl Strategy<Value = Value> {
    let resources =
        vec(text(vec!["a", "b", "/", "*", "?", ":", "é", "[a]", "."]), 1..4).prop_map(|many| match &many[..] {
            [one] => json!(one),
            _ => json!(many),
        });
    let action = select(vec![
        json!("execute-api:Invoke"),
        json!("execute-api:*"),
        json!("*"),
        json!("EXECUTE-API:invoke"),
        json!("execute-api:Manage*"),
        json!(["s3:GetObject", "execute-api:Inv?ke"]),
    ]);
    let statement = (select(vec!["Allow", "Allow", "Deny"]), action, resources)
        .prop_map(|(effect, action, resource)| json!({"Effect": effect, "Action": action, "Resource": resource}));
    vec(statement, 1..4).prop_map(|mut statements| {
        let one = statements.len() == 1;
        json!({"Version": "2012-10-17", "Statement": if one { statements.remove(0) } else { json!(statements) }})
    })
}

fn generated() -> Vec<(Value, String)> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let case = (policy(), text(vec!["a", "b", "/", "*", "?", ":", "é", "a", "b", "."]));
    (0..GENERATED).map(|_| case.new_tree(&mut runner).unwrap().current()).collect()
}

/// The policies of this program, judged on requests that each of them is about.
fn compiled() -> Vec<(Value, String)> {
    let api = api(&[
        ("GET /notes", "note.read"),
        ("GET /notes/{id:note_}", "note.read"),
        ("GET /notes/{id:note_}/pins", "pin.read"),
        ("ANY /files/{path+}", "file.all"),
        ("POST /notes/search", "note.search"),
    ]);
    let requests = [
        "GET/notes",
        "GET/notes/",
        "GET/notes/note_0123456789abcdef01234567",
        "GET/notes/note_0123456789abcdef012/pins",
        "GET/notes/note_0123456789abcdef01234567/pins",
        "PUT/files/a/b",
        "POST/files//a",
        "POST/notes/search",
        "GET/notes/%6eote_0123456789abcdef0123456",
        "DELETE/notes/search",
        "GET/files/../notes",
        "",
    ];
    let arn = format!("{STAGE}GET/");
    let document = |set| {
        let patterns = api.policies.patterns(TokenKind::Pat, set);
        serde_json::from_str(document::write(&patterns, &MethodArn::parse(&arn).unwrap()).unwrap().get()).unwrap()
    };
    let documents: Vec<Value> = sets(&api).into_iter().map(document).collect();
    let judged = |document: &Value| requests.map(|request| (document.clone(), format!("{STAGE}{request}")));
    documents.iter().flat_map(judged).collect()
}

#[test]
fn an_independent_engine_gives_the_same_verdict_on_every_policy() {
    let Some(python) = python() else { return };
    let cases: Vec<(Value, String)> = generated().into_iter().chain(compiled()).collect();
    let theirs = verdicts(&python, &cases);
    assert_eq!(theirs.len(), cases.len());
    for verdict in ["Allow", "Deny", "ImplicitDeny"] {
        let count = theirs.iter().filter(|it| *it == verdict).count();
        assert!(count > 200, "only {count} cases come out as {verdict}: the comparison shows little");
    }
    for ((policy, arn), theirs) in cases.iter().zip(&theirs) {
        assert_eq!(ours(policy, arn), theirs, "{policy} on {arn}");
    }
}
