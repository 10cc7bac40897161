//! A store that answers, and says nothing: an outage must never look like an unknown token.

use axum::Router;
use axum::routing::post;
use edge_authorizer::decision::Outcome;
use edge_authorizer::store::client::Endpoint;
use edge_authorizer::store::read::DynamoStore;
use serde_json::json;
use tokio::net::TcpListener;

use crate::world::{NOW, World};

#[tokio::test]
async fn an_answer_that_does_not_mention_the_table_is_a_fault_and_not_a_401() {
    let world = World::new().await;
    let event = json!({
        "type": "TOKEN",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/GET/v1/contacts",
        "authorizationToken": format!("Bearer {}", world.token("admin-everything")),
    })
    .to_string();
    for body in ["{}", r#"{"Responses":{}}"#, r#"{"Responses":{"other":[]}}"#] {
        let store = store_that_says(body).await;
        let decision = world.authorizer().decide(&event, &store, NOW).await;
        assert!(matches!(decision.outcome, Outcome::Fault(_)), "{body}: {decision:?}");
        assert_eq!(decision.trail.reason.code(), "store_refused", "{body}");
    }
}

async fn store_that_says(body: &'static str) -> DynamoStore {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/", post(move || async move { body }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let endpoint = Endpoint::with_keys("eu-central-1".to_owned(), Some(url), "id".to_owned(), "key".to_owned(), None);
    DynamoStore::new(endpoint, "table".to_owned())
}
