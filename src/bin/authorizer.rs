//! The Lambda: wiring only. Everything that it needs is read before the first event is asked for.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use edge_authorizer::api::Api;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::{Decision, Outcome};
use edge_authorizer::settings::Settings;
use edge_authorizer::store::client::{Endpoint, connect};
use edge_authorizer::store::read::DynamoStore;
use edge_authorizer::timestamp::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_target(false).init();
    let authorizer = Authorizer { api: Api::from_json(&read_pack()?)?, settings: Settings::read(variable)? };
    let store = DynamoStore::new(connect(endpoint()?), required("TABLE_NAME")?);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let start = Instant::now();
        let decision = authorizer.decide(event.payload.get(), &store, now()?).await;
        log(&decision, start);
        match decision.outcome {
            Outcome::Answer(answer) => Ok(answer),
            // The gateway turns exactly this text into 401.
            Outcome::Unauthorized(_) => Err(Error::from("Unauthorized")),
            Outcome::Fault(fault) => Err(Error::from(format!("fault: {}", fault.code()))),
        }
    }))
    .await
}

fn log(decision: &Decision, start: Instant) {
    let trail = &decision.trail;
    let fault = match &decision.outcome {
        Outcome::Fault(fault) => Some(fault.to_string()),
        Outcome::Answer(_) | Outcome::Unauthorized(_) => None,
    };
    tracing::info!(
        request_id = trail.request_id,
        operation = trail.operation,
        outcome = trail.reason.outcome(),
        reason = trail.reason.code(),
        tenant = trail.tenant,
        user = trail.user,
        token_id = trail.token_id,
        token_type = trail.token_type,
        reads = trail.reads,
        milliseconds = start.elapsed().as_secs_f64() * 1000.0,
        fault,
        "decision"
    );
}

fn read_pack() -> Result<String, Error> {
    let path = variable("API_PACK")
        .unwrap_or_else(|| format!("{}/api.pack.json", variable("LAMBDA_TASK_ROOT").unwrap_or_else(|| ".".to_owned())));
    std::fs::read_to_string(&path).map_err(|error| format!("the API's pack `{path}` cannot be read: {error}").into())
}

fn endpoint() -> Result<Endpoint, Error> {
    Ok(Endpoint::with_keys(
        required("AWS_REGION")?,
        variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL")),
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
        variable("AWS_SESSION_TOKEN"),
    ))
}

fn now() -> Result<Timestamp, Error> {
    Ok(Timestamp::from_seconds(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn required(name: &str) -> Result<String, Error> {
    variable(name).ok_or_else(|| format!("the variable `{name}` is not set").into())
}
