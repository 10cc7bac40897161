//! A running `edge serve`, in a folder of its own, on free ports. It ends with the test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::world;

pub(crate) struct Serving {
    child: Child,
    /// Keeps the pipe open: who writes to a closed one dies of it.
    _output: BufReader<ChildStdout>,
    /// Where it was started, and left its state.
    pub(crate) folder: PathBuf,
    /// What it said when it was ready.
    pub(crate) said: Value,
}

impl Serving {
    /// Starts it in the folder of that name. `more` goes to the command line.
    pub(crate) fn start(name: &str, more: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = command(&folder, more);
        let mut child = command.arg("--json").stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it did not start, and said {line:?}"));
        Self { child, _output: output, folder, said }
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.said[field].as_str().unwrap_or_else(|| panic!("no {field} in {}", self.said))
    }

    pub(crate) fn gateway(&self) -> &str {
        self.text("gateway")
    }

    pub(crate) fn issuer(&self) -> &str {
        self.text("authorization_server")
    }

    /// Ends it as the system would, and waits.
    pub(crate) fn end(mut self) -> ExitStatus {
        terminate(&self.child);
        self.child.wait().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Ended already, or about to be.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// `edge serve` on free ports, with nothing of this process's environment.
pub(crate) fn command(folder: &Path, more: &[&str]) -> Command {
    let pack = folder.join("api.json");
    std::fs::write(&pack, serde_json::to_string(&world::pack()).unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_edge"));
    command.env_clear().env("EDGE_REFERENCE", pack).current_dir(folder).arg("serve");
    for option in ["--port", "--auth-port"] {
        if !more.contains(&option) {
            command.args([option, "0"]);
        }
    }
    command.args(more);
    command
}

pub(crate) fn terminate(child: &Child) {
    kill_process(Pid::from_child(child), Signal::TERM).unwrap();
}
