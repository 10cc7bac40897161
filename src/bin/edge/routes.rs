//! `edge routes`: the table of operations, with what each requires of which token, and who in the demonstration may.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use edge_authorizer::api::Api;
use edge_authorizer::local::demo;
use edge_authorizer::reference::routes::{Table, table};

use crate::failure::Failure;
use crate::output::print;
use crate::pack::compiled;

/// List the operations of an API reference, with the scopes that each requires and the roles that allow it.
///
/// The roles are those of the demonstration data: a tenant's own are its own.
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
    let pack = compiled(&args.reference)?;
    let api = Api::new(pack.clone()).map_err(|error| Failure::Invalid(error.to_string()))?;
    let rows = table(&pack, &api, &demo::roles(&api.catalogue));
    if json {
        let text = serde_json::to_string_pretty(&rows).map_err(|error| Failure::Fault(error.to_string()))?;
        print(&format!("{text}\n"));
    } else {
        print(&Table(&rows).to_string());
    }
    Ok(ExitCode::SUCCESS)
}
