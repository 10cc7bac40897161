//! What the log says of a request is what the gateway makes of the answer, however the path is written.

use std::collections::BTreeMap;

use edge_authorizer::decision::Outcome;
use edge_authorizer::gateway::event::EventKind;
use edge_authorizer::policy::iam::{Judgement, Policy};
use serde_json::{Value, json};

use crate::awkward::STAGE;
use crate::events::shape::Call;
use crate::world::{NOW, World, api, well_formed_path};

/// A request for each operation, as it should be written, and as it should not.
fn routes() -> Vec<String> {
    let mut routes = vec!["GET/v1/contacts-of-another-api".to_owned(), "PUT/v1/contacts".to_owned()];
    for operation in api().operations {
        let path = well_formed_path(&operation.path);
        let (above, last) = path.rsplit_once('/').unwrap();
        for written in [
            path.clone(),
            format!("{path}/"),
            format!("{path}x"),
            format!("{path}%20"),
            format!("{path}/.."),
            format!("{above}//{last}"),
            format!("{above}/./{last}"),
            format!("{above}/.."),
        ] {
            routes.push(format!("{}{written}", operation.verb));
        }
    }
    routes
}

#[tokio::test]
async fn the_log_says_what_the_gateway_makes_of_the_answer() {
    let world = World::new().await;
    let (authorizer, store) = (world.authorizer(), world.store.store());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (token, form, name) in
        [("sales-contacts", EventKind::RestToken, "methodArn"), ("admin-everything", EventKind::HttpV2, "routeArn")]
    {
        for route in routes() {
            let arn = format!("{STAGE}{route}");
            let mut event = Call::with_token(world.token(token)).event(form);
            event[name] = json!(arn);
            let decision = authorizer.decide(&event.to_string(), &store, NOW).await;
            let Outcome::Answer(answer) = decision.outcome else { panic!("{route}: {:?}", decision.outcome) };
            let answer: Value = serde_json::from_str(answer.get()).unwrap();
            let policy = Policy::from_json(&answer["policyDocument"].to_string()).unwrap();
            let made = if policy.judge(&arn) == Judgement::Allowed { "allow" } else { "deny" };
            let reason = decision.trail.reason;
            assert_eq!(reason.outcome(), made, "{token} {route}: {}", reason.code());
            *seen.entry(reason.code()).or_default() += 1;
        }
    }
    // Who may do all may also do what is nowhere listed below the paths' shared beginning: the log tells.
    for code in ["allowed", "unlisted", "path", "scope", "no_route"] {
        assert!(seen.contains_key(code), "nothing came to `{code}`: {seen:?}");
    }
}
