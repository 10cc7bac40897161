//! The faults of the store, phase by phase of a request, and then of what it says.

use serde_json::{Value, json};

use super::broken::Fault;
use super::case::{Bound, Case};
use super::http::{refusal, response};

const REFUSED: &[&str] = &["store_refused"];
const TIMEOUT: &[&str] = &["store_timeout"];
const BROKEN: &[&str] = &["broken_record"];
const EITHER: &[&str] = &["store_timeout", "store_unreachable"];
/// Refused, unless the pauses between the attempts come to the deadline first.
const RETRIED: &[&str] = &["store_refused", "store_timeout"];
const ALLOWED: &[&str] = &["allowed"];

/// Cut off behind a record, which is nobody's business in a log.
const HALF: &str =
    r#"{"Responses":{"edge-authorizer":[{"sk":{"S":"PAT#0123456789abcdef"},"usage_key":{"S":"secret"}},{"#;

type Alter = fn(&mut Value);

const JSON: &str = "application/x-amz-json-1.0";
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n";

/// Of the connection, and of the bytes on it.
pub(super) fn transport() -> Vec<Case> {
    let case = |what: &str, fault, codes| Case::new(what, fault, codes, Bound::Store);
    let say = |text: &str| Fault::Say { bytes: text.as_bytes().to_vec(), reset: false };
    let stall = |text: &str| Fault::SayAndStall(text.as_bytes().to_vec());
    let half = format!("{HEAD}content-length: 100\r\n\r\n{{\"Responses\":");
    let [announced, endless] = floods();
    vec![
        case("nobody listens: the connection is refused", Fault::Refuse, EITHER),
        case("the connection is neither taken nor refused", Fault::NoConnection, EITHER),
        case("the connection is taken and reset", Fault::HangUp { reset: true }, EITHER),
        case("the connection is taken and closed", Fault::HangUp { reset: false }, EITHER),
        case("reset after the request", Fault::Say { bytes: Vec::new(), reset: true }, EITHER),
        case("closed after the request", say(""), EITHER),
        case("silence after the request", stall(""), TIMEOUT),
        case("silence amid the headers", stall("HTTP/1.1 200 OK\r\ncontent-ty"), TIMEOUT),
        case("silence between headers and body", stall(&format!("{HEAD}content-length: 100\r\n\r\n")), TIMEOUT),
        case("silence amid the body", stall(&half), TIMEOUT),
        case("headers, one every 100 ms", Fault::Drip(HEAD.into(), "x: y\r\n"), TIMEOUT),
        case("a body, one byte every 100 ms", Fault::Drip(half.clone().into(), " "), TIMEOUT),
        case(
            "a chunked body without an end",
            stall(&format!("{HEAD}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n")),
            TIMEOUT,
        ),
        case("closed amid the headers", say("HTTP/1.1 200 OK\r\ncontent-ty"), EITHER),
        case("closed amid the body", say(&half), EITHER),
        case("reset amid the body", Fault::Say { bytes: half.into(), reset: true }, EITHER),
        case("bytes that are no HTTP", say("\u{1}\u{2}SSH-2.0-OpenSSH_9.2\r\n\r\n"), EITHER),
        case("headers without an end (32 MiB)", Fault::Flood(b"HTTP/1.1 200 OK\r\nx: ".to_vec(), 512), EITHER),
        case("a body of 5 MiB", Fault::Flood(format!("{HEAD}content-length: 5242880\r\n\r\n").into(), 80), EITHER),
        case("a body of 32 MiB, announced", announced, EITHER),
        case("a body of 32 MiB, not announced", endless, EITHER),
        case(
            "the first attempt is reset",
            Fault::Times(1, Box::new(Fault::Say { bytes: Vec::new(), reset: true })),
            ALLOWED,
        ),
    ]
}

/// Bodies that nobody should take in whole.
pub(super) fn floods() -> [Fault; 2] {
    let announced = format!("{HEAD}content-length: 33554432\r\n\r\n");
    let endless = format!("{HEAD}connection: close\r\n\r\n");
    [announced, endless].map(|head| Fault::Flood(head.into(), 512))
}

