//! Roles: names for sets of permissions, each tenant's own.

use super::audit::Action;
use super::{Admin, AdminError, Stamp, names};
use crate::access::catalogue::Catalogue;
use crate::access::identity::TenantId;
use crate::access::tenant::Tenant;
use crate::nearest::nearest;

impl Admin {
    /// Creates a role or gives it these permissions and no others.
    ///
    /// # Errors
    /// [`AdminError::UnknownPermission`], [`AdminError::InvalidName`], [`AdminError::NoTenant`].
    pub async fn put_role(
        &self,
        catalogue: &Catalogue,
        tenant: &TenantId,
        role: &str,
        permissions: &[String],
        stamp: &Stamp,
    ) -> Result<Tenant, AdminError> {
        names::role(role)?;
        let permissions = names::permissions(catalogue, permissions)?;
        self.revise_tenant(tenant, Action::RolePut, stamp, |tenant| {
            tenant.roles.insert(role.to_owned(), permissions.clone());
            Ok(())
        })
        .await
    }

    /// Removes a role that nobody holds.
    ///
    /// A user who still held its name would get whatever a later role of that name is given, so they are named first.
    ///
    /// # Errors
    /// [`AdminError::NoRole`], [`AdminError::RoleHeld`], [`AdminError::NoTenant`].
    pub async fn remove_role(&self, tenant: &TenantId, role: &str, stamp: &Stamp) -> Result<Tenant, AdminError> {
        let users = self.users(tenant).await?;
        let holders = users.into_iter().filter(|user| user.roles.iter().any(|held| held == role));
        let holders: Vec<String> = holders.map(|user| user.id.to_string()).collect();
        self.revise_tenant(tenant, Action::RoleRemove, stamp, |tenant| {
            if !tenant.roles.contains_key(role) {
                return Err(unknown(tenant, role));
            }
            if !holders.is_empty() {
                return Err(AdminError::RoleHeld { role: role.to_owned(), users: holders.clone() });
            }
            tenant.roles.remove(role);
            Ok(())
        })
        .await
    }
}

/// The tenant has no role of that name.
pub(super) fn unknown(tenant: &Tenant, role: &str) -> AdminError {
    AdminError::NoRole {
        tenant: tenant.id.to_string(),
        role: role.to_owned(),
        nearest: nearest(role, tenant.roles.keys().map(String::as_str)).map(str::to_owned),
    }
}
