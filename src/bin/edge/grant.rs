//! `edge grant`: what users let apps do.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use edge_authorizer::access::identity::{ClientId, GrantId, TenantId, UserId};
use edge_authorizer::store::audit::Action;
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::credential::GrantRecord;
use serde_json::{Value, json};

use crate::change::{Ending, InTenant};
use crate::failure::Failure;
use crate::output::{BAD, GOOD, Output, list, sheet, styled, table};

/// What users let apps do.
#[derive(Debug, Subcommand)]
pub(crate) enum GrantCommand {
    List(List),
    Revoke(Revoke),
}

/// List a tenant's grants, also those that have ended.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge grant list --tenant biz_0123456789abcdef01234567
  edge grant list --tenant biz_0123456789abcdef01234567 --user usr_89abcdef0123456789abcdef")]
pub(crate) struct List {
    #[command(flatten)]
    within: InTenant,
    /// Only this user's.
    #[arg(long)]
    user: Option<UserId>,
    /// Only this client's.
    #[arg(long)]
    client: Option<ClientId>,
}

/// Withdraw a grant: its tokens are refused within the gateway's cache TTL.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge grant revoke gra_0123456789abcdef01234567 --tenant biz_0123456789abcdef01234567")]
pub(crate) struct Revoke {
    /// The grant's id, `gra_…`.
    id: GrantId,
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    #[command(flatten)]
    ending: Ending,
}

impl GrantCommand {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        match self {
            Self::List(args) => args.run(output).await?,
            Self::Revoke(args) => args.run(output).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(&self, output: Output) -> Result<(), Failure> {
        let InTenant { tenant, connection } = &self.within;
        let opened = connection.open().await?;
        // A tenant that is not there is said, and is no empty list.
        opened.admin().tenant(tenant).await?;
        let mut grants = opened.clients().grants(tenant).await?;
        grants.retain(|grant| {
            self.user.as_ref().is_none_or(|user| *user == grant.user)
                && self.client.as_ref().is_none_or(|client| *client == grant.client_id)
        });
        output.show_all("grants", &grants, || grants_text(&grants), || grants.iter().map(json).collect());
        Ok(())
    }
}

impl Revoke {
    async fn run(&self, output: Output) -> Result<(), Failure> {
        let store = self.ending.open().await?.clients();
        let none = || Failure::Invalid(format!("the tenant `{}` has no grant `{}`", self.tenant, self.id));
        let grant = store.grant(&self.tenant, &self.id).await?.ok_or_else(none)?;
        if let Some(at) = grant.revoked {
            let at = at.to_rfc3339();
            return Err(Failure::Invalid(format!("the grant `{}` has ended already, at {at}", self.id)));
        }
        store.end_grant(&self.tenant, &self.id, Action::GrantRevoke, &self.ending.stamp()?).await?;
        let ended = store.grant(&self.tenant, &self.id).await?.ok_or_else(none)?;
        output.show(|| text(&ended), || json(&ended));
        self.ending.flush().await
    }
}

fn state(grant: &GrantRecord) -> &'static str {
    if grant.revoked.is_some() { "ended" } else { "active" }
}

fn text(grant: &GrantRecord) -> String {
    let style = if grant.revoked.is_some() { BAD } else { GOOD };
    sheet(&[
        ("grant", grant.id.to_string()),
        ("state", styled(style, state(grant))),
        ("user", grant.user.to_string()),
        ("client", grant.client_id.to_string()),
        ("scopes", list(&grant.scopes)),
        ("ended", grant.revoked.map(Timestamp::to_rfc3339).unwrap_or_default()),
    ])
}

fn json(grant: &GrantRecord) -> Value {
    json!({
        "id": grant.id,
        "state": state(grant),
        "user": grant.user,
        "client": grant.client_id,
        "scopes": grant.scopes,
        "ended": grant.revoked.map(Timestamp::to_rfc3339),
    })
}

fn grants_text(grants: &[GrantRecord]) -> String {
    let row = |grant: &GrantRecord| {
        [
            grant.id.to_string(),
            state(grant).to_owned(),
            grant.user.to_string(),
            grant.client_id.to_string(),
            grant.scopes.join(" "),
        ]
    };
    table(["GRANT", "STATE", "USER", "CLIENT", "SCOPES"], &grants.iter().map(row).collect::<Vec<_>>())
}
