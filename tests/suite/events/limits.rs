//! What every answer keeps to, whatever the form: API Gateway's limits, and what it breaks on.

use edge_authorizer::gateway::event::EventKind;
use edge_authorizer::store::key;
use edge_authorizer::store::record::text;
use serde_json::{Value, json};

use super::samples::{answer, samples};
use super::shape::{Call, FORMS};
use crate::world::{NOW, World};

/// The longest resource of a policy that API Gateway takes, in characters.
const MAX_RESOURCE: usize = 512;
/// The longest answer for a WebSocket, in bytes.
const MAX_ANSWER: usize = 8 * 1024;

async fn answer_to(world: &World, event: &Value) -> Value {
    answer(&world.authorizer().decide(&event.to_string(), &world.store.store(), NOW).await)
}

/// Holds an answer against what the guide says of one: an error's message, or principal, policy and flat context.
fn check(answer: &Value) {
    let object = answer.as_object().unwrap();
    if let Some(message) = object.get("errorMessage") {
        return assert_eq!((object.len(), message), (1, &json!("Unauthorized")));
    }
    for (name, value) in object {
        match name.as_str() {
            "principalId" | "usageIdentifierKey" => {
                assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{answer:#}");
            }
            "context" => assert!(value.as_object().unwrap().values().all(Value::is_string), "{answer:#}"),
            "policyDocument" => check_policy(value),
            other => panic!("`{other}` is nothing that API Gateway knows"),
        }
    }
    assert!(["principalId", "context", "policyDocument"].iter().all(|name| object.contains_key(*name)), "{answer:#}");
    assert!(answer.to_string().len() <= MAX_ANSWER);
}

fn check_policy(policy: &Value) {
    assert_eq!(policy["Version"], "2012-10-17");
    let statements = policy["Statement"].as_array().unwrap();
    assert!(!statements.is_empty());
    for statement in statements {
        assert_eq!(statement["Action"], "execute-api:Invoke");
        assert!(["Allow", "Deny"].contains(&statement["Effect"].as_str().unwrap()));
        let resources = statement["Resource"].as_array().unwrap();
        assert!(!resources.is_empty());
        assert!(resources.iter().all(|it| it.as_str().unwrap().chars().count() <= MAX_RESOURCE), "{resources:?}");
    }
}

#[tokio::test]
async fn t73_every_answer_is_one_that_every_gateway_takes() {
    let world = World::new().await;
    for sample in samples(&world.demo) {
        check(&answer_to(&world, &sample.event).await);
    }
    for token in &world.demo.tokens {
        for (form, _) in FORMS {
            check(&answer_to(&world, &Call::with_token(token.issued.expose()).event(form)).await);
        }
    }
}

#[tokio::test]
async fn the_tenants_key_is_sent_where_it_has_one_and_never_as_null() {
    let world = World::new().await;
    let token = world.demo.token("viewer-everything").unwrap();
    let event = |form| Call::with_token(token.issued.expose()).event(form);
    for (form, _) in FORMS {
        assert!(answer_to(&world, &event(form)).await.get("usageIdentifierKey").is_none());
    }
    let update = world.store.client().update_item().table_name("edge-authorizer");
    let update = update.key(key::PK, text(&key::tenant_partition(&token.tenant)));
    let update = update.key(key::SK, text(key::TENANT)).update_expression("SET usage_key = :key");
    update.expression_attribute_values(":key", text("acme-usage-plan-key")).send().await.unwrap();
    for (form, _) in FORMS {
        let answer = answer_to(&world, &event(form)).await;
        assert_eq!(answer["usageIdentifierKey"], "acme-usage-plan-key", "{form:?}");
        check(&answer);
    }
}

/// An ARN of 1,600 bytes is the longest that API Gateway names, and what it takes in of a request is about 10 KB. The path
/// is what grows, and no answer grows with it.
#[tokio::test]
async fn a_long_path_is_answered_like_any_other() {
    let world = World::new().await;
    let token = world.token("viewer-everything").to_owned();
    let begin = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/v1/contacts/";
    for form in [EventKind::RestToken, EventKind::RestRequest, EventKind::HttpV1, EventKind::HttpV2] {
        let mut event = Call::with_token(&token).event(form);
        let name = if form == EventKind::HttpV2 { "routeArn" } else { "methodArn" };
        event[name] = json!(format!("{begin}x"));
        let usual = answer_to(&world, &event).await.to_string();
        for length in [1600, 1601, 10_240] {
            for repeated in ["x", "/", "é", "%2f"] {
                event[name] = json!(format!("{begin}{}", repeated.repeat((length - begin.len()) / repeated.len())));
                let answer = answer_to(&world, &event).await;
                check(&answer);
                // The same policy: what was asked for is part of the reason alone.
                assert_eq!(answer.to_string().len(), usual.len(), "{form:?}");
            }
        }
    }
}

/// A stage's name has 128 characters at most. With such a one, the longest resources still fit.
#[tokio::test]
async fn the_longest_stage_leaves_room_for_every_resource() {
    let world = World::new().await;
    let stage = "s".repeat(128);
    for token in &world.demo.tokens {
        let mut event = Call::with_token(token.issued.expose()).event(EventKind::RestRequest);
        let arn = format!("arn:aws-us-gov:execute-api:ap-southeast-1:123456789012:a1b2c3d4e5/{stage}/GET/v1/contacts");
        event["methodArn"] = json!(arn);
        let answer = answer_to(&world, &event).await;
        if let Some(policy) = answer.get("policyDocument") {
            check_policy(policy);
        }
    }
}
