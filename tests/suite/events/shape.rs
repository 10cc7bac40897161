//! One request as an event of each form, complete as API Gateway documents it.
//!
//! Sources: "Input to an API Gateway Lambda authorizer", "AWS Lambda authorizers for HTTP APIs" and "`$connect` and
//! `$disconnect` routes", Amazon API Gateway Developer Guide.

use edge_authorizer::gateway::event::EventKind;
use serde_json::{Map, Value, json};

/// Every form, with the name that files are called by.
pub(crate) const FORMS: [(EventKind, &str); 5] = [
    (EventKind::RestToken, "rest-token"),
    (EventKind::RestRequest, "rest-request"),
    (EventKind::HttpV1, "http-v1"),
    (EventKind::HttpV2, "http-v2"),
    (EventKind::WebSocket, "websocket"),
];

const API: &str = "a1b2c3d4e5";
const HOST: &str = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
const ACCOUNT: &str = "123456789012";
const REQUEST_ID: &str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";
const ADDRESS: &str = "203.0.113.17";
const AGENT: &str = "curl/8.14.1";
/// 2026-07-01T00:00:00Z, as API Gateway writes it, and in milliseconds.
const TIME: (&str, u64) = ("01/Jul/2026:00:00:00 +0000", 1_782_864_000_000);

/// A request as a client sends it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) verb: &'static str,
    pub(crate) path: String,
    /// The path as the API reference writes it.
    pub(crate) template: &'static str,
    /// The values of `Authorization`, in the order of the headers.
    pub(crate) authorization: Vec<String>,
}

impl Call {
    /// One contact is read with that bearer token.
    pub(crate) fn with_token(token: &str) -> Self {
        Self {
            verb: "GET",
            path: "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e".to_owned(),
            template: "/v1/contacts/{id}",
            authorization: vec![format!("Bearer {token}")],
        }
    }

    /// The event of that form. A WebSocket has one route, so that the call's own makes no difference to it.
    pub(crate) fn event(&self, form: EventKind) -> Value {
        match form {
            EventKind::RestToken => self.rest_token(),
            EventKind::RestRequest => self.rest_request(),
            EventKind::HttpV1 => self.http_v1(),
            EventKind::HttpV2 => self.http_v2(),
            EventKind::WebSocket => self.websocket(),
        }
    }

    fn arn(&self, stage: &str) -> String {
        format!("arn:aws:execute-api:eu-central-1:{ACCOUNT}:{API}/{stage}/{}{}", self.verb, self.path)
    }

    fn rest_token(&self) -> Value {
        let mut event = json!({ "type": "TOKEN", "methodArn": self.arn("prod") });
        // One identity source: several headers of that name are one list.
        if !self.authorization.is_empty() {
            event["authorizationToken"] = self.authorization.join(", ").into();
        }
        event
    }

    fn rest_request(&self) -> Value {
        json!({
            "type": "REQUEST",
            "methodArn": self.arn("prod"),
            "resource": self.template,
            "path": self.path,
            "httpMethod": self.verb,
            "headers": self.headers(&[]),
            "multiValueHeaders": self.multi_value_headers(&[]),
            "queryStringParameters": {},
            "multiValueQueryStringParameters": {},
            "pathParameters": self.path_parameters(),
            "stageVariables": {},
            "requestContext": self.rest_context("prod"),
        })
    }

    fn http_v1(&self) -> Value {
        let identity = self.authorization.join(",");
        let identity = if identity.is_empty() { Value::Null } else { identity.into() };
        json!({
            "version": "1.0",
            "type": "REQUEST",
            "methodArn": self.arn("$default"),
            "identitySource": identity,
            "authorizationToken": identity,
            "resource": self.template,
            "path": self.path,
            "httpMethod": self.verb,
            "headers": self.headers(&[]),
            "multiValueHeaders": self.multi_value_headers(&[]),
            "queryStringParameters": {},
            "multiValueQueryStringParameters": {},
            "pathParameters": self.path_parameters(),
            "stageVariables": {},
            "requestContext": self.rest_context("$default"),
        })
    }

