//! `edge user account`: a local account for a user, for development and small installations.
//!
//! The password comes on standard input and is in no argument, so that neither the shell's history nor the list of
//! processes has it.

use std::io::{IsTerminal as _, Read as _};

use clap::Args;
use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::access::tenant::UserKind;
use edge_authorizer::oauth::account::{AccountName, MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, PasswordHash};
use edge_authorizer::store::oauth::Commit;
use edge_authorizer::store::oauth::accounts::{Membership, Password};
use serde_json::json;

use crate::change::Change;
use crate::failure::Failure;
use crate::host;
use crate::output::Output;

/// Let a person sign in with a name and a password, where this server itself knows its people (`SIGN_IN`).
#[derive(Debug, Args)]
#[command(after_help = "\
The password is what comes on standard input, but for a line end behind it.

Examples:
  edge user account usr_89abcdef0123456789abcdef --tenant biz_0123456789abcdef01234567 --name ada@example.com < password
  read -rs P; printf %s \"$P\" | edge user account usr_89abcdef0123456789abcdef \\
      --tenant biz_0123456789abcdef01234567 --name ada@example.com --reset")]
pub(crate) struct Account {
    /// The user's id.
    id: UserId,
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    /// What the person types to sign in, an e-mail address as a rule.
    #[arg(long)]
    name: String,
    /// The account is there: give it this password in place of the one that it has.
    #[arg(long)]
    reset: bool,
    /// The account is there and keeps its password: it may act as this user too. Nothing is read.
    #[arg(long, conflicts_with = "reset")]
    join: bool,
    #[command(flatten)]
    change: Change,
}

impl Account {
    pub(crate) async fn run(&self, output: Output) -> Result<(), Failure> {
        let name = AccountName::parse(&self.name);
        let name = name.ok_or_else(|| {
            Failure::Invalid("an account's name has letters, digits and `@.+-_`, and at most 254 of them".to_owned())
        })?;
        let opened = self.change.open().await?;
        if opened.admin().user(&self.tenant, &self.id).await?.kind != UserKind::Person {
            return Err(Failure::Invalid(format!("the user `{}` is a service, which does not sign in", self.id)));
        }
        let password = match (self.join, self.reset) {
            (true, _) => Password::AsItIs,
            (false, true) => Password::Another(hashed()?),
            (false, false) => Password::First(hashed()?),
        };
        let membership = Membership { tenant: self.tenant.clone(), user: self.id.clone() };
        if opened.clients().give_account(&name, &membership, &password, &self.change.stamp()?).await? != Commit::Done {
            return Err(Failure::Invalid(match password {
                Password::First(_) => {
                    format!("there is an account `{}` already: `--reset` or `--join`", name.as_str())
                }
                Password::Another(_) | Password::AsItIs => format!("there is no account `{}`", name.as_str()),
            }));
        }
        let said = || format!("`{}` may sign in as {} of {}", name.as_str(), self.id, self.tenant);
        output.show(said, || json!({ "account": name.as_str(), "user": self.id, "tenant": self.tenant }));
        Ok(())
    }
}

/// What comes on standard input, hashed.
fn hashed() -> Result<PasswordHash, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        anstream::eprintln!("the password, and Ctrl-D behind its line (it is shown as it is typed):");
    }
    let mut text = String::new();
    let longest = u64::try_from(MAX_PASSWORD_LENGTH).unwrap_or_default().saturating_add(3);
    let read = input.take(longest).read_to_string(&mut text);
    read.map_err(|error| Failure::Usage(format!("the password on standard input cannot be read: {error}")))?;
    let password = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    let wrong = || {
        Failure::Invalid(format!(
            "a password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} bytes, on standard input"
        ))
    };
    if password.len() < MIN_PASSWORD_LENGTH {
        return Err(wrong());
    }
    PasswordHash::of(password, host::random()?).map_err(|_| wrong())
}
