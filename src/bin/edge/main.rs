//! `edge`: the command line, on an operator's or an integrator's machine. Wiring only: a file a command.

mod account;
mod audit;
mod bundle;
mod change;
mod check;
mod client;
mod completion;
mod connection;
mod definition;
mod explain;
mod failure;
mod flush;
mod grant;
mod host;
mod invoke;
mod keys;
mod kms;
mod output;
mod pack;
mod pat;
mod policy;
mod probe;
mod readings;
mod role;
mod routes;
mod serve;
mod span;
mod table;
mod tenant;
mod user;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use failure::Failure;
use host::block_on;
use output::Output;

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
    Serve(serve::ServeArgs),
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    #[command(subcommand)]
    Role(role::Role),
    #[command(subcommand)]
    User(user::UserCommand),
    #[command(subcommand)]
    Pat(pat::Pat),
    #[command(subcommand)]
    Client(client::ClientCommand),
    #[command(subcommand)]
    Grant(grant::GrantCommand),
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    Audit(audit::Audit),
    Explain(explain::Explain),
    Flush(flush::FlushArgs),
    Invoke(invoke::Invoke),
    #[command(subcommand)]
    Table(table::Table),
    Pack(pack::PackArgs),
    Check(check::CheckArgs),
    Policy(policy::PolicyArgs),
    Probe(probe::ProbeArgs),
    Completion(completion::Completion),
    Definition(definition::DefinitionArgs),
    Routes(routes::RoutesArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let output = if cli.json { Output::Json } else { Output::Text };
    match cli.command {
        Command::Tenant(command) => block_on(command.run(output)),
        Command::Role(command) => block_on(command.run(output)),
        Command::User(command) => block_on(command.run(output)),
        Command::Pat(command) => block_on(command.run(output)),
        Command::Client(command) => block_on(command.run(output)),
        Command::Grant(command) => block_on(command.run(output)),
        Command::Keys(command) => block_on(command.run(output)),
        Command::Audit(command) => block_on(command.run(output)),
        Command::Explain(command) => block_on(command.run(output)),
        Command::Flush(command) => block_on(command.run(output)),
        Command::Invoke(command) => block_on(command.run(output)),
        Command::Table(command) => block_on(command.run(output)),
        Command::Completion(command) => Ok(command.run(Cli::command())),
        Command::Check(args) => check::run(&args, cli.json),
        Command::Pack(args) => pack::run(&args),
        Command::Policy(args) => policy::run(&args, cli.json),
        Command::Probe(args) => probe::run(&args, cli.json),
        Command::Serve(args) => serve::run(&args, cli.json),
        Command::Definition(args) => definition::run(&args),
        Command::Routes(args) => routes::run(&args, cli.json),
    }
}