/// Of the status and the form of an answer.
pub(super) fn answers() -> Vec<Case> {
    let case = |what: &str, fault, codes| Case::new(what, fault, codes, Bound::Store);
    let say = |bytes: Vec<u8>| Fault::Say { bytes, reset: false };
    let refuse = |error: &str| say(refusal("400 Bad Request", error));
    let with = |status: &str, media_type: &str, body: &str| say(response(status, media_type, body));
    let found = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    vec![
        case("`ProvisionedThroughputExceededException`", refuse("ProvisionedThroughputExceededException"), RETRIED),
        case("`ThrottlingException`", refuse("ThrottlingException"), RETRIED),
        case("`RequestLimitExceeded`", refuse("RequestLimitExceeded"), RETRIED),
        case("`ThrottlingException`, once", Fault::Times(1, Box::new(refuse("ThrottlingException"))), ALLOWED),
        case("500 `InternalServerError`", say(refusal("500 Internal Server Error", "InternalServerError")), RETRIED),
        case("500 without a body", with("500 Internal Server Error", JSON, ""), RETRIED),
        case("503 with a page", with("503 Service Unavailable", "text/html", "<html>later</html>"), RETRIED),
        case("500, once", Fault::Times(1, Box::new(with("500 Internal Server Error", JSON, ""))), ALLOWED),
        case("`ResourceNotFoundException`: no such table", refuse("ResourceNotFoundException"), REFUSED),
        case("`AccessDeniedException`", refuse("AccessDeniedException"), REFUSED),
        case("`UnrecognizedClientException`: no such key", refuse("UnrecognizedClientException"), REFUSED),
        case("`ExpiredTokenException`", refuse("ExpiredTokenException"), REFUSED),
        case("`ValidationException`", refuse("ValidationException"), REFUSED),
        case("an error that nobody knows", refuse("SomethingNewException"), REFUSED),
        case("401 from something in between", with("401 Unauthorized", "text/html", "<html>who?</html>"), REFUSED),
        case("403 from something in between", with("403 Forbidden", "text/html", "<html>no</html>"), REFUSED),
        case("a redirect", say(found.into()), &["store_refused", "store_unreachable"]),
        case("200 with a page of HTML", with("200 OK", "text/html", "<html>a login page</html>"), REFUSED),
        case("200 without a body", with("200 OK", JSON, ""), REFUSED),
        case("200 with half of the JSON", with("200 OK", JSON, HALF), REFUSED),
        case("200 with `null`", with("200 OK", JSON, "null"), REFUSED),
        case("200 with a list", with("200 OK", JSON, "[]"), REFUSED),
        case("200 with JSON nested 100,000 deep", with("200 OK", JSON, &"[".repeat(100_000)), REFUSED),
        case("a clock an hour ahead, which the answer tells", Fault::Skewed { seconds: 3600, tells: true }, ALLOWED),
        case("a clock an hour behind, which the answer tells", Fault::Skewed { seconds: -3600, tells: true }, ALLOWED),
        case("a clock an hour ahead, kept to itself", Fault::Skewed { seconds: 3600, tells: false }, REFUSED),
    ]
}

/// Of what a well-formed answer says.
pub(super) fn content() -> Vec<Case> {
    let case = |what: &str, alter, codes| Case::new(what, Fault::Alter(alter), codes, Bound::Store);
    let mut cases = vec![
        case("`UnprocessedKeys` for ever", unprocessed, TIMEOUT),
        case("`UnprocessedKeys` of another table", other_table, REFUSED),
        case("an answer that does not mention the table", |it| it["Responses"] = json!({}), REFUSED),
        case("`Responses` is null", |it| it["Responses"] = Value::Null, REFUSED),
        case("`Responses` is a list", |it| it["Responses"] = json!([]), REFUSED),
        case("the table's items are an object", |it| items_are(it, json!({})), REFUSED),
        case("one record comes twice", twice, BROKEN),
        case("an item of another tenant", |it| record(it, "TENANT")["pk"]["S"] = json!("TENANT#biz_x"), BROKEN),
        case("an item of another user", |it| record(it, "USER#")["sk"]["S"] = json!("USER#usr_x"), BROKEN),
        case("an item that was not asked for", |it| record(it, "PAT#")["sk"]["S"] = json!("AUDIT#1#2"), BROKEN),
        case("an item without a sort key", |it| remove(it, "USER#", "sk"), BROKEN),
        case("an item whose key is a number", |it| record(it, "USER#")["pk"] = json!({"N": "1"}), BROKEN),
        case("an empty item", |it| *record(it, "TENANT") = json!({}), BROKEN),
        case("the token's record names another user", other_holder, &["record_mismatch"]),
        case("the token's record has another shape", |it| move_attributes(it, "USER#", "PAT#"), BROKEN),
        case("the tenant's record has another shape", |it| move_attributes(it, "PAT#", "TENANT"), BROKEN),
        case("an attribute of no known type", |it| record(it, "TENANT")["status"] = json!({"Z": "active"}), BROKEN),
        case("the tenant has an unknown status", |it| set(it, "TENANT", "status", json!({"S": "half"})), BROKEN),
        case("the tenant's status is a boolean", |it| set(it, "TENANT", "status", json!({"BOOL": true})), BROKEN),
        case("the tenant's features are `some`", |it| set(it, "TENANT", "features", json!({"S": "some"})), BROKEN),
        case("the tenant's roles are a list", |it| set(it, "TENANT", "roles", json!({"L": []})), BROKEN),
        case("a role is a number", |it| set(it, "TENANT", "roles", json!({"M": {"admin": {"N": "1"}}})), BROKEN),
        case("the user has an unknown status", |it| set(it, "USER#", "status", json!({"S": ""})), BROKEN),
        case("the user is of an unknown kind", |it| set(it, "USER#", "kind", json!({"S": "robot"})), BROKEN),
        case("what was taken from the user is a string", |it| set(it, "USER#", "removed", json!({"S": "x"})), BROKEN),
        case("the token's end is a string", |it| set(it, "PAT#", "expires", json!({"S": "never"})), BROKEN),
        case("the token's end is negative", |it| set(it, "PAT#", "expires", json!({"N": "-1"})), BROKEN),
        case("the token's revocation is `null`", |it| set(it, "PAT#", "revoked", json!({"NULL": true})), BROKEN),
        case("the token's scopes are a number", |it| set(it, "PAT#", "scopes", json!({"N": "7"})), BROKEN),
    ];
    let missing: [(&str, Alter); 6] = [
        ("the tenant's `status` is missing", |it| remove(it, "TENANT", "status")),
        ("the user's `status` is missing", |it| remove(it, "USER#", "status")),
        ("the user's `kind` is missing", |it| remove(it, "USER#", "kind")),
        ("the token's `expires` is missing", |it| remove(it, "PAT#", "expires")),
        ("the token's `user` is missing", |it| remove(it, "PAT#", "user")),
        ("the token's `id` is missing", |it| remove(it, "PAT#", "id")),
    ];
    cases.extend(missing.map(|(what, alter)| case(what, alter, BROKEN)));
    let for_a_while = Fault::Times(3, Box::new(Fault::Alter(unprocessed)));
    cases.push(Case::new("`UnprocessedKeys` three times", for_a_while, ALLOWED, Bound::Store));
    let in_part = Fault::Times(1, Box::new(Fault::Alter(without_the_token)));
    cases.push(Case::new("`UnprocessedKeys` for one of three", in_part, ALLOWED, Bound::Store));
    cases
}

