//! HTTP as the tests speak it to a server that runs: one request, and all of its answer. Redirects are not followed.

use std::collections::HashMap;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    /// Reads an answer to its end.
    pub(crate) async fn read(response: axum::http::Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.body))
    }

    pub(crate) fn text(&self, field: &str) -> String {
        let json = self.json();
        json[field].as_str().unwrap_or_else(|| panic!("no {field} in {json}")).to_owned()
    }

    /// The parameters of the address that it leads to.
    pub(crate) fn parameters(&self) -> HashMap<String, String> {
        let location = url::Url::parse(self.header("location")).unwrap_or_else(|_| panic!("{}", self.body));
        location.query_pairs().into_owned().collect()
    }

    pub(crate) fn error(&self) -> String {
        format!("{} {}", self.status, self.text("error"))
    }
}

/// The cookie that an answer sets, as a browser sends it back.
pub(crate) fn cookie(reply: &Reply) -> String {
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// Sends a request to the address that it names.
pub(crate) async fn send(request: Request<Body>) -> Reply {
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    Reply::read(client.request(request).await.unwrap().map(Body::new)).await
}

pub(crate) async fn get(url: &str, headers: &[(&str, &str)]) -> Reply {
    let request = headers.iter().fold(Request::get(url), |request, (name, value)| request.header(*name, *value));
    send(request.body(Body::empty()).unwrap()).await
}

pub(crate) async fn post(url: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let request = headers.iter().fold(Request::post(url), |request, (name, value)| request.header(*name, *value));
    send(request.body(Body::from(body.to_owned())).unwrap()).await
}

pub(crate) async fn post_form(url: &str, cookie: &str, fields: &[(&str, &str)]) -> Reply {
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie)];
    post(url, &headers, &form(fields)).await
}

pub(crate) async fn post_json(url: &str, body: &Value) -> Reply {
    post(url, &[("content-type", "application/json")], &body.to_string()).await
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
