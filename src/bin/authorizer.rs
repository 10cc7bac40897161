//! The Lambda: wiring only. Everything that it needs is read before the first event is asked for.

mod lambda_host;

use std::io::Write as _;
use std::time::Instant;

use edge_authorizer::api::Api;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::Outcome;
use edge_authorizer::settings::Settings;
use edge_authorizer::store::read::DynamoStore;
use edge_authorizer::telemetry::{self, Invocation};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;

use lambda_host::{endpoint, listen, now, read_pack, required, variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // The decision's line is written by `telemetry`; this is for what the libraries have to say.
    listen();
    let function = required("AWS_LAMBDA_FUNCTION_NAME")?;
    let authorizer = Authorizer::new(Api::from_json(&read_pack()?)?, Settings::read(variable)?)?;
    let store = DynamoStore::new(endpoint("DYNAMODB")?, required("TABLE_NAME")?);
    store.warm().await;
    authorizer.warm(&store, now()?).await;
    // Without the runtime's own spans: the decision's line says all, and they would cost what it costs.
    let runtime = Runtime::new(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let start = Instant::now();
        let invocation = Invocation { function: &function, id: &event.context.request_id };
        let decision = authorizer.decide(event.payload.get(), &store, now()?).await;
        let line = telemetry::line(&decision, invocation, start.elapsed().as_secs_f64() * 1000.0, now()?)?;
        // A log that cannot be written does not change what was decided.
        let _ = writeln!(std::io::stdout(), "{line}");
        match decision.outcome {
            Outcome::Answer(answer) => Ok(answer),
            // The gateway turns exactly this text into 401.
            Outcome::Unauthorized(_) => Err(Error::from("Unauthorized")),
            Outcome::Fault(fault) => Err(Error::from(format!("fault: {}", fault.code()))),
        }
    }));
    runtime.run().await
}
