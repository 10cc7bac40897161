//! What commands print: text for people, JSON for programs. One value, two forms.

use std::io::{ErrorKind, Write as _};

use anstyle::{AnsiColor, Style};
use edge_authorizer::access::tenant::{Features, Tenant, TenantStatus, User, UserKind, UserStatus};
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::credential::PatRecord;
use serde_json::{Value, json};

/// How to print.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    Text,
    Json,
}

impl Output {
    /// Prints a result, in one form or the other.
    pub(crate) fn show(self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
        match self {
            Self::Text => print(&format!("{}\n", text().trim_end())),
            Self::Json => print(&format!("{:#}\n", json())),
        }
    }

    /// Prints a list. An empty one is said to people on standard error, so that programs find nothing.
    pub(crate) fn show_all<T>(
        self,
        what: &str,
        rows: &[T],
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
    ) {
        match self {
            Self::Text if rows.is_empty() => anstream::eprintln!("no {what}"),
            _ => self.show(text, json),
        }
    }
}

/// Prints to standard output. A reader who has had enough (`… | head`) is no failure; a full disk is one, as what was
/// to be kept may be a token.
pub(crate) fn print(text: &str) {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            anstream::eprintln!("edge: standard output cannot be written: {error}");
            std::process::exit(4);
        }
        _ => {}
    }
}

/// Headings, and what is good, doubtful and bad.
pub(crate) const HEADING: Style = Style::new().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();

/// A text in a style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Names and what they stand for, one a line, aligned. A line without a value is left out.
pub(crate) fn sheet(lines: &[(&str, String)]) -> String {
    let shown = || lines.iter().filter(|(_, value)| !value.is_empty());
    let width = shown().map(|(name, _)| name.len()).max().unwrap_or_default();
    shown().map(|(name, value)| format!("{}  {value}\n", styled(HEADING, &format!("{name:width$}")))).collect()
}

/// Rows under a heading, each column as wide as its widest cell.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let widths: Vec<usize> = heading
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([name.len()]).max().unwrap_or_default()
        })
        .collect();
    let line = |cells: &[String]| -> String {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heading = styled(HEADING, &line(&heading.map(str::to_owned)));
    rows.iter().fold(heading, |text, row| text + "\n" + &line(row))
}

/// Text that others wrote, safe on a terminal: no control character of it gets there.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

/// A list in one line; `none` if it is empty.
pub(crate) fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(" ") }
}

pub(crate) fn tenant_status(status: TenantStatus) -> &'static str {
    match status {
        TenantStatus::Active => "active",
        TenantStatus::Suspended => "suspended",
    }
}

pub(crate) fn user_status(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "active",
        UserStatus::Disabled => "disabled",
    }
}

pub(crate) fn user_kind(kind: UserKind) -> &'static str {
    match kind {
        UserKind::Person => "person",
        UserKind::Service => "service",
    }
}

/// Where a token stands at that moment.
pub(crate) fn pat_state(pat: &PatRecord, now: Timestamp) -> &'static str {
    match pat {
        PatRecord { revoked: Some(_), .. } => "revoked",
        PatRecord { expires, .. } if now >= *expires => "expired",
        PatRecord { successor: Some(_), .. } => "rotated",
        _ => "active",
    }
}

pub(crate) fn tenant_json(tenant: &Tenant) -> Value {
    let features = match &tenant.features {
        Features::All => json!("all"),
        Features::Named(names) => json!(names),
    };
    json!({
        "id": tenant.id,
        "status": tenant_status(tenant.status),
        "features": features,
        "roles": tenant.roles,
        "usage_key": tenant.usage_key,
        "max_token_seconds": tenant.max_token_seconds,
    })
}

pub(crate) fn user_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "kind": user_kind(user.kind),
        "status": user_status(user.status),
        "roles": user.roles,
        "added": user.added,
        "removed": user.removed,
    })
}

pub(crate) fn pat_json(pat: &PatRecord, now: Timestamp) -> Value {
    json!({
        "id": pat.id,
        "name": pat.name,
        "user": pat.user,
        "scopes": pat.scopes,
        "state": pat_state(pat, now),
        "created": pat.created.to_rfc3339(),
        "expires": pat.expires.to_rfc3339(),
        "revoked": pat.revoked.map(Timestamp::to_rfc3339),
        "last_used": pat.last_used.map(Timestamp::to_rfc3339),
        "successor": pat.successor,
    })
}
