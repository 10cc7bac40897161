//! `CLIENT#<id>`: what registered, and since and until when; beside it, one note for each grant that it was given.
//!
//! A registration is told from a later one of the same id by when it was made. What is decided on one is written while it
//! stands, and no longer: a removal is not undone by what was under way.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};

use super::{Commit, KEPT, OAuthStore, TTL, document, document_item, record_key, time, unbuildable};
use crate::access::identity::{ClientId, GrantId, TenantId};
use crate::oauth::client::{Client, Origin};
use crate::oauth::grant::Grant;
use crate::oauth::redirect_uri::RedirectUri;
use crate::store::audit::Action;
use crate::store::read::fault;
use crate::store::record::{Attributes, Item, number, text};
use crate::store::stamp::Stamp;
use crate::store::{StoreFault, key};
use crate::timestamp::Timestamp;

const SORT_KEY: &str = "CLIENT";

/// The attribute that says until when a registration stands; none for one that does not end.
const EXPIRES: &str = "expires";

/// The condition that a registration that ends by itself still stands.
const STANDS: &str = "registered_at = :registered AND #expires > :now";

impl OAuthStore {
    /// The client of that id, expired or not.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, StoreFault> {
        self.item(&partition(id), SORT_KEY).await?.map(|item| read(&item)).transpose()
    }

    /// Writes a new registration, where there is none of that id or the one that there was has ended.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn register_client(&self, client: &Client, now: Timestamp) -> Result<Commit, StoreFault> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(write(client)?));
        let put = put.condition_expression("attribute_not_exists(pk) OR #expires <= :now");
        let put = put.expression_attribute_names("#expires", EXPIRES);
        decided(put.expression_attribute_values(":now", time(now)).send().await)
    }

    /// Writes a client that the operator made.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn create_client(&self, client: &Client, stamp: &Stamp) -> Result<Commit, StoreFault> {
        let told = description(client);
        let note = self.note(Action::ClientCreate, client, [None, Some(&told)], stamp)?;
        self.commit(vec![self.new_item(write(client)?)?, self.listed(&client.id)?, note]).await
    }

    /// Writes what the operator says of a client that registered itself, if it still says of itself what it did.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn vouch_for(&self, was: &Client, is: &Client, stamp: &Stamp) -> Result<Commit, StoreFault> {
        let told = [description(was), description(is)];
        let note = self.note(Action::ClientVerify, is, [told.first(), told.last()], stamp)?;
        let put = Put::builder().table_name(&self.table).set_item(Some(write(is)?));
        // Until when it stands may have changed: it was used.
        let put = put.condition_expression(format!("document = :was AND {STANDS}"));
        let put = put.expression_attribute_names("#expires", EXPIRES);
        let put = put.expression_attribute_values(":registered", time(was.registered));
        let put = put.expression_attribute_values(":now", time(stamp.now()));
        let was = write(was)?.remove("document").ok_or_else(|| StoreFault::Refused("no document".to_owned()))?;
        let put = put.expression_attribute_values(":was", was).build().map_err(unbuildable)?;
        let put = TransactWriteItem::builder().put(put).build();
        self.commit(vec![put, self.listed(&is.id)?, note]).await
    }

    /// The clients that operators made or vouch for. Those that registered themselves may be thousands, and are found by
    /// their ids alone.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn operators_clients(&self) -> Result<Vec<Client>, StoreFault> {
        let mut clients = Vec::new();
        for item in self.under(key::INSTALLATION, key::CLIENT_PREFIX).await? {
            let sort_key = Attributes::of(SORT_KEY, &item).text(key::SK)?.to_owned();
            let id = sort_key.strip_prefix(key::CLIENT_PREFIX).and_then(|id| ClientId::parse(id).ok());
            let broken = || StoreFault::BrokenRecord { record: SORT_KEY.to_owned(), what: "not an id".to_owned() };
            clients.extend(self.client(&id.ok_or_else(broken)?).await?);
        }
        Ok(clients)
    }

    /// Writes a client over its registration, if that still stands at `now`.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn replace_client(&self, client: &Client, now: Timestamp) -> Result<Commit, StoreFault> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(write(client)?));
        let put = put.condition_expression(STANDS).expression_attribute_names("#expires", EXPIRES);
        let put = put.expression_attribute_values(":registered", time(client.registered));
        decided(put.expression_attribute_values(":now", time(now)).send().await)
    }

    /// Lets a registration end later, because it was used. One that was removed meanwhile, or ended, stays so.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn renew_client(
        &self,
        client: &Client,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<Commit, StoreFault> {
        // Only the end: the rest may have been changed since it was read.
        let update = self.ending(client, expires, expires).condition_expression(STANDS);
        decided(update.expression_attribute_values(":now", time(now)).send().await)
    }

    /// Ends a client now and every grant that it was given; then removes its record. A conflict means that it was removed
    /// before, or registered anew, which is another client: nothing was done.
    ///
    /// The registration ends first, so that nothing new is granted. What is left when the store fails on the way is a
    /// client that has ended, and the same call again ends the rest.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn withdraw_client(&self, client: &Client, stamp: &Stamp) -> Result<Commit, StoreFault> {
        if self.end_client(client, stamp).await? == Commit::Conflict {
            return Ok(Commit::Conflict);
        }
        let partition = partition(&client.id);
        let mut stamp = stamp.clone();
        for item in self.under(&partition, key::GRANT_PREFIX).await? {
            let sort_key = Attributes::of(key::GRANT_PREFIX, &item).text(key::SK)?.to_owned();
            let (tenant, grant) = given(&sort_key)?;
            stamp = stamp.next();
            self.end_grant(&tenant, &grant, Action::GrantRevoke, &stamp).await?;
            let delete = self.client.delete_item().table_name(&self.table);
            delete.set_key(Some(record_key(&partition, &sort_key))).send().await.map_err(fault)?;
        }
        self.forget_client(client).await?;
        Ok(Commit::Done)
    }

    /// Ends a registration as if it had ended when it was made: then it has for everybody, whatever their clocks say. It
    /// stands in no list any more, and the audit log has it.
    async fn end_client(&self, client: &Client, stamp: &Stamp) -> Result<Commit, StoreFault> {
        let end = Update::builder().table_name(&self.table);
        let end = end.set_key(Some(record_key(&partition(&client.id), SORT_KEY)));
        let end = end.update_expression("SET #expires = :registered, #ttl = :ttl");
        let end = end.condition_expression("registered_at = :registered");
        let end = end.expression_attribute_names("#expires", EXPIRES).expression_attribute_names("#ttl", TTL);
        let end = end.expression_attribute_values(":registered", time(client.registered));
        let end = end.expression_attribute_values(":ttl", time(stamp.now().plus(KEPT)));
        let listed = Delete::builder().table_name(&self.table);
        let listed = listed.set_key(Some(record_key(key::INSTALLATION, &listed_key(&client.id))));
        let told = description(client);
        self.commit(vec![
            TransactWriteItem::builder().update(end.build().map_err(unbuildable)?).build(),
            TransactWriteItem::builder().delete(listed.build().map_err(unbuildable)?).build(),
            self.note(Action::ClientRemove, client, [Some(&told), None], stamp)?,
        ])
        .await
    }

    /// An update of when a registration ends, and of when its record may go: a while after `last`.
    fn ending(&self, client: &Client, expires: Timestamp, last: Timestamp) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.table);
        let update = update.set_key(Some(record_key(&partition(&client.id), SORT_KEY)));
        let update = update.update_expression("SET #expires = :expires, #ttl = :ttl");
        let update = update.expression_attribute_names("#expires", EXPIRES).expression_attribute_names("#ttl", TTL);
        let update = update.expression_attribute_values(":expires", time(expires));
        let update = update.expression_attribute_values(":ttl", time(last.plus(KEPT)));
        update.expression_attribute_values(":registered", time(client.registered))
    }

    /// That a registration stands, as a condition of what is written beside it.
    pub(super) fn stands(
        &self,
        client: &ClientId,
        registered: Timestamp,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreFault> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(record_key(&partition(client), SORT_KEY)))
            .condition_expression("registered_at = :registered AND (attribute_not_exists(#expires) OR #expires > :now)")
            .expression_attribute_names("#expires", EXPIRES)
            .expression_attribute_values(":registered", time(registered))
            .expression_attribute_values(":now", time(now))
            .build()
            .map_err(unbuildable)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// The note by which a client's grants are found: they lie in their tenants' partitions. `ends` is when no token
    /// of the grant can be good any more.
    pub(super) fn new_note(&self, grant: &Grant, ends: Timestamp) -> Result<TransactWriteItem, StoreFault> {
        let mut item = record_key(&partition(&grant.client), &note_key(grant));
        item.insert(TTL.to_owned(), number(ends.plus(KEPT).seconds()));
        self.new_item(item)
    }

    /// Removes the record of a client that has ended. One that registered anew since is another, and stays.
    async fn forget_client(&self, client: &Client) -> Result<(), StoreFault> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete.set_key(Some(record_key(&partition(&client.id), SORT_KEY)));
        let delete = delete.condition_expression("registered_at = :registered AND #expires = :registered");
        let delete = delete.expression_attribute_names("#expires", EXPIRES);
        let delete = delete.expression_attribute_values(":registered", time(client.registered));
        decided(delete.send().await).map(drop)
    }

    /// The line in the list of the operators' clients.
    fn listed(&self, id: &ClientId) -> Result<TransactWriteItem, StoreFault> {
        let put = Put::builder().table_name(&self.table).set_item(Some(record_key(key::INSTALLATION, &listed_key(id))));
        Ok(TransactWriteItem::builder().put(put.build().map_err(unbuildable)?).build())
    }

    fn note(
        &self,
        action: Action,
        client: &Client,
        states: [Option<&Item>; 2],
        stamp: &Stamp,
    ) -> Result<TransactWriteItem, StoreFault> {
        self.audited(key::INSTALLATION, action, client.id.as_str(), states, stamp)
    }
}

