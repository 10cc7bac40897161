//! The Lambda: wiring only. Everything that it needs is read before the first event is asked for.

#![expect(clippy::disallowed_methods, reason = "the program is where the clock and the environment are read")]

use std::io::Write as _;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use edge_authorizer::api::Api;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::Outcome;
use edge_authorizer::settings::Settings;
use edge_authorizer::store::client::{Endpoint, connect};
use edge_authorizer::store::read::DynamoStore;
use edge_authorizer::telemetry;
use edge_authorizer::timestamp::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    listen_to_libraries();
    let function = required("AWS_LAMBDA_FUNCTION_NAME")?;
    let authorizer = Authorizer::new(Api::from_json(&read_pack()?)?, Settings::read(variable)?)?;
    let store = DynamoStore::new(connect(endpoint()?), required("TABLE_NAME")?);
    authorizer.warm(&store, now()?).await;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let start = Instant::now();
        let decision = authorizer.decide(event.payload.get(), &store, now()?).await;
        let line = telemetry::line(&decision, &function, start.elapsed().as_secs_f64() * 1000.0, now()?)?;
        // A log that cannot be written does not change what was decided.
        let _ = writeln!(std::io::stdout(), "{line}");
        match decision.outcome {
            Outcome::Answer(answer) => Ok(answer),
            // The gateway turns exactly this text into 401.
            Outcome::Unauthorized(_) => Err(Error::from("Unauthorized")),
            Outcome::Fault(fault) => Err(Error::from(format!("fault: {}", fault.code()))),
        }
    }))
    .await
}

/// The decision's line is written by `telemetry`; this is for what the libraries have to say.
fn listen_to_libraries() {
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    tracing_subscriber::registry().with(lines.with_filter(filter_fn(telemetry::is_worth_a_line))).init();
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
