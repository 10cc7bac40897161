//! The Lambda for what cannot wait, in two functions with a role each: one empties the gateways' caches, the other
//! takes reports of tokens that were found in public. Wiring only; which of the two it is, its handler's name says.

#[expect(dead_code, reason = "of what all programs share, each uses a part")]
mod lambda_host;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use edge_authorizer::flush::call::Caller;
use edge_authorizer::flush::queue::FlushQueue;
use edge_authorizer::flush::stages::{GatewayStage, Stages};
use edge_authorizer::flush::{CacheFlush, NoFlush};
use edge_authorizer::leaks::endpoint::{Leaks, router};
use edge_authorizer::leaks::signature::ReporterKeys;
use edge_authorizer::oauth::lambda;
use edge_authorizer::settings::Settings;
use edge_authorizer::store::admin::Admin;
use edge_authorizer::store::client::connect;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use serde_json::value::RawValue;

use lambda_host::{endpoint, listen, required, variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    listen();
    match required("_HANDLER")?.as_str() {
        "flush" => flush().await,
        "leaks" => leaks().await,
        other => Err(format!("the handler is `flush` or `leaks`, and not `{other}`").into()),
    }
}

/// One flush for all messages of an event. An error gives them back to the queue.
async fn flush() -> Result<(), Error> {
    let caller = caller()?;
    let stages = GatewayStage::list(&required("FLUSH_STAGES")?)?;
    let endpoint = variable("AWS_ENDPOINT_URL").map_or_else(|| required("API_GATEWAY_ENDPOINT"), Ok)?;
    let stages = Stages::new(caller, stages, endpoint);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let asked = event.payload.get("Records").and_then(Value::as_array).map_or(0, Vec::len);
        let flushed = stages.flush().await;
        log(&match &flushed {
            Ok(()) => format!("the caches were flushed, asked for by {asked} messages"),
            Err(error) => error.to_string(),
        });
        flushed.map_err(Error::from)
    }))
    .await
}

async fn leaks() -> Result<(), Error> {
    let queue = variable("FLUSH_QUEUE_URL").filter(|url| !url.is_empty());
    let flush: Box<dyn CacheFlush> = match queue {
        Some(url) => Box::new(FlushQueue::new(caller()?, url, variable("AWS_ENDPOINT_URL"))),
        None => Box::new(NoFlush),
    };
    let leaks = Leaks {
        keys: ReporterKeys::from_json(&required("LEAK_REPORT_KEYS")?)?,
        pats: Settings::read(variable)?.pats,
        admin: Admin::new(connect(endpoint("DYNAMODB")?), required("TABLE_NAME")?),
        flush,
        moment,
        log,
    };
    let router = router(Arc::new(leaks));
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        lambda::answer(&router, event.payload.get()).await.map_err(Error::from)
    }))
    .await
}

#[expect(clippy::disallowed_methods, reason = "the program is where the clock is read")]
fn caller() -> Result<Caller, Error> {
    let asking = endpoint("SQS")?;
    Ok(Caller::new(asking.region, asking.credentials, SystemTime::now))
}

/// The time in milliseconds, and a number that keeps two changes of one millisecond apart.
#[expect(clippy::disallowed_methods, reason = "the program is where the clock is read and random bytes are drawn")]
fn moment() -> (u64, u64) {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut nonce = [0; 8];
    // Without random bytes two changes of one millisecond would collide, and the second be refused: not lost.
    let _ = getrandom::fill(&mut nonce);
    (u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), u64::from_be_bytes(nonce))
}

/// Every line is worth being kept: there are few.
fn log(message: &str) {
    tracing::warn!("{message}");
}
