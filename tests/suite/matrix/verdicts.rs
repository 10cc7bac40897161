//! What a token is told of every operation: the policy of a real decision, judged as API Gateway judges it.

use edge_authorizer::access::requirement::Verdict;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::{Outcome, Reason, Stopped};
use edge_authorizer::policy::iam::{Judgement, Policy};
use edge_authorizer::store::Store;
use edge_authorizer::token::credential::TokenKind;
use serde_json::{Value, json};

use crate::world::{NOW, well_formed_path};

const STAGE: &str = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/";

/// What a token is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// 401, with the reason code.
    Refused(String),
    /// A verdict for each operation, in the order of the API reference.
    Each(Vec<Verdict>),
}

/// Decides for a token, asked about one of the operations, and judges them all by the one policy that comes back.
///
/// That the policy lets an operation through and that the permission covers it must be the same; so must what the
/// decision says of the operation that was asked about.
pub(super) async fn told(
    authorizer: &Authorizer,
    store: &impl Store,
    token: &str,
    kind: TokenKind,
    asked: usize,
) -> Told {
    let operations = &authorizer.api().operations;
    let arns: Vec<String> =
        operations.iter().map(|it| format!("{STAGE}{}{}", it.verb, well_formed_path(&it.path))).collect();
    let event = json!({
        "type": "TOKEN",
        "authorizationToken": format!("Bearer {token}"),
        "methodArn": arns[asked],
    });
    let decision = authorizer.decide(&event.to_string(), store, NOW).await;
    let identified = authorizer.identify(token, store, NOW).await;
    let answer = match decision.outcome {
        Outcome::Answer(answer) => answer,
        Outcome::Unauthorized(refusal) => {
            assert!(matches!(&identified, Err(Stopped::Refused(same)) if *same == refusal), "{refusal}");
            return Told::Refused(refusal.code().to_owned());
        }
        Outcome::Fault(fault) => panic!("{fault}"),
    };
    let answer: Value = serde_json::from_str(answer.get()).unwrap();
    let policy = Policy::from_json(&answer["policyDocument"].to_string()).unwrap();
    let principal = identified.unwrap();
    let verdicts: Vec<Verdict> = operations.iter().map(|it| principal.verdict(it.requires(kind))).collect();
    for ((operation, arn), verdict) in operations.iter().zip(&arns).zip(&verdicts) {
        let lets_through = policy.judge(arn) == Judgement::Allowed;
        assert_eq!(lets_through, *verdict == Verdict::Allowed, "{} for {principal:?}: {policy:?}", operation.id);
    }
    assert_eq!(decision.trail.operation.as_ref(), Some(&operations[asked].id));
    assert_eq!(Ok(decision.trail.reason), Reason::of(Some(verdicts[asked]), verdicts[asked] == Verdict::Allowed));
    Told::Each(verdicts)
}
