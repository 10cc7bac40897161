//! `edge serve`: everything on loopback, until Ctrl-C.

#![expect(clippy::disallowed_methods, reason = "the program is where random bytes come from")]

mod announce;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::local::auth::LocalAuth;
use edge_authorizer::local::demo::{Seed, variables};
use edge_authorizer::local::gateway::{self, Backend, Handled, Stage};
use edge_authorizer::local::installation::{Installation, InstallationError};
use edge_authorizer::local::state::{self, LocalState, private_file};
use edge_authorizer::local::store::{Data, EmbeddedStoreError, REGION, TABLE};
use edge_authorizer::oauth::issuer::Issuer;
use edge_authorizer::oauth::router;
use edge_authorizer::oauth::server::{NoRandomness, Surroundings};
use edge_authorizer::oauth::settings::Registration;
use edge_authorizer::settings::Settings;
use edge_authorizer::timestamp::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::connection::Reference;
use crate::failure::Failure;
use crate::host::{now, variable};
use announce::announce;

/// The longest that API Gateway keeps an authorizer's answer, in seconds.
const MAX_TTL: u64 = 3600;

/// How long running requests may take to end after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(5);

/// The file in a data folder from which the local key and the tokens follow.
const SEED_FILE: &str = "seed";

/// Serve everything on this machine: store, demonstration data, an authorization server, and a gateway that behaves as
/// a REST API does.
///
/// It listens on loopback only. The other commands find it with `--local` while it runs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge serve                                      everything in memory, on ports 8080 and 8081
  edge serve --data ./data --ttl 0                keep the records, ask the authorizer every time
  edge serve --upstream http://127.0.0.1:3000     put it before a backend of your own; it receives
                                                  the context as headers, X-Authorizer-Business-Id, …")]
pub(crate) struct ServeArgs {
    /// The gateway's port; 0 for a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The authorization server's port; 0 for a free one.
    #[arg(long, default_value_t = 8081)]
    auth_port: u16,
    /// Who may register an app there: anybody, who brings the token in REGISTRATION_TOKEN, or nobody.
    #[arg(long, value_name = "open|token|off", env = "REGISTRATION", default_value = "open")]
    registration: String,
    /// How long an answer of the authorizer is cached, in seconds; 0 for not at all.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=MAX_TTL))]
    ttl: u64,
    /// Keep the records in this folder; without it they are gone when the command ends.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Pass authorized requests on to a backend at this address.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    #[command(flatten)]
    reference: Reference,
}

impl ServeArgs {
    fn registration(&self) -> Result<Registration, Failure> {
        let token = variable("REGISTRATION_TOKEN");
        Registration::parse(&self.registration, token.as_deref())
            .map_err(|error| Failure::Usage(format!("--registration: {error}")))
    }
}

pub(crate) fn run(args: &ServeArgs, as_json: bool) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(fault)?;
    runtime.block_on(run_until_told(args, as_json))
}

async fn run_until_told(args: &ServeArgs, as_json: bool) -> Result<ExitCode, Failure> {
    // Ready before anything is said: who reads the first line may end the program at once.
    let told = told_to_end()?;
    let api = args.reference.api()?;
    let backend = match &args.upstream {
        Some(address) => Backend::upstream(address).map_err(|error| Failure::Invalid(error.to_string()))?,
        None => Backend::that_shows(),
    };
    let registration = args.registration()?;
    let (gateway_door, gateway) = listen(args.port, "--port").await?;
    let (auth_door, issuer) = listen(args.auth_port, "--auth-port").await?;
    let seed = seed(args.data.as_deref())?;
    let data = args.data.clone().map_or(Data::Memory, Data::Folder);
    let installation = Installation::start(&data, &seed, &api.catalogue, now()).await.map_err(not_started)?;
    let Installation { store, demonstration } = installation;
    let state = local_state(gateway, issuer, store.url(), &seed);
    let auth = LocalAuth {
        issuer: Issuer::parse(&state.authorization_server).map_err(fault)?,
        resource: state.gateway.clone(),
        mac_key: &seed.mac_key(),
        api: &api,
        registration,
        client: store.client(),
        delay: args.ttl,
        surroundings: Arc::new(Machine),
    };
    let mut auth = auth.open(&demonstration).await.map_err(fault)?;
    let settings = Settings::read(|name| state.settings.get(name).cloned()).map_err(fault)?;
    let authorizer = Authorizer::new(api, settings).map_err(fault)?;
    state.write(Path::new(state::PATH)).map_err(|error| not_written(Path::new(state::PATH), &error))?;
    let log: fn(&Handled<'_>) = if as_json { |_| {} } else { show_request };
    let origin = state.gateway.clone();
    let stage = Stage::new(authorizer, store.store(), backend, origin, args.ttl, Box::new(now), Box::new(log))
        .map_err(fault)?;
    let stage = Arc::new(stage);
    auth.flush = Arc::<Stage>::clone(&stage);
    announce(&state, &demonstration, as_json);
    let (running, ended) = watch::channel(());
    tokio::spawn(async move {
        told.await;
        drop(running);
    });
    let served = tokio::select! {
        served = async {
            tokio::try_join!(
                gateway::serve(stage, gateway_door, over(ended.clone())),
                router::serve(Arc::new(auth), auth_door, over(ended.clone())),
            )
        } => served.map(drop).map_err(fault),
        () = async { over(ended.clone()).await; tokio::time::sleep(PATIENCE).await } => Ok(()),
    };
    forget(&state);
    _ = tokio::time::timeout(PATIENCE, store.stop()).await;
    served.map(|()| ExitCode::SUCCESS)
}

/// Resolves when whoever holds the other end lets go of it.
async fn over(mut running: watch::Receiver<()>) {
    while running.changed().await.is_ok() {}
}

/// A listener on loopback, and the origin that clients reach it by.
async fn listen(port: u16, option: &str) -> Result<(TcpListener, String), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure::Fault(format!(
            "something listens on port {port} already: end it, or choose another port with `{option}`"
        )),
        _ => Failure::Fault(format!("cannot listen on 127.0.0.1:{port}: {error}")),
    })?;
    let origin = format!("http://{}", listener.local_addr().map_err(fault)?);
    Ok((listener, origin))
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

/// Where everything is. The authorizer believes the authorization server that runs beside it, and no other.
fn local_state(gateway: String, issuer: String, dynamodb: String, seed: &Seed) -> LocalState {
    let mut settings: BTreeMap<String, String> =
        variables(seed).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    settings.insert("OAUTH_ISSUER".to_owned(), issuer.clone());
    settings.insert("OAUTH_AUDIENCE".to_owned(), gateway.clone());
    LocalState {
        pid: std::process::id(),
        gateway,
        authorization_server: issuer,
        dynamodb,
        region: REGION.to_owned(),
        table: TABLE.to_owned(),
        settings,
    }
}

/// Removes the file, unless another `edge serve` has written its own since.
fn forget(state: &LocalState) {
    let path = Path::new(state::PATH);
    if LocalState::read(path).is_ok_and(|there| there == *state) {
        _ = std::fs::remove_file(path);
    }
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

/// The clock and the randomness of this machine.
struct Machine;

impl Surroundings for Machine {
    fn now(&self) -> Timestamp {
        now()
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|_| NoRandomness)
    }
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
