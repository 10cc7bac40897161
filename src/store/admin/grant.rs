//! What users let apps do ends with the user: an id may come back, and what was granted under it may not.

use super::audit::Action;
use super::change::{Change, Place, Revision, Step, settle};
use super::read::name_of;
use super::{Admin, AdminError, Stamp};
use crate::access::identity::{GrantId, TenantId, UserId};
use crate::store::record::{Item, read_grant, write_grant};
use crate::store::{StoreFault, key};
use crate::token::credential::GrantRecord;

impl Admin {
    /// Ends every grant of a user that has not ended yet, each with a stamp of its own; returns their ids.
    pub(super) async fn end_grants(
        &self,
        tenant: &TenantId,
        user: &UserId,
        stamps: &mut Stamp,
    ) -> Result<Vec<String>, AdminError> {
        let mut ended = Vec::new();
        for item in self.every(tenant, key::GRANT_PREFIX).await? {
            let grant = read(&item)?;
            if grant.user != *user || grant.revoked.is_some() {
                continue;
            }
            let stamp = stamps.take();
            // While it is looked at, an app may refresh under it, or give it up.
            if settle(|| self.try_to_end(tenant, &grant.id, &stamp)).await? {
                ended.push(grant.id.to_string());
            }
        }
        Ok(ended)
    }

    async fn try_to_end(&self, tenant: &TenantId, id: &GrantId, stamp: &Stamp) -> Result<bool, AdminError> {
        let Some(before) = self.get(tenant, &key::grant(id)).await? else { return Ok(false) };
        let was = read_grant(id, &before)?;
        if was.revoked.is_some() {
            return Ok(false);
        }
        let becomes = GrantRecord { revoked: Some(stamp.now()), ..was.clone() };
        let record = Revision::amend(key::grant(id), before, &write_grant(&was), &write_grant(&becomes));
        let step = Step { action: Action::GrantRevoke, subject: id.to_string(), record };
        self.commit(Change { place: Place::Tenant(tenant), steps: vec![step], guards: Vec::new() }, stamp).await?;
        Ok(true)
    }
}

fn read(item: &Item) -> Result<GrantRecord, StoreFault> {
    let id = GrantId::parse(name_of(item, key::GRANT_PREFIX))
        .map_err(|error| StoreFault::BrokenRecord { record: "GRANT".to_owned(), what: error.to_string() })?;
    read_grant(&id, item)
}