    fn http_v2(&self) -> Value {
        let mut headers = Map::new();
        for (name, values) in self.header_list(&[]) {
            // Names in lower case, several values as one list.
            headers.insert(name.to_ascii_lowercase(), values.join(",").into());
        }
        json!({
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": self.arn("$default"),
            "identitySource": self.authorization,
            "routeKey": format!("{} {}", self.verb, self.template),
            "rawPath": self.path,
            "rawQueryString": "",
            "headers": headers,
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": API,
                "domainName": HOST,
                "domainPrefix": API,
                "http": {
                    "method": self.verb,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": ADDRESS,
                    "userAgent": AGENT,
                },
                "requestId": REQUEST_ID,
                "routeKey": format!("{} {}", self.verb, self.template),
                "stage": "$default",
                "time": TIME.0,
                "timeEpoch": TIME.1,
            },
            "pathParameters": self.path_parameters(),
        })
    }

    fn websocket(&self) -> Value {
        let upgrade = [
            ("Connection", "upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Version", "13"),
        ];
        json!({
            "type": "REQUEST",
            "methodArn": format!("arn:aws:execute-api:eu-central-1:{ACCOUNT}:{API}/live/$connect"),
            "headers": self.headers(&upgrade),
            "multiValueHeaders": self.multi_value_headers(&upgrade),
            "queryStringParameters": {},
            "multiValueQueryStringParameters": {},
            "stageVariables": {},
            "requestContext": {
                "routeKey": "$connect",
                "eventType": "CONNECT",
                "extendedRequestId": "L0a1bFuvliAFkVQ=",
                "requestTime": TIME.0,
                "messageDirection": "IN",
                "stage": "live",
                "connectedAt": TIME.1,
                "requestTimeEpoch": TIME.1,
                "identity": { "userAgent": AGENT, "sourceIp": ADDRESS },
                "requestId": REQUEST_ID,
                "domainName": HOST,
                "connectionId": "L0a1beMOliACJ1g=",
                "apiId": API,
            },
        })
    }

    fn rest_context(&self, stage: &str) -> Value {
        json!({
            "accountId": ACCOUNT,
            "apiId": API,
            "domainName": HOST,
            "domainPrefix": API,
            "extendedRequestId": "L0a1bFuvliAFkVQ=",
            "httpMethod": self.verb,
            "identity": { "sourceIp": ADDRESS, "userAgent": AGENT },
            "path": self.path,
            "protocol": "HTTP/1.1",
            "requestId": REQUEST_ID,
            "requestTime": TIME.0,
            "requestTimeEpoch": TIME.1,
            "resourceId": "05c7jb",
            "resourcePath": self.template,
            "stage": stage,
        })
    }

    fn path_parameters(&self) -> Value {
        let segments = self.template.split('/').zip(self.path.split('/'));
        let parameters = segments.filter_map(|(template, value)| {
            let name = template.strip_prefix('{')?.strip_suffix('}')?;
            Some((name.to_owned(), Value::from(value)))
        });
        Value::Object(parameters.collect())
    }

    /// The last of several values.
    fn headers(&self, more: &[(&'static str, &str)]) -> Value {
        let last = |(name, values): (&str, Vec<String>)| Some((name.to_owned(), Value::from(values.last()?.as_str())));
        Value::Object(self.header_list(more).into_iter().filter_map(last).collect())
    }

    fn multi_value_headers(&self, more: &[(&'static str, &str)]) -> Value {
        let all = |(name, values): (&str, Vec<String>)| (name.to_owned(), Value::from(values));
        Value::Object(self.header_list(more).into_iter().map(all).collect())
    }

    fn header_list(&self, more: &[(&'static str, &str)]) -> Vec<(&'static str, Vec<String>)> {
        let mut headers = vec![("Accept", vec!["*/*".to_owned()])];
        if !self.authorization.is_empty() {
            headers.push(("Authorization", self.authorization.clone()));
        }
        let usual = [
            ("Host", HOST),
            ("User-Agent", AGENT),
            ("Version", "2026-06-01"),
            ("X-Amzn-Trace-Id", "Root=1-6a445a00-0123456789abcdef01234567"),
            ("X-Forwarded-For", ADDRESS),
            ("X-Forwarded-Port", "443"),
            ("X-Forwarded-Proto", "https"),
        ];
        headers.extend(usual.iter().chain(more).map(|(name, value)| (*name, vec![(*value).to_owned()])));
        headers
    }
}
