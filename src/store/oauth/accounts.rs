//! `IDENTITY#<iss>#<sub>`: the tenants that a person is a member of; and for local accounts, the password's hash.
//!
//! Beside the user that the person is there lies a note of it, by which the membership ends with the user.

use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::{Commit, OAuthStore, record_key, unbuildable};
use crate::access::identity::{TenantId, UserId};
use crate::oauth::account::{AccountName, PasswordHash};
use crate::oauth::session::Identity;
use crate::store::audit::Action;
use crate::store::record::{Attributes, Item, text};
use crate::store::stamp::Stamp;
use crate::store::{StoreFault, key};

const ACCOUNT: &str = "ACCOUNT";
const PASSWORD: &str = "password";
const THERE: &str = "attribute_exists(pk)";
const MEMBERSHIP_PREFIX: &str = "TENANT#";

/// A tenant that a person is a member of, and the user that the person is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The tenant.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
}

/// What becomes of an account's password when it is let in.
#[derive(Debug)]
pub enum Password {
    /// It is the account's first: there must be none of that name yet.
    First(PasswordHash),
    /// It takes the place of the one that there is.
    Another(PasswordHash),
    /// There is one, and it stays.
    AsItIs,
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
        self.commit(self.new_member(identity, membership)?.into()).await?;
        Ok(())
    }

    /// A membership and its note.
    fn new_member(&self, identity: &Identity, membership: &Membership) -> Result<[TransactWriteItem; 2], StoreFault> {
        let put = |item: Item| {
            let put = Put::builder().table_name(&self.table).set_item(Some(item)).build().map_err(unbuildable)?;
            Ok(TransactWriteItem::builder().put(put).build())
        };
        let Membership { tenant, user } = membership;
        let mut member = record_key(&partition(identity), &key::membership(tenant));
        member.insert("user".to_owned(), text(user.as_str()));
        let noted = format!("{}{}#{}", key::member_prefix(user), identity.issuer, identity.subject);
        Ok([put(member)?, put(record_key(&key::tenant_partition(tenant), &noted))?])
    }

    /// The password's hash of a local account.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn password(&self, name: &AccountName) -> Result<Option<PasswordHash>, StoreFault> {
        let Some(item) = self.item(&partition(&name.identity()), ACCOUNT).await? else { return Ok(None) };
        Ok(Some(PasswordHash::stored(Attributes::of(ACCOUNT, &item).text(PASSWORD)?.to_owned())))
    }

    /// Lets a local account act as a user, who must be there; what becomes of its password is said with it.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn give_account(
        &self,
        name: &AccountName,
        membership: &Membership,
        password: &Password,
        stamp: &Stamp,
    ) -> Result<Commit, StoreFault> {
        let account = record_key(&partition(&name.identity()), ACCOUNT);
        let tenant = key::tenant_partition(&membership.tenant);
        let told = Item::from([("account".to_owned(), text(name.as_str()))]);
        let account = match password {
            Password::First(hash) => {
                let mut item = account;
                item.insert(PASSWORD.to_owned(), text(hash.as_str()));
                self.new_item(item)?
            }
            Password::Another(hash) => {
                let update = Update::builder().table_name(&self.table).set_key(Some(account));
                let update = update.update_expression("SET password = :hash").condition_expression(THERE);
                let update = update.expression_attribute_values(":hash", text(hash.as_str()));
                TransactWriteItem::builder().update(update.build().map_err(unbuildable)?).build()
            }
            Password::AsItIs => self.there(account)?,
        };
        let [member, noted] = self.new_member(&name.identity(), membership)?;
        let user = self.there(record_key(&tenant, &key::user(&membership.user)))?;
        let note = self.audited(&tenant, Action::UserAccount, membership.user.as_str(), [None, Some(&told)], stamp)?;
        self.commit(vec![account, member, noted, user, note]).await
    }

    /// A record that must be there, and stays as it is.
    fn there(&self, key: Item) -> Result<TransactWriteItem, StoreFault> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(key)).condition_expression(THERE);
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(unbuildable)?).build())
    }

    /// Writes a local account.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn put_account(&self, name: &AccountName, password: &PasswordHash) -> Result<(), StoreFault> {
        let mut item = record_key(&partition(&name.identity()), ACCOUNT);
        item.insert(PASSWORD.to_owned(), text(password.as_str()));
        self.put(item).await
    }
}

fn partition(identity: &Identity) -> String {
    format!("{}{}#{}", key::IDENTITY_PREFIX, identity.issuer, identity.subject)
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
