//! `CLIENT#<id>`: what registered, and until when; beside it, one note for each grant that it was given.

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::{Commit, KEPT, OAuthStore, TTL, document, document_item, record_key, time};
use crate::access::identity::{ClientId, GrantId, TenantId};
use crate::oauth::client::Client;
use crate::oauth::grant::Grant;
use crate::store::read::fault;
use crate::store::record::{Attributes, Item, number};
use crate::store::{StoreFault, key};
use crate::timestamp::Timestamp;

const SORT_KEY: &str = "CLIENT";

impl OAuthStore {
    /// The client of that id, expired or not.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, StoreFault> {
        self.item(&partition(id), SORT_KEY).await?.map(|item| read(&item)).transpose()
    }

    /// Writes a client, over one of the same id: only identical public ones have the same.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn put_client(&self, client: &Client) -> Result<(), StoreFault> {
        self.put(write(client)?).await
    }

    /// Writes a client over its registration, if that still stands at `now`.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn replace_client(&self, client: &Client, now: Timestamp) -> Result<Commit, StoreFault> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(write(client)?));
        let put = put.condition_expression("attribute_exists(pk) AND #expires > :now");
        let put = put.expression_attribute_names("#expires", "expires");
        match put.expression_attribute_values(":now", time(now)).send().await {
            Ok(_) => Ok(Commit::Done),
            Err(error) if error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Ok(Commit::Conflict)
            }
            Err(error) => Err(fault(error)),
        }
    }

    /// Lets a registration end later, because it was used. One that was removed meanwhile, or ended, stays so.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn renew_client(&self, client: &Client, expires: Timestamp, now: Timestamp) -> Result<(), StoreFault> {
        let update = self.client.update_item().table_name(&self.table);
        let update = update.set_key(Some(record_key(&partition(&client.id), SORT_KEY)));
        // Only the end: the rest may have been changed since it was read.
        let update = update.update_expression("SET #expires = :expires, #ttl = :ttl");
        let update = update.condition_expression("attribute_exists(pk) AND #expires > :now");
        let update = update.expression_attribute_names("#expires", "expires").expression_attribute_names("#ttl", TTL);
        let update = update.expression_attribute_values(":expires", time(expires));
        let update = update.expression_attribute_values(":ttl", time(expires.plus(KEPT)));
        match update.expression_attribute_values(":now", time(now)).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Ok(())
            }
            Err(error) => Err(fault(error)),
        }
    }

    /// Ends a client now and every grant that it was given; then removes it.
    ///
    /// The registration ends first, so that nothing new is granted. What is left when the store fails on the way is a
    /// client that has ended, and the same call again ends the rest.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn withdraw_client(&self, client: &Client, now: Timestamp) -> Result<Commit, StoreFault> {
        let ends = client.expires.map_or(now, |expires| expires.min(now));
        self.put_client(&Client { expires: Some(ends), ..client.clone() }).await?;
        let partition = partition(&client.id);
        for item in self.under(&partition, key::GRANT_PREFIX).await? {
            let sort_key = Attributes::of(key::GRANT_PREFIX, &item).text(key::SK)?.to_owned();
            let (tenant, grant) = given(&sort_key)?;
            self.end_grant(&tenant, &grant, now).await?;
            let delete = self.client.delete_item().table_name(&self.table);
            delete.set_key(Some(record_key(&partition, &sort_key))).send().await.map_err(fault)?;
        }
        self.remove_client(&client.id).await
    }

    /// The note by which a client's grants are found: they lie in their tenants' partitions. `ends` is when no token
    /// of the grant can be good any more.
    pub(super) fn new_note(&self, grant: &Grant, ends: Timestamp) -> Result<TransactWriteItem, StoreFault> {
        let mut item = record_key(&partition(&grant.client), &note_key(grant));
        item.insert(TTL.to_owned(), number(ends.plus(KEPT).seconds()));
        self.new_item(item)
    }

    /// Removes a client; its grants find no client any more.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn remove_client(&self, id: &ClientId) -> Result<Commit, StoreFault> {
        let delete =
            self.client.delete_item().table_name(&self.table).set_key(Some(record_key(&partition(id), SORT_KEY)));
        match delete.condition_expression("attribute_exists(pk)").send().await {
            Ok(_) => Ok(Commit::Done),
            Err(error) if error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Ok(Commit::Conflict)
            }
            Err(error) => Err(fault(error)),
        }
    }
}

fn note_key(grant: &Grant) -> String {
    format!("{}{}#{}", key::GRANT_PREFIX, grant.tenant, grant.id)
}

/// The tenant and the grant that a note names.
fn given(sort_key: &str) -> Result<(TenantId, GrantId), StoreFault> {
    let ids = || {
        let (tenant, grant) = sort_key.strip_prefix(key::GRANT_PREFIX)?.split_once('#')?;
        Some((TenantId::parse(tenant).ok()?, GrantId::parse(grant).ok()?))
    };
    let broken = || StoreFault::BrokenRecord { record: SORT_KEY.to_owned(), what: "not a note of a grant".to_owned() };
    ids().ok_or_else(broken)
}

fn partition(id: &ClientId) -> String {
    format!("CLIENT#{id}")
}

fn write(client: &Client) -> Result<Item, StoreFault> {
    let mut item = document_item(&partition(&client.id), SORT_KEY, client, client.expires)?;
    if let Some(expires) = client.expires {
        item.insert("expires".to_owned(), time(expires));
    }
    Ok(item)
}

fn read(item: &Item) -> Result<Client, StoreFault> {
    let client: Client = document(SORT_KEY, item)?;
    Ok(Client { expires: Attributes::of(SORT_KEY, item).optional_time("expires")?, ..client })
}
