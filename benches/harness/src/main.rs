//! `make bench`: the Lambda's release artefact and the baseline, side by side in one run.
//!
//! Each runs as on AWS: its binary, environment variables, a Lambda runtime API on loopback that hands it events, and a
//! store on loopback, plain or over TLS, that has the records. The rounds of both alternate, so that a noisy machine is
//! equally noisy to both, and the ratios stand even where the absolute figures do not.

mod cases;
mod child;
mod http;
mod measure;
mod runtime_api;
mod statistics;
mod store;
mod table;
mod throttle;

use std::path::PathBuf;
use std::process::ExitCode;

use child::{Program, Subject};
use measure::Plan;

const USAGE: &str = "usage: harness PRODUCT_DIR BASELINE_BINARY BASELINE_ZIP OUTPUT_DIR [quick]";

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [product, baseline, baseline_zip, output, rest @ ..] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let product_dir = product.canonicalize().expect("the directory of the product");
    let programs = [
        Program {
            subject: Subject::Product,
            binary: product_dir.join("bootstrap"),
            directory: product_dir.clone(),
            zip: product_dir.join("authorizer.zip"),
        },
        Program {
            subject: Subject::Baseline,
            binary: baseline.canonicalize().expect("the binary of the baseline"),
            directory: product_dir,
            zip: baseline_zip.clone(),
        },
    ];
    let plan = if rest.first().is_some_and(|word| word.as_os_str() == "quick") { Plan::QUICK } else { Plan::FULL };
    let results = measure::run(&programs, plan);
    let table = table::markdown(&results);
    print!("{table}");
    std::fs::create_dir_all(output).expect("the directory for the results");
    std::fs::write(output.join("lambda.md"), &table).expect("the table can be written");
    std::fs::write(output.join("lambda.json"), table::json(&results)).expect("the figures can be written");
    ExitCode::SUCCESS
}
