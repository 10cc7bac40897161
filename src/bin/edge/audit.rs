//! `edge audit`: who changed what.

use std::process::ExitCode;

use aws_sdk_dynamodb::types::AttributeValue;
use clap::Args;
use edge_authorizer::access::identity::TenantId;
use edge_authorizer::store::admin::audit::{AuditRecord, Difference};
use edge_authorizer::timestamp::Timestamp;
use serde_json::{Map, Value, json};

use crate::connection::Connection;
use crate::failure::Failure;
use crate::host;
use crate::output::{HEADING, Output, harmless, styled};
use crate::span;

/// List who changed what in a tenant, or of what is no tenant's, oldest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge audit --tenant biz_0123456789abcdef01234567
  edge audit --since 30d
  edge audit --tenant biz_0123456789abcdef01234567 --since 7d --subject pat_0123456789abcdef01234567")]
pub(crate) struct Audit {
    /// The tenant; without one, the clients that operators made or verified, and what was removed.
    #[arg(long)]
    tenant: Option<TenantId>,
    /// Only what was changed since this long ago.
    #[arg(long, value_name = "TIME", value_parser = span::seconds)]
    since: Option<u64>,
    /// Only changes to this user, token, tenant or key.
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

impl Audit {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        let since = self.since.map(|seconds| Timestamp::from_seconds(host::now().seconds().saturating_sub(seconds)));
        let mut log =
            self.connection.open().await?.admin().audit(self.tenant.as_ref(), since.unwrap_or_default()).await?;
        log.retain(|record| self.subject.as_ref().is_none_or(|subject| *subject == record.subject));
        output.show_all("changes", &log, || log.iter().map(text).collect(), || log.iter().map(json).collect());
        Ok(ExitCode::SUCCESS)
    }
}

fn text(record: &AuditRecord) -> String {
    let AuditRecord { by, action, subject, .. } = record;
    let head = format!("{}  {}  {subject}  by {by}\n", time(record), styled(HEADING, action.as_str()));
    let changes = record.changes.iter().map(|(name, change)| {
        let side =
            |value: &Option<AttributeValue>| value.as_ref().map_or_else(|| "nothing".to_owned(), |it| words(name, it));
        match change {
            Difference { before: None, after } => format!("    {name}: {}\n", side(after)),
            Difference { before, after } => format!("    {name}: {} → {}\n", side(before), side(after)),
        }
    });
    head + &changes.collect::<String>()
}

fn json(record: &AuditRecord) -> Value {
    let changes: Map<String, Value> = record
        .changes
        .iter()
        .map(|(name, change)| {
            let side = |value: &Option<AttributeValue>| value.as_ref().map(|value| plain(name, value));
            (name.clone(), json!({ "before": side(&change.before), "after": side(&change.after) }))
        })
        .collect();
    json!({
        "at": time(record),
        "by": record.by,
        "action": record.action.as_str(),
        "subject": record.subject,
        "changes": changes,
    })
}

fn time(record: &AuditRecord) -> String {
    Timestamp::from_seconds(record.milliseconds / 1000).to_rfc3339()
}

/// An attribute in one line.
fn words(name: &str, value: &AttributeValue) -> String {
    match plain(name, value) {
        Value::String(text) => harmless(&text),
        Value::Array(names) if names.is_empty() => "none".to_owned(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// An attribute as a program would have it: points in time as RFC 3339 writes them.
fn plain(name: &str, value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => match number.parse() {
            Ok(seconds) if TIMES.contains(&name) => json!(Timestamp::from_seconds(seconds).to_rfc3339()),
            Ok(number) => json!(number),
            Err(_) => json!(number),
        },
        AttributeValue::L(values) => values.iter().map(|value| plain(name, value)).collect(),
        AttributeValue::Ss(names) => json!(names),
        AttributeValue::Bool(truth) => json!(truth),
        // No record holds anything else; what a product keeps beside is named and not shown.
        _ => Value::Null,
    }
}

/// The attributes that are points in time.
const TIMES: [&str; 6] = ["created", "expires", "revoked", "last_used", "not_before", "retires"];
