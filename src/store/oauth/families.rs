//! `GRANT#<id>` and `REFRESH#<id>` in the tenant's partition: what a user granted, and the tokens that go with it.
//!
//! That a grant has ended is written in one place, the grant's own record, which the authorizer reads too. A rotation
//! is conditional on it: so no token outlives the end, whatever was under way.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};

use super::{Commit, KEPT, OAuthStore, TTL, document, document_item, record_key, time, unbuildable};
use crate::access::identity::{GrantId, TenantId, UserId};
use crate::access::tenant::{Tenant, User, UserStatus};
use crate::oauth::family::{Family, Previous};
use crate::oauth::grant::Grant;
use crate::oauth::secret::SecretDigest;
use crate::store::audit::Action;
use crate::store::read::fault;
use crate::store::record::{
    Attributes, Item, number, read_grant, read_tenant, read_user, text, user_status_name, write_grant,
};
use crate::store::stamp::Stamp;
use crate::store::{StoreFault, key};
use crate::timestamp::Timestamp;
use crate::token::credential::GrantRecord;

const RECORD: &str = "REFRESH";

/// The attribute that says when a grant was ended.
const REVOKED: &str = "revoked";

/// How often a grant is ended anew when a transaction is in the way. A few rotations at once are the most there are.
const ENDINGS: usize = 8;

impl OAuthStore {
    /// The record of a grant.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn grant(&self, tenant: &TenantId, id: &GrantId) -> Result<Option<GrantRecord>, StoreFault> {
        let item = self.item(&key::tenant_partition(tenant), &key::grant(id)).await?;
        item.map(|item| read_grant(id, &item)).transpose()
    }

    /// The family of a grant, with the grant's own end.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn family(&self, tenant: &TenantId, id: &GrantId) -> Result<Option<Family>, StoreFault> {
        let Some(item) = self.item(&key::tenant_partition(tenant), &sort_key(id)).await? else { return Ok(None) };
        // Read after the family: an end that comes between the two is seen here or fails the rotation.
        let Some(grant) = self.grant(tenant, id).await? else { return Ok(None) };
        read(&item, grant.revoked).map(Some)
    }

    /// Replaces a family's token, if nobody has meanwhile and the grant has not ended.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn rotate(&self, next: &Family) -> Result<Commit, StoreFault> {
        let before = next.generation.saturating_sub(1);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(write(next)?))
            .condition_expression("generation = :before")
            .expression_attribute_values(":before", number(before))
            .build()
            .map_err(unbuildable)?;
        let partition = key::tenant_partition(&next.grant.tenant);
        let alive = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(record_key(&partition, &key::grant(&next.grant.id))))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(revoked)")
            .build()
            .map_err(unbuildable)?;
        let put = TransactWriteItem::builder().put(put).build();
        self.commit(vec![put, TransactWriteItem::builder().condition_check(alive).build()]).await
    }

    /// Ends a grant, for good and with every token under it; the audit log says who did and why. Ending it again changes
    /// nothing. A conflict means that there is no such grant.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn end_grant(
        &self,
        tenant: &TenantId,
        id: &GrantId,
        why: Action,
        stamp: &Stamp,
    ) -> Result<Commit, StoreFault> {
        let partition = key::tenant_partition(tenant);
        for _ in 0..ENDINGS {
            let Some(before) = self.item(&partition, &key::grant(id)).await? else { return Ok(Commit::Conflict) };
            if before.contains_key(REVOKED) {
                return Ok(Commit::Done);
            }
            let mut after = before.clone();
            after.insert(REVOKED.to_owned(), time(stamp.now()));
            let end = Update::builder()
                .table_name(&self.table)
                .set_key(Some(record_key(&partition, &key::grant(id))))
                .update_expression("SET revoked = :now")
                .condition_expression("attribute_exists(pk) AND attribute_not_exists(revoked)")
                .expression_attribute_values(":now", time(stamp.now()))
                .build()
                .map_err(unbuildable)?;
            let end = TransactWriteItem::builder().update(end).build();
            let note = self.audited(&partition, why, id.as_str(), [Some(&before), Some(&after)], stamp)?;
            // Somebody else ends it, or a rotation is being written: it is over in a moment, and the grant must not
            // outlive it.
            if self.commit(vec![end, note]).await? == Commit::Done {
                return Ok(Commit::Done);
            }
        }
        Err(StoreFault::Refused("the grant was being changed by others, several times over".to_owned()))
    }

    /// A user and the tenant, as they are now.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn member(&self, tenant: &TenantId, user: &UserId) -> Result<Option<(Tenant, User)>, StoreFault> {
        let partition = key::tenant_partition(tenant);
        let Some(item) = self.item(&partition, &key::user(user)).await? else { return Ok(None) };
        let user = read_user(user, &item)?;
        let Some(item) = self.item(&partition, key::TENANT).await? else { return Ok(None) };
        Ok(Some((read_tenant(tenant, &item)?, user)))
    }

    /// The grants of a tenant, ended ones too.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn grants(&self, tenant: &TenantId) -> Result<Vec<GrantRecord>, StoreFault> {
        let items = self.under(&key::tenant_partition(tenant), key::GRANT_PREFIX).await?;
        items.iter().filter_map(|item| Some(read_grant(&grant_id(item)?, item))).collect()
    }

    /// What a user has granted in a tenant and not ended, with the time of it.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn grants_of(
        &self,
        tenant: &TenantId,
        user: &UserId,
    ) -> Result<Vec<(GrantRecord, Option<Timestamp>)>, StoreFault> {
        let items = self.under(&key::tenant_partition(tenant), key::GRANT_PREFIX).await?;
        let mut grants = Vec::new();
        for item in &items {
            let Some(id) = grant_id(item) else { continue };
            let grant = read_grant(&id, item)?;
            if grant.user == *user && grant.revoked.is_none() {
                let created = Attributes::of("GRANT", item).optional_number("created")?;
                grants.push((grant, created.map(Timestamp::from_seconds)));
            }
        }
        Ok(grants)
    }

    /// Every item of a partition whose sort key starts so.
    pub(super) async fn under(&self, partition: &str, prefix: &str) -> Result<Vec<Item>, StoreFault> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk AND begins_with(sk, :prefix)");
        let query = query.expression_attribute_values(":pk", text(partition));
        let mut pages = query.expression_attribute_values(":prefix", text(prefix)).into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.map_err(fault)?);
        }
        Ok(items)
    }

    /// That a user may act, as a condition of what is written beside it: who removes one ends the grants that are there
    /// by then.
    pub(super) fn acts(&self, tenant: &TenantId, user: &UserId) -> Result<TransactWriteItem, StoreFault> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(record_key(&key::tenant_partition(tenant), &key::user(user))))
            .condition_expression("#status = :active")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":active", text(user_status_name(UserStatus::Active)))
            .build()
            .map_err(unbuildable)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// A grant and its audit record. `ends` is when no token of the grant can be good any more.
    pub(super) fn new_grant(
        &self,
        grant: &Grant,
        ends: Timestamp,
        stamp: &Stamp,
    ) -> Result<[TransactWriteItem; 2], StoreFault> {
        let partition = key::tenant_partition(&grant.tenant);
        let mut item = record_key(&partition, &key::grant(&grant.id));
        item.extend(write_grant(&GrantRecord {
            id: grant.id.clone(),
            user: grant.user.clone(),
            client_id: grant.client.clone(),
            scopes: grant.scopes.names().to_vec(),
            revoked: None,
        }));
        item.insert("resource".to_owned(), text(&grant.resource));
        item.insert("created".to_owned(), time(stamp.now()));
        let states = [None, Some(&item)];
        let note = self.audited(&partition, Action::GrantCreate, grant.id.as_str(), states, stamp)?;
        item.insert(TTL.to_owned(), number(ends.plus(KEPT).seconds()));
        Ok([self.new_item(item)?, note])
    }

    pub(super) fn new_family(&self, family: &Family) -> Result<TransactWriteItem, StoreFault> {
        self.new_item(write(family)?)
    }
}

