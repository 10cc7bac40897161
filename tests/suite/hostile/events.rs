//! Documents where an event or a part of one belongs, and routes that the token was never granted.

use edge_authorizer::gateway::event::EventKind;
use serde_json::{Value, json};

use crate::events::shape::{Call, FORMS};
use crate::vectors::Vectors;

const STAGE: &str = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/";
const CONTACT: &str = "con_8f2a1c9b4d6e7f0a1b2c3d4e";

/// Routes that a token for contacts does not cover, in disguises that some reading of the gateway takes off.
pub(super) fn routes(good: &str) -> Vec<Value> {
    let routes = [
        format!("DELETE/v1/contacts/{CONTACT}"),
        format!("delete/v1/contacts/{CONTACT}"),
        format!("GET/v1/contacts/{CONTACT}/notes"),
        format!("GET/v1/contacts/{CONTACT}/../../deals"),
        format!("GET/v1/contacts/{CONTACT}/%2e%2e/%2e%2e/deals"),
        format!("GET/v1/contacts//{CONTACT}/notes"),
        format!("GET/v1/contacts/{CONTACT}//notes"),
        format!("GET/v1/contacts/{CONTACT}/./notes"),
        format!("GET/v1/contacts/{CONTACT}/notes/"),
        "GET/v1/deals".to_owned(),
        "GET//v1/deals".to_owned(),
        "GET/v1/contacts/../deals".to_owned(),
        "GET/v1/contacts/%2e%2e/deals".to_owned(),
        // Routed to what is covered, and denied all the same.
        "GET/v1/contacts/..".to_owned(),
        "GET/v1/contacts/%2e%2e".to_owned(),
        "GET/v1/contacts/".to_owned(),
        format!("GET/v1/contacts/{CONTACT}%2fnotes"),
        "POST/v1/contacts/merge".to_owned(),
        "GET/v1/con_????????????????????????/x/deals".to_owned(),
        "*/v1/contacts".to_owned(),
        "GET".to_owned(),
        "GET/".to_owned(),
        "GET/*".to_owned(),
        String::new(),
        "/".to_owned(),
        "$connect".to_owned(),
        "$default".to_owned(),
    ];
    let mut events = Vec::new();
    for (form, _) in FORMS.into_iter().filter(|(form, _)| *form != EventKind::WebSocket) {
        let name = if form == EventKind::HttpV2 { "routeArn" } else { "methodArn" };
        for route in &routes {
            let mut event = Call::with_token(good).event(form);
            event[name] = json!(format!("{STAGE}{route}"));
            events.push(event);
        }
        for arn in ["", "*", "arn", "arn:aws:execute-api:*:*:*", "arn:aws:lambda:eu-central-1:123456789012:function:f"]
        {
            let mut event = Call::with_token(good).event(form);
            event[name] = json!(arn);
            events.push(event);
        }
        for replaced in [":a1b2c3d4e5/", ":123456789012:", ":eu-central-1:", ":aws:", "arn:"] {
            let mut event = Call::with_token(good).event(form);
            event[name] = json!(event[name].as_str().unwrap().replace(replaced, ":*:"));
            events.push(event);
        }
    }
    events
}

/// A token wherever it has no business: nothing may repeat it.
pub(super) fn misplaced(good: &str) -> Vec<Value> {
    let mut events = vec![json!(good), json!([good]), json!({ good: good })];
    for (form, _) in FORMS {
        for place in ["type", "version", "methodArn", "routeArn", "headers", "multiValueHeaders", "requestContext"] {
            for value in
                [json!(good), json!(format!("Bearer {good}")), json!([good]), json!({ "Authorization": { good: 1 } })]
            {
                let mut event = Call { authorization: Vec::new(), ..Call::with_token("") }.event(form);
                event[place] = value;
                events.push(event);
            }
        }
    }
    events
}

/// Each document as the whole event, and in the place of what decides. `ended` is a token that is good no more: what
/// merely surrounds a good one may be anything.
pub(super) fn documents(good: &str, ended: &str, vectors: &Vectors) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    for (_, document) in vectors.documents() {
        for (token, place) in [
            (good, "type"),
            (good, "version"),
            (good, "methodArn"),
            (good, "routeArn"),
            (good, "headers"),
            (ended, "multiValueHeaders"),
            (ended, "requestContext"),
            (ended, "pathParameters"),
        ] {
            let (form, _) = FORMS[1 + events.len() % 4];
            let mut event = Call::with_token(token).event(form);
            // In a form that has no such member it would be one more, which means nothing.
            if event.get(place).is_none() || (place == "headers" && form != EventKind::HttpV2) {
                event = Call::with_token(ended).event(form);
            }
            event[place] = json!("DOCUMENT");
            let text = event.to_string();
            let (before, after) = text.split_once(r#""DOCUMENT""#).unwrap();
            events.push([before.as_bytes(), &document, after.as_bytes()].concat());
        }
        events.push(document);
    }
    events
}
