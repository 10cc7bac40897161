//! Tenants: created, suspended, resumed, given features and a limit.

use aws_sdk_dynamodb::types::AttributeValue;

use super::audit::Action;
use super::change::{Change, Place, Revision, Step, settle};
use super::{Admin, AdminError, Stamp, names};
use crate::access::administration::ROLE_WRITE;
use crate::access::catalogue::Catalogue;
use crate::access::identity::TenantId;
use crate::access::tenant::{Features, Tenant, TenantStatus};
use crate::store::key;
use crate::store::record::{Item, read_tenant, write_tenant};

impl Admin {
    /// The tenant's record.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`], or what the store says.
    pub async fn tenant(&self, id: &TenantId) -> Result<Tenant, AdminError> {
        Ok(self.tenant_record(id).await?.1)
    }

    /// Creates a tenant, with whatever roles and features it starts with.
    ///
    /// # Errors
    /// [`AdminError::TenantExists`], or a name that the API does not know.
    pub async fn create_tenant(
        &self,
        catalogue: &Catalogue,
        mut tenant: Tenant,
        stamp: &Stamp,
    ) -> Result<Tenant, AdminError> {
        tenant.features = names::features(catalogue, tenant.features)?;
        for (role, permissions) in &mut tenant.roles {
            names::role(role)?;
            *permissions = names::permissions(catalogue, permissions)?;
        }
        settle(async || {
            if self.get(&tenant.id, key::TENANT).await?.is_some() {
                return Err(AdminError::TenantExists { tenant: tenant.id.to_string() });
            }
            let record = Revision::create(key::TENANT.to_owned(), write_tenant(&tenant));
            self.commit(change(&tenant.id, Action::TenantCreate, record), stamp).await
        })
        .await?;
        Ok(tenant)
    }

    /// Suspends a tenant, or serves it again.
    ///
    /// # Errors
    /// [`AdminError::TenantAlready`] when it is so already, [`AdminError::NoTenant`].
    pub async fn set_tenant_status(
        &self,
        id: &TenantId,
        status: TenantStatus,
        stamp: &Stamp,
    ) -> Result<Tenant, AdminError> {
        let (action, name) = match status {
            TenantStatus::Active => (Action::TenantResume, "active"),
            TenantStatus::Suspended => (Action::TenantSuspend, "suspended"),
        };
        self.revise_tenant(id, action, stamp, |tenant| {
            if tenant.status == status {
                return Err(AdminError::TenantAlready { tenant: id.to_string(), status: name });
            }
            tenant.status = status;
            Ok(())
        })
        .await
    }

    /// Gives a tenant these features and no others.
    ///
    /// # Errors
    /// [`AdminError::UnknownFeature`], [`AdminError::NoTenant`].
    pub async fn set_features(
        &self,
        catalogue: &Catalogue,
        id: &TenantId,
        features: Features,
        stamp: &Stamp,
    ) -> Result<Tenant, AdminError> {
        let features = names::features(catalogue, features)?;
        self.revise_tenant(id, Action::TenantFeatures, stamp, |tenant| {
            tenant.features = features.clone();
            Ok(())
        })
        .await
    }

    /// Sets the longest life of the tenant's future tokens, in seconds; `None` for no limit. Tokens that were issued
    /// keep theirs.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`].
    pub async fn limit_tokens(&self, id: &TenantId, maximum: Option<u64>, stamp: &Stamp) -> Result<Tenant, AdminError> {
        self.revise_tenant(id, Action::TenantLimit, stamp, |tenant| {
            tenant.max_token_seconds = maximum;
            Ok(())
        })
        .await
    }

    /// Changes a tenant's own record. A change that changes nothing writes nothing.
    pub(super) async fn revise_tenant(
        &self,
        id: &TenantId,
        action: Action,
        stamp: &Stamp,
        revise: impl Fn(&mut Tenant) -> Result<(), AdminError>,
    ) -> Result<Tenant, AdminError> {
        settle(async || {
            let (item, before) = self.tenant_record(id).await?;
            let mut after = before.clone();
            revise(&mut after)?;
            if after != before {
                let (was, becomes) = (write_tenant(&before), write_tenant(&after));
                let record = Revision::amend(key::TENANT.to_owned(), item, &was, &becomes).fixed(&["roles"]);
                // Of all this, a delegate can reach the roles alone.
                let guards = self.guards(ROLE_WRITE, id, key::TENANT, |it| it.tenant = after.clone()).await?;
                self.commit(Change { guards, ..change(id, action, record) }, stamp).await?;
            }
            Ok(after)
        })
        .await
    }

    /// For lists that are empty: whether that is because there is no such tenant.
    pub(super) async fn tenant_exists(&self, id: &TenantId) -> Result<(), AdminError> {
        let item = self.get(id, key::TENANT).await?;
        item.map(|_| ()).ok_or_else(|| AdminError::NoTenant { tenant: id.to_string() })
    }

    pub(super) async fn tenant_record(&self, id: &TenantId) -> Result<(Item, Tenant), AdminError> {
        let item = self.get(id, key::TENANT).await?;
        let item = item.ok_or_else(|| AdminError::NoTenant { tenant: id.to_string() })?;
        let tenant = read_tenant(id, &item)?;
        Ok((item, tenant))
    }
}

/// The size of a tenant's record in bytes, as DynamoDB counts it: what every decision pays for reading.
///
/// Source: "DynamoDB item sizes and formats", Amazon DynamoDB Developer Guide.
pub fn size(tenant: &Tenant) -> usize {
    let partition = key::tenant_partition(&tenant.id);
    let own = [key::PK, &partition, key::SK, key::TENANT].map(str::len).iter().sum::<usize>();
    own + item_size(&write_tenant(tenant))
}

fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        AttributeValue::M(entries) => 3 + entries.len() + item_size(entries),
        _ => 1,
    }
}

fn change(id: &TenantId, action: Action, record: Revision) -> Change<'_> {
    let step = Step { action, subject: id.to_string(), record };
    Change { place: Place::Tenant(id), steps: vec![step], guards: Vec::new() }
}
