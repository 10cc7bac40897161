//! The files in `events/`: a file a case, with the tokens of the public demonstration, and what each is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use aws_lambda_events::event::apigw::{
    ApiGatewayCustomAuthorizerRequest, ApiGatewayCustomAuthorizerRequestTypeRequest,
    ApiGatewayV2CustomAuthorizerV1Request, ApiGatewayV2CustomAuthorizerV2Request, ApiGatewayWebsocketProxyRequest,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge_authorizer::decision::{Decision, Outcome};
use edge_authorizer::gateway::event::EventKind;
use edge_authorizer::local::demo::{DemoToken, Demonstration, Seed};
use serde_json::{Value, json};

use super::shape::{Call, FORMS};
use crate::golden;
use crate::world::{NOW, World, api};

const FOLDER: &str = "events";
const ANSWERS: &str = "tests/event-answers.txt";

/// What a case sends as its bearer token.
enum Sends {
    /// A token of the demonstration, by its name.
    Token(&'static str),
    /// No `Authorization` at all.
    Nothing,
    /// These values.
    Values(fn(&Demonstration) -> Vec<String>),
}

/// A case: its name, what it sends, and to which route.
struct Case {
    name: &'static str,
    sends: Sends,
    route: (&'static str, &'static str),
    /// The forms that it makes sense for.
    forms: &'static [EventKind],
}

const CONTACT: &str = "/v1/contacts/{id}";
const ALL: &[EventKind] =
    &[EventKind::RestToken, EventKind::RestRequest, EventKind::HttpV1, EventKind::HttpV2, EventKind::WebSocket];
/// A WebSocket requires `activity.read`. Whoever of the demonstration has a token for it may do that.
const ROUTED: &[EventKind] = &[EventKind::RestToken, EventKind::RestRequest, EventKind::HttpV1, EventKind::HttpV2];
const WEBSOCKET: &[EventKind] = &[EventKind::WebSocket];
const WITH_HEADERS: &[EventKind] =
    &[EventKind::RestRequest, EventKind::HttpV1, EventKind::HttpV2, EventKind::WebSocket];

fn cases() -> Vec<Case> {
    let case = |name, sends, route, forms| Case { name, sends, route, forms };
    vec![
        case("allowed", Sends::Token("sales-contacts"), ("GET", CONTACT), ROUTED),
        case("allowed", Sends::Token("viewer-everything"), ("GET", "$connect"), WEBSOCKET),
        case("denied-by-scope", Sends::Token("admin-contacts"), ("DELETE", CONTACT), ALL),
        case("denied-by-role", Sends::Token("sales-contacts"), ("DELETE", CONTACT), ROUTED),
        case("denied-by-feature", Sends::Token("globex-everything"), ("GET", "/v1/deals"), ROUTED),
        case("suspended-tenant", Sends::Token("suspended-tenant"), ("GET", CONTACT), ALL),
        case("no-token", Sends::Nothing, ("GET", CONTACT), ALL),
        case("malformed", Sends::Values(|_| vec!["Basic c2FsZXM6c2VjcmV0".to_owned()]), ("GET", CONTACT), ALL),
        case("two-tokens", Sends::Values(two_tokens), ("GET", CONTACT), WITH_HEADERS),
        case("mistyped", Sends::Values(mistyped), ("GET", CONTACT), ALL),
        case("forged", Sends::Values(forged), ("GET", CONTACT), ALL),
        case("unsigned-access-token", Sends::Values(unsigned), ("GET", CONTACT), ALL),
        case("unknown", Sends::Values(unknown), ("GET", CONTACT), ALL),
        case("expired", Sends::Token("expired"), ("GET", CONTACT), ALL),
        case("revoked", Sends::Token("revoked"), ("GET", CONTACT), ALL),
        case("disabled-user", Sends::Token("disabled-user"), ("GET", CONTACT), ALL),
    ]
}

fn demo_token<'a>(demo: &'a Demonstration, name: &str) -> &'a DemoToken {
    demo.token(name).unwrap_or_else(|| panic!("no demonstration token `{name}`"))
}

