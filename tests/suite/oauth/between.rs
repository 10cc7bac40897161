//! What happens between a read and the write that was decided on it: a client of the store that holds a transaction back
//! until something else has happened, or says that there was a conflict. It also counts what the store is asked for.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use edge_authorizer::store::client::http_client;

type Event = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is to happen before the next transaction.
#[derive(Clone, Default)]
pub(super) struct Between(Arc<Mutex<Planned>>);

#[derive(Default)]
struct Planned {
    event: Option<Event>,
    conflicts: usize,
    /// The operations that the store was asked for.
    asked: Vec<String>,
}

impl Between {
    /// The client, with this between its reads and its transactions.
    pub(super) fn put_into(&self, client: &Client) -> Client {
        let http = Held { between: self.clone() };
        Client::from_conf(client.config().to_builder().http_client(http).build())
    }

    /// Lets this happen before the next transaction, once.
    pub(super) fn happens(&self, event: impl Future<Output = ()> + Send + 'static) {
        self.0.lock().unwrap().event = Some(Box::pin(event));
    }

    /// Cancels so many transactions, as if another had been under way on the same record.
    pub(super) fn conflicts(&self, times: usize) {
        self.0.lock().unwrap().conflicts = times;
    }

    /// What the store was asked for since the last look.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    /// Whether all that was planned has happened.
    pub(super) fn is_over(&self) -> bool {
        let planned = self.0.lock().unwrap();
        planned.event.is_none() && planned.conflicts == 0
    }

    fn conflict(&self) -> bool {
        let mut planned = self.0.lock().unwrap();
        let conflict = planned.conflicts > 0;
        planned.conflicts = planned.conflicts.saturating_sub(1);
        conflict
    }
}

impl fmt::Debug for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Between").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Held {
    between: Between,
}

impl HttpClient for Held {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = http_client().http_connector(settings, components);
        SharedHttpConnector::new(HeldConnector { between: self.between.clone(), inner })
    }
}

#[derive(Debug)]
struct HeldConnector {
    between: Between,
    inner: SharedHttpConnector,
}

impl HttpConnector for HeldConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.split('.').next_back().unwrap_or_default();
        self.between.0.lock().unwrap().asked.push(operation.to_owned());
        if !target.ends_with(".TransactWriteItems") {
            return self.inner.call(request);
        }
        let (between, inner) = (self.between.clone(), self.inner.clone());
        HttpConnectorFuture::new(async move {
            let event = between.0.lock().unwrap().event.take();
            if let Some(event) = event {
                event.await;
            }
            if between.conflict() { Ok(conflict()) } else { inner.call(request).await }
        })
    }
}

/// What DynamoDB says when another transaction is under way on the same record.
fn conflict() -> HttpResponse {
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled",
        "CancellationReasons":[{"Code":"TransactionConflict","Message":"ongoing"},{"Code":"None"},{"Code":"None"}]}"#;
    let mut response = HttpResponse::new(StatusCode::try_from(400).unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
