//! `edge check`: whether every permission set has an exact policy, and if not, which requests show it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use edge_authorizer::api::{Api, Pack};
use edge_authorizer::policy::proof::audit::Error;
use edge_authorizer::policy::proof::check::{Flaw, Report, Witness, check};
use edge_authorizer::policy::reading::{Reading, Readings};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::print;
use crate::pack::compiled;

/// Prove that the policies of an API are exact, for every permission set and both kinds of token.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge check                                          prove api.yaml under the usual readings
  edge check --with decoded-slash                     and if a parameter's %2F were a slash in the ARN?
  edge check my-api.yaml --json | jq .flaws           for pipelines; the exit code is 1 if it is not exact")]
pub(crate) struct CheckArgs {
    /// The API reference: OpenAPI 3.1, YAML or JSON.
    #[arg(default_value = "api.yaml")]
    reference: PathBuf,
    /// Take a reading of the gateway's behaviour into account that is off.
    #[arg(long, value_name = "READING")]
    with: Vec<Named>,
    /// Leave a reading out that is on.
    #[arg(long, value_name = "READING")]
    without: Vec<Named>,
}

/// A reading, as the command line names it.
#[derive(Clone, Copy, Debug)]
struct Named(Reading);

impl ValueEnum for Named {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Named; Reading::ALL.len()] = {
            let mut all = [Named(Reading::RestRouting); Reading::ALL.len()];
            let mut at = 0;
            #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
            while at < all.len() {
                all[at] = Named(Reading::ALL[at]);
                at += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.meaning()))
    }
}

pub(crate) fn run(args: &CheckArgs, json: bool) -> Result<ExitCode, Failure> {
    let readings: Readings = Reading::ALL.into_iter().filter(|reading| args.is_on(*reading)).collect();
    let pack = compiled(&args.reference)?;
    let invalid = |error: edge_authorizer::api::PackError| Failure::Invalid(error.to_string());
    let pack = Pack::under(&readings, pack.title, pack.permissions, pack.operations).map_err(invalid)?;
    let report = check(&Api::new(pack).map_err(invalid)?);
    if json {
        print(&format!("{}\n", as_json(&report)));
    } else {
        print(&as_text(&report, &args.reference.display().to_string()));
    }
    Ok(ExitCode::from(u8::from(!report.is_exact())))
}

impl CheckArgs {
    fn is_on(&self, reading: Reading) -> bool {
        let names = |list: &[Named]| list.iter().any(|named| named.0 == reading);
        (reading.is_default() || names(&self.with)) && !names(&self.without)
    }
}

/// Why an API does not ship: its flaws, as `edge check` prints them.
pub(crate) fn refusal(report: &Report) -> String {
    let flaws: String = report.flaws.iter().map(flaw_text).collect();
    let more = match report.not_shown {
        0 => String::new(),
        more => format!("\n  and {more} more pairs of routes\n"),
    };
    format!("{flaws}{more}")
}

fn as_text(report: &Report, name: &str) -> String {
    let verdict = if report.is_exact() {
        format!("{name} is exact: {} routes, every permission set, both kinds of token\n", report.routes)
    } else {
        format!("{name} is not exact\n{}", refusal(report))
    };
    let listed = |is_on: bool| {
        let of = Reading::ALL.into_iter().filter(|reading| report.readings.has(*reading) == is_on);
        of.map(|it| format!("  {:<22} {}\n", it.name(), it.meaning())).collect::<String>()
    };
    format!(
        "{verdict}\nUnder each of these readings of the gateway's behaviour:\n{}\nAssumed not to be so \
             (`edge probe` shows it on a real stage):\n{}",
        listed(true),
        listed(false)
    )
}

fn flaw_text(flaw: &Flaw) -> String {
    let seen = match &flaw.witness {
        Some(Witness { error, route, verb, path }) => {
            let wrongly = if *error == Error::Allows { "allowed" } else { "refused" };
            format!("{verb} {path} is wrongly {wrongly}; it reaches {route}")
        }
        None => "not decided within bounds".to_owned(),
    };
    format!(
        "\n  {} cannot be served while {} is refused\n    with     {} ({})\n    request  {seen}\n    mend     {}\n",
        flaw.served,
        flaw.exposed,
        flaw.permissions.join(" "),
        flaw.kind.as_str(),
        flaw.advice,
    )
}

fn as_json(report: &Report) -> Value {
    let names = |is_on: bool| -> Vec<&str> {
        Reading::ALL.into_iter().filter(|it| report.readings.has(*it) == is_on).map(Reading::name).collect()
    };
    json!({
        "exact": report.is_exact(),
        "routes": report.routes,
        "readings": names(true),
        "assumptions": names(false),
        "flaws": report.flaws.iter().map(flaw_json).collect::<Vec<_>>(),
        "not_shown": report.not_shown,
    })
}

fn flaw_json(flaw: &Flaw) -> Value {
    let witness = flaw.witness.as_ref().map(|witness| {
        json!({
            "wrongly": if witness.error == Error::Allows { "allowed" } else { "refused" },
            "verb": witness.verb,
            "path": witness.path,
            "route": witness.route,
        })
    });
    json!({
        "token_type": flaw.kind.as_str(),
        "permissions": flaw.permissions,
        "served": flaw.served,
        "exposed": flaw.exposed,
        "witness": witness,
        "advice": flaw.advice,
    })
}
