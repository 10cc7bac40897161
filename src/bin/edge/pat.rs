//! `edge pat`: personal access tokens.
//!
//! A token is printed once, alone on standard output, so that `TOKEN=$(edge pat issue …)` does what one hopes. All
//! that is to be said of it goes to standard error.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::access::requirement::Verdict;
use edge_authorizer::access::shortfall::Shortfall;
use edge_authorizer::store::admin::pat::{Issued, NewPat, Rotation};
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::credential::PatRecord;
use serde_json::{Value, json};

use crate::change::{Change, Ending, InTenant};
use crate::connection::{Keys, Reference};
use crate::failure::Failure;
use crate::host;
use crate::output::{BAD, DOUBTFUL, GOOD, Output, harmless, list, pat_json, pat_state, sheet, styled, table};
use crate::span;

/// Personal access tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Pat {
    Issue(Issue),
    List(List),
    Show(Named),
    Rotate(Rotate),
    Revoke(Revoke),
}

/// Issue a token and print it, this once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge pat issue --tenant biz_0123456789abcdef01234567 --user usr_89abcdef0123456789abcdef \\
      --scope contact.read --scope deal.write --name \"nightly sync\" --expires 90d
  TOKEN=$(edge pat issue --local --tenant biz_0123456789abcdef01234567 \\
      --user usr_89abcdef0123456789abcdef --scope contact.read --name try)")]
pub(crate) struct Issue {
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    /// The user that the token acts for.
    #[arg(long)]
    user: UserId,
    /// A scope of the token.
    #[arg(long = "scope", value_name = "NAME", value_delimiter = ',', required = true)]
    scopes: Vec<String>,
    /// What to call the token.
    #[arg(long)]
    name: String,
    /// How long it lives [default: 90d, or the tenant's maximum where that is less].
    #[arg(long, value_name = "TIME", value_parser = span::seconds)]
    expires: Option<u64>,
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    change: Change,
}

/// List a tenant's tokens, or one user's.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    within: InTenant,
    /// Only this user's.
    #[arg(long)]
    user: Option<UserId>,
}

/// Show what is known of a token.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The token's id, `pat_…`: not the token.
    id: String,
    #[command(flatten)]
    within: InTenant,
}

/// Put a new token in the place of an old one, and print it, this once.
#[derive(Debug, Args)]
#[command(after_help = "\
The old token stays good for the overlap, and never longer than it would have been.

Examples:
  edge pat rotate pat_0123456789abcdef01234567 --tenant biz_0123456789abcdef01234567
  edge pat rotate pat_0123456789abcdef01234567 --tenant biz_0123456789abcdef01234567 --overlap 0")]
pub(crate) struct Rotate {
    /// The old token's id, `pat_…`: not the token.
    id: String,
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    /// How long the old token stays good; 0 for not at all.
    #[arg(long, value_name = "TIME", value_parser = span::seconds, default_value = "24h")]
    overlap: u64,
    /// How long the new one lives [default: as long as the old one was issued for].
    #[arg(long, value_name = "TIME", value_parser = span::seconds)]
    expires: Option<u64>,
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    change: Change,
}

/// Revoke a token: it is refused within the gateway's cache TTL.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge pat revoke pat_0123456789abcdef01234567 --tenant biz_0123456789abcdef01234567")]
pub(crate) struct Revoke {
    /// The token's id, `pat_…`: not the token.
    id: String,
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    #[command(flatten)]
    ending: Ending,
}

