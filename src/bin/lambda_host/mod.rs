//! What a function of AWS Lambda finds around it: its environment, the file beside its binary, the clock.

#![expect(clippy::disallowed_methods, reason = "the program is where the clock and the environment are read")]

use std::time::{SystemTime, UNIX_EPOCH};

use edge_authorizer::store::client::Endpoint;
use edge_authorizer::telemetry;
use edge_authorizer::timestamp::Timestamp;
use lambda_runtime::Error;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Writes what is worth a line to the function's log, as JSON.
pub(crate) fn listen() {
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    tracing_subscriber::registry().with(lines.with_filter(filter_fn(telemetry::is_worth_a_line))).init();
}

/// The API, as `edge pack` has compiled it.
pub(crate) fn read_pack() -> Result<String, Error> {
    let path = variable("API_PACK")
        .unwrap_or_else(|| format!("{}/api.pack.json", variable("LAMBDA_TASK_ROOT").unwrap_or_else(|| ".".to_owned())));
    std::fs::read_to_string(&path).map_err(|error| format!("the API's pack `{path}` cannot be read: {error}").into())
}

/// Where a service of AWS is, `DYNAMODB` or `KMS`, and who asks: the function's role.
pub(crate) fn endpoint(service: &str) -> Result<Endpoint, Error> {
    Ok(Endpoint::with_keys(
        required("AWS_REGION")?,
        variable(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| variable("AWS_ENDPOINT_URL")),
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
        variable("AWS_SESSION_TOKEN"),
    ))
}

pub(crate) fn now() -> Result<Timestamp, Error> {
    Ok(Timestamp::from_seconds(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()))
}

pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(crate) fn required(name: &str) -> Result<String, Error> {
    variable(name).ok_or_else(|| format!("the variable `{name}` is not set").into())
}
