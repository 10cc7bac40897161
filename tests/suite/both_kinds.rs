//! An access token is worth what a personal access token with its scopes is worth: the same policy and the same
//! reasons, through the front door and the real store.

use edge_authorizer::decision::{Decision, Outcome};
use edge_authorizer::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::world::{NOW, World};

async fn decide(world: &World, token: &str, now: Timestamp) -> Decision {
    let event = json!({
        "type": "TOKEN",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/GET/v1/contacts",
        "authorizationToken": format!("Bearer {token}"),
    });
    world.authorizer().decide(&event.to_string(), &world.store.store(), now).await
}

fn policy(decision: &Decision) -> Option<Value> {
    let Outcome::Answer(answer) = &decision.outcome else { return None };
    let answer: Value = serde_json::from_str(answer.get()).unwrap();
    Some(answer["policyDocument"].clone())
}

#[tokio::test]
async fn every_demonstration_token_is_worth_the_same_as_either_kind() {
    let world = World::new().await;
    for token in &world.demo.tokens {
        let access_token = world.demo.access_token(token, NOW).unwrap();
        let (by_pat, by_jwt) =
            (decide(&world, token.issued.expose(), NOW).await, decide(&world, &access_token, NOW).await);
        assert_eq!(by_pat.trail.reason, by_jwt.trail.reason, "{}", token.name);
        assert_eq!(policy(&by_pat), policy(&by_jwt), "{}", token.name);
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
