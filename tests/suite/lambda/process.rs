//! The function as a process: its environment, its log, its end.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use edge_authorizer::local::demo::{Seed, variables};
use edge_authorizer::local::store::{REGION, TABLE};
use serde_json::Value;

use super::runtime_api::{Ended, RuntimeApi};
use crate::world::pack;

/// Longer than any invocation takes, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A secret of the environment that must never be said.
pub(crate) const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";

/// A running function.
pub(crate) struct Lambda {
    api: RuntimeApi,
    process: Child,
    folder: PathBuf,
    invoked: AtomicUsize,
}

/// What a function wrote, all of it.
pub(crate) struct Written {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Lambda {
    /// Starts the function, for the table at that address.
    pub(crate) async fn start(name: &str, dynamodb: &str) -> Self {
        let api = RuntimeApi::start().await;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lambda-{name}"));
        fs::create_dir_all(&folder).unwrap();
        let mut command = command(&folder);
        command
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
            .envs(variables(&Seed::public()))
            .stdout(File::create(folder.join("stdout")).unwrap())
            .stderr(File::create(folder.join("stderr")).unwrap());
        Self { api, process: command.spawn().unwrap(), folder, invoked: AtomicUsize::new(0) }
    }

    /// What the function makes of an event.
    pub(crate) async fn invoke(&self, event: impl AsRef<[u8]>) -> Ended {
        let number = self.invoked.fetch_add(1, Ordering::SeqCst);
        let id = format!("8476a536-e9f4-11e8-9739-{number:012x}");
        let end = self.api.invoke(&id, event.as_ref().to_vec()).await;
        match tokio::time::timeout(PATIENCE, end).await {
            Ok(ended) => ended.unwrap(),
            Err(_) => panic!("no answer; the function says:\n{}", self.read("stdout") + &self.read("stderr")),
        }
    }

    /// Ends the function, which must not have ended by itself.
    pub(crate) fn stop(mut self) -> Written {
        assert!(self.process.try_wait().unwrap().is_none(), "the function has ended by itself");
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        Written { stdout: self.read("stdout"), stderr: self.read("stderr") }
    }

    fn read(&self, stream: &str) -> String {
        fs::read_to_string(self.folder.join(stream)).unwrap()
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        // It may have ended already.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

impl Written {
    /// The lines of the log, each of which must be JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let line = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(line).collect()
    }
}

/// The program with the environment that AWS gives it, but for what is of this function alone.
pub(crate) fn command(folder: &Path) -> Command {
    let (program, task_root) = match std::env::var_os("AUTHORIZER_BIN").map(PathBuf::from) {
        Some(program) => (program.clone(), program.parent().unwrap().to_owned()),
        None => {
            fs::write(folder.join("api.pack.json"), serde_json::to_string(&pack()).unwrap()).unwrap();
            (PathBuf::from(env!("CARGO_BIN_EXE_authorizer")), folder.to_owned())
        }
    };
    assert!(program.is_file(), "there is no `{}`: `make build` makes it", program.display());
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LAMBDA_TASK_ROOT", task_root)
        .env("AWS_LAMBDA_FUNCTION_NAME", "authorizer")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        .env("TABLE_NAME", TABLE)
        .stdin(Stdio::null());
    command
}
