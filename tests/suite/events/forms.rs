//! What the forms of events have in common, and where they differ: through the front door.

use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::Decision;
use edge_authorizer::gateway::event::EventKind;
use edge_authorizer::policy::iam::{Judgement, Policy};
use serde_json::{Map, Value, json};

use super::samples::answer;
use super::shape::{Call, FORMS};
use crate::world::{NOW, World, api};

const CONTACT: &str = "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e";

/// The forms that carry headers.
fn with_headers() -> impl Iterator<Item = EventKind> {
    FORMS.into_iter().map(|(form, _)| form).filter(|form| *form != EventKind::RestToken)
}

/// A token that every form lets through.
fn good(world: &World) -> String {
    world.token("viewer-everything").to_owned()
}

async fn decide(world: &World, event: &Value) -> Decision {
    world.authorizer().decide(&event.to_string(), &world.store.store(), NOW).await
}

async fn reason(world: &World, event: &Value) -> &'static str {
    decide(world, event).await.trail.reason.code()
}

/// Calls the header `Authorization` otherwise in both maps of headers.
fn renamed(mut event: Value, name: &str) -> Value {
    for map in ["headers", "multiValueHeaders"] {
        if let Some(headers) = event.get_mut(map).and_then(Value::as_object_mut) {
            let renamed: Map<String, Value> = std::mem::take(headers)
                .into_iter()
                .map(|(key, value)| {
                    (if key.eq_ignore_ascii_case("authorization") { name.to_owned() } else { key }, value)
                })
                .collect();
            *headers = renamed;
        }
    }
    event
}

#[tokio::test]
async fn every_form_comes_to_the_same_permission() {
    let world = World::new().await;
    let token = good(&world);
    let mut contexts = Vec::new();
    for (form, name) in FORMS {
        let decision = decide(&world, &Call::with_token(&token).event(form)).await;
        assert_eq!(decision.trail.reason.code(), "allowed", "{name}");
        contexts.push(answer(&decision)["context"].clone());
    }
    assert!(contexts.iter().all(|context| *context == contexts[0]), "{contexts:#?}");
}

#[tokio::test]
async fn a_headers_name_is_read_in_any_case() {
    let world = World::new().await;
    for form in with_headers() {
        let event = Call::with_token(&good(&world)).event(form);
        for name in ["authorization", "Authorization", "AUTHORIZATION", "aUTHORIZATION"] {
            assert_eq!(reason(&world, &renamed(event.clone(), name)).await, "allowed", "{form:?} {name}");
        }
        for name in
            ["X-Authorization", "Authorization ", "Proxy-Authorization", "Authorization\u{301}", "Authorizatıon"]
        {
            assert_eq!(reason(&world, &renamed(event.clone(), name)).await, "no_credentials", "{form:?} {name}");
        }
    }
}

