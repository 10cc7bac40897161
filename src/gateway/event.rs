//! The event of an authorizer's invocation, in every form that API Gateway sends, as one request.
//!
//! Only what a decision needs is read; everything else in an event is passed over, whatever it holds. The official
//! event types are not used for this: their header map turns one non-ASCII byte in any client header into an error,
//! and keeps the last of two spellings of `Authorization`.
//!
//! Sources: "Input to an API Gateway Lambda authorizer", "AWS Lambda authorizers for HTTP APIs" and "`$connect` and
//! `$disconnect` routes", Amazon API Gateway Developer Guide.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::policy::router::Router;

use super::arn::{InvalidArn, MethodArn};

/// Which of the gateway's forms an event has: it decides what an answer may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// REST API, `TOKEN` authorizer.
    RestToken,
    /// REST API, `REQUEST` authorizer.
    RestRequest,
    /// HTTP API, payload format 1.0.
    HttpV1,
    /// HTTP API, payload format 2.0.
    HttpV2,
    /// WebSocket API, `$connect`.
    WebSocket,
}

impl EventKind {
    /// How the API that sent the event routes its requests.
    pub fn router(self) -> Router {
        match self {
            Self::RestToken | Self::RestRequest | Self::WebSocket => Router::Rest,
            Self::HttpV1 | Self::HttpV2 => Router::Http,
        }
    }
}

/// What the request says of its `Authorization`.
#[derive(Clone, PartialEq, Eq)]
pub enum Authorization<'a> {
    /// Nothing at all.
    Absent,
    /// One value, as it was sent.
    One(Cow<'a, str>),
    /// Several values, or two places that disagree: no credentials that anybody could trust.
    Ambiguous,
}

/// A credential's text stays out of `Debug`.
impl fmt::Debug for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::One(_) => "One(..)",
            Self::Ambiguous => "Ambiguous",
        })
    }
}

/// A request, whatever the event's form.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The event's form.
    pub kind: EventKind,
    /// The credentials, as far as there are any.
    pub authorization: Authorization<'a>,
    arn: Cow<'a, str>,
    /// The gateway's id of the request, if the event has one.
    pub request_id: Option<Cow<'a, str>>,
}

/// An event that no gateway sends: the function is attached to something else.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Not JSON, or what is read of it has another type. It says where, and never what: a parser's own words would
    /// repeat a piece of the event, which may be a token's.
    #[error("the event is not an authorizer's event: see line {line}, column {column}")]
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// `type` has another value.
    #[error("the event's type is neither `TOKEN` nor `REQUEST`")]
    UnknownType,
    /// `version` has another value.
    #[error("the event's payload version is neither `1.0` nor `2.0`")]
    UnknownVersion,
    /// Neither `methodArn` nor `routeArn`.
    #[error("the event names no method: `methodArn` or `routeArn` is missing")]
    NoArn,
    /// The method's ARN is not one that this kind of gateway sends.
    #[error("`methodArn` or `routeArn`: {0}")]
    Arn(#[from] InvalidArn),
}

impl<'a> Request<'a> {
    /// Reads an event's JSON.
    ///
    /// # Errors
    /// [`EventError`] when it is not the event of a known authorizer.
    pub fn from_json(json: &'a str) -> Result<Self, EventError> {
        let event: Event<'a> = serde_json::from_str(json)
            .map_err(|error| EventError::Json { line: error.line(), column: error.column() })?;
        let kind = event.kind()?;
        let authorization = event.authorization(kind);
        let context = event.request_context.unwrap_or_default();
        let request_id = context.request_id.filter(|id| is_request_id(id));
        let arn = event.method_arn.or(event.route_arn).ok_or(EventError::NoArn)?;
        Ok(Self { kind, authorization, arn, request_id })
    }

