//! `edge serve`: everything on loopback, until Ctrl-C.

#![expect(clippy::disallowed_methods, reason = "the program is where the clock and random bytes come from")]

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use edge_authorizer::api::Api;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::local::demo::{Demonstration, Seed, variables};
use edge_authorizer::local::example::EXAMPLES;
use edge_authorizer::local::gateway::{Backend, Handled, Stage, serve};
use edge_authorizer::local::installation::{Installation, InstallationError};
use edge_authorizer::local::state::{self, LocalState, private_file};
use edge_authorizer::local::store::{Data, EmbeddedStoreError, REGION, TABLE};
use edge_authorizer::timestamp::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;

use crate::failure::Failure;
use crate::pack;

/// The longest that API Gateway keeps an authorizer's answer, in seconds.
const MAX_TTL: u64 = 3600;

/// How long running requests may take to end after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(5);

/// The file in a data folder from which the local key and the tokens follow.
const SEED_FILE: &str = "seed";

/// Serve everything on this machine: store, demonstration data, and a gateway that behaves as a REST API does.
///
/// It listens on loopback only. The other commands find it with `--local` while it runs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge serve                                      everything in memory, on port 8080
  edge serve --data ./data --ttl 0                keep the records, ask the authorizer every time
  edge serve --upstream http://127.0.0.1:3000     put it before a backend of your own; it receives
                                                  the context as headers, X-Authorizer-Business-Id, …")]
pub(crate) struct ServeArgs {
    /// The gateway's port; 0 for a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// How long an answer of the authorizer is cached, in seconds; 0 for not at all.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=MAX_TTL))]
    ttl: u64,
    /// Keep the records in this folder; without it they are gone when the command ends.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Pass authorized requests on to a backend at this address.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// The API reference that is served.
    #[arg(long, value_name = "FILE", default_value = "api.yaml")]
    reference: PathBuf,
}

pub(crate) fn run(args: &ServeArgs, as_json: bool) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(fault)?;
    runtime.block_on(run_until_told(args, as_json))
}

async fn run_until_told(args: &ServeArgs, as_json: bool) -> Result<ExitCode, Failure> {
    // Ready before anything is said: who reads the first line may end the program at once.
    let told = told_to_end()?;
    let api = Api::new(pack::compiled(&args.reference)?).map_err(|error| Failure::Invalid(error.to_string()))?;
    let backend = match &args.upstream {
        Some(address) => Backend::upstream(address).map_err(|error| Failure::Invalid(error.to_string()))?,
        None => Backend::that_shows(),
    };
    let listener = listen(args.port).await?;
    let gateway = format!("http://{}", listener.local_addr().map_err(fault)?);
    let seed = seed(args.data.as_deref())?;
    let data = args.data.clone().map_or(Data::Memory, Data::Folder);
    let installation = Installation::start(&data, &seed, &api.catalogue, now()).await.map_err(not_started)?;
    let Installation { store, demonstration } = installation;
    let authorizer = Authorizer::new(api, demonstration.settings.clone()).map_err(fault)?;
    let state = local_state(&gateway, store.url(), &seed);
    state.write(Path::new(state::PATH)).map_err(|error| not_written(Path::new(state::PATH), &error))?;
    let log: fn(&Handled<'_>) = if as_json { |_| {} } else { show_request };
    let stage = Stage::new(authorizer, store.store(), backend, gateway, args.ttl, Box::new(now), Box::new(log))
        .map_err(fault)?;
    announce(&state, &demonstration, as_json);
    let (ended, over) = tokio::sync::oneshot::channel();
    let serving = serve(Arc::new(stage), listener, async move {
        told.await;
        _ = ended.send(());
    });
    let served = tokio::select! {
        served = serving => served.map_err(fault),
        () = async { _ = over.await; tokio::time::sleep(PATIENCE).await } => Ok(()),
    };
    forget(&state);
    _ = tokio::time::timeout(PATIENCE, store.stop()).await;
    served.map(|()| ExitCode::SUCCESS)
}

async fn listen(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure::Fault(format!(
            "something listens on port {port} already: end it, or choose another port with `--port`"
        )),
        _ => Failure::Fault(format!("cannot listen on 127.0.0.1:{port}: {error}")),
    })
}

