//! Answers for one request: HTTP APIs' simple answers, never wider than the policy would be, and policies for an API of
//! which no policy is right for all requests.

use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::Outcome;
use edge_authorizer::policy::iam::{Judgement, Policy};
use serde_json::{Value, json};

use crate::awkward;
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

/// No pattern ends at one segment: what refuses `x/meta` to who may read it refuses more. So it is refused, unless the
/// answer is for the one request.
#[tokio::test]
async fn an_ambiguous_request_is_let_through_where_no_answer_is_used_twice() {
    let world = World::new().await;
    for (each, token, route, expected) in [
        (false, "service-sync", "GET/files/x/meta", "Deny"),
        (true, "service-sync", "GET/files/x/meta", "Allow"),
        (true, "service-sync", "GET/files/x/y", "Deny"),
        (true, "service-sync", "GET/files/x%2Fmeta", "Deny"),
        (true, "service-sync", "GET/files//meta", "Deny"),
        (true, "sales-contacts", "GET/files/x/y", "Allow"),
        (true, "sales-contacts", "GET/files/x/meta", "Deny"),
    ] {
        let api = awkward::api(&[("GET /files/{path+}", "contact.read"), ("GET /files/{id}/meta", "deal.read")]);
        let mut settings = world.demo.settings.clone();
        settings.answers_each_request = each;
        settings.websocket_permission = None;
        let event = json!({
            "type": "TOKEN",
            "methodArn": format!("{}{route}", awkward::STAGE),
            "authorizationToken": format!("Bearer {}", world.token(token)),
        });
        let authorizer = Authorizer::new(api, settings).unwrap();
        let decision = authorizer.decide(&event.to_string(), &world.store.store(), NOW).await;
        let Outcome::Answer(answer) = decision.outcome else { panic!("{decision:?}") };
        let answer: Value = serde_json::from_str(answer.get()).unwrap();
        let policy = Policy::from_json(&answer["policyDocument"].to_string()).unwrap();
        let judged = match policy.judge(&format!("{}{route}", awkward::STAGE)) {
            Judgement::Allowed => "Allow",
            Judgement::ExplicitlyDenied | Judgement::ImplicitlyDenied => "Deny",
        };
        assert_eq!(judged, expected, "{token} {route} {answer}");
        assert!(!answer["policyDocument"].to_string().contains("/x/"), "nothing of the request is in it: {answer}");
    }
}