/// Of the write of `last_used`, on which nothing depends.
pub(super) fn last_use() -> Vec<Case> {
    let case = |what: &str, fault| Case::new(what, fault, ALLOWED, Bound::LastUse);
    let refuse = |error: &str| Fault::Say { bytes: refusal("400 Bad Request", error), reset: false };
    vec![
        case("silence after the write of `last_used`", Fault::SayAndStall(Vec::new())),
        case("the write of `last_used` is reset", Fault::Say { bytes: Vec::new(), reset: true }),
        case("the write of `last_used` is throttled", refuse("ThrottlingException")),
        case("the write of `last_used` is denied", refuse("AccessDeniedException")),
        case("someone else wrote `last_used`", refuse("ConditionalCheckFailedException")),
    ]
}

fn items(answer: &mut Value) -> &mut Vec<Value> {
    let tables = answer["Responses"].as_object_mut().unwrap();
    tables.values_mut().next().unwrap().as_array_mut().unwrap()
}

fn items_are(answer: &mut Value, items: Value) {
    *answer["Responses"].as_object_mut().unwrap().values_mut().next().unwrap() = items;
}

/// The item whose sort key starts so.
fn record<'a>(answer: &'a mut Value, prefix: &str) -> &'a mut Value {
    items(answer).iter_mut().find(|item| item["sk"]["S"].as_str().unwrap().starts_with(prefix)).unwrap()
}

fn set(answer: &mut Value, prefix: &str, attribute: &str, value: Value) {
    record(answer, prefix)[attribute] = value;
}

fn remove(answer: &mut Value, prefix: &str, attribute: &str) {
    record(answer, prefix).as_object_mut().unwrap().remove(attribute).unwrap();
}

fn twice(answer: &mut Value) {
    let mut suspended = record(answer, "TENANT").clone();
    suspended["status"]["S"] = json!("suspended");
    items(answer).insert(0, suspended);
}

fn other_holder(answer: &mut Value) {
    set(answer, "PAT#", "user", json!({"S": "usr_000000000000000000000000"}));
}

/// Gives one record the attributes of another, its key aside.
fn move_attributes(answer: &mut Value, from: &str, to: &str) {
    let mut moved = record(answer, from).clone();
    let target = record(answer, to);
    moved["pk"] = target["pk"].take();
    moved["sk"] = target["sk"].take();
    *target = moved;
}

fn keys(answer: &mut Value, prefix: &str) -> Value {
    let item = record(answer, prefix);
    json!({"pk": item["pk"], "sk": item["sk"]})
}

/// An answer that processed nothing.
fn unprocessed(answer: &mut Value) {
    let keys: Vec<Value> = ["TENANT", "USER#", "PAT#"].map(|prefix| keys(answer, prefix)).to_vec();
    *answer = json!({"Responses": {}, "UnprocessedKeys": {"edge-authorizer": {"Keys": keys}}});
}

fn without_the_token(answer: &mut Value) {
    let key = keys(answer, "PAT#");
    items(answer).retain(|item| !item["sk"]["S"].as_str().unwrap().starts_with("PAT#"));
    answer["UnprocessedKeys"] = json!({"edge-authorizer": {"Keys": [key], "ConsistentRead": true}});
}

fn other_table(answer: &mut Value) {
    items_are(answer, json!([]));
    answer["UnprocessedKeys"] = json!({"another": {"Keys": [{"pk": {"S": "a"}, "sk": {"S": "b"}}]}});
}
