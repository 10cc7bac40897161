//! The line that a decision writes: what it says, and the metrics that CloudWatch reads out of it.

use std::sync::{Arc, Mutex};

use edge_authorizer::decision::{Decision, Outcome, Reason, Trail};
use edge_authorizer::telemetry::{self, Invocation};
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::refusal::Refusal;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;

const INVOCATION: Invocation<'_> =
    Invocation { function: "edge-Authorizer-1", id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd" };

#[test]
fn a_refusal_is_one_line_with_its_reason_and_its_metrics() {
    let now = Timestamp::from_seconds(1_800_000_000);
    let refusal = Refusal::Expired { at: Timestamp::from_seconds(1_799_999_999), now };
    let decision = Decision {
        trail: Trail {
            request_id: Some("c6af9ac6-7b61-11e6-9a41-93e8deadbeef".to_owned()),
            tenant: Some("biz_1".to_owned()),
            reads: 3,
            reason: Reason::Refused(refusal.code()),
            ..Trail::default()
        },
        outcome: Outcome::Unauthorized(refusal),
    };
    let line = telemetry::line(&decision, INVOCATION, 2.5, now).unwrap();
    assert!(!line.contains('\n'));
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    insta::assert_json_snapshot!(value, @r#"
{
  "level": "INFO",
  "message": "decision",
  "function": "edge-Authorizer-1",
  "invocation_id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
  "request_id": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
  "outcome": "unauthorized",
  "reason": "expired",
  "detail": "the token expired at 1799999999, and it is 1800000000",
  "tenant": "biz_1",
  "Decisions": 1,
  "Latency": 2.5,
  "Reads": 3,
  "_aws": {
    "Timestamp": 1800000000000,
    "CloudWatchMetrics": [
      {
        "Namespace": "EdgeAuthorizer",
        "Dimensions": [
          [
            "function",
            "outcome"
          ]
        ],
        "Metrics": [
          {
            "Name": "Decisions",
            "Unit": "Count"
          },
          {
            "Name": "Latency",
            "Unit": "Milliseconds"
          },
          {
            "Name": "Reads",
            "Unit": "Count"
          }
        ]
      },
      {
        "Namespace": "EdgeAuthorizer",
        "Dimensions": [
          [
            "function",
            "outcome",
            "reason"
          ]
        ],
        "Metrics": [
          {
            "Name": "Decisions",
            "Unit": "Count"
          }
        ]
      }
    ]
  }
}
"#);
}

/// What a program's log gains from the libraries' events.
fn logged(happen: impl FnOnce()) -> Vec<String> {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter_fn(telemetry::is_worth_a_line)));
    tracing::subscriber::with_default(subscriber, happen);
    let bytes = log.0.lock().unwrap().clone();
    let messages = String::from_utf8(bytes).unwrap();
    let message = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["message"].clone();
    messages.lines().map(|line| message(line).as_str().unwrap().to_owned()).collect()
}

/// The events are the runtime's own, by their target and fields; that it still writes them so is for the tests that
/// read the log of the running binary.
#[test]
fn a_refusal_adds_no_line_beside_its_own_and_a_panic_does() {
    let lines = logged(|| {
        tracing::error!(target: "lambda_runtime::layers::panic", "\"Unauthorized\"");
        tracing::error!(target: "lambda_runtime::layers::panic", error = "boom", "user handler panicked");
        tracing::error!(target: "lambda_runtime::layers::api_client", error = "refused", "failed to send request");
        tracing::warn!(target: "aws_config", "a warning");
        tracing::info!(target: "lambda_runtime", "chatter");
    });
    assert_eq!(lines, ["user handler panicked", "failed to send request", "a warning"]);
}
