//! The faults of key sets: of the table that holds our own keys, and of the web servers of other issuers.

use edge_authorizer::token::key_set::{MAX_KEYS, MAX_LENGTH};
use serde_json::{Value, json};

use super::broken::Fault;
use super::case::{Bound, Case};
use super::http::{refusal, response};
use crate::tokens::{key, with};

const UNREACHABLE: &[&str] = &["key_set_unreachable"];
const UNUSABLE: &[&str] = &["key_set_unusable"];
const TIMEOUT: &[&str] = &["key_set_timeout"];

const JSON: &str = "application/json";
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// Of the query for the table's keys.
pub(super) fn table() -> Vec<Case> {
    let case = |what: &str, fault, codes| Case::new(what, fault, codes, Bound::KeySet);
    let say = |bytes: Vec<u8>| Fault::Say { bytes, reset: false };
    let alter = Fault::Alter;
    vec![
        case("the query gets no answer", Fault::SayAndStall(Vec::new()), TIMEOUT),
        case(
            "the query is reset",
            Fault::Say { bytes: Vec::new(), reset: true },
            &["store_unreachable", "key_set_timeout"],
        ),
        case("the query is denied", say(refusal("400 Bad Request", "AccessDeniedException")), &["store_refused"]),
        case(
            "the query is throttled",
            say(refusal("400 Bad Request", "ProvisionedThroughputExceededException")),
            &["store_refused", "key_set_timeout"],
        ),
        case("the answer to the query is `{}`", alter(|it| *it = json!({})), &["store_refused"]),
        case(
            "there are more keys than may be",
            alter(|it| it["LastEvaluatedKey"] = it["Items"][0].clone()),
            &["broken_record"],
        ),
        case("a key's record has no `jwk`", alter(|it| remove(it, "jwk")), &["broken_record"]),
        case("a key's record has no `state`", alter(|it| remove(it, "state")), &["broken_record"]),
        case("a key's state is unknown", alter(|it| it["Items"][0]["state"]["S"] = json!("new")), &["broken_record"]),
        case("a key's `jwk` is no JSON", alter(|it| it["Items"][0]["jwk"]["S"] = json!("{")), UNUSABLE),
        case(
            "a key's record bears another key's name",
            alter(|it| it["Items"][0]["sk"]["S"] = json!("KEY#x")),
            UNUSABLE,
        ),
        case("a key is there twice", alter(twice), UNUSABLE),
    ]
}

/// Of an issuer's web server.
pub(super) fn web() -> Vec<Case> {
    let case = |what: &str, fault, codes| Case::new(what, fault, codes, Bound::KeySet);
    let say = |bytes: Vec<u8>| Fault::Say { bytes, reset: false };
    let with_type = |media_type: &str, body: &str| say(response("200 OK", media_type, body));
    let keys = |keys: Value| with_type(JSON, &json!({ "keys": keys }).to_string());
    let status = |status: &str| say(response(status, JSON, &document()));
    let found = |status: &str| {
        say(format!("HTTP/1.1 {status}\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").into())
    };
    let good = || serde_json::from_str::<Value>(&key(1).public().jwk()).unwrap();
    let ten_megabytes = 160;
    vec![
        case("nobody listens", Fault::Refuse, &["key_set_unreachable", "key_set_timeout"]),
        case("the connection is neither taken nor refused", Fault::NoConnection, TIMEOUT),
        case("the connection is taken and reset", Fault::HangUp { reset: true }, UNREACHABLE),
        case("silence after the request", Fault::SayAndStall(Vec::new()), TIMEOUT),
        case(
            "silence amid the body",
            Fault::SayAndStall(format!("{HEAD}content-length: 900\r\n\r\n{{").into()),
            TIMEOUT,
        ),
        case("headers, one every 100 ms", Fault::Drip(HEAD.into(), "x: y\r\n"), TIMEOUT),
        case("a body, one byte every 100 ms", Fault::Drip(format!("{HEAD}\r\n").into(), " "), TIMEOUT),
        case("a redirect, 301", found("301 Moved Permanently"), UNREACHABLE),
        case("a redirect, 302", found("302 Found"), UNREACHABLE),
        case("404, with a key set", status("404 Not Found"), UNREACHABLE),
        case("500", status("500 Internal Server Error"), UNREACHABLE),
        case(
            "10 MB, announced",
            Fault::Flood(format!("{HEAD}content-length: 10485760\r\n\r\n").into(), ten_megabytes),
            UNREACHABLE,
        ),
        case(
            "10 MB, not announced",
            Fault::Flood(format!("{HEAD}connection: close\r\n\r\n").into(), ten_megabytes),
            UNREACHABLE,
        ),
        case(
            "a good key set, and 64 KiB of blanks behind it",
            with_type(JSON, &(document() + &" ".repeat(MAX_LENGTH))),
            UNREACHABLE,
        ),
        case("HTML", with_type("text/html", "<html>sign in</html>"), UNREACHABLE),
        case("a key set that says it is HTML", with_type("text/html", &document()), UNREACHABLE),
        case(
            "compressed",
            say(format!("{HEAD}content-encoding: gzip\r\ncontent-length: 2\r\n\r\n\u{1f}\u{7f}").into()),
            UNREACHABLE,
        ),
        case("cut off amid the body", say(format!("{HEAD}content-length: 900\r\n\r\n{{").into()), UNREACHABLE),
        case("no JSON", with_type(JSON, "keys"), UNUSABLE),
        case("`{}`", with_type(JSON, "{}"), UNUSABLE),
        case("no key", keys(json!([])), UNUSABLE),
        case("more keys than may be", keys(vec![good(); MAX_KEYS + 1].into()), UNUSABLE),
        case("two keys with one `kid`", keys(json!([good(), with(good(), "y", good()["y"].clone())])), UNUSABLE),
        case("a private member in the only key", keys(json!([with(good(), "d", json!("AAAA"))])), UNUSABLE),
        case("a key that is not on its curve", keys(json!([with(good(), "y", good()["x"].clone())])), UNUSABLE),
        case("a symmetric key", keys(json!([{"kty": "oct", "k": "AAAA", "kid": key(1).key_id()}])), UNUSABLE),
        case(
            "the server fails once, and the next token comes",
            Fault::Times(1, Box::new(status("503 Busy"))),
            UNREACHABLE,
        ),
    ]
}

/// A key set with the key that signs the tests' tokens.
pub(super) fn document() -> String {
    format!("{{\"keys\":[{}]}}", key(1).public().jwk())
}

fn remove(answer: &mut Value, attribute: &str) {
    answer["Items"][0].as_object_mut().unwrap().remove(attribute).unwrap();
}

fn twice(answer: &mut Value) {
    let item = answer["Items"][0].clone();
    answer["Items"].as_array_mut().unwrap().push(item);
}
