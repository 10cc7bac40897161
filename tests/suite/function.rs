//! A Lambda's own program under a runtime API on loopback: events in, answers out, as on AWS.

use std::process::{Child, Command, Stdio};

use edge_authorizer::local::store::REGION;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::lambda::{Ended, RuntimeApi};

/// A running function. It ends with its value.
pub(crate) struct Function {
    process: Child,
    api: RuntimeApi,
}

impl Function {
    /// Starts a program with these variables and what every function finds in its environment.
    pub(crate) async fn start(program: &str, handler: &str, variables: &[(&str, &str)]) -> Self {
        Self::writing(program, handler, variables, Stdio::null()).await
    }

    /// The same, with its log written there.
    pub(crate) async fn writing(
        program: &str,
        handler: &str,
        variables: &[(&str, &str)],
        log: impl Into<Stdio>,
    ) -> Self {
        let api = RuntimeApi::start().await;
        let process = Command::new(program)
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_REGION", REGION)
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_SESSION_TOKEN", "session")
            .env("_HANDLER", handler)
            .envs(variables.iter().copied())
            .stdout(log)
            .spawn()
            .unwrap();
        Self { process, api }
    }

    /// What the function answers to an event: its answer, or the error that it reports.
    pub(crate) async fn ask(&mut self, event: String) -> Value {
        let (Ended::Response(text) | Ended::Error(text)) = self.api.invoke("1", event).await.await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Resident memory, in KiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
