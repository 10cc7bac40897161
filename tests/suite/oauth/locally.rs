//! The demonstration's authorization server: its people can sign in, and its key is its own.

use std::sync::Arc;

use edge_authorizer::local::auth::{LocalAuth, PASSWORD, accounts};
use edge_authorizer::oauth::account::{AccountName, verify};
use edge_authorizer::oauth::issuer::Issuer;
use edge_authorizer::oauth::settings::Registration;

use super::house::{Nature, RESOURCE};
use crate::world::{World, api};

#[tokio::test]
async fn the_people_of_the_demonstration_can_sign_in() {
    let world = World::new().await;
    let nature = Arc::new(Nature::new(world.clock.clone()));
    let api = api();
    let issuer = Issuer::parse("http://127.0.0.1:9080").unwrap();
    let open = async || {
        let local = LocalAuth {
            issuer: issuer.clone(),
            resource: RESOURCE.to_owned(),
            mac_key: "public-demonstration-key-never-a-secret",
            api: &api,
            registration: Registration::Open,
            client: world.store.client(),
            delay: 60,
            surroundings: Arc::<Nature>::clone(&nature),
        };
        local.open(&world.demo).await.unwrap()
    };
    let server = open().await;
    let keys = server.store.signing_keys(&issuer).await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(open().await.store.signing_keys(&issuer).await.unwrap(), keys, "a second start keeps the key");

    let sales = accounts(&world.demo).find(|account| account.member.name == "acme-sales").unwrap().name;
    let password = server.store.password(&sales).await.unwrap();
    assert!(verify(PASSWORD, password.as_ref()) && !verify("demonstratio", password.as_ref()));
    assert_eq!(server.store.memberships(&sales.identity()).await.unwrap().len(), 1);
    let service = AccountName::parse("acme-service@example.com").unwrap();
    assert_eq!(server.store.password(&service).await.unwrap(), None, "a service signs nowhere in");
    assert_eq!(server.settings.default_scopes.len(), 6, "to read every resource, and no more");
    assert!(server.settings.default_scopes.iter().all(|name| name.ends_with(".read")));
}