/// Resolves at Ctrl-C, or when the system asks the process to end.
#[cfg(unix)]
fn told_to_end() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).map_err(fault)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(fault)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves at Ctrl-C.
#[cfg(not(unix))]
fn told_to_end() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    Ok(async { _ = tokio::signal::ctrl_c().await })
}

/// The folder's seed, or a fresh one. With the records, the key and the tokens stay the same, too.
fn seed(data: Option<&Path>) -> Result<Seed, Failure> {
    let Some(folder) = data else { return fresh().map(Seed::new) };
    let file = folder.join(SEED_FILE);
    let failed = |error: std::io::Error| not_written(&file, &error);
    match std::fs::read(&file) {
        Ok(bytes) => bytes.try_into().map(Seed::new).map_err(|_| {
            Failure::Invalid(format!("`{}` is not a seed: remove it together with the records", file.display()))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let bytes = fresh()?;
            std::fs::create_dir_all(folder).map_err(failed)?;
            private_file(&file, &bytes).map_err(failed)?;
            Ok(Seed::new(bytes))
        }
        Err(error) => Err(Failure::Invalid(format!("`{}` cannot be read: {error}", file.display()))),
    }
}

fn fresh() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Failure::Fault(format!("no random bytes: {error}")))?;
    Ok(bytes)
}

fn local_state(gateway: &str, dynamodb: String, seed: &Seed) -> LocalState {
    LocalState {
        pid: std::process::id(),
        gateway: gateway.to_owned(),
        dynamodb,
        region: REGION.to_owned(),
        table: TABLE.to_owned(),
        settings: variables(seed).into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

/// Removes the file, unless another `edge serve` has written its own since.
fn forget(state: &LocalState) {
    let path = Path::new(state::PATH);
    if LocalState::read(path).is_ok_and(|there| there == *state) {
        _ = std::fs::remove_file(path);
    }
}

fn announce(state: &LocalState, demonstration: &Demonstration, as_json: bool) {
    if as_json {
        let command = |example: &edge_authorizer::local::example::Example| {
            json!({
                "shows": example.shows,
                "status": example.status,
                "command": example.command(&state.gateway, demonstration),
            })
        };
        let tokens: serde_json::Map<_, _> =
            demonstration.tokens.iter().map(|it| (it.name.to_owned(), it.issued.expose().into())).collect();
        let examples: Vec<_> = EXAMPLES.iter().map(command).collect();
        let line = json!({
            "gateway": state.gateway,
            "dynamodb": state.dynamodb,
            "table": state.table,
            "tokens": tokens,
            "examples": examples,
        });
        anstream::println!("{line}");
        return;
    }
    anstream::println!("gateway    {}", state.gateway);
    anstream::println!("dynamodb   {}, table {}", state.dynamodb, state.table);
    anstream::println!("\nThe demonstration's tokens are good on this machine only. Paste one of these:\n");
    for example in EXAMPLES {
        anstream::println!("# {}: {}", example.status, example.shows);
        anstream::println!("{}\n", example.command(&state.gateway, demonstration));
    }
    anstream::println!("Ctrl-C ends it. `edge --help` lists what else works with `--local` in another terminal.");
}

/// One line a request: neither its token nor its path.
fn show_request(handled: &Handled<'_>) {
    let operation = handled.operation.unwrap_or("-");
    let decided = match handled.decision {
        Some(decision) => decision.trail.reason.code(),
        None if handled.cached => "by the cached answer",
        None => "by the gateway, without the authorizer",
    };
    anstream::eprintln!("{}  {operation}  {decided}", handled.status.as_u16());
}

fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(elapsed.as_secs())
}

fn not_started(error: InstallationError) -> Failure {
    match error {
        InstallationError::Store(EmbeddedStoreError::Folder { .. }) => Failure::Invalid(error.to_string()),
        _ => fault(error),
    }
}

fn not_written(file: &Path, error: &std::io::Error) -> Failure {
    Failure::Fault(format!("`{}` cannot be written: {error}", file.display()))
}

fn fault(error: impl std::error::Error) -> Failure {
    Failure::Fault(error.to_string())
}
