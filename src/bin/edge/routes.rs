//! `edge routes`: the table of operations, with what each requires of which token.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use edge_authorizer::reference::routes::{Table, table};

use crate::failure::Failure;
use crate::output::print;
use crate::pack::compiled;

/// List the operations of an API reference, with the scopes that each requires.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge routes                    every operation of api.yaml
  edge routes api.yaml --json    the same, for programs")]
pub(crate) struct RoutesArgs {
    /// The API reference: OpenAPI 3.1, YAML or JSON.
    #[arg(default_value = "api.yaml")]
    reference: PathBuf,
}

pub(crate) fn run(args: &RoutesArgs, json: bool) -> Result<ExitCode, Failure> {
    let rows = table(&compiled(&args.reference)?);
    if json {
        let text = serde_json::to_string_pretty(&rows).map_err(|error| Failure::Fault(error.to_string()))?;
        print(&format!("{text}\n"));
    } else {
        print(&Table(&rows).to_string());
    }
    Ok(ExitCode::SUCCESS)
}
