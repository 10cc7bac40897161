//! HTTP APIs' simple answers: for the one route that was asked for, and never wider than the policy would be.

use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::Outcome;
use serde_json::{Value, json};

use crate::world::{NOW, World, api};

const CONTACT: &str = "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e";

async fn answer(world: &World, simple: bool, token: &str, route: &str) -> Value {
    let mut settings = world.demo.settings.clone();
    settings.simple_answers = simple;
    let authorizer = Authorizer::new(api(), settings).unwrap();
    let event = json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": format!("arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/$default/{route}"),
        "headers": { "authorization": format!("Bearer {}", world.token(token)) },
    });
    let decision = authorizer.decide(&event.to_string(), &world.store.store(), NOW).await;
    let Outcome::Answer(answer) = decision.outcome else { panic!("{decision:?}") };
    serde_json::from_str(answer.get()).unwrap()
}

#[tokio::test]
async fn a_simple_answer_is_for_the_one_route() {
    let world = World::new().await;
    for (token, route, expected) in [
        ("sales-contacts", format!("GET{CONTACT}"), true),
        ("sales-contacts", format!("DELETE{CONTACT}"), false),
        ("admin-everything", format!("DELETE{CONTACT}"), true),
        ("sales-contacts", "GET/v1/nothing".to_owned(), false),
        ("sales-contacts", format!("GET{CONTACT}%2Fdeals"), false),
        ("sales-contacts", "GET/v1/contacts/..".to_owned(), false),
        ("sales-contacts", "GET/v1/contacts/%2e%2e".to_owned(), false),
    ] {
        let answer = answer(&world, true, token, &route).await;
        assert_eq!(answer["isAuthorized"], json!(expected), "{token} {route}");
        assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
    }
}

#[tokio::test]
async fn without_the_setting_the_answer_is_a_policy() {
    let world = World::new().await;
    let answer = answer(&world, false, "sales-contacts", &format!("GET{CONTACT}")).await;
    assert!(answer["isAuthorized"].is_null() && answer["policyDocument"].is_object(), "{answer}");
}