/// What the audit log tells of a client: nothing of its secrets, not even their digests.
fn description(client: &Client) -> Item {
    let metadata = &client.metadata;
    let list = |texts: Vec<&str>| AttributeValue::L(texts.into_iter().map(text).collect());
    let (vouched, first_party, may_introspect) = match client.origin {
        Origin::Operator { first_party, may_introspect } => (true, first_party, may_introspect),
        Origin::SelfRegistered | Origin::Document { .. } => (false, false, false),
    };
    let mut item = Item::from([
        ("redirect_uris".to_owned(), list(metadata.redirect_uris.iter().map(RedirectUri::as_str).collect())),
        ("public".to_owned(), AttributeValue::Bool(client.is_public())),
        ("verified".to_owned(), AttributeValue::Bool(vouched)),
        ("first_party".to_owned(), AttributeValue::Bool(first_party)),
        ("may_introspect".to_owned(), AttributeValue::Bool(may_introspect)),
    ]);
    if let Some(name) = &metadata.client_name {
        item.insert("name".to_owned(), text(name));
    }
    item
}

fn listed_key(id: &ClientId) -> String {
    format!("{}{id}", key::CLIENT_PREFIX)
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
    format!("{}{id}", key::CLIENT_PREFIX)
}

/// The record: the times stand beside the document, so that they can change and be asked about without it.
fn write(client: &Client) -> Result<Item, StoreFault> {
    let lasting = Client { expires: None, ..client.clone() };
    let mut item = document_item(&partition(&client.id), SORT_KEY, &lasting, client.expires)?;
    item.insert("registered_at".to_owned(), time(client.registered));
    if let Some(expires) = client.expires {
        item.insert(EXPIRES.to_owned(), time(expires));
    }
    Ok(item)
}

fn read(item: &Item) -> Result<Client, StoreFault> {
    let client: Client = document(SORT_KEY, item)?;
    Ok(Client { expires: Attributes::of(SORT_KEY, item).optional_time(EXPIRES)?, ..client })
}

/// What came of a conditional write.
fn decided<T, E>(sent: Result<T, SdkError<E>>) -> Result<Commit, StoreFault>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match sent {
        Ok(_) => Ok(Commit::Done),
        // A transaction that is under way on the record counts as one that has changed it.
        Err(error)
            if matches!(error.code(), Some("ConditionalCheckFailedException" | "TransactionConflictException")) =>
        {
            Ok(Commit::Conflict)
        }
        Err(error) => Err(fault(error)),
    }
}
