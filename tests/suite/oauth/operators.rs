//! What operators end goes to the gateways' caches at once, where they say so: a grant that is withdrawn, a client that is
//! removed.

use std::process::{Command, Output};

use edge_authorizer::local::demo::ACME;
use edge_authorizer::local::store::{REGION, TABLE};

use super::house::{House, ISSUER};
use crate::flush::{Aws, QUEUE};

/// `edge`, as an operator runs it whose shell has the queue's URL.
fn edge(house: &House, aws: &Aws, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_edge"))
        .env_clear()
        .env("TABLE_NAME", TABLE)
        .env("AWS_REGION", REGION)
        .env("AWS_ENDPOINT_URL", &aws.url)
        .env("AWS_ENDPOINT_URL_DYNAMODB", house.world.store.url())
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_SESSION_TOKEN", "session")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("EDGE_OPERATOR", "anna")
        .env("FLUSH_QUEUE_URL", QUEUE)
        .args(arguments)
        .output()
        .unwrap()
}

/// Two messages: one for now, and one for what was being decided.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_ends_empties_the_caches() {
    let (house, aws) = (House::new().await, Aws::start().await);
    let app = house.app().await;
    let tokens = house.redeem(&app, &house.code(&app).await).await;
    let tenant = ACME.parse().unwrap();
    let grant = house.store.grants(&tenant).await.unwrap().into_iter().find(|it| it.client_id.as_str() == app).unwrap();
    assert_eq!(aws.waiting(), 0, "what users and apps do asks for no flush");

    let revoked = edge(&house, &aws, &["grant", "revoke", grant.id.as_str(), "--tenant", ACME]);
    assert!(revoked.status.success(), "{revoked:?}");
    assert_eq!(aws.waiting(), 2);
    assert_eq!(house.decides(&tokens.text("access_token"), "GET", "/v1/contacts").await, "revoked");
    let again = edge(&house, &aws, &["grant", "revoke", grant.id.as_str(), "--tenant", ACME]);
    assert_eq!((again.status.code(), aws.waiting()), (Some(3), 2), "what has ended already asks for nothing");

    let removed = edge(&house, &aws, &["client", "remove", &app]);
    assert!(removed.status.success(), "{removed:?}");
    assert_eq!(aws.waiting(), 4);

    // A key that is retired ends its tokens. Whoever decides may believe it for a minute yet, so the caches are emptied
    // once more after that.
    let keys = |arguments: &[&str]| edge(&house, &aws, &[&["keys"], arguments, &["--issuer", ISSUER]].concat());
    let rotated = keys(&["rotate", "--in-table", "--ahead", "0s"]);
    assert!(rotated.status.success() && aws.waiting() == 4, "{rotated:?}");
    let kept = keys(&["retire", "unknown"]);
    assert_eq!((kept.status.success(), aws.waiting()), (false, 4));
    let first = house.server.keys.keys(house.world.clock.now()).await.unwrap()[0].record.key_id.clone();
    let retired = keys(&["retire", &first]);
    assert!(retired.status.success(), "{retired:?}");
    assert_eq!(aws.waiting(), 7);

    // What was ended stays ended, whatever becomes of the flush; and who asked is told.
    let app = house.app().await;
    aws.fails();
    let removed = edge(&house, &aws, &["client", "remove", &app]);
    let said = String::from_utf8(removed.stderr).unwrap();
    assert!(removed.status.code() == Some(4) && said.contains("within the cache's TTL"), "{said}");
    assert!(house.store.client(&app.parse().unwrap()).await.unwrap().is_none());
}
