//! Every hostile event through `decide`, with the line of the log and everything that `Debug` would print.

use std::collections::BTreeMap;

use edge_authorizer::decision::Outcome;
use edge_authorizer::policy::iam::{Judgement, Policy};
use edge_authorizer::telemetry;
use serde_json::Value;

use super::corpus::{corpus, forms, good_access_token, world};
use crate::events::shape::Call;
use crate::tokens::{NOW, at};
use crate::vectors::vectors;

#[tokio::test]
async fn nothing_hostile_is_allowed_and_nothing_of_it_is_said() {
    let world = world().await;
    let (authorizer, store) = (world.authorizer(), world.store.store());
    let corpus = corpus(&world, NOW, vectors().as_ref());
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for hostile in &corpus {
        // A runtime hands over text; what is none never comes this far.
        let Ok(event) = std::str::from_utf8(&hostile.event) else { continue };
        let decision = authorizer.decide(event, &store, at(NOW)).await;
        // The log says what the gateway makes of the answer.
        if let Outcome::Answer(answer) = &decision.outcome {
            let answer: Value = serde_json::from_str(answer.get()).unwrap();
            let policy = Policy::from_json(&answer["policyDocument"].to_string()).unwrap();
            let judged = hostile.arn().map(|arn| policy.judge(&arn));
            assert!(judged.is_some() && judged != Some(Judgement::Allowed), "{event}: {answer:#}");
            hostile.assert_unsaid(&answer.to_string());
        }
        assert_ne!(decision.trail.reason.outcome(), "allow", "{event}");
        hostile.assert_unsaid(&telemetry_line(&decision));
        hostile.assert_unsaid(&format!("{decision:?}"));
        *reasons.entry(decision.trail.reason.code()).or_default() += 1;
    }
    println!("{} events: {reasons:?}", corpus.len());
    for code in
        ["no_credentials", "malformed", "mistyped", "forged", "wrong_algorithm", "bad_signature", "scope", "event"]
    {
        assert!(reasons.contains_key(code), "nothing came to `{code}`: {reasons:?}");
    }
}

/// What the forgeries differ from by one thing is let through, so that it is this thing that refuses them.
#[tokio::test]
async fn what_the_hostile_suite_starts_from_is_allowed() {
    let world = world().await;
    let (authorizer, store) = (world.authorizer(), world.store.store());
    for form in forms() {
        let token = good_access_token(&world, NOW);
        let decision = authorizer.decide(&Call::with_token(&token).event(form).to_string(), &store, at(NOW)).await;
        assert_eq!(decision.trail.reason.code(), "allowed", "{form:?}");
    }
}

fn telemetry_line(decision: &edge_authorizer::decision::Decision) -> String {
    let invocation = telemetry::Invocation { function: "authorizer", id: "8476a536-e9f4-11e8-9739-000000000000" };
    telemetry::line(decision, invocation, 1.5, at(NOW)).unwrap()
}
