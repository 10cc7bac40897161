//! The authorization server behind API Gateway: events of both formats in, answers out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_authorizer::oauth::lambda::{Answer, answer};
use serde_json::{Value, json};

use super::house::{House, ISSUER, NAME, PASSWORD, form};

const FORM: &str = "application/x-www-form-urlencoded";

/// An event of a REST API, as the guide shows it: headers twice, the last value alone and all of them.
fn rest(method: &str, path: &str, query: Value, headers: Value, body: Option<&str>) -> Value {
    let last = |lists: &Value| -> Value {
        let Some(lists) = lists.as_object() else { return Value::Null };
        lists.iter().map(|(name, values)| (name.clone(), values.as_array().unwrap().last().unwrap().clone())).collect()
    };
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": last(&headers),
        "multiValueHeaders": headers,
        "queryStringParameters": last(&query),
        "multiValueQueryStringParameters": query,
        "pathParameters": {"proxy": path.trim_start_matches('/')},
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012",
            "stage": "live",
            "path": format!("/live{path}"),
            "identity": {"sourceIp": "192.0.2.7", "userAgent": "curl/8", "accessKey": null},
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// An event of an HTTP API, payload format 2.0.
fn http(method: &str, path: &str, query: &str, headers: Value, body: Option<&str>) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": ""},
            "requestId": "JKJaXmPLvHcESHA=",
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

async fn ask(house: &House, event: &Value) -> Value {
    let answer: Answer = answer(&house.router, &event.to_string()).await.unwrap();
    serde_json::to_value(answer).unwrap()
}

fn error(answer: &Value) -> String {
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap_or_else(|_| panic!("{answer}"));
    format!("{} {}", answer["statusCode"], body["error"].as_str().unwrap())
}

/// Both formats lead the browser from the app's link to the consent page, cookies and all.
#[tokio::test]
async fn a_browser_gets_through_either_gateway() {
    let house = House::new().await;
    let app = house.app().await;
    let path = House::authorize_path(&app, &[("state", "a b+c/&=%")]);
    let query = path.split_once('?').unwrap().1;
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let lists: Value = pairs.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    for (is_rest, asked) in [
        (true, ask(&house, &rest("GET", "/authorize", lists.clone(), json!({}), None)).await),
        (false, ask(&house, &http("GET", "/authorize", query, json!({}), None)).await),
    ] {
        assert_eq!(asked["statusCode"], 303, "{asked}");
        let (location, cookie) = if is_rest {
            assert_eq!(asked["headers"], Value::Null, "a REST API would send them twice");
            (&asked["multiValueHeaders"]["location"][0], &asked["multiValueHeaders"]["set-cookie"][0])
        } else {
            assert_eq!(asked["headers"]["set-cookie"], Value::Null);
            (&asked["headers"]["location"], &asked["cookies"][0])
        };
        let handle = location.as_str().unwrap().split_once("request=").unwrap().1.to_owned();
        assert!(location.as_str().unwrap().starts_with(&format!("{ISSUER}/sign-in?request=")));
        let cookie = cookie.as_str().unwrap().split(';').next().unwrap();
        let fields = form(&[("request", &handle), ("name", NAME), ("password", PASSWORD)]);
        let signed_in = if is_rest {
            let headers = json!({"Content-Type": [FORM], "Cookie": ["theme=dark", cookie]});
            ask(&house, &rest("POST", "/sign-in", Value::Null, headers, Some(&fields))).await
        } else {
            let mut event = http("POST", "/sign-in", "", json!({"content-type": FORM}), None);
            event["cookies"] = json!(["theme=dark", cookie]);
            event["body"] = json!(STANDARD.encode(&fields));
            event["isBase64Encoded"] = json!(true);
            ask(&house, &event).await
        };
        assert_eq!(signed_in["statusCode"], 303, "{signed_in}");
    }
}

/// What is odd about a request is an answer, and never a failed invocation.
#[tokio::test]
async fn odd_requests_are_answered() {
    let house = House::new().await;
    let form = |headers: Value| rest("POST", "/token", Value::Null, headers, Some("grant_type=refresh_token"));
    let mut not_base64 = http("POST", "/token", "", json!({"content-type": FORM}), Some("%%%"));
    not_base64["isBase64Encoded"] = json!(true);
    for (what, event, answered) in [
        (
            "letters beyond ASCII in a header",
            form(json!({"content-type": [FORM], "user-agent": ["Zoë"]})),
            "401 invalid_client",
        ),
        ("in one that is read", form(json!({"content-type": ["é"]})), "400 invalid_request"),
        (
            "a header twice",
            form(json!({"content-type": [FORM], "authorization": ["Basic eDp5", "Basic eTp6"]})),
            "400 invalid_request",
        ),
        (
            "in two spellings",
            form(json!({"content-type": [FORM], "authorization": ["Basic eDp5"], "Authorization": ["Basic eTp6"]})),
            "400 invalid_request",
        ),
        (
            "a client that is not there",
            form(json!({"content-type": [FORM], "authorization": ["Basic eDp5"]})),
            "401 invalid_client",
        ),
        ("a name that is no header's", form(json!({"content type": [FORM]})), "400 invalid_request"),
        ("a line end in a header", form(json!({"content-type": ["a\r\nb: c"]})), "400 invalid_request"),
        ("no headers", form(Value::Null), "400 invalid_request"),
        ("a body that is not what it says", not_base64, "400 invalid_request"),
        ("a verb with a space", http("GET /", "/jwks.json", "", Value::Null, None), "400 invalid_request"),
        ("a path with a space", http("GET", "/a b", "", Value::Null, None), "400 invalid_request"),
        (
            "a path that is a URL",
            http("GET", "http://evil.example/token", "", Value::Null, None),
            "400 invalid_request",
        ),
    ] {
        assert_eq!(error(&ask(&house, &event).await), answered, "{what}");
    }
    for path in ["/", "/nothing", "/live/token", "//token", ""] {
        let status = ask(&house, &rest("GET", path, Value::Null, Value::Null, None)).await["statusCode"].clone();
        assert!([404, 400].contains(&status.as_u64().unwrap()), "{path} {status}");
    }
    let head = ask(&house, &http("HEAD", "/jwks.json", "", Value::Null, None)).await;
    assert_eq!((head["statusCode"].as_u64(), head["body"].as_str()), (Some(200), Some("")));
}

/// [102]: nothing that a client says of itself is believed, the host least of all.
#[tokio::test]
async fn the_gateways_word_counts_and_no_headers() {
    let house = House::new().await;
    let path = "/.well-known/oauth-authorization-server";
    let lies = json!({
        "host": ["evil.example"], "x-forwarded-host": ["evil.example"], "x-forwarded-proto": ["not a scheme"],
        "forwarded": ["host=evil.example"], "x-forwarded-for": ["198.51.100.1"],
    });
    let metadata = ask(&house, &rest("GET", path, Value::Null, lies, None)).await;
    assert_eq!(metadata["statusCode"], 200);
    let body = metadata["body"].as_str().unwrap();
    assert!(!body.contains("evil") && body.contains(ISSUER), "{body}");

    // Registrations are counted by the address that the gateway saw, whatever is said of it.
    let registration = json!({"redirect_uris": ["https://app.example.com/cb"], "token_endpoint_auth_method": "none"});
    let mut last = String::new();
    for number in 0..21 {
        let headers = json!({"content-type": "application/json", "x-forwarded-for": format!("198.51.100.{number}")});
        let answer = ask(&house, &http("POST", "/register", "", headers, Some(&registration.to_string()))).await;
        last = answer["statusCode"].to_string();
    }
    assert_eq!(last, "429");
    let mut elsewhere =
        http("POST", "/register", "", json!({"content-type": "application/json"}), Some(&registration.to_string()));
    // A subscriber of IPv6 has a whole /64, and counts as one; a mapped IPv4 address is that address.
    for (address, status) in [("192.0.2.8", 201), ("::ffff:192.0.2.7", 429), ("2001:db8:1:2::1", 201)] {
        elsewhere["requestContext"]["http"]["sourceIp"] = json!(address);
        assert_eq!(ask(&house, &elsewhere).await["statusCode"], status, "{address}");
    }
    let mut last = String::new();
    for host in 2..=21 {
        elsewhere["requestContext"]["http"]["sourceIp"] = json!(format!("2001:db8:1:2:{host:x}::1"));
        last = ask(&house, &elsewhere).await["statusCode"].to_string();
    }
    assert_eq!(last, "429");
    elsewhere["requestContext"]["http"]["sourceIp"] = json!("2001:db8:1:3::1");
    assert_eq!(ask(&house, &elsewhere).await["statusCode"], 201);
}

/// A stage with a name stands in front of an HTTP API's path.
#[tokio::test]
async fn a_named_stage_is_no_part_of_the_path() {
    let house = House::new().await;
    let mut event = http("GET", "/live/jwks.json", "", Value::Null, None);
    assert_eq!(ask(&house, &event).await["statusCode"], 404);
    event["requestContext"]["stage"] = json!("live");
    assert_eq!(ask(&house, &event).await["statusCode"], 200);
}

/// What is no request at all is a failed invocation, and says so.
#[tokio::test]
async fn an_event_of_something_else_fails() {
    let house = House::new().await;
    for event in ["{}", "[]", "", r#"{"version":"2.0"}"#, r#"{"Records":[]}"#] {
        let error = answer(&house.router, event).await.unwrap_err().to_string();
        assert!(error.starts_with("not the event of a proxy integration"), "{error}");
    }
}
