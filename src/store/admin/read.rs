//! What operators read: single records and all records of a kind, strongly consistent, within one partition.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use super::{Admin, AdminError};
use crate::access::identity::TenantId;
use crate::store::key;
use crate::store::read::fault;
use crate::store::record::{Item, text};

impl Admin {
    /// One record of a tenant.
    pub(super) async fn get(&self, tenant: &TenantId, sort_key: &str) -> Result<Option<Item>, AdminError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(key::PK, text(&key::tenant_partition(tenant)))
            .key(key::SK, text(sort_key))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.failed(error))?;
        Ok(answer.item)
    }

    /// Every record of a tenant whose sort key starts so.
    pub(super) async fn every(&self, tenant: &TenantId, prefix: &str) -> Result<Vec<Item>, AdminError> {
        // What follows a prefix is an id or hex digits: nothing in either sorts behind `~`.
        self.between(tenant, prefix, &format!("{prefix}~")).await
    }

    /// Every record of a tenant with a sort key from here to there.
    pub(super) async fn between(&self, tenant: &TenantId, first: &str, last: &str) -> Result<Vec<Item>, AdminError> {
        self.within(&key::tenant_partition(tenant), first, last).await
    }

    /// Every record of a partition with a sort key from here to there, however many pages that takes.
    pub(super) async fn within(&self, partition: &str, first: &str, last: &str) -> Result<Vec<Item>, AdminError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.map_err(|error| self.failed(error))?);
        }
        Ok(items)
    }

    /// What a failed call says: that there is no such table, or that the store did not do its part.
    pub(super) fn failed<E>(&self, error: SdkError<E>) -> AdminError
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        match error.code() {
            Some("ResourceNotFoundException") => AdminError::NoTable { table: self.table.clone() },
            _ => AdminError::Store(fault(error)),
        }
    }
}

/// The sort key of an item, without what it starts with.
pub(super) fn name_of<'a>(item: &'a Item, prefix: &str) -> &'a str {
    let sort_key = item.get(key::SK).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
    sort_key.strip_prefix(prefix).unwrap_or(sort_key)
}
