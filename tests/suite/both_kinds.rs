//! An access token is worth what a personal access token with its scopes is worth: the same operations, but for
//! those that are for personal access tokens alone, and the same reasons, through the front door and the real store.

use std::collections::BTreeSet;

use edge_authorizer::decision::{Decision, Outcome};
use edge_authorizer::policy::iam::{Judgement, Policy};
use edge_authorizer::policy::operation::Operation;
use edge_authorizer::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::world::{NOW, World, well_formed_path};

async fn decide(world: &World, token: &str, now: Timestamp) -> Decision {
    let event = json!({
        "type": "TOKEN",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/GET/v1/contacts",
        "authorizationToken": format!("Bearer {token}"),
    });
    world.authorizer().decide(&event.to_string(), &world.store.store(), now).await
}

/// The operations that the answer's policy allows, by the gateway's own judgement; none where there is no policy.
fn allowed(decision: &Decision, operations: &[Operation]) -> BTreeSet<String> {
    let Outcome::Answer(answer) = &decision.outcome else { return BTreeSet::new() };
    let answer: Value = serde_json::from_str(answer.get()).unwrap();
    let policy = Policy::from_json(&answer["policyDocument"].to_string()).unwrap();
    let allows = |operation: &&Operation| policy.judge(&arn(operation)) == Judgement::Allowed;
    operations.iter().filter(allows).map(|operation| operation.id.clone()).collect()
}

/// The ARN of a well-formed request for the operation.
fn arn(operation: &Operation) -> String {
    let path = well_formed_path(&operation.path);
    format!("arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/{}{path}", operation.verb)
}

#[tokio::test]
async fn every_demonstration_token_is_worth_the_same_as_either_kind() {
    let world = World::new().await;
    let authorizer = world.authorizer();
    let operations = &authorizer.api().operations;
    let for_pats_alone: BTreeSet<String> = operations
        .iter()
        .filter(|operation| operation.access_token.alternatives().is_empty())
        .map(|operation| operation.id.clone())
        .collect();
    assert!(!for_pats_alone.is_empty());
    for token in &world.demo.tokens {
        let access_token = world.demo.access_token(token, NOW).unwrap();
        let (by_pat, by_jwt) =
            (decide(&world, token.issued.expose(), NOW).await, decide(&world, &access_token, NOW).await);
        assert_eq!(by_pat.trail.reason, by_jwt.trail.reason, "{}", token.name);
        // Some operations are for personal access tokens alone; beside them, the two are worth the same.
        let mut expected = allowed(&by_pat, operations);
        expected.retain(|id| !for_pats_alone.contains(id));
        assert_eq!(allowed(&by_jwt, operations), expected, "{}", token.name);
        let said = format!("{by_jwt:?}");
        assert!(!said.contains(&access_token) && !said.contains(access_token.rsplit('.').next().unwrap()));
    }
}

#[tokio::test]
async fn an_access_token_ends_by_itself_and_with_its_grant() {
    let world = World::new().await;
    let token = world.demo.token("admin-everything").unwrap();
    let text = world.demo.access_token(token, NOW).unwrap();
    let code = async |now: Timestamp| decide(&world, &text, now).await.trail.reason.code();
    assert_eq!(code(NOW).await, "allowed");
    assert_eq!(code(NOW.plus(900 + 29)).await, "allowed");
    assert_eq!(code(NOW.plus(900 + 30)).await, "expired");
    let revoked = world.demo.token("revoked").unwrap();
    let decision = decide(&world, &world.demo.access_token(revoked, NOW).unwrap(), NOW).await;
    assert_eq!((decision.trail.reason.code(), decision.trail.reads), ("revoked", 3));
}