fn grant_id(item: &Item) -> Option<GrantId> {
    let sort_key = item.get(key::SK).and_then(|value| value.as_s().ok())?;
    GrantId::parse(sort_key.strip_prefix(key::GRANT_PREFIX)?).ok()
}

fn sort_key(grant: &GrantId) -> String {
    format!("{RECORD}#{grant}")
}

fn write(family: &Family) -> Result<Item, StoreFault> {
    let partition = key::tenant_partition(&family.grant.tenant);
    let ends = family.idle_end.min(family.absolute_end);
    let mut item = document_item(&partition, &sort_key(&family.grant.id), &family.grant, Some(ends))?;
    item.extend([
        ("generation".to_owned(), number(family.generation)),
        ("current".to_owned(), text(&family.current.to_hex())),
        ("idle_end".to_owned(), time(family.idle_end)),
        ("absolute_end".to_owned(), time(family.absolute_end)),
    ]);
    if let Some(previous) = &family.previous {
        let request =
            serde_json::to_string(&previous.request).map_err(|error| StoreFault::Refused(error.to_string()))?;
        item.extend([
            ("previous".to_owned(), text(&previous.token.to_hex())),
            ("previous_used".to_owned(), time(previous.used)),
            ("previous_request".to_owned(), text(&request)),
            ("previous_answer".to_owned(), AttributeValue::B(Blob::new(previous.sealed.clone()))),
        ]);
    }
    Ok(item)
}

fn read(item: &Item, ended: Option<Timestamp>) -> Result<Family, StoreFault> {
    let attributes = Attributes::of(RECORD, item);
    let broken = |what: &str| StoreFault::BrokenRecord { record: RECORD.to_owned(), what: what.to_owned() };
    let digest = |text: &str| SecretDigest::from_hex(text).ok_or_else(|| broken("a digest cannot be read"));
    let previous = match attributes.optional_text("previous")? {
        None => None,
        Some(token) => Some(Previous {
            token: digest(token)?,
            used: attributes.time("previous_used")?,
            request: serde_json::from_str(attributes.text("previous_request")?)
                .map_err(|_| broken("`previous_request` cannot be read"))?,
            sealed: item
                .get("previous_answer")
                .and_then(|value| value.as_b().ok())
                .ok_or_else(|| broken("`previous_answer` is not binary"))?
                .as_ref()
                .to_vec(),
        }),
    };
    Ok(Family {
        grant: document(RECORD, item)?,
        generation: attributes.optional_number("generation")?.ok_or_else(|| broken("`generation` is missing"))?,
        current: digest(attributes.text("current")?)?,
        previous,
        idle_end: attributes.time("idle_end")?,
        absolute_end: attributes.time("absolute_end")?,
        ended,
    })
}
