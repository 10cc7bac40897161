//! `edge invoke`: what the Lambda would answer to an event.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use edge_authorizer::api::Api;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::{Decision, Outcome};
use edge_authorizer::local::installation::Installation;
use serde_json::{Value, json};

use crate::connection::{Connection, Keys, Reference};
use crate::failure::Failure;
use crate::host;
use crate::output::{BAD, DOUBTFUL, GOOD, Output, styled};
use crate::pack;

/// Show what the Lambda would answer to an event.
///
/// Standard output has the answer as the gateway would get it. Standard error has the outcome and its reason code.
/// The exit code is 0 if the route that the event asks for is allowed, 1 if it is denied or the token refused, and 4
/// for a fault.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge invoke --sample events/rest-token-allowed.json
  edge invoke --local event.json
  edge invoke --table edge-authorizer - < event.json")]
pub(crate) struct Invoke {
    /// The event, as API Gateway sends it; `-` for standard input.
    event: PathBuf,
    /// Answer as the demonstration that the events in `events/` are of: no table is needed.
    #[arg(long, conflicts_with = "local")]
    sample: bool,
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    connection: Connection,
}

impl Invoke {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        let event = event(&self.event)?;
        let api = self.reference.api()?;
        let decision = if self.sample { decide_sample(api, &event).await? } else { self.decide(api, &event).await? };
        let answer = answer(&decision)?;
        output.show(
            || format!("{answer:#}"),
            || {
                json!({
                    "outcome": decision.trail.reason.outcome(),
                    "reason": decision.trail.reason.code(),
                    "operation": decision.trail.operation,
                    "answer": answer,
                })
            },
        );
        Ok(told(&decision, output))
    }

    async fn decide(&self, api: Api, event: &str) -> Result<Decision, Failure> {
        let opened = self.connection.open().await?;
        Ok(opened.authorizer(api, &self.keys)?.decide(event, &opened.store(), host::now()).await)
    }
}

/// Decides as the demonstration of the sample events would, in a store of its own.
async fn decide_sample(api: Api, event: &str) -> Result<Decision, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::Fault(error.to_string());
    let Installation { store, demonstration } =
        Installation::public(&api.catalogue).await.map_err(|error| failed(&error))?;
    let authorizer = Authorizer::new(api, demonstration.settings).map_err(|error| failed(&error))?;
    Ok(authorizer.decide(event, &store.store(), host::now()).await)
}

/// What the runtime hands to the gateway: the policy, or an error's message.
fn answer(decision: &Decision) -> Result<Value, Failure> {
    match &decision.outcome {
        Outcome::Answer(answer) => {
            serde_json::from_str(answer.get()).map_err(|error| Failure::Fault(error.to_string()))
        }
        Outcome::Unauthorized(_) => Ok(json!({ "errorMessage": "Unauthorized" })),
        Outcome::Fault(fault) => Ok(json!({ "errorMessage": format!("fault: {}", fault.code()) })),
    }
}

/// Says why, and returns the exit code.
fn told(decision: &Decision, output: Output) -> ExitCode {
    let reason = decision.trail.reason;
    let (style, code) = match reason.outcome() {
        "allow" => (GOOD, ExitCode::SUCCESS),
        "fault" => (BAD, ExitCode::from(4)),
        _ => (DOUBTFUL, ExitCode::from(1)),
    };
    let why = match &decision.outcome {
        Outcome::Answer(_) => decision.trail.operation.clone().unwrap_or_default(),
        Outcome::Unauthorized(refusal) => refusal.to_string(),
        Outcome::Fault(fault) => fault.to_string(),
    };
    if let Output::Text = output {
        anstream::eprintln!("{}  {}  {why}", styled(style, reason.outcome()), reason.code());
    }
    code
}

fn event(file: &Path) -> Result<String, Failure> {
    if file != Path::new("-") {
        return pack::read(file);
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map(|_| text).map_err(|error| Failure::Invalid(format!("standard input cannot be read: {error}")))
}
