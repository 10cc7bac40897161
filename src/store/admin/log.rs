//! The audit log, read.

use super::audit::AuditRecord;
use super::{Admin, AdminError};
use crate::access::identity::TenantId;
use crate::store::key;
use crate::store::stamp::time_key;
use crate::timestamp::Timestamp;

impl Admin {
    /// The tenant's audit log from a time on, oldest first; without a tenant, that of the installation.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`], or what the store says.
    pub async fn audit(&self, tenant: Option<&TenantId>, since: Timestamp) -> Result<Vec<AuditRecord>, AdminError> {
        let from = format!("{}{}", key::AUDIT_PREFIX, time_key(since.seconds().saturating_mul(1000)));
        let partition = tenant.map_or_else(|| key::INSTALLATION.to_owned(), key::tenant_partition);
        let items = self.within(&partition, &from, &format!("{}~", key::AUDIT_PREFIX)).await?;
        if let (true, Some(tenant)) = (items.is_empty(), tenant) {
            self.tenant_exists(tenant).await?;
        }
        Ok(items.iter().map(AuditRecord::read).collect::<Result<_, _>>()?)
    }
}
