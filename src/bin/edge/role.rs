//! `edge role`: names for sets of permissions, each tenant's own.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use edge_authorizer::access::identity::TenantId;
use serde_json::json;

use crate::change::{Change, InTenant};
use crate::connection::Reference;
use crate::failure::Failure;
use crate::output::{Output, list, table};
use crate::tenant;

/// The roles of a tenant.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    Put(Put),
    List(List),
    Remove(Remove),
}

/// Create a role, or give it these permissions and no others.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge role put sales --tenant biz_0123456789abcdef01234567 --permission contact.all,deal.read,deal.write
  edge role put guest --tenant biz_0123456789abcdef01234567 --permission contact.read")]
pub(crate) struct Put {
    /// The role's name.
    name: String,
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    /// A permission that the role holds.
    #[arg(long = "permission", value_name = "NAME", value_delimiter = ',', required = true)]
    permissions: Vec<String>,
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    change: Change,
}

/// List a tenant's roles and what each may do.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    within: InTenant,
}

/// Remove a role that nobody holds.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge role remove guest --tenant biz_0123456789abcdef01234567")]
pub(crate) struct Remove {
    /// The role's name.
    name: String,
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    #[command(flatten)]
    change: Change,
}

impl Role {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Put(args) => {
                let api = args.reference.api()?;
                let (admin, stamp) = (args.change.open().await?.admin(), args.change.stamp()?);
                let after = admin.put_role(&api.catalogue, &args.tenant, &args.name, &args.permissions, &stamp).await?;
                tenant::show(&after, output);
            }
            Self::List(args) => {
                let InTenant { tenant, connection } = &args.within;
                let roles = connection.open().await?.admin().tenant(tenant).await?.roles;
                let row = |(name, permissions): (&String, &Vec<String>)| [name.clone(), list(permissions)];
                let rows: Vec<_> = roles.iter().map(row).collect();
                output.show_all("roles", &rows, || table(["ROLE", "PERMISSIONS"], &rows), || json!(roles));
            }
            Self::Remove(args) => {
                let (admin, stamp) = (args.change.open().await?.admin(), args.change.stamp()?);
                tenant::show(&admin.remove_role(&args.tenant, &args.name, &stamp).await?, output);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
