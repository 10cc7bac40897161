//! `edge pack`: the API reference compiled into what the Lambda reads at start.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use edge_authorizer::api::{Api, Pack};
use edge_authorizer::policy::proof::check::check;
use edge_authorizer::reference::{self, Mistake};

use crate::check::refusal;
use crate::failure::Failure;
use crate::output;

/// Compile an API reference into the file that lies beside the Lambda's binary.
///
/// All mistakes of the reference are reported at once, and then nothing is written. Nor is it for an API whose
/// policies cannot be exact: `edge check` says why.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge pack                              print what api.yaml compiles to
  edge pack api.yaml -o api.pack.json    write it where `make build` zips it")]
pub(crate) struct PackArgs {
    /// The API reference: OpenAPI 3.1, YAML or JSON.
    #[arg(default_value = "api.yaml")]
    reference: PathBuf,
    /// Where to write; standard output if not given.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: &PackArgs) -> Result<ExitCode, Failure> {
    let pack = compiled(&args.reference)?;
    let api = Api::new(pack.clone()).map_err(|error| Failure::Fault(error.to_string()))?;
    let report = check(&api);
    if !report.is_exact() {
        anstream::eprintln!("edge: `{}` is not exact, and is not packed:", args.reference.display());
        anstream::eprint!("{}", refusal(&report));
        return Ok(ExitCode::FAILURE);
    }
    let mut text = serde_json::to_string_pretty(&pack).map_err(|error| Failure::Fault(error.to_string()))?;
    text.push('\n');
    write(args.output.as_deref(), &text)?;
    Ok(ExitCode::SUCCESS)
}

/// Compiles a reference; its mistakes are the failure's message, each with file and line.
pub(crate) fn compiled(reference: &Path) -> Result<Pack, Failure> {
    reference::compile(&read(reference)?).map_err(|mistakes| invalid(reference, &mistakes))
}

pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| Failure::Invalid(format!("`{}` cannot be read: {error}", file.display())))
}

pub(crate) fn invalid(reference: &Path, mistakes: &[Mistake]) -> Failure {
    let name = reference.display();
    let count = match mistakes.len() {
        1 => "a mistake".to_owned(),
        many => format!("{many} mistakes"),
    };
    let lines: String = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect();
    Failure::Invalid(format!("`{name}` has {count}:{lines}"))
}

/// Writes a file, or prints.
pub(crate) fn write(output: Option<&Path>, text: &str) -> Result<(), Failure> {
    match output {
        Some(file) => fs::write(file, text)
            .map_err(|error| Failure::Fault(format!("`{}` cannot be written: {error}", file.display()))),
        None => {
            output::print(text);
            Ok(())
        }
    }
}
