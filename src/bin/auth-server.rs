//! The authorization server as a Lambda: wiring only. Everything that it needs is read before the first event is asked
//! for, but for the keys: a server that starts while the table is down serves its pages and metadata.

mod lambda_host;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use edge_authorizer::api::Api;
use edge_authorizer::oauth::kms::{self, KmsSigner};
use edge_authorizer::oauth::lambda;
use edge_authorizer::oauth::router::router;
use edge_authorizer::oauth::server::{AuthServer, NoRandomness, Surroundings};
use edge_authorizer::oauth::settings::OAuthSettings;
use edge_authorizer::oauth::telemetry::line;
use edge_authorizer::store::client::connect;
use edge_authorizer::store::oauth::OAuthStore;
use edge_authorizer::telemetry::Invocation;
use edge_authorizer::timestamp::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

use lambda_host::{endpoint, listen, now, read_pack, required, variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    listen();
    let function = required("AWS_LAMBDA_FUNCTION_NAME")?;
    let api = Api::from_json(&read_pack()?)?;
    let settings = OAuthSettings::read(variable, &api)?;
    let store = OAuthStore::new(connect(endpoint("DYNAMODB")?), required("TABLE_NAME")?);
    let mut server = AuthServer::new(settings, api, store, Arc::new(Host));
    server.signer = Arc::new(KmsSigner::new(Arc::clone(&server.keys), kms::connect(endpoint("KMS")?)));
    let router = router(Arc::new(server));
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let start = Instant::now();
        let answer = lambda::answer(&router, event.payload.get()).await?;
        let invocation = Invocation { function: &function, id: &event.context.request_id };
        // A log that cannot be written does not change what is answered.
        if let Ok(line) = line(&answer.seen, invocation, start.elapsed().as_secs_f64() * 1000.0, Host.now()) {
            let _ = writeln!(std::io::stdout(), "{line}");
        }
        Ok::<_, Error>(answer)
    }))
    .await
}

/// The clock and the randomness of the system.
struct Host;

impl Surroundings for Host {
    fn now(&self) -> Timestamp {
        // A clock that cannot be right: everything has expired.
        now().unwrap_or(Timestamp::from_seconds(u64::from(u32::MAX)))
    }

    #[expect(clippy::disallowed_methods, reason = "the program is where random bytes are drawn")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|_| NoRandomness)
    }
}