impl Pat {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        let now = host::now();
        match self {
            Self::Issue(args) => hand_over(&args.run().await?, None, now, output),
            Self::List(args) => {
                let InTenant { tenant, connection } = &args.within;
                let pats = connection.open().await?.admin().pats(tenant, args.user.as_ref()).await?;
                let json = || pats.iter().map(|pat| pat_json(pat, now)).collect();
                output.show_all("tokens", &pats, || pats_text(&pats, now), json);
            }
            Self::Show(args) => {
                let id = token_id(&args.id)?;
                let InTenant { tenant, connection } = &args.within;
                show(&connection.open().await?.admin().pat(tenant, id).await?, now, output);
            }
            Self::Rotate(args) => args.run(now, output).await?,
            Self::Revoke(args) => {
                let id = token_id(&args.id)?;
                let admin = args.ending.open().await?.admin();
                show(&admin.revoke_pat(&args.tenant, id, &args.ending.stamp()?).await?, now, output);
                args.ending.flush().await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Issue {
    async fn run(&self) -> Result<Issued, Failure> {
        let api = self.reference.api()?;
        let opened = self.change.open().await?;
        let format = opened.settings(&self.keys)?.pats;
        let new = NewPat {
            user: self.user.clone(),
            name: self.name.clone(),
            scopes: self.scopes.clone(),
            life: self.expires,
        };
        let (entropy, stamp) = (host::entropy()?, self.change.stamp()?);
        Ok(opened.admin().issue_pat(&api.catalogue, &format, &self.tenant, &new, entropy, &stamp).await?)
    }
}

impl Rotate {
    async fn run(&self, now: Timestamp, output: Output) -> Result<(), Failure> {
        let api = self.reference.api()?;
        let opened = self.change.open().await?;
        let format = opened.settings(&self.keys)?.pats;
        let rotation = Rotation { id: token_id(&self.id)?.to_owned(), life: self.expires, overlap: self.overlap };
        let (entropy, stamp) = (host::entropy()?, self.change.stamp()?);
        let rotated =
            opened.admin().rotate_pat(&api.catalogue, &format, &self.tenant, &rotation, entropy, &stamp).await?;
        hand_over(&rotated.new, Some(&rotated.old), now, output);
        Ok(())
    }
}

/// An id of a token, and not the token itself, which no message may repeat.
fn token_id(given: &str) -> Result<&str, Failure> {
    if !given.contains("_pat_") {
        return Ok(given);
    }
    let told = "that is a token, and not the id of one, `pat_…`: `edge pat list` has the ids, and \
                `edge explain --token -` tells that of a token";
    Err(Failure::Usage(told.to_owned()))
}

/// Prints a token, this once: alone on standard output, or in the JSON.
fn hand_over(issued: &Issued, old: Option<&PatRecord>, now: Timestamp, output: Output) {
    output.show(
        || issued.token.expose().to_owned(),
        || {
            json!({
                "token": issued.token.expose(),
                "pat": pat_json(&issued.record, now),
                "replaces": old.map(|old| pat_json(old, now)),
                "not_covered_today": issued.shortfalls.iter().map(shortfall_json).collect::<Value>(),
            })
        },
    );
    if let Output::Text = output {
        let pat = &issued.record;
        let until = pat.expires.to_rfc3339();
        anstream::eprintln!("{} for {}, good until {until}: keep it, it is not shown again", pat.id, pat.user);
        if let Some(old) = old {
            let end = if old.revoked.is_some() {
                "is revoked".to_owned()
            } else {
                format!("stays good until {}", old.expires.to_rfc3339())
            };
            anstream::eprintln!("{} {end}", old.id);
        }
    }
    for shortfall in &issued.shortfalls {
        anstream::eprintln!("{}: {}", styled(DOUBTFUL, "warning"), shortfall_text(shortfall, issued));
    }
}

fn shortfall_text(shortfall: &Shortfall, issued: &Issued) -> String {
    let missing = match shortfall.verdict {
        Verdict::FeatureMissing => "the tenant's features do".to_owned(),
        _ => format!("the role of {} does", issued.record.user),
    };
    let remains = match shortfall.remains.is_empty() {
        true => String::new(),
        false => format!(", but for {}", shortfall.remains.join(" ")),
    };
    format!("{missing} not cover `{}` today{remains}", shortfall.scope)
}

fn shortfall_json(shortfall: &Shortfall) -> Value {
    let missing = match shortfall.verdict {
        Verdict::FeatureMissing => "feature",
        _ => "role",
    };
    json!({ "scope": shortfall.scope, "missing": missing, "remains": shortfall.remains })
}

fn show(pat: &PatRecord, now: Timestamp, output: Output) {
    let state = pat_state(pat, now);
    let style = match state {
        "active" => GOOD,
        "rotated" => DOUBTFUL,
        _ => BAD,
    };
    let time = |time: Option<Timestamp>| time.map(Timestamp::to_rfc3339);
    let text = || {
        sheet(&[
            ("token", pat.id.clone()),
            ("name", harmless(&pat.name)),
            ("state", styled(style, state)),
            ("user", pat.user.to_string()),
            ("scopes", list(&pat.scopes)),
            ("created", pat.created.to_rfc3339()),
            ("expires", pat.expires.to_rfc3339()),
            ("revoked", time(pat.revoked).unwrap_or_default()),
            ("last used", time(pat.last_used).unwrap_or_else(|| "never".to_owned())),
            ("replaced by", pat.successor.clone().unwrap_or_default()),
        ])
    };
    output.show(text, || pat_json(pat, now));
}

fn pats_text(pats: &[PatRecord], now: Timestamp) -> String {
    let row = |pat: &PatRecord| {
        [
            pat.id.clone(),
            pat_state(pat, now).to_owned(),
            pat.user.to_string(),
            pat.expires.to_rfc3339(),
            pat.scopes.join(" "),
            harmless(&pat.name),
        ]
    };
    table(["TOKEN", "STATE", "USER", "EXPIRES", "SCOPES", "NAME"], &pats.iter().map(row).collect::<Vec<_>>())
}
