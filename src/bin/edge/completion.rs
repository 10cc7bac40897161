//! `edge completion`: what a shell needs to complete commands.

use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::output::print;

/// Print the completion script of a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge completion bash > ~/.local/share/bash-completion/completions/edge
  edge completion zsh > ~/.zfunc/_edge
  edge completion fish > ~/.config/fish/completions/edge.fish")]
pub(crate) struct Completion {
    /// The shell.
    shell: Shell,
}

impl Completion {
    pub(crate) fn run(&self, mut command: Command) -> ExitCode {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "edge", &mut script);
        print(&String::from_utf8_lossy(&script));
        ExitCode::SUCCESS
    }
}
