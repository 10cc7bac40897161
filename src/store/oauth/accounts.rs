//! `IDENTITY#<iss>#<sub>`: the tenants that a person is a member of; and for local accounts, the password's hash.

use serde::{Deserialize, Serialize};

use super::{OAuthStore, record_key};
use crate::access::identity::{TenantId, UserId};
use crate::oauth::account::{AccountName, PasswordHash};
use crate::oauth::session::Identity;
use crate::store::record::{Attributes, Item, text};
use crate::store::{StoreFault, key};

const ACCOUNT: &str = "ACCOUNT";
const MEMBERSHIP_PREFIX: &str = "TENANT#";

/// A tenant that a person is a member of, and the user that the person is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The tenant.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
}

impl OAuthStore {
    /// The memberships of a person.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn memberships(&self, identity: &Identity) -> Result<Vec<Membership>, StoreFault> {
        let items = self.under(&partition(identity), MEMBERSHIP_PREFIX).await?;
        items.iter().map(membership).collect()
    }

    /// Makes a person a member of a tenant.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn put_membership(&self, identity: &Identity, membership: &Membership) -> Result<(), StoreFault> {
        let sort_key = format!("{MEMBERSHIP_PREFIX}{}", membership.tenant);
        let mut item = record_key(&partition(identity), &sort_key);
        item.insert("user".to_owned(), text(membership.user.as_str()));
        self.put(item).await
    }

    /// The password's hash of a local account.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn password(&self, name: &AccountName) -> Result<Option<PasswordHash>, StoreFault> {
        let Some(item) = self.item(&partition(&name.identity()), ACCOUNT).await? else { return Ok(None) };
        Ok(Some(PasswordHash::stored(Attributes::of(ACCOUNT, &item).text("password")?.to_owned())))
    }

    /// Writes a local account.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn put_account(&self, name: &AccountName, password: &PasswordHash) -> Result<(), StoreFault> {
        let mut item = record_key(&partition(&name.identity()), ACCOUNT);
        item.insert("password".to_owned(), text(password.as_str()));
        self.put(item).await
    }
}

fn partition(identity: &Identity) -> String {
    format!("IDENTITY#{}#{}", identity.issuer, identity.subject)
}

fn membership(item: &Item) -> Result<Membership, StoreFault> {
    let broken = || StoreFault::BrokenRecord { record: "IDENTITY".to_owned(), what: "not a membership".to_owned() };
    let attributes = Attributes::of("IDENTITY", item);
    let tenant = attributes.text(key::SK)?.strip_prefix(MEMBERSHIP_PREFIX).ok_or_else(broken)?;
    Ok(Membership {
        tenant: TenantId::parse(tenant).map_err(|_| broken())?,
        user: UserId::parse(attributes.text("user")?).map_err(|_| broken())?,
    })
}