#[tokio::test]
async fn two_values_are_no_credentials_wherever_they_stand() {
    let world = World::new().await;
    let (token, other) = (format!("Bearer {}", good(&world)), format!("Bearer {}", world.token("admin-everything")));
    for form in with_headers() {
        for second in [&other, &token, &"Basic dTpw".to_owned(), &String::new()] {
            let values = vec![token.clone(), second.clone()];
            let twice = Call { authorization: values, ..Call::with_token("") }.event(form);
            assert_eq!(reason(&world, &twice).await, "malformed", "{form:?} {second}");
            // Two spellings in one map.
            let mut spelled = Call::with_token(&good(&world)).event(form);
            spelled["headers"]["aUTHORIZATION"] = json!(second);
            assert_eq!(reason(&world, &spelled).await, "malformed", "{form:?} {second}");
        }
        // The very name twice, which JSON allows and most maps hide.
        let event = Call::with_token(&good(&world)).event(form).to_string();
        let event = event.replacen(r#""headers":{"#, &format!(r#""headers":{{"Authorization":"{other}","#), 1);
        let decision = world.authorizer().decide(&event, &world.store.store(), NOW).await;
        assert_eq!(decision.trail.reason.code(), "malformed", "{form:?}");
    }
}

#[tokio::test]
async fn two_maps_of_headers_must_agree() {
    let world = World::new().await;
    let other = format!("Bearer {}", world.token("admin-everything"));
    for form in with_headers().filter(|form| *form != EventKind::HttpV2) {
        let event = Call::with_token(&good(&world)).event(form);
        let mut differ = event.clone();
        differ["multiValueHeaders"]["Authorization"] = json!([other]);
        assert_eq!(reason(&world, &differ).await, "malformed", "{form:?}");
        let mut shorter = event.clone();
        shorter["multiValueHeaders"]["Authorization"] = json!([]);
        assert_eq!(reason(&world, &shorter).await, "malformed", "{form:?}: a list of none");
        for map in ["headers", "multiValueHeaders"] {
            let mut silent = event.clone();
            silent[map].as_object_mut().unwrap().remove("Authorization");
            assert_eq!(reason(&world, &silent).await, "malformed", "{form:?}: `{map}` has headers, and not this one");
            for absent in [Value::Null, json!({})] {
                let mut absent_map = event.clone();
                absent_map[map] = absent;
                assert_eq!(reason(&world, &absent_map).await, "allowed", "{form:?}: there is no `{map}`");
            }
        }
    }
}

#[tokio::test]
async fn unrelated_headers_change_nothing_whatever_they_hold() {
    let world = World::new().await;
    for form in with_headers() {
        for value in [json!("Zoë"), json!("\u{0}\u{7f}\u{85}"), json!("日本"), json!("a\"b\\c"), json!(7), Value::Null]
        {
            let mut event = Call::with_token(&good(&world)).event(form);
            event["headers"]["X-Name"] = value.clone();
            if form != EventKind::HttpV2 {
                event["multiValueHeaders"]["X-Name"] = json!([value]);
            }
            assert_eq!(reason(&world, &event).await, "allowed", "{form:?} {value}");
        }
    }
}

/// A token where no token belongs is not looked for: in the query, a cookie, the body, or a `TOKEN` event's headers.
#[tokio::test]
async fn t43_a_token_elsewhere_is_none() {
    let world = World::new().await;
    let token = good(&world);
    for (form, name) in FORMS {
        let mut event = Call { authorization: Vec::new(), ..Call::with_token("") }.event(form);
        event["queryStringParameters"] = json!({ "access_token": token, "authorization": token });
        event["rawQueryString"] = json!(format!("access_token={token}"));
        event["cookies"] = json!([format!("authorization={token}")]);
        event["body"] = json!(format!("access_token={token}"));
        event["identitySource"] = json!([format!("Bearer {token}")]);
        if form == EventKind::RestToken {
            event["headers"] = json!({ "Authorization": format!("Bearer {token}") });
        } else {
            event["authorizationToken"] = json!(format!("Bearer {token}"));
        }
        assert_eq!(reason(&world, &event).await, "no_credentials", "{name}");
    }
}

#[tokio::test]
async fn the_policy_is_for_the_stage_that_asked_in_every_partition() {
    let world = World::new().await;
    for (partition, region) in [("aws", "eu-central-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")] {
        for (form, stage) in
            FORMS.into_iter().flat_map(|(form, _)| ["prod", "$default", "v2_beta-1"].map(|it| (form, it)))
        {
            let begin = format!("arn:{partition}:execute-api:{region}:210987654321:z9y8x7w6v5/{stage}/");
            let route = if form == EventKind::WebSocket { "$connect".to_owned() } else { format!("GET{CONTACT}") };
            let mut event = Call::with_token(&good(&world)).event(form);
            let name = if form == EventKind::HttpV2 { "routeArn" } else { "methodArn" };
            event[name] = json!(format!("{begin}{route}"));
            let answer = answer(&decide(&world, &event).await);
            let policy = answer["policyDocument"].to_string();
            let resources: Vec<&str> = answer["policyDocument"]["Statement"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|statement| statement["Resource"].as_array().unwrap())
                .map(|resource| resource.as_str().unwrap())
                .collect();
            assert!(resources.iter().all(|resource| resource.starts_with(&begin)), "{form:?}: {resources:?}");
            let policy = Policy::from_json(&policy).unwrap();
            assert_eq!(policy.judge(&format!("{begin}{route}")), Judgement::Allowed, "{form:?} {begin}");
            for other in [begin.replace(stage, "other"), begin.replace("z9y8x7w6v5", "a1b2c3d4e5")] {
                assert_eq!(policy.judge(&format!("{other}{route}")), Judgement::ImplicitlyDenied, "{form:?} {other}");
            }
        }
    }
}

#[tokio::test]
async fn each_kind_of_api_routes_its_own_way() {
    let world = World::new().await;
    for (form, expected) in [
        (EventKind::RestToken, None),
        (EventKind::RestRequest, None),
        (EventKind::HttpV1, Some("getContact")),
        (EventKind::HttpV2, Some("getContact")),
    ] {
        let call = Call { path: "/v1/contacts/search".to_owned(), ..Call::with_token(&good(&world)) };
        let decision = decide(&world, &call.event(form)).await;
        assert_eq!(decision.trail.operation.as_deref(), expected, "{form:?}");
    }
}

#[tokio::test]
async fn only_payload_2_0_has_simple_answers() {
    let world = World::new().await;
    let mut settings = world.demo.settings.clone();
    settings.simple_answers = true;
    let authorizer = Authorizer::new(api(), settings).unwrap();
    for (form, name) in FORMS {
        let event = Call::with_token(&good(&world)).event(form).to_string();
        let answer = answer(&authorizer.decide(&event, &world.store.store(), NOW).await);
        assert_eq!(answer.get("isAuthorized").is_some(), form == EventKind::HttpV2, "{name}");
        assert_eq!(answer.get("policyDocument").is_some(), form != EventKind::HttpV2, "{name}");
    }
}

/// A WebSocket's event says what it is by its context. Some middleware adds a `version` of its own to it.
#[tokio::test]
async fn a_websocket_is_known_by_its_event_and_requires_what_is_configured() {
    let world = World::new().await;
    let event = Call::with_token(&good(&world)).event(EventKind::WebSocket);
    let mut versioned = event.clone();
    versioned["version"] = json!("$LATEST");
    assert_eq!(reason(&world, &versioned).await, "allowed");
    let mut settings = world.demo.settings.clone();
    settings.websocket_permission = None;
    let closed = Authorizer::new(api(), settings).unwrap();
    let decision = closed.decide(&event.to_string(), &world.store.store(), NOW).await;
    assert_eq!(decision.trail.reason.code(), "scope", "without a permission nobody connects");
    let policy = Policy::from_json(&answer(&decision)["policyDocument"].to_string()).unwrap();
    assert_ne!(policy.judge(event["methodArn"].as_str().unwrap()), Judgement::Allowed);
}

/// An event that no gateway sends is a fault: never a 401, and never an allow.
#[tokio::test]
async fn what_no_gateway_sends_is_a_fault() {
    let world = World::new().await;
    let token = good(&world);
    let set = |form, name: &str, value: Value| {
        let mut event = Call::with_token(&token).event(form);
        event[name] = value;
        event
    };
    let connect = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/live/$connect";
    let disconnect = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/live/$disconnect";
    let wide = "arn:aws:execute-api:*:123456789012:a1b2c3d4e5/prod/GET/v1/contacts";
    for event in [
        set(EventKind::RestToken, "type", json!("token")),
        set(EventKind::RestToken, "type", Value::Null),
        set(EventKind::RestToken, "type", json!(["TOKEN"])),
        set(EventKind::RestRequest, "type", json!("CONNECT")),
        set(EventKind::HttpV1, "version", json!("1.1")),
        set(EventKind::HttpV2, "version", json!("3.0")),
        set(EventKind::HttpV2, "version", json!(2.0)),
        set(EventKind::RestToken, "methodArn", Value::Null),
        set(EventKind::RestToken, "methodArn", json!("*")),
        set(EventKind::RestRequest, "methodArn", json!(wide)),
        set(EventKind::WebSocket, "methodArn", json!(disconnect)),
        set(EventKind::WebSocket, "methodArn", json!(connect.replace("$connect", "GET/v1/contacts"))),
        set(EventKind::RestRequest, "headers", json!("Authorization")),
        set(EventKind::RestRequest, "headers", json!([["Authorization", token]])),
        set(EventKind::RestRequest, "headers", json!({ "Authorization": { "Bearer": token } })),
        set(EventKind::RestRequest, "multiValueHeaders", json!({ "Authorization": [[token]] })),
        set(EventKind::RestToken, "authorizationToken", json!([token])),
        json!([]),
        json!({}),
        Value::Null,
    ] {
        let decision = decide(&world, &event).await;
        assert_eq!((decision.trail.reason.code(), decision.trail.reads), ("event", 0), "{event:#}");
        assert!(!format!("{decision:?}").contains(&token), "{decision:?}");
    }
}

/// Verb and path are a stranger's text, and an HTTP API takes any word for a verb. None of it is a fault: with it anybody
/// could raise the alarm that faults raise.
#[tokio::test]
async fn what_a_stranger_asks_for_is_never_a_fault() {
    let world = World::new().await;
    let stage = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/";
    let long = format!("GET/v1/contacts/{}", "8".repeat(9_000));
    let odd = [
        "get/v1/contacts",
        "M-SEARCH/v1/contacts",
        "$connect/v1/contacts",
        "$connect",
        "G*T/v1/contacts",
        "GET",
        &long,
    ];
    for form in [EventKind::RestToken, EventKind::RestRequest, EventKind::HttpV1, EventKind::HttpV2] {
        let name = if form == EventKind::HttpV2 { "routeArn" } else { "methodArn" };
        for route in odd {
            let asked = |token: &str| {
                let mut event = Call::with_token(token).event(form);
                event[name] = json!(format!("{stage}{route}"));
                event
            };
            let decision = decide(&world, &asked(&good(&world))).await;
            // The longest is routed like a short one, and covered.
            let expected = if route == long { "allowed" } else { "no_route" };
            assert_eq!(decision.trail.reason.code(), expected, "{form:?} {route}");
            assert_eq!(reason(&world, &asked("nothing")).await, "malformed", "{form:?} {route}");
        }
    }
}

/// Without credentials nothing else of an event counts.
#[tokio::test]
async fn no_token_is_a_401_whatever_is_asked_for() {
    let world = World::new().await;
    for (form, _) in FORMS {
        let mut event = Call { authorization: Vec::new(), ..Call::with_token("") }.event(form);
        event[if form == EventKind::HttpV2 { "routeArn" } else { "methodArn" }] = json!("arn:aws:s3:::bucket");
        assert_eq!(reason(&world, &event).await, "no_credentials", "{form:?}");
    }
}
