//! What happens between a read and the write that was decided on it: a client of the store that holds a call back until
//! something else has happened, says that there was a conflict, or does not answer any more. It also counts what the
//! store is asked for.

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

/// The operation of a transaction.
const TRANSACTION: &str = "TransactWriteItems";

/// What is to happen before the next call of a kind.
#[derive(Clone, Default)]
pub(super) struct Between(Arc<Mutex<Planned>>);

#[derive(Default)]
struct Planned {
    event: Option<(&'static str, Event)>,
    conflicts: usize,
    /// How many calls are still answered; all of them where that is not said.
    answers: Option<usize>,
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
        self.happens_before(TRANSACTION, event);
    }

    /// Lets this happen before the next call of that operation, once.
    pub(super) fn happens_before(&self, operation: &'static str, event: impl Future<Output = ()> + Send + 'static) {
        self.0.lock().unwrap().event = Some((operation, Box::pin(event)));
    }

    /// Answers so many calls, and then no more until it is back.
    pub(super) fn goes_down_after(&self, calls: usize) {
        self.0.lock().unwrap().answers = Some(calls);
    }

    /// Answers again.
    pub(super) fn is_back(&self) {
        self.0.lock().unwrap().answers = None;
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

    /// What was to happen before a call of that operation.
    fn event(&self, operation: &str) -> Option<Event> {
        let mut planned = self.0.lock().unwrap();
        planned.event.take_if(|(before, _)| *before == operation).map(|(_, event)| event)
    }

    fn is_down(&self) -> bool {
        let mut planned = self.0.lock().unwrap();
        let down = planned.answers == Some(0);
        planned.answers = planned.answers.map(|calls| calls.saturating_sub(1));
        down
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
        let operation = target.split('.').next_back().unwrap_or_default().to_owned();
        let (between, inner) = (self.between.clone(), self.inner.clone());
        HttpConnectorFuture::new(async move {
            between.0.lock().unwrap().asked.push(operation.clone());
            if let Some(event) = between.event(&operation) {
                event.await;
            }
            if between.is_down() {
                return Ok(refusal(r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}"#));
            }
            if operation == TRANSACTION && between.conflict() {
                return Ok(conflict());
            }
            inner.call(request).await
        })
    }
}

/// What DynamoDB says when another transaction is under way on the same record.
fn conflict() -> HttpResponse {
    refusal(
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled",
        "CancellationReasons":[{"Code":"TransactionConflict","Message":"ongoing"},{"Code":"None"},{"Code":"None"}]}"#,
    )
}

/// An answer that is not asked for again.
fn refusal(body: &'static str) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(400).unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
