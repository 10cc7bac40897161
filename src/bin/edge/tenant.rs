//! `edge tenant`: the customers of the product.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use edge_authorizer::access::identity::TenantId;
use edge_authorizer::access::tenant::{Features, Tenant, TenantStatus};

use crate::change::{Change, Ending};
use crate::connection::{Connection, Reference};
use crate::failure::Failure;
use crate::output::{BAD, DOUBTFUL, GOOD, Output, list, sheet, styled, tenant_json, tenant_status};
use crate::span;

/// From this size on, every decision costs the tenant's record twice.
const READ_UNIT: usize = 4096;

/// The customers of the product.
#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    Create(Create),
    Show(Named),
    /// Stop serving a tenant's requests.
    Suspend(Changed),
    /// Serve a suspended tenant's requests again.
    Resume(Changed),
    Features(SetFeatures),
    Limit(Limit),
}

/// Create a tenant.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge tenant create biz_0123456789abcdef01234567 --all-features
  edge tenant create biz_0123456789abcdef01234567 --feature crm,sales --max-token-life 180d")]
pub(crate) struct Create {
    /// The tenant's id, the API's business_id.
    id: TenantId,
    /// A feature that it has.
    #[arg(long = "feature", value_name = "NAME", value_delimiter = ',', conflicts_with = "all_features")]
    features: Vec<String>,
    /// It has every feature, present and future.
    #[arg(long)]
    all_features: bool,
    /// The longest life of its tokens.
    #[arg(long, value_name = "TIME", value_parser = span::seconds)]
    max_token_life: Option<u64>,
    /// The API key under which usage plans count its requests.
    #[arg(long, value_name = "KEY")]
    usage_key: Option<String>,
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    change: Change,
}

/// Show a tenant, its features and its roles.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The tenant's id.
    id: TenantId,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A suspended tenant's tokens get 403 within the gateway's cache TTL.

Examples:
  edge tenant suspend biz_0123456789abcdef01234567 --by anna
  edge tenant resume biz_0123456789abcdef01234567 --by anna")]
pub(crate) struct Changed {
    /// The tenant's id.
    id: TenantId,
    #[command(flatten)]
    ending: Ending,
}

/// Give a tenant these features and no others.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge tenant features biz_0123456789abcdef01234567 --set crm,sales
  edge tenant features biz_0123456789abcdef01234567 --all")]
#[group(id = "which", required = true, multiple = false, args = ["set", "all", "none"])]
pub(crate) struct SetFeatures {
    /// The tenant's id.
    id: TenantId,
    /// These.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    set: Vec<String>,
    /// Every feature, present and future.
    #[arg(long)]
    all: bool,
    /// None at all.
    #[arg(long)]
    none: bool,
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    change: Change,
}

/// Set the longest life of the tokens that a tenant will issue.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge tenant limit biz_0123456789abcdef01234567 --max-token-life 30d
  edge tenant limit biz_0123456789abcdef01234567 --none")]
#[group(id = "limit", required = true, multiple = false, args = ["max_token_life", "none"])]
pub(crate) struct Limit {
    /// The tenant's id.
    id: TenantId,
    /// The longest life.
    #[arg(long, value_name = "TIME", value_parser = span::seconds)]
    max_token_life: Option<u64>,
    /// No limit.
    #[arg(long)]
    none: bool,
    #[command(flatten)]
    change: Change,
}

impl TenantCommand {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        let tenant = match self {
            Self::Create(args) => args.run().await?,
            Self::Show(args) => args.connection.open().await?.admin().tenant(&args.id).await?,
            Self::Suspend(args) => args.run(TenantStatus::Suspended).await?,
            Self::Resume(args) => args.run(TenantStatus::Active).await?,
            Self::Features(args) => args.run().await?,
            Self::Limit(args) => {
                let admin = args.change.open().await?.admin();
                admin.limit_tokens(&args.id, args.max_token_life, &args.change.stamp()?).await?
            }
        };
        show(&tenant, output);
        if let Self::Suspend(args) = self {
            args.ending.flush().await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    async fn run(&self) -> Result<Tenant, Failure> {
        let api = self.reference.api()?;
        let tenant = Tenant {
            id: self.id.clone(),
            status: TenantStatus::Active,
            features: if self.all_features { Features::All } else { Features::Named(self.features.clone()) },
            roles: std::collections::BTreeMap::new(),
            usage_key: self.usage_key.clone(),
            max_token_seconds: self.max_token_life,
        };
        let admin = self.change.open().await?.admin();
        Ok(admin.create_tenant(&api.catalogue, tenant, &self.change.stamp()?).await?)
    }
}

impl Changed {
    async fn run(&self, status: TenantStatus) -> Result<Tenant, Failure> {
        let admin = self.ending.open().await?.admin();
        Ok(admin.set_tenant_status(&self.id, status, &self.ending.stamp()?).await?)
    }
}

impl SetFeatures {
    async fn run(&self) -> Result<Tenant, Failure> {
        let api = self.reference.api()?;
        let features = if self.all { Features::All } else { Features::Named(self.set.clone()) };
        let admin = self.change.open().await?.admin();
        Ok(admin.set_features(&api.catalogue, &self.id, features, &self.change.stamp()?).await?)
    }
}

/// Prints a tenant, and warns on standard error when its record has become dear to read.
pub(crate) fn show(tenant: &Tenant, output: Output) {
    output.show(|| text(tenant), || tenant_json(tenant));
    let bytes = edge_authorizer::store::admin::tenant::size(tenant);
    if bytes > READ_UNIT {
        let warning = styled(DOUBTFUL, "warning");
        anstream::eprintln!(
            "{warning}: the tenant's record has {bytes} bytes: from {READ_UNIT} on, every decision pays for reading it twice"
        );
    }
}

fn text(tenant: &Tenant) -> String {
    let style = match tenant.status {
        TenantStatus::Active => GOOD,
        TenantStatus::Suspended => BAD,
    };
    let features = match &tenant.features {
        Features::All => "all".to_owned(),
        Features::Named(names) => list(names),
    };
    let own = sheet(&[
        ("tenant", tenant.id.to_string()),
        ("status", styled(style, tenant_status(tenant.status))),
        ("features", features),
        ("usage key", tenant.usage_key.clone().unwrap_or_default()),
        ("longest token life", tenant.max_token_seconds.map(span::show).unwrap_or_default()),
    ]);
    let roles = tenant.roles.iter().map(|(name, permissions)| format!("role {name}: {}\n", list(permissions)));
    own + &roles.collect::<String>()
}
