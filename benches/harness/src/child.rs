//! A program under measurement: its process, its processor time, its memory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use crate::cases::{REGION, World};
use crate::runtime_api::RuntimeApi;
use crate::store::Store;

/// Longer than anything here should take: what is slower has hung.
pub const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Product,
    Baseline,
}

impl Subject {
    pub fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Baseline => "baseline",
        }
    }
}

/// A release artefact.
pub struct Program {
    pub subject: Subject,
    pub binary: PathBuf,
    /// Where its files are, as `LAMBDA_TASK_ROOT`.
    pub directory: PathBuf,
    pub zip: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Plain,
    Tls,
}

/// A running program and the API that it asks.
pub struct Running {
    pub api: RuntimeApi,
    pub started: Instant,
    child: Child,
}

impl Running {
    /// Starts a program as Lambda would, with the store behind that door. `roots` holds the store's certificate.
    pub fn start(program: &Program, world: &World, store: &Store, door: Door, roots: &Path) -> Self {
        let api = RuntimeApi::start();
        let mut command = Command::new(&program.binary);
        command
            .env_clear()
            .envs(world.variables(program.subject))
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "authorizer")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("LAMBDA_TASK_ROOT", &program.directory)
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
            .env("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEXAMPLETOKEN".repeat(20))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("SSL_CERT_FILE", roots)
            .env("AWS_ENDPOINT_URL_DYNAMODB", if door == Door::Tls { &store.tls } else { &store.plain })
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let started = Instant::now();
        let child = command.spawn().expect("the program starts");
        Self { api, started, child }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// User and system time of all its threads, ended ones too.
    pub fn processor_time(&self) -> Duration {
        let clock: ClockId = clock_getcpuclockid(self.pid()).expect("the program's clock");
        Duration::from(clock.now().expect("the program's clock"))
    }

    /// The most memory that it ever had, in MiB.
    pub fn peak_memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the program runs");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("VmHWM");
        let kibibytes: f64 = line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number");
        kibibytes / 1024.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