fn bearer(text: &str) -> Vec<String> {
    vec![format!("Bearer {text}")]
}

fn two_tokens(demo: &Demonstration) -> Vec<String> {
    ["sales-contacts", "admin-everything"].map(|name| bearer(demo_token(demo, name).issued.expose())).concat()
}

/// One character is another.
fn mistyped(demo: &Demonstration) -> Vec<String> {
    let mut text = demo_token(demo, "sales-contacts").issued.expose().to_owned();
    let other = if text.as_bytes()[40] == b'x' { "y" } else { "x" };
    text.replace_range(40..=40, other);
    bearer(&text)
}

/// A whole token for the same user, of a server with another key.
fn forged(_: &Demonstration) -> Vec<String> {
    let elsewhere = Demonstration::new(&Seed::new([7; 32]), &api().catalogue, NOW).unwrap();
    bearer(demo_token(&elsewhere, "sales-contacts").issued.expose())
}

/// The oldest of all forgeries: a JWT that says it needs no signature.
fn unsigned(demo: &Demonstration) -> Vec<String> {
    let token = demo_token(demo, "admin-everything");
    let claims = json!({
        "iss": "https://auth.example.com",
        "aud": "https://api.example.com",
        "sub": token.record.user.to_string(),
        "business_id": token.tenant.to_string(),
        "client_id": "client_demo",
        "grant_id": token.grant.id.to_string(),
        "scope": token.record.scopes.join(" "),
        "jti": "at_demo_unsigned",
        "iat": 1_782_864_000,
        "exp": 4_102_444_800_u64,
    });
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    bearer(&format!("{}.{}.", part(json!({"typ": "at+jwt", "alg": "none"})), part(claims)))
}

/// Made with the right key, and the table knows nothing of it.
fn unknown(demo: &Demonstration) -> Vec<String> {
    let token = demo_token(demo, "sales-contacts");
    bearer(demo.settings.pats.issue(&token.tenant, &token.record.user, [0; 24]).expose())
}

/// A sample: the file's name, its form, and its event.
pub(crate) struct Sample {
    pub(crate) file: String,
    pub(crate) form: EventKind,
    pub(crate) event: Value,
}

impl Sample {
    pub(crate) fn path(&self) -> PathBuf {
        golden::file(FOLDER).join(&self.file)
    }

    fn text(&self) -> String {
        format!("{:#}\n", self.event)
    }
}

/// Every sample, as it should be, in the order of the cases.
pub(crate) fn samples(demo: &Demonstration) -> Vec<Sample> {
    let mut samples = Vec::new();
    for case in cases() {
        let authorization = match case.sends {
            Sends::Token(name) => bearer(demo_token(demo, name).issued.expose()),
            Sends::Nothing => Vec::new(),
            Sends::Values(values) => values(demo),
        };
        let (verb, template) = case.route;
        let path = template.replace("{id}", "con_8f2a1c9b4d6e7f0a1b2c3d4e");
        let call = Call { verb, path, template, authorization };
        for (form, name) in FORMS.into_iter().filter(|(form, _)| case.forms.contains(form)) {
            let file = format!("{name}-{}.json", case.name);
            samples.push(Sample { file, form, event: call.event(form) });
        }
    }
    samples
}

#[test]
fn the_sample_events_are_current() {
    let samples = samples(&Demonstration::public(&api().catalogue).unwrap());
    let expected: BTreeSet<&str> = samples.iter().map(|sample| sample.file.as_str()).collect();
    assert_eq!(expected.len(), samples.len(), "two cases of one name");
    let stale: Vec<_> =
        samples.iter().filter(|it| golden::differs(&it.path(), &it.text())).map(|it| &it.file).collect();
    assert!(stale.is_empty(), "missing or not current (`make events` writes them): {stale:?}");
    let unexpected: Vec<PathBuf> = fs::read_dir(golden::file(FOLDER))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.file_name().is_some_and(|name| expected.contains(&*name.to_string_lossy())))
        .collect();
    assert!(unexpected.is_empty(), "no case is called so: {unexpected:?}");
}

