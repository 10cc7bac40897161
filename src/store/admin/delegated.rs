//! Changes that a member of the tenant makes, and no operator: held to what that member may do, and to what may be
//! taken from a tenant at all ([`Organisation::judge`]).
//!
//! What a change was allowed on must still be so when it is written: the record of whoever makes it, the roles, and an
//! administrator who remains. So of two who would each remove the other, one is refused.

use super::change::Guard;
use super::{Admin, AdminError, Stamp};
use crate::access::administration::{Organisation, TOKEN_REVOKE};
use crate::access::catalogue::Catalogue;
use crate::access::identity::{TenantId, UserId};
use crate::access::tenant::{Tenant, User, UserStatus};
use crate::store::key;
use crate::store::record::Item;
use crate::token::credential::PatRecord;

/// What the rights of a user come from, in the user's record.
pub(super) const RIGHTS: &[&str] = &["added", "kind", "removed", "roles", "status"];

/// Who makes the changes.
#[derive(Clone, Debug)]
pub(super) struct Delegate {
    actor: UserId,
    catalogue: Catalogue,
}

/// A table, as that member of a tenant may change it: the operators' changes that a member can be trusted with.
#[derive(Clone, Debug)]
pub struct DelegatedAdmin {
    admin: Admin,
    catalogue: Catalogue,
}

impl DelegatedAdmin {
    /// As [`Admin::put_user`].
    ///
    /// # Errors
    /// The same, and [`AdminError::Overreach`].
    pub async fn put_user(&self, tenant: &TenantId, user: User, stamp: &Stamp) -> Result<User, AdminError> {
        self.admin.put_user(&self.catalogue, tenant, user, stamp).await
    }

    /// As [`Admin::set_user_status`].
    ///
    /// # Errors
    /// The same, and [`AdminError::Overreach`].
    pub async fn set_user_status(
        &self,
        tenant: &TenantId,
        id: &UserId,
        status: UserStatus,
        stamp: &Stamp,
    ) -> Result<User, AdminError> {
        self.admin.set_user_status(tenant, id, status, stamp).await
    }

    /// As [`Admin::remove_user`].
    ///
    /// # Errors
    /// The same, and [`AdminError::Overreach`].
    pub async fn remove_user(&self, tenant: &TenantId, id: &UserId, stamp: &Stamp) -> Result<Vec<String>, AdminError> {
        self.admin.remove_user(tenant, id, stamp).await
    }

    /// As [`Admin::put_role`].
    ///
    /// # Errors
    /// The same, and [`AdminError::Overreach`].
    pub async fn put_role(
        &self,
        tenant: &TenantId,
        role: &str,
        permissions: &[String],
        stamp: &Stamp,
    ) -> Result<Tenant, AdminError> {
        self.admin.put_role(&self.catalogue, tenant, role, permissions, stamp).await
    }

    /// As [`Admin::remove_role`].
    ///
    /// # Errors
    /// The same, and [`AdminError::Overreach`].
    pub async fn remove_role(&self, tenant: &TenantId, role: &str, stamp: &Stamp) -> Result<Tenant, AdminError> {
        self.admin.remove_role(tenant, role, stamp).await
    }

    /// As [`Admin::revoke_pat`], whosoever the token is.
    ///
    /// # Errors
    /// The same, and [`AdminError::Overreach`].
    pub async fn revoke_pat(&self, tenant: &TenantId, id: &str, stamp: &Stamp) -> Result<PatRecord, AdminError> {
        self.admin.end_pat(Some(TOKEN_REVOKE), tenant, id, stamp).await
    }
}

impl Admin {
    /// The table as that member of a tenant may change it: each change is held to what the member may do.
    pub fn on_behalf_of(self, actor: UserId, catalogue: Catalogue) -> DelegatedAdmin {
        let delegate = Some(Delegate { actor, catalogue: catalogue.clone() });
        DelegatedAdmin { admin: Self { delegate, ..self }, catalogue }
    }

    /// What must still hold when the change is written; nothing where an operator makes it. `needs` is the permission
    /// for it, `own` the sort key of the record that it writes, `revise` what it makes of the tenant and its users.
    ///
    /// # Errors
    /// [`AdminError::Overreach`], or what the store says.
    pub(super) async fn guards(
        &self,
        needs: &'static str,
        tenant: &TenantId,
        own: &str,
        revise: impl FnOnce(&mut Organisation),
    ) -> Result<Vec<Guard>, AdminError> {
        let Some(Delegate { actor, catalogue }) = &self.delegate else { return Ok(Vec::new()) };
        let (tenant_item, tenant) = self.tenant_record(tenant).await?;
        let records = self.user_records(&tenant.id).await?;
        let users = records.iter().map(|(_, user)| user.clone()).collect();
        let before = Organisation { tenant, users };
        let mut after = before.clone();
        revise(&mut after);
        let keeper = before.judge(actor, needs, &after, catalogue)?;
        let people = [Some(actor), keeper.filter(|id| *id != actor)].into_iter().flatten();
        let people = people.filter_map(|id| guard(id, &records));
        let roles = Guard { sort_key: key::TENANT.to_owned(), item: tenant_item, attributes: &["roles"] };
        Ok(people.chain([roles]).filter(|guard| guard.sort_key != own).collect())
    }
}

/// The record of a user, to stay as it is. Somebody who is not there yet cannot be who a change rests on: whoever is
/// new does not hold more than the actor, who is there.
fn guard(id: &UserId, records: &[(Item, User)]) -> Option<Guard> {
    let (item, _) = records.iter().find(|(_, user)| user.id == *id)?;
    Some(Guard { sort_key: key::user(id), item: item.clone(), attributes: RIGHTS })
}