    /// The method that is asked for.
    ///
    /// # Errors
    /// [`EventError::Arn`] when the event names it in another form than the gateway does.
    pub fn arn(&self) -> Result<MethodArn<'_>, EventError> {
        Ok(match self.kind {
            EventKind::WebSocket => MethodArn::parse_connect(&self.arn)?,
            EventKind::RestToken | EventKind::RestRequest | EventKind::HttpV1 | EventKind::HttpV2 => {
                MethodArn::parse(&self.arn)?
            }
        })
    }
}

/// The gateway's ids are short and plain. It is written into the log, so nothing else is taken for one.
pub(crate) fn is_request_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    version: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    authorization_token: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    method_arn: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    route_arn: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    headers: AuthorizationValues<'a>,
    #[serde(borrow, default)]
    multi_value_headers: AuthorizationValues<'a>,
    #[serde(borrow, default)]
    request_context: Option<RequestContext<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    #[serde(borrow, default)]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    event_type: Option<Cow<'a, str>>,
}

impl<'a> Event<'a> {
    fn kind(&self) -> Result<EventKind, EventError> {
        match self.kind.as_deref() {
            Some("TOKEN") => return Ok(EventKind::RestToken),
            Some("REQUEST") => {}
            _ => return Err(EventError::UnknownType),
        }
        if self.request_context.as_ref().and_then(|it| it.event_type.as_deref()) == Some("CONNECT") {
            return Ok(EventKind::WebSocket);
        }
        match self.version.as_deref() {
            Some("1.0") => Ok(EventKind::HttpV1),
            Some("2.0") => Ok(EventKind::HttpV2),
            Some(_) => Err(EventError::UnknownVersion),
            None => Ok(EventKind::RestRequest),
        }
    }

    fn authorization(&self, kind: EventKind) -> Authorization<'a> {
        if kind == EventKind::RestToken {
            return self.authorization_token.clone().map_or(Authorization::Absent, Authorization::One);
        }
        // REST, HTTP 1.0 and WebSocket events say every header twice, and then both must say the same.
        let (single, multi) = (&self.headers, &self.multi_value_headers);
        match (single.values.as_slice(), multi.values.as_slice()) {
            ([], []) => Authorization::Absent,
            ([one], []) if !multi.has_headers => Authorization::One(one.clone()),
            ([], [one]) if !single.has_headers => Authorization::One(one.clone()),
            ([one], [same]) if one == same => Authorization::One(one.clone()),
            _ => Authorization::Ambiguous,
        }
    }
}

/// Every value of `Authorization` in a header map, in whatever case its name is written; nothing else is kept.
#[derive(Default)]
struct AuthorizationValues<'a> {
    /// Whether the map has any header at all. One that has none, or is not there, says nothing.
    has_headers: bool,
    values: Vec<Cow<'a, str>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for AuthorizationValues<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeaderMap)
    }
}

struct HeaderMap;

impl<'de> Visitor<'de> for HeaderMap {
    type Value = AuthorizationValues<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of headers")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(AuthorizationValues::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut headers: A) -> Result<Self::Value, A::Error> {
        let mut found = AuthorizationValues::default();
        while let Some(Text(name)) = headers.next_key::<Text<'de>>()? {
            found.has_headers = true;
            if name.eq_ignore_ascii_case("authorization") {
                found.values.extend(headers.next_value::<HeaderValues<'de>>()?.0);
            } else {
                headers.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Borrowed where the JSON has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A header's value: one string in `headers`, a list of them in `multiValueHeaders`.
struct HeaderValues<'a>(Vec<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for HeaderValues<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeaderValue)
    }
}

struct HeaderValue;

impl<'de> Visitor<'de> for HeaderValue {
    type Value = HeaderValues<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header's value or values")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(HeaderValues(Vec::new()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(HeaderValues(vec![Cow::Borrowed(value)]))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(HeaderValues(vec![Cow::Owned(value.to_owned())]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Text(value)) = items.next_element::<Text<'de>>()? {
            values.push(value);
        }
        Ok(HeaderValues(values))
    }
}