/// The official types read them too, so they look like what API Gateway sends.
#[test]
fn the_sample_events_are_what_the_official_types_describe() {
    for sample in samples(&Demonstration::public(&api().catalogue).unwrap()) {
        let text = sample.text();
        let read = match sample.form {
            EventKind::RestToken => serde_json::from_str::<ApiGatewayCustomAuthorizerRequest>(&text).map(|_| ()),
            EventKind::RestRequest => {
                serde_json::from_str::<ApiGatewayCustomAuthorizerRequestTypeRequest>(&text).map(|_| ())
            }
            EventKind::HttpV1 => serde_json::from_str::<ApiGatewayV2CustomAuthorizerV1Request>(&text).map(|_| ()),
            EventKind::HttpV2 => serde_json::from_str::<ApiGatewayV2CustomAuthorizerV2Request>(&text).map(|_| ()),
            EventKind::WebSocket => serde_json::from_str::<ApiGatewayWebsocketProxyRequest>(&text).map(|_| ()),
        };
        assert!(read.is_ok(), "{}: {read:?}", sample.file);
    }
}

/// What the gateway is told, as JSON.
pub(crate) fn answer(decision: &Decision) -> Value {
    match &decision.outcome {
        Outcome::Answer(answer) => serde_json::from_str(answer.get()).unwrap(),
        Outcome::Unauthorized(_) => json!({ "errorMessage": "Unauthorized" }),
        Outcome::Fault(fault) => json!({ "errorMessage": format!("fault: {}", fault.code()) }),
    }
}

const HEAD: &str = "\
# What each file in events/ is answered: outcome, reason code, route, and which of the answers below.
# `cargo test events` holds the files against this, and `make test-build` the Lambda's binary. `make events` writes it.
";

#[tokio::test]
async fn every_sample_event_is_answered_as_on_record() {
    let world = World::new().await;
    let (authorizer, store) = (world.authorizer(), world.store.store());
    let mut text = HEAD.to_owned();
    let mut answers: Vec<String> = Vec::new();
    for sample in samples(&world.demo) {
        let decision = authorizer.decide(&sample.text(), &store, NOW).await;
        let answer = format!("{:#}", answer(&decision));
        let number = answers.iter().position(|known| *known == answer).unwrap_or_else(|| {
            answers.push(answer);
            answers.len() - 1
        });
        let reason = decision.trail.reason;
        let operation = decision.trail.operation.as_deref().unwrap_or("-");
        let (outcome, code, number) = (reason.outcome(), reason.code(), number + 1);
        writeln!(text, "{:<40} {outcome:<12} {code:<16} {operation:<13} {number}", sample.file).unwrap();
    }
    for (number, answer) in answers.iter().enumerate() {
        write!(text, "\n{}\n{answer}\n", number + 1).unwrap();
    }
    golden::hold(ANSWERS, &text);
}

/// What the samples are answered, as it is on record.
pub(crate) struct Answers(BTreeMap<String, Expected>);

/// What one sample is answered.
pub(crate) struct Expected {
    /// Outcome, reason code, route.
    pub(crate) said: [String; 3],
    pub(crate) answer: Value,
}

impl Answers {
    pub(crate) fn on_record() -> Self {
        let text = fs::read_to_string(golden::file(ANSWERS)).unwrap();
        let mut blocks = text.split("\n\n");
        let table = blocks.next().unwrap();
        let answers: BTreeMap<&str, Value> = blocks
            .filter_map(|block| block.split_once('\n'))
            .map(|(number, answer)| (number, serde_json::from_str(answer).unwrap()))
            .collect();
        let row = |line: &str| {
            let [file, outcome, reason, route, number] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let said = [outcome, reason, route].map(str::to_owned);
            (file.to_owned(), Expected { said, answer: answers[number].clone() })
        };
        Self(table.lines().filter(|line| !line.starts_with('#')).map(row).collect())
    }

    pub(crate) fn of(&self, file: &str) -> &Expected {
        &self.0[file]
    }
}
