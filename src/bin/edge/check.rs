//! `edge check`: whether every permission set has an exact policy, and if not, which requests show it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use edge_authorizer::policy::document::MAX_LENGTH;
use edge_authorizer::policy::proof::audit::Error;
use edge_authorizer::policy::proof::check::{Flaw, Report, Witness, check};
use edge_authorizer::policy::proof::length::{Bound, LONGEST_ARN, USUAL_ARN};
use edge_authorizer::policy::reading::Reading;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::print;
use crate::pack::compiled;
use crate::readings::ReadingArgs;

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
    #[command(flatten)]
    readings: ReadingArgs,
}

pub(crate) fn run(args: &CheckArgs, json: bool) -> Result<ExitCode, Failure> {
    let (_, api) = args.readings.prove(compiled(&args.reference)?)?;
    let (report, bound) = (check(&api), Bound::of(&api));
    if json {
        print(&format!("{}\n", as_json(&report, &bound)));
    } else {
        print(&as_text(&report, &bound, &args.reference.display().to_string()));
    }
    Ok(ExitCode::from(u8::from(!(report.is_exact() && bound.fits()))))
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

fn as_text(report: &Report, bound: &Bound, name: &str) -> String {
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
        "{verdict}{}\nUnder each of these readings of the gateway's behaviour:\n{}\nAssumed not to be so \
             (`edge probe` shows it on a real stage):\n{}",
        length_text(bound),
        listed(true),
        listed(false)
    )
}

/// How long its policies can get.
pub(crate) fn length_text(bound: &Bound) -> String {
    let of = |arn: usize| format!("{} bytes with {arn} characters of ARN before the verb", bound.bytes(arn));
    match bound.longest_arn() {
        Some(LONGEST_ARN..) => format!("no policy is longer than {}, the most that there can be\n", of(LONGEST_ARN)),
        Some(arn) if bound.fits() => {
            let usual = of(USUAL_ARN);
            format!("no policy is longer than {usual}, or {MAX_LENGTH} with {arn}: mind long names of stages\n")
        }
        _ => format!("some permission set may have a policy of {}, and {MAX_LENGTH} is the limit\n", of(USUAL_ARN)),
    }
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

fn as_json(report: &Report, bound: &Bound) -> Value {
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
        "longest_policy": { "bytes": bound.bytes(USUAL_ARN), "fits": bound.fits(), "longest_arn": bound.longest_arn() },
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
