//! `edge user`: the people and services that tokens act for.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::access::tenant::{User, UserKind, UserStatus};
use serde_json::json;

use crate::account::Account;
use crate::change::{Change, Ending, InTenant};
use crate::connection::Reference;
use crate::failure::Failure;
use crate::output::{BAD, GOOD, Output, list, sheet, styled, table, user_json, user_kind, user_status};

/// The people and services that tokens act for.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    Put(Put),
    Account(Account),
    List(List),
    Show(Named),
    /// Refuse a user's tokens until the user is enabled again.
    Disable(Changed),
    /// Accept a disabled user's tokens again.
    Enable(Changed),
    /// Remove a user from the tenant, and revoke the tokens for good.
    Remove(Changed),
}

/// Create a user, or give one these roles and exceptions and no others.
#[derive(Debug, Args)]
#[command(after_help = "\
A service is a backend: bounded by a role like a person, but it cannot sign in and does not leave with an employee.

Examples:
  edge user put usr_89abcdef0123456789abcdef --tenant biz_0123456789abcdef01234567 --role sales
  edge user put usr_89abcdef0123456789abcdef --tenant biz_0123456789abcdef01234567 --role sales \\
      --add deal.delete --take contact.delete
  edge user put nightly-sync --tenant biz_0123456789abcdef01234567 --kind service --role integration")]
pub(crate) struct Put {
    /// The user's id.
    id: UserId,
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    /// What kind of user.
    #[arg(long, value_enum, default_value_t = Kind::Person)]
    kind: Kind,
    /// A role of the tenant that the user holds.
    #[arg(long = "role", value_name = "NAME", value_delimiter = ',')]
    roles: Vec<String>,
    /// A permission granted to this user beside the roles.
    #[arg(long = "add", value_name = "PERMISSION", value_delimiter = ',')]
    added: Vec<String>,
    /// A permission taken from this user, whatever the roles say.
    #[arg(long = "take", value_name = "PERMISSION", value_delimiter = ',')]
    taken: Vec<String>,
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    change: Change,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Someone who can sign in.
    Person,
    /// A backend.
    Service,
}

/// List a tenant's users.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    within: InTenant,
}

/// Show a user.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The user's id.
    id: UserId,
    #[command(flatten)]
    within: InTenant,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge user disable usr_89abcdef0123456789abcdef --tenant biz_0123456789abcdef01234567
  edge user enable usr_89abcdef0123456789abcdef --tenant biz_0123456789abcdef01234567
  edge user remove usr_89abcdef0123456789abcdef --tenant biz_0123456789abcdef01234567")]
pub(crate) struct Changed {
    /// The user's id.
    id: UserId,
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    #[command(flatten)]
    ending: Ending,
}

impl UserCommand {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Put(args) => show(&args.run().await?, output),
            Self::Account(args) => args.run(output).await?,
            Self::List(args) => {
                let InTenant { tenant, connection } = &args.within;
                let users = connection.open().await?.admin().users(tenant).await?;
                output.show_all("users", &users, || users_text(&users), || users.iter().map(user_json).collect());
            }
            Self::Show(args) => {
                let InTenant { tenant, connection } = &args.within;
                show(&connection.open().await?.admin().user(tenant, &args.id).await?, output);
            }
            Self::Disable(args) => {
                show(&args.set(UserStatus::Disabled).await?, output);
                args.ending.flush().await?;
            }
            Self::Enable(args) => show(&args.set(UserStatus::Active).await?, output),
            Self::Remove(args) => {
                args.remove(output).await?;
                args.ending.flush().await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Put {
    async fn run(&self) -> Result<User, Failure> {
        let api = self.reference.api()?;
        let user = User {
            id: self.id.clone(),
            kind: match self.kind {
                Kind::Person => UserKind::Person,
                Kind::Service => UserKind::Service,
            },
            status: UserStatus::Active,
            roles: self.roles.clone(),
            added: self.added.clone(),
            removed: self.taken.clone(),
        };
        let admin = self.change.open().await?.admin();
        Ok(admin.put_user(&api.catalogue, &self.tenant, user, &self.change.stamp()?).await?)
    }
}

impl Changed {
    async fn set(&self, status: UserStatus) -> Result<User, Failure> {
        let admin = self.ending.open().await?.admin();
        Ok(admin.set_user_status(&self.tenant, &self.id, status, &self.ending.stamp()?).await?)
    }

    async fn remove(&self, output: Output) -> Result<(), Failure> {
        let admin = self.ending.open().await?.admin();
        let revoked = admin.remove_user(&self.tenant, &self.id, &self.ending.stamp()?).await?;
        output.show(
            || format!("the user `{}` is removed; tokens and grants ended: {}", self.id, list(&revoked)),
            || json!({ "removed": self.id, "revoked": revoked }),
        );
        Ok(())
    }
}

fn show(user: &User, output: Output) {
    let style = match user.status {
        UserStatus::Active => GOOD,
        UserStatus::Disabled => BAD,
    };
    let text = || {
        sheet(&[
            ("user", user.id.to_string()),
            ("kind", user_kind(user.kind).to_owned()),
            ("status", styled(style, user_status(user.status))),
            ("roles", list(&user.roles)),
            ("added", user.added.join(" ")),
            ("taken", user.removed.join(" ")),
        ])
    };
    output.show(text, || user_json(user));
}

fn users_text(users: &[User]) -> String {
    let row = |user: &User| {
        [
            user.id.to_string(),
            user_kind(user.kind).to_owned(),
            user_status(user.status).to_owned(),
            user.roles.join(" "),
            user.added
                .iter()
                .map(|it| format!("+{it}"))
                .chain(user.removed.iter().map(|it| format!("-{it}")))
                .collect::<Vec<_>>()
                .join(" "),
        ]
    };
    table(["USER", "KIND", "STATUS", "ROLES", "EXCEPTIONS"], &users.iter().map(row).collect::<Vec<_>>())
}
