//! `edge definition`: what API Gateway imports, generated from the API reference.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use edge_authorizer::reference::definition::{self, AuthServerName, GatewayKind, TemplateNames};

use crate::failure::Failure;
use crate::pack;

/// Write the definition of a gateway: OpenAPI 3.0 with API Gateway's extensions, every operation behind the authorizer.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge definition rest api.yaml -o deploy/rest-api.yaml
  edge definition http api.yaml --backend Crm           the function Crm of your template answers
  edge definition http api.yaml --auth-server Auth      and Auth tells clients where to get a token")]
pub(crate) struct DefinitionArgs {
    /// The kind of API.
    kind: Kind,
    /// The API reference: OpenAPI 3.1, YAML or JSON.
    #[arg(default_value = "api.yaml")]
    reference: PathBuf,
    /// What your template calls the authorizer's function.
    #[arg(long, value_name = "NAME", default_value_t = TemplateNames::default().authorizer)]
    authorizer: String,
    /// What your template calls the function that answers.
    #[arg(long, value_name = "NAME", default_value_t = TemplateNames::default().backend)]
    backend: String,
    /// What your template calls the parameter for the seconds that an answer is kept.
    #[arg(long, value_name = "NAME", default_value_t = TemplateNames::default().cache_seconds)]
    cache_seconds: String,
    /// What your template calls the authorization server's function: an HTTP API asks it for the document by which
    /// clients find it (RFC 9728).
    #[arg(long, value_name = "NAME")]
    auth_server: Option<String>,
    /// The condition of your template under which that function is there.
    #[arg(long, value_name = "NAME", requires = "auth_server")]
    auth_server_if: Option<String>,
    /// Where to write; standard output if not given.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
}

pub(crate) fn run(args: &DefinitionArgs) -> Result<ExitCode, Failure> {
    let kind = match args.kind {
        Kind::Rest => GatewayKind::Rest,
        Kind::Http => GatewayKind::Http,
    };
    let names = TemplateNames {
        authorizer: args.authorizer.clone(),
        backend: args.backend.clone(),
        cache_seconds: args.cache_seconds.clone(),
        auth_server: args
            .auth_server
            .clone()
            .map(|function| AuthServerName { function, condition: args.auth_server_if.clone() }),
    };
    let text = definition::write(&pack::read(&args.reference)?, kind, &names)
        .map_err(|mistakes| pack::invalid(&args.reference, &mistakes))?;
    pack::write(args.output.as_deref(), &text)?;
    Ok(ExitCode::SUCCESS)
}
