//! `edge probe`: the requests that settle the readings of the gateway's behaviour, and their answers on a stage.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::error::display::DisplayErrorContext;
use clap::Args;
use edge_authorizer::api::Api;
use edge_authorizer::policy::probe::{Finding, Plan, Seen, plan};
use edge_authorizer::policy::reading::Reading;
use edge_authorizer::transport::Transport;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::pack::compiled;

/// How long one request may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// The longest answer of a stage, in bytes ("API Gateway quotas": payload size).
const LONGEST_ANSWER: usize = 10 * 1024 * 1024;

/// Print the requests that show what API Gateway makes of odd paths; with a stage and two tokens, run them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge probe                                             the requests, and which two tokens they need
  edge probe --url https://api.example.com/prod \\
    --wide \"$WIDE\" --narrow \"$NARROW\"                    run them against a stage

Tokens may also come from EDGE_PROBE_WIDE and EDGE_PROBE_NARROW, so that they stay out of the shell's history.")]
pub(crate) struct ProbeArgs {
    /// The API reference: OpenAPI 3.1, YAML or JSON.
    #[arg(env = "EDGE_REFERENCE", default_value = "api.yaml")]
    reference: PathBuf,
    /// The stage to ask, without the API's own paths.
    #[arg(long, requires_all = ["wide", "narrow"])]
    url: Option<String>,
    /// A token that covers every operation.
    #[arg(long, env = "EDGE_PROBE_WIDE", hide_env_values = true)]
    wide: Option<String>,
    /// A token that covers every operation but those of one permission.
    #[arg(long, env = "EDGE_PROBE_NARROW", hide_env_values = true)]
    narrow: Option<String>,
    /// A header that every request carries, `Version: 2026-06-01`.
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
}

pub(crate) fn run(args: &ProbeArgs, json: bool) -> Result<ExitCode, Failure> {
    let api = Api::new(compiled(&args.reference)?).map_err(|error| Failure::Invalid(error.to_string()))?;
    let plan = plan(&api).ok_or_else(|| Failure::Invalid("the API has no list that could be probed".to_owned()))?;
    let (Some(url), Some(wide), Some(narrow)) = (&args.url, &args.wide, &args.narrow) else {
        show(&plan, json);
        return Ok(ExitCode::SUCCESS);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Fault(error.to_string()))?;
    let stage = Stage {
        url: url.trim_end_matches('/'),
        headers: &args.headers,
        http: SharedHttpConnector::new(Transport::reading_at_most(LONGEST_ANSWER)),
    };
    let both = |path: &str| {
        let asked = async { Ok::<_, Failure>((stage.ask(path, wide).await?, stage.ask(path, narrow).await?)) };
        runtime.block_on(asked)
    };
    let (by_wide, by_narrow) = both(&plan.control)?;
    if [by_wide, by_narrow].contains(&Seen::Refused) {
        let path = &plan.control;
        return Err(Failure::Invalid(format!("the stage refuses {path} to one of the tokens, which both may read")));
    }
    let mut found: Vec<Found> = Vec::new();
    for probe in plan.probes {
        let seen = both(&probe.path)?;
        let answered = (probe.path, Finding::of(probe.reading, seen.0, seen.1));
        match found.last_mut().filter(|last| last.reading == probe.reading) {
            Some(last) => last.probes.push(answered),
            None => found.push(Found { reading: probe.reading, probes: vec![answered] }),
        }
    }
    for reading in plan.unasked {
        let unasked = ("-".to_owned(), Finding::Inconclusive);
        match found.iter_mut().find(|it| it.reading == reading) {
            Some(of_reading) => of_reading.probes.push(unasked),
            None => found.push(Found { reading, probes: vec![unasked] }),
        }
    }
    report(&found, json);
    let is_settled = found.iter().filter_map(Found::together).all(Finding::settles);
    Ok(ExitCode::from(u8::from(!is_settled)))
}

/// What the requests of one reading have shown.
struct Found {
    reading: Reading,
    /// Each request's path, and what it shows.
    probes: Vec<(String, Finding)>,
}

