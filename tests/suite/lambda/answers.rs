//! What the function answers to the files in `events/`, and what it says of each in its log.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use edge_authorizer::local::demo::{Seed, variables};
use insta::assert_json_snapshot;
use serde_json::Value;

use super::process::{Lambda, SECRET_ACCESS_KEY, Written, command};
use super::runtime_api::Ended;
use crate::events::samples::{Answers, samples};
use crate::world::World;

/// The function's answer as JSON: a policy, or an error whose message is all that counts.
fn answer(ended: &Ended) -> Value {
    match ended {
        Ended::Response(text) => serde_json::from_str(text).unwrap(),
        Ended::Error(text) => {
            let error: Value = serde_json::from_str(text).unwrap();
            serde_json::json!({ "errorMessage": error["errorMessage"] })
        }
    }
}

/// Nothing secret of the environment, no token, and no piece of one that is long enough to be told.
fn assert_silent(written: &Written, world: &World) {
    let all = format!("{}{}", written.stdout, written.stderr);
    let key = Seed::public().mac_key();
    let mut secrets = vec![SECRET_ACCESS_KEY, &key, "Bearer"];
    for token in &world.demo.tokens {
        // The prefix and the ids of the tenant and the user are no secrets; what follows is.
        secrets.push(token.issued.expose().split_at(45).1);
    }
    for secret in secrets {
        assert!(!all.contains(secret), "`{secret}` is in the log:\n{all}");
    }
    for token in &world.demo.tokens {
        assert!(!all.contains(&token.issued.digest().to_hex()), "a digest is in the log");
    }
}

#[tokio::test]
async fn the_function_answers_every_sample_event_as_on_record() {
    let world = World::new().await;
    let lambda = Lambda::start("samples", &world.store.url()).await;
    let on_record = Answers::on_record();
    let samples = samples(&world.demo);
    for sample in &samples {
        let event = fs::read(sample.path()).unwrap();
        assert_eq!(answer(&lambda.invoke(event).await), on_record.of(&sample.file).answer, "{}", sample.file);
    }
    let written = lambda.stop();
    assert_eq!(written.stderr, "", "what the libraries have to say");
    assert_silent(&written, &world);
    let lines = written.lines();
    assert_eq!(lines.len(), samples.len(), "one line a decision");
    for (line, sample) in lines.iter().zip(&samples) {
        let expected = on_record.of(&sample.file);
        let said = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
        assert_eq!([said("outcome"), said("reason"), said("operation")], expected.said, "{}: {line}", sample.file);
    }
}

/// The log line of a decision, but for what differs each time.
#[tokio::test]
async fn a_decision_is_one_line_of_this_shape() {
    let world = World::new().await;
    let lambda = Lambda::start("line", &world.store.url()).await;
    let samples = samples(&world.demo);
    let event = |file: &str| samples.iter().find(|sample| sample.file == file).unwrap().event.to_string();
    lambda.invoke(event("rest-request-denied-by-role.json")).await;
    lambda.invoke(event("http-v2-revoked.json")).await;
    lambda.invoke(r#"{"type":"TOKEN"}"#).await;
    let mut lines = lambda.stop().lines();
    let mut known = BTreeMap::new();
    for line in &mut lines {
        assert!(line["Latency"].take().is_f64(), "milliseconds");
        assert!(line["_aws"]["Timestamp"].take().as_u64().is_some_and(|it| it > 1_790_000_000_000), "milliseconds");
        known.insert(line["reason"].as_str().unwrap().to_owned(), line["_aws"].take());
    }
    assert!(known.values().all(|directive| *directive == known["role"]), "the metrics are the same for each");
    assert_json_snapshot!(lines, @r#"
    [
      {
        "level": "INFO",
        "message": "decision",
        "function": "authorizer",
        "invocation_id": "8476a536-e9f4-11e8-9739-000000000000",
        "request_id": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "operation": "deleteContact",
        "outcome": "deny",
        "reason": "role",
        "tenant": "biz_6fa1c0d3e85b472990ab31cd",
        "user": "usr_58c2f6b14d0e47a99e3b7d12",
        "token_id": "pat_demo_sales_contacts",
        "token_type": "pat",
        "Decisions": 1,
        "Latency": null,
        "Reads": 3,
        "_aws": null
      },
      {
        "level": "INFO",
        "message": "decision",
        "function": "authorizer",
        "invocation_id": "8476a536-e9f4-11e8-9739-000000000001",
        "request_id": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "outcome": "unauthorized",
        "reason": "revoked",
        "detail": "the token was revoked at 1780272000",
        "tenant": "biz_6fa1c0d3e85b472990ab31cd",
        "user": "usr_1a4e7c90d2b54f3881c6e0a7",
        "token_type": "pat",
        "Decisions": 1,
        "Latency": null,
        "Reads": 3,
        "_aws": null
      },
      {
        "level": "ERROR",
        "message": "decision",
        "function": "authorizer",
        "invocation_id": "8476a536-e9f4-11e8-9739-000000000002",
        "outcome": "fault",
        "reason": "event",
        "detail": "the event names no method: `methodArn` or `routeArn` is missing",
        "Decisions": 1,
        "Latency": null,
        "Reads": 0,
        "_aws": null
      }
    ]
    "#);
}

#[tokio::test]
async fn a_fault_says_which_and_nothing_else_and_is_not_unauthorized() {
    let world = World::new().await;
    // Nobody listens there: the discard port.
    let lambda = Lambda::start("faults", "http://127.0.0.1:9").await;
    let samples = samples(&world.demo);
    for sample in samples.iter().filter(|sample| sample.file.contains("-allowed")) {
        let Ended::Error(error) = lambda.invoke(sample.event.to_string()).await else { panic!("{}", sample.file) };
        let error: Value = serde_json::from_str(&error).unwrap();
        assert!(
            ["fault: store_unreachable", "fault: store_timeout"].contains(&error["errorMessage"].as_str().unwrap()),
            "{error}"
        );
    }
    // What refutes itself needs no store.
    let mistyped = samples.iter().find(|sample| sample.file == "rest-token-mistyped.json").unwrap();
    assert_eq!(answer(&lambda.invoke(mistyped.event.to_string()).await)["errorMessage"], "Unauthorized");
    let written = lambda.stop();
    assert_silent(&written, &world);
    let lines = written.lines();
    let faults: Vec<&Value> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!((lines.len(), faults.len()), (6, 5), "{}", written.stdout);
    assert!(faults.iter().all(|line| line["outcome"] == "fault" && line["detail"].is_string()), "{}", written.stdout);
}

/// A function that is not set up says which variable, never its value, and ends.
#[test]
fn a_function_that_is_not_set_up_does_not_start() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lambda-not-set-up");
    fs::create_dir_all(&folder).unwrap();
    for (name, value) in [
        ("PAT_MAC_KEY", None),
        ("PAT_MAC_KEY", Some("too-short-a-secret")),
        ("TABLE_NAME", None),
        ("AWS_REGION", None),
        ("AWS_SECRET_ACCESS_KEY", None),
        ("WEBSOCKET_PERMISSION", Some("activity.raed")),
        ("HTTP_SIMPLE_ANSWERS", Some("yes")),
    ] {
        let mut command = command(&folder);
        command.envs(variables(&Seed::public())).env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
        assert!(!output.status.success() && said.contains(name), "{name}: {said}");
        for secret in ["too-short-a-secret", SECRET_ACCESS_KEY, &Seed::public().mac_key()] {
            assert!(!said.contains(secret), "{name}: {said}");
        }
    }
}
