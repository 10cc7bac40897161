//! What contradicts itself on our side is a fault, loud and never an allow; what others contradict is theirs.

use edge_authorizer::access::requirement::Requirement;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::{Decision, Outcome};
use edge_authorizer::local::demo::{self, ACME, Seed};
use edge_authorizer::settings::Settings;
use edge_authorizer::store::key;
use edge_authorizer::store::record::text;
use edge_authorizer::telemetry::{self, Invocation};
use serde_json::{Value, json};

use crate::events::shape::{Call, FORMS};
use crate::tokens::{self, AUDIENCE, with};
use crate::world::{NOW, World, api};

/// Another issuer than the demonstration's own.
const OTHER: &str = "https://login.example.com";

async fn decide(authorizer: &Authorizer, world: &World, token: &str) -> Decision {
    let event = Call::with_token(token).event(FORMS[0].0);
    authorizer.decide(&event.to_string(), &world.store.store(), NOW).await
}

fn is_fault(decision: &Decision, code: &str) {
    assert!(matches!(decision.outcome, Outcome::Fault(_)), "{decision:?}");
    assert_eq!(decision.trail.reason.code(), code);
    let line = telemetry::line(decision, Invocation { function: "f", id: "1" }, 1.0, NOW).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    // What the alarm counts.
    assert_eq!((line["level"].as_str(), line["outcome"].as_str()), (Some("ERROR"), Some("fault")));
}

/// Puts another value into a record that stands behind a token.
async fn overwrite(world: &World, sort_key: &str, attribute: &str, value: &str) {
    let update = world.store.client().update_item().table_name("edge-authorizer");
    let update = update.key(key::PK, text(&format!("TENANT#{ACME}"))).key(key::SK, text(sort_key));
    let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", attribute);
    update.expression_attribute_values(":value", text(value)).send().await.unwrap();
}

/// The API whose reference says otherwise of an operation than its policies were compiled from.
fn disagreeing(world: &World) -> Authorizer {
    let mut api = api();
    let operation = api.operations.iter_mut().find(|it| it.id == "getContact").unwrap();
    (operation.pat, operation.access_token) = (Requirement::default(), Requirement::default());
    Authorizer::new(api, world.demo.settings.clone()).unwrap()
}

#[tokio::test]
async fn a_policy_that_allows_what_the_verdict_refuses_is_a_fault_and_not_an_allow() {
    let world = World::new().await;
    let token = world.token("viewer-everything");
    assert_eq!(decide(&world.authorizer(), &world, token).await.trail.reason.code(), "allowed");
    is_fault(&decide(&disagreeing(&world), &world, token).await, "policy_mismatch");
    // Where the policy refuses as well, they agree.
    let refused = decide(&disagreeing(&world), &world, world.token("suspended-tenant")).await;
    assert_eq!(refused.trail.reason.code(), "tenant_suspended");
}

#[tokio::test]
async fn a_record_that_contradicts_our_own_token_is_a_fault_for_either_kind() {
    for (attribute, value) in [("user", "usr_000000000000000000000000"), ("client_id", "another_client")] {
        let world = World::new().await;
        let token = world.demo.token("admin-everything").unwrap();
        let access_token = world.demo.access_token(token, NOW).unwrap();
        let authorizer = world.authorizer();
        assert_eq!(decide(&authorizer, &world, &access_token).await.trail.reason.code(), "allowed");
        overwrite(&world, &key::grant(&token.grant.id), attribute, value).await;
        is_fault(&decide(&authorizer, &world, &access_token).await, "record_mismatch");
        if attribute == "user" {
            overwrite(&world, &key::pat(token.issued.digest()), attribute, value).await;
            is_fault(&decide(&authorizer, &world, token.issued.expose()).await, "record_mismatch");
        }
    }
}

/// Whoever signs for another issuer may name any grant. With the name of somebody else's its token is none, and raises no
/// alarm of ours.
#[tokio::test]
async fn another_issuers_token_that_names_a_grant_of_somebody_else_is_a_401() {
    let world = World::new().await;
    let holder = world.demo.token("admin-everything").unwrap();
    let jwk: Value = serde_json::from_str(&tokens::key(1).public().jwk()).unwrap();
    let issuer = json!([{
        "issuer": OTHER, "audience": AUDIENCE, "algorithms": ["ES256"], "keys": {"inline": {"keys": [jwk]}},
        "user": "sub", "tenants": {"only": [ACME]}, "grant": "required",
    }]);
    let mut variables = demo::variables(&Seed::public());
    variables.insert("TOKEN_ISSUERS", issuer.to_string());
    let settings = Settings::read(|name| variables.get(name).cloned()).unwrap();
    let authorizer = Authorizer::new(api(), settings).unwrap();
    let times = with(with(tokens::claims(), "iat", json!(NOW)), "exp", json!(NOW.plus(900)));
    let claims = [
        ("iss", OTHER),
        ("business_id", ACME),
        ("sub", holder.record.user.as_str()),
        ("client_id", holder.grant.client_id.as_str()),
        ("grant_id", holder.grant.id.as_str()),
    ];
    let claims = claims.iter().fold(times, |claims, (name, value)| with(claims, name, json!(value)));
    let code = async |claims: Value| {
        decide(&authorizer, &world, &tokens::token(&tokens::header(), &claims)).await.trail.reason.code()
    };
    assert_eq!(code(claims.clone()).await, "allowed");
    assert_eq!(code(with(claims.clone(), "client_id", json!("another_client"))).await, "unknown_token");
    let viewer = world.demo.token("viewer-everything").unwrap();
    assert_eq!(code(with(claims, "sub", json!(viewer.record.user.as_str()))).await, "unknown_token");
}