impl Found {
    /// A reading must be on if one of its requests says so.
    fn together(&self) -> Option<Finding> {
        self.probes.iter().map(|it| it.1).max()
    }
}

/// A deployed stage.
struct Stage<'a> {
    url: &'a str,
    headers: &'a [String],
    http: SharedHttpConnector,
}

impl Stage<'_> {
    async fn ask(&self, path: &str, token: &str) -> Result<Seen, Failure> {
        let invalid = |what: &str| Failure::Invalid(format!("{what} cannot be sent"));
        let target = format!("{}{path}", self.url);
        let mut request = HttpRequest::get(target).map_err(|_| invalid("the URL"))?;
        request
            .headers_mut()
            .try_insert("authorization", format!("Bearer {token}"))
            .map_err(|_| invalid("the token"))?;
        for header in self.headers {
            let (name, value) = header.split_once(':').ok_or_else(|| invalid("a header without a colon"))?;
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            request.headers_mut().try_insert(name, value).map_err(|_| invalid("a header"))?;
        }
        let asked = tokio::time::timeout(DEADLINE, self.http.call(request));
        let answer = asked
            .await
            .map_err(|_| Failure::Fault(format!("no answer to {path} in time")))?
            .map_err(|error| Failure::Fault(DisplayErrorContext(error).to_string()))?;
        let status = answer.status().as_u16();
        let error_type = answer.headers().get("x-amzn-errortype").map(str::to_owned);
        match status {
            401 => Err(Failure::Invalid("the stage does not accept one of the tokens (401)".to_owned())),
            429 | 500.. => Err(Failure::Fault(format!("the stage answers {path} with {status}"))),
            _ => {
                let body = ByteStream::new(answer.into_body()).collect().await;
                let body = body.map_err(|error| Failure::Fault(error.to_string()))?.into_bytes();
                Ok(Seen::of(status, error_type.as_deref(), &body))
            }
        }
    }
}

fn show(plan: &Plan, json: bool) {
    if json {
        let probes: Vec<Value> =
            plan.probes.iter().map(|it| json!({"reading": it.reading.name(), "path": it.path})).collect();
        anstream::println!("{}", json!({"wide": plan.wide, "narrow": plan.narrow, "probes": probes}));
        return;
    }
    anstream::println!("Two tokens of a user who may do everything:\n");
    anstream::println!("  WIDE    with the scopes {}", plan.wide.join(" "));
    anstream::println!("  NARROW  with the scopes {}\n", plan.narrow.join(" "));
    anstream::println!("Each request with both:\n");
    for probe in &plan.probes {
        anstream::println!("  # {}: {}", probe.reading, probe.reading.meaning());
        anstream::println!("  curl --path-as-is -i -H \"Authorization: Bearer $WIDE\" \"$URL{}\"", probe.path);
    }
    anstream::println!(
        "\nOnly WIDE reached a backend: the ARN keeps the odd text, and the reading holds; for the two about decoding it\n\
         does not. Both: the other way round. Neither: the gateway has no such route. Of several requests of a reading\n\
         one that holds suffices. `edge probe --url` sends them and says so; `edge pack --with` and `--without` take it\n\
         into account."
    );
}

fn report(found: &[Found], json: bool) {
    for of_reading in found {
        let Some(finding) = of_reading.together() else { continue };
        let (reading, meaning) = (of_reading.reading.name(), finding.meaning());
        if json {
            let shown = |(path, finding): &(String, Finding)| json!({"path": path, "finding": finding.name()});
            let probes: Vec<Value> = of_reading.probes.iter().map(shown).collect();
            let line = json!({"reading": reading, "finding": finding.name(), "meaning": meaning, "probes": probes});
            anstream::println!("{line}");
            continue;
        }
        anstream::println!("{reading:<22} {meaning}");
        for (path, finding) in &of_reading.probes {
            anstream::println!("{:22} {:<13} {path}", "", finding.name());
        }
    }
}
