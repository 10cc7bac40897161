//! The authorization server's records: clients, codes, families of refresh tokens, sessions, keys, counters.
//!
//! What never changes of a record is one JSON document. What changes has attributes of its own, and every change is a
//! conditional write on them: what was decided on a record holds only while the record is still so. DynamoDB removes
//! expired items days late, so whoever reads one looks at its times.

pub mod accounts;
pub mod clients;
pub mod codes;
pub mod families;
pub mod keys;
pub mod limits;
pub mod sessions;

use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::admin::Admin;
use super::audit::{Action, AuditRecord};
use super::read::fault;
use super::record::{Attributes, Item, number, text};
use super::stamp::Stamp;
use super::{StoreFault, key};
use crate::timestamp::Timestamp;

/// The attribute by which DynamoDB removes items, in its own time.
const TTL: &str = "ttl";

/// How long after its end an item may go: long enough to tell "expired" from "never was" in a log.
const KEPT: u64 = 24 * 3600;

/// The table, as the authorization server sees it.
#[derive(Clone)]
pub struct OAuthStore {
    client: Client,
    table: String,
}

/// Whether a conditional write was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// It was, all of it.
    Done,
    /// Nothing was written: something that it was decided on has changed since, or is being changed.
    Conflict,
}

impl OAuthStore {
    /// The authorization server's view of that table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The operators' view of it, for changes that people make themselves.
    pub fn admin(&self) -> Admin {
        Admin::new(self.client.clone(), self.table.clone())
    }

    async fn item(&self, partition: &str, sort_key: &str) -> Result<Option<Item>, StoreFault> {
        let read = self.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = read.set_key(Some(record_key(partition, sort_key))).send().await.map_err(fault)?;
        Ok(answer.item)
    }

    async fn put(&self, item: Item) -> Result<(), StoreFault> {
        let write = self.client.put_item().table_name(&self.table).set_item(Some(item));
        write.send().await.map_err(fault)?;
        Ok(())
    }

    /// A record that must not be there yet.
    fn new_item(&self, item: Item) -> Result<TransactWriteItem, StoreFault> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build().map_err(unbuildable)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The audit record of a change, to be written with it.
    fn audited(
        &self,
        partition: &str,
        action: Action,
        subject: &str,
        states: [Option<&Item>; 2],
        stamp: &Stamp,
    ) -> Result<TransactWriteItem, StoreFault> {
        self.new_item(AuditRecord::of(action, subject, states, stamp).item(partition, stamp))
    }

    async fn commit(&self, writes: Vec<TransactWriteItem>) -> Result<Commit, StoreFault> {
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(Commit::Done),
            Err(error) if is_conflict(&error) => Ok(Commit::Conflict),
            Err(error) => Err(fault(error)),
        }
    }
}

impl fmt::Debug for OAuthStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthStore").field("table", &self.table).finish_non_exhaustive()
    }
}

/// A condition that failed, or another transaction on the same record. Any other reason is the store's own.
fn is_conflict(error: &SdkError<TransactWriteItemsError>) -> bool {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let codes = || cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
            codes().all(|code| matches!(code, "None" | "ConditionalCheckFailed" | "TransactionConflict"))
        }
        _ => false,
    }
}

fn unbuildable(error: BuildError) -> StoreFault {
    StoreFault::Refused(error.to_string())
}

fn record_key(partition: &str, sort_key: &str) -> Item {
    Item::from([(key::PK.to_owned(), text(partition)), (key::SK.to_owned(), text(sort_key))])
}

/// An item with its document and the time after which it may go.
fn document_item<T: Serialize>(
    partition: &str,
    sort_key: &str,
    document: &T,
    ends: Option<Timestamp>,
) -> Result<Item, StoreFault> {
    let json = serde_json::to_string(document).map_err(|error| StoreFault::Refused(error.to_string()))?;
    let mut item = record_key(partition, sort_key);
    item.insert("document".to_owned(), text(&json));
    if let Some(ends) = ends {
        item.insert(TTL.to_owned(), number(ends.plus(KEPT).seconds()));
    }
    Ok(item)
}

/// The document of an item; `record` names its kind, for error messages.
fn document<T: DeserializeOwned>(record: &str, item: &Item) -> Result<T, StoreFault> {
    let json = Attributes::of(record, item).text("document")?;
    serde_json::from_str(json).map_err(|error| StoreFault::BrokenRecord {
        record: record.to_owned(),
        // Where, and not what: the document may hold what no log should.
        what: format!("`document` cannot be read at column {}", error.column()),
    })
}

fn time(at: Timestamp) -> AttributeValue {
    number(at.seconds())
}
