//! `edge`: the command line, on an operator's or an integrator's machine. Wiring only: a file a command.

mod failure;
mod pack;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// The front door of an API: who may call what, and why.
#[derive(Debug, Parser)]
#[command(name = "edge", version, propagate_version = true, after_help = EXIT_CODES)]
struct Cli {
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or the answer is yes
  1  the answer is no: denied, refused, not exact
  2  the command line is wrong
  3  what was named does not exist or is not valid; nothing was changed
  4  something failed that is not your doing: the store, a file, the network";

#[derive(Debug, Subcommand)]
enum Command {
    Pack(pack::PackArgs),
    Serve(serve::ServeArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Pack(args) => pack::run(&args),
        Command::Serve(args) => serve::run(&args, cli.json),
    }
}
