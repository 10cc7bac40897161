//! Who guesses learns nothing from the time either: what does not exist costs the same work. The work is counted and not
//! timed: what the store is asked for, and how often a password is hashed.

use std::collections::BTreeSet;

use edge_authorizer::oauth::client::PresentedClient;
use edge_authorizer::oauth::error::ClientProblem;
use edge_authorizer::oauth::parameters::Parameters;
use serde_json::json;

use super::between::Between;
use super::house::{House, NAME, Plan, Reply, URI};
use super::log::Log;
use crate::http::cookie;
use crate::world::NOW;

async fn house() -> (House, Between) {
    let between = Between::default();
    (House::with(Plan { between: between.clone(), ..Plan::default() }).await, between)
}

/// [46]: a client that is not there, one that has expired, and a wrong secret: one read, and one answer to all of them.
#[tokio::test]
async fn a_client_that_does_not_exist_costs_what_another_does() {
    let (house, between) = house().await;
    let client = |method: &str| json!({"redirect_uris": [URI], "token_endpoint_auth_method": method});
    let there = house.register(client("client_secret_post")).await;
    let (id, secret) = (there.text("client_id"), there.text("client_secret"));
    let basic = house.register(client("client_secret_basic")).await.text("client_id");
    let app = house.app().await;
    let wrong = secret.chars().rev().collect::<String>();
    let mut seen = BTreeSet::new();
    for (client, secret) in [
        (id.as_str(), wrong.as_str()),
        ("app_00000000000000000000000000000000", &wrong),
        ("nobody", &secret),
        (&basic, &wrong),
        (&app, &wrong),
        (&id, "é"),
        (&id, ""),
    ] {
        between.asked();
        let fields = [("grant_type", "refresh_token"), ("client_id", client), ("client_secret", secret)];
        let reply: Reply = house.token(&fields).await;
        seen.insert((reply.status, reply.body.clone(), between.asked()));
    }
    house.world.clock.advance(200 * 86_400);
    let fields = [("grant_type", "refresh_token"), ("client_id", &id), ("client_secret", &secret)];
    let expired = house.token(&fields).await;
    seen.insert((expired.status, expired.body.clone(), between.asked()));
    assert_eq!(seen.len(), 1, "{seen:#?}");
    let (status, _, asked) = seen.first().unwrap();
    assert_eq!((*status, asked.as_slice()), (401, &["GetItem".to_owned()][..]));
}

/// [46]: the presented secret is hashed before anybody knows whether there is a client, so that the one digest is always
/// computed, and one comparison of two digests always made.
#[test]
fn a_presented_secret_is_a_digest_before_any_record_is_read() {
    let presented =
        |form: &str| PresentedClient::of_request(None, &Parameters::parse(form.as_bytes()).unwrap()).unwrap();
    let refused = presented("client_id=nobody&client_secret=crm_secret_x").authenticate(None, NOW).unwrap_err();
    assert_eq!(refused, ClientProblem::Unknown);
    let shown = format!("{:?}", presented("client_id=nobody&client_secret=crm_secret_x"));
    assert!(shown.contains("SecretDigest") && !shown.contains("crm_secret_x"), "{shown}");
    // What stands in for the digest of a client without a secret is no text's digest that anybody could present.
    assert_eq!(presented("client_id=a"), presented("client_id=a"));
    assert_ne!(presented("client_id=a&client_secret=x"), presented("client_id=a&client_secret=y"));
}

/// [94]: an account that is not there costs the reads, the counting and the one hash of one that is, and the page is the
/// same.
#[tokio::test]
async fn an_account_that_does_not_exist_costs_what_another_does() {
    let (house, between) = house().await;
    let app = house.app().await;
    let (log, watched) = Log::watch();
    let mut seen = BTreeSet::new();
    for (number, name) in [NAME, "nobody@example.com", "SALES@example.com"].into_iter().enumerate() {
        let asked = house.get(&House::authorize_path(&app, &[]), "").await;
        let handle = asked.parameters()["request"].clone();
        between.asked();
        let fields = [("request", handle.as_str()), ("name", name), ("password", "not it")];
        let reply = house.form("/sign-in", &cookie(&asked), &fields).await;
        assert_eq!(log.times("a password is hashed"), number + 1, "one hash each");
        let page = reply.body.replace(name, "NAME").replace(&handle, "HANDLE");
        seen.insert((reply.status, page, between.asked()));
    }
    drop(watched);
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(seen.first().unwrap().0, 401);
}
