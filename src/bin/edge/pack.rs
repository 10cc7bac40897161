//! `edge pack`: the API reference compiled into what the Lambda reads at start, alone or as the Lambda's whole zip.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use edge_authorizer::api::Pack;
use edge_authorizer::policy::proof::check::check;
use edge_authorizer::policy::proof::length::Bound;
use edge_authorizer::reference::{self, Mistake};

use crate::bundle::bundle;
use crate::check::{length_text, refusal};
use crate::failure::Failure;
use crate::output;
use crate::readings::ReadingArgs;

/// Compile an API reference into the file that lies beside the Lambda's binary, or into the Lambda's zip.
///
/// All mistakes of the reference are reported at once, and then nothing is written. Nor is it for an API whose
/// policies cannot be exact, or could be longer than API Gateway accepts: `edge check` says why.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge pack                                                  print what api.yaml compiles to
  edge pack api.yaml -o api.pack.json                        write it to a file
  edge pack api.yaml --bootstrap bootstrap --zip edge.zip    the whole zip, with a released binary
  edge pack api.yaml --without encoded-path                  `edge probe` has shown that a stage does not do that")]
pub(crate) struct PackArgs {
    /// The API reference: OpenAPI 3.1, YAML or JSON.
    #[arg(default_value = "api.yaml")]
    reference: PathBuf,
    /// Where to write; standard output if not given.
    #[arg(short, long, value_name = "FILE", conflicts_with = "zip")]
    output: Option<PathBuf>,
    /// The Lambda's zip to write, of the binary and the compiled reference.
    #[arg(long, value_name = "FILE", requires = "bootstrap")]
    zip: Option<PathBuf>,
    /// The released binary `authorizer`, for the processor that the function has.
    #[arg(long, value_name = "FILE", requires = "zip")]
    bootstrap: Option<PathBuf>,
    /// Pack it although it is not exact: ambiguous requests are refused, unless ANSWER_EACH_REQUEST is set and the
    /// gateway uses no answer twice.
    #[arg(long)]
    inexact: bool,
    /// Pack it although some permission sets could have a policy of more than 8 KB: their requests are answered with
    /// 500 then.
    #[arg(long)]
    long_policies: bool,
    #[command(flatten)]
    readings: ReadingArgs,
}

pub(crate) fn run(args: &PackArgs) -> Result<ExitCode, Failure> {
    let (pack, api) = args.readings.prove(compiled(&args.reference)?)?;
    let report = check(&api);
    if !report.is_exact() && !args.inexact {
        anstream::eprintln!("edge: `{}` is not exact, and is not packed:", args.reference.display());
        anstream::eprint!("{}", refusal(&report));
        return Ok(ExitCode::FAILURE);
    }
    let bound = Bound::of(&api);
    if !bound.fits() && !args.long_policies {
        anstream::eprintln!("edge: `{}` is not packed (`--long-policies` packs it):", args.reference.display());
        anstream::eprint!("  {}", length_text(&bound));
        return Ok(ExitCode::FAILURE);
    }
    let mut text = serde_json::to_string_pretty(&pack).map_err(|error| Failure::Fault(error.to_string()))?;
    text.push('\n');
    match (&args.zip, &args.bootstrap) {
        (Some(zip), Some(bootstrap)) => write_zip(zip, bootstrap, &text)?,
        _ => write(args.output.as_deref(), &text)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write_zip(zip: &Path, bootstrap: &Path, pack: &str) -> Result<(), Failure> {
    let binary = fs::read(bootstrap).map_err(|error| unreadable(bootstrap, &error))?;
    let bytes =
        bundle(&binary, pack).map_err(|error| Failure::Invalid(format!("`{}`: {error}", bootstrap.display())))?;
    fs::write(zip, bytes).map_err(|error| unwritable(zip, &error))
}

/// Compiles a reference; its mistakes are the failure's message, each with file and line.
pub(crate) fn compiled(reference: &Path) -> Result<Pack, Failure> {
    reference::compile(&read(reference)?).map_err(|mistakes| invalid(reference, &mistakes))
}

pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| unreadable(file, &error))
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
        Some(file) => fs::write(file, text).map_err(|error| unwritable(file, &error)),
        None => {
            output::print(text);
            Ok(())
        }
    }
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::Invalid(format!("`{}` cannot be read: {error}", file.display()))
}

fn unwritable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::Fault(format!("`{}` cannot be written: {error}", file.display()))
}
