//! The line that a decision writes: what it says, and the metrics that CloudWatch reads out of it.

use edge_authorizer::decision::{Decision, Outcome, Reason, Trail};
use edge_authorizer::telemetry;
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::refusal::Refusal;

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
    let line = telemetry::line(&decision, 2.5, now).unwrap();
    assert!(!line.contains('\n'));
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    insta::assert_json_snapshot!(value, @r#"
{
  "level": "INFO",
  "message": "decision",
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
            "outcome"
          ],
          [
            "outcome",
            "reason"
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
      }
    ]
  }
}
"#);
}
