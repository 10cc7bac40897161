//! An answer that is longer than a WebSocket API accepts is a fault, never one that it would cut short or overlook.

use edge_authorizer::access::identity::TenantId;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::Outcome;
use edge_authorizer::local::fill::fill;
use edge_authorizer::token::pat::SECRET_LENGTH;
use serde_json::json;

use crate::world::{self, NOW, World};

/// A user of a tenant of its own, with so many roles, all of which the backend would be told.
async fn answer(roles: usize) -> Outcome {
    let mut world = World::new().await;
    let names: Vec<String> = (0..roles).map(|number| format!("{number:060}")).collect();
    let mut tenant = world.demo.tenants[0].clone();
    tenant.id = TenantId::parse("biz_00000000000000000000c0de").unwrap();
    tenant.roles = names.iter().map(|name| (name.clone(), vec!["activity.read".to_owned()])).collect();
    let mut member = world.demo.users[0].clone();
    member.tenant = tenant.id.clone();
    member.user.roles = names;
    let token = world.demo.tokens.iter_mut().find(|token| token.name == "admin-everything").unwrap();
    token.tenant = tenant.id.clone();
    token.issued = world.demo.settings.pats.issue(&tenant.id, &member.user.id, [7; SECRET_LENGTH]);
    let token = token.issued.expose().to_owned();
    world.demo.tenants.push(tenant);
    world.demo.users.push(member);
    fill(&world.store.client(), &world.demo).await.unwrap();
    let event = json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/$connect",
        "headers": { "Authorization": format!("Bearer {token}") },
        "requestContext": { "routeKey": "$connect", "eventType": "CONNECT", "connectionId": "c" },
    });
    let authorizer = Authorizer::new(world::api(), world.demo.settings.clone()).unwrap();
    authorizer.decide(&event.to_string(), &world.store.store(), NOW).await.outcome
}

#[tokio::test]
async fn a_websockets_answer_of_more_than_eight_kilobytes_is_a_fault() {
    let Outcome::Answer(answered) = answer(20).await else { panic!("no answer") };
    assert!(answered.get().contains("$connect") && answered.get().contains("\"Allow\""), "{answered}");
    let Outcome::Fault(fault) = answer(150).await else { panic!("no fault") };
    assert!(format!("{fault:?}").contains("longer than a WebSocket API accepts"), "{fault:?}");
}
