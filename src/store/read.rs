//! The one read of a decision: `BatchGetItem`, strongly consistent, in the token's own partition.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Select};

use super::batch::Batch;
use super::client::{DEADLINE, Endpoint, through, transport};
use super::record::{Item, number, read_grant, read_key, read_pat, read_tenant, read_user, text};
use super::{Store, StoreFault, key};
use crate::access::identity::TenantId;
use crate::access::principal::Records;
use crate::causes;
use crate::timestamp::Timestamp;
use crate::token::credential::{Credential, CredentialRecord};
use crate::token::key_record::KeyRecord;
use crate::transport::may_be_repeated;

/// How long to wait before asking again for keys that DynamoDB left unprocessed; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// How long a start may wait for the store. A function has ten seconds for all of it (Lambda, "Init phase").
const WARM_TIMEOUT: Duration = Duration::from_millis(1000);

/// The tenant that a start asks for: product ids look otherwise, and whatever is there is not looked at.
const NOBODY: &str = "-";

/// `last_used` is written at most this often, in seconds.
const TOUCH_INTERVAL: u64 = 3600;

/// More keys than this are noticed, and never cut off: a key that is not seen looks like one that does not exist.
const MAX_KEY_RECORDS: i32 = 65;

/// The time that writing `last_used` may take from a request.
const TOUCH_TIMEOUT: Duration = Duration::from_millis(250);

/// After a write of `last_used` that failed, none is tried for this long, in seconds: a table that takes no writes
/// must not slow every request down.
const TOUCH_PAUSE: u64 = 60;

/// The table, as decisions see it.
#[derive(Debug)]
pub struct DynamoStore {
    /// For the read of a decision.
    batch: Batch,
    /// For all else.
    client: Client,
    table: String,
    /// No write of `last_used` before this, in seconds since 1970.
    touch_again: AtomicU64,
}

impl DynamoStore {
    /// A store on that table. Nothing is called yet.
    pub fn new(endpoint: Endpoint, table: String) -> Self {
        let transport = transport();
        let batch = Batch::new(transport.clone(), endpoint.clone());
        Self { batch, client: through(transport, endpoint), table, touch_again: AtomicU64::new(0) }
    }

    /// Opens a connection and goes through a read once, so that the first decision finds both done. It asks for a
    /// tenant that there is not. Best effort: a failure is met again, and answered for, when there is something to read.
    pub async fn warm(&self) {
        let Ok(nobody) = TenantId::parse(NOBODY) else { return };
        let keys = request(&nobody, [key::TENANT.to_owned()]);
        if let Ok(keys) = keys {
            _ = tokio::time::timeout(WARM_TIMEOUT, self.fetch(keys)).await;
        }
    }
}

impl Store for DynamoStore {
    async fn read(&self, credential: &Credential) -> Result<Records, StoreFault> {
        let fetched = tokio::time::timeout(DEADLINE, self.fetch(keys(credential)?)).await;
        let items = fetched.map_err(|_| StoreFault::Timeout)??;
        sort(credential, items)
    }

    async fn keys(&self, issuer: &str) -> Result<Vec<KeyRecord>, StoreFault> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :issuer")
            // Not what a key in the table is made of: who verifies has no use for it, and the function's role no right to it.
            .select(Select::SpecificAttributes)
            .projection_expression("pk, sk, jwk, #state, not_before, retires")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":issuer", text(&key::key_partition(issuer)))
            .limit(MAX_KEY_RECORDS)
            .customize()
            .mutate_request(may_be_repeated)
            .send()
            .await
            .map_err(fault)?;
        if answer.last_evaluated_key.is_some() {
            let what = format!("the issuer has {MAX_KEY_RECORDS} keys or more: remove the retired ones");
            return Err(StoreFault::BrokenRecord { record: key::KEY_PREFIX.to_owned(), what });
        }
        // An issuer without keys has an empty list of them: an answer without a list is none.
        let items = answer.items.ok_or_else(|| StoreFault::Refused("the answer has no list of items".to_owned()))?;
        items.iter().map(read_key).collect()
    }

    async fn touch(&self, credential: &Credential, now: Timestamp) {
        let Credential::Pat(pat) = credential else { return };
        if now.seconds() < self.touch_again.load(Ordering::Relaxed) {
            return;
        }
        // Two processes may find the same old value; the condition lets one of them write.
        let write = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(key::PK, text(&key::tenant_partition(&pat.tenant)))
            .key(key::SK, text(&key::pat(pat.digest)))
            .update_expression("SET last_used = :now")
            .condition_expression("attribute_exists(pk) AND (attribute_not_exists(last_used) OR last_used <= :before)")
            .expression_attribute_values(":now", number(now.seconds()))
            .expression_attribute_values(":before", number(now.seconds().saturating_sub(TOUCH_INTERVAL)))
            .send();
        // Best effort: nothing depends on it, so its failure is nobody's failure.
        let written = match tokio::time::timeout(TOUCH_TIMEOUT, write).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()),
            Err(_) => false,
        };
        if !written {
            self.touch_again.store(now.seconds().saturating_add(TOUCH_PAUSE), Ordering::Relaxed);
        }
    }
}

/// Whether `last_used` is old enough to be written again.
pub fn is_stale(last_used: Option<Timestamp>, now: Timestamp) -> bool {
    last_used.is_none_or(|at| now.since(at) >= TOUCH_INTERVAL)
}

impl DynamoStore {
    async fn fetch(&self, keys: KeysAndAttributes) -> Result<Vec<Item>, StoreFault> {
        let mut wanted = Some(keys);
        let mut found = Vec::with_capacity(3);
        let mut pause = FIRST_PAUSE;
        while let Some(keys) = wanted {
            let input = BatchGetItemInput::builder().request_items(&self.table, keys).build().map_err(refused)?;
            let answer = self.batch.call(input).await.map_err(|error| fault(*error))?;
            let items = answer.responses.and_then(|mut tables| tables.remove(&self.table));
            wanted = unprocessed(answer.unprocessed_keys.unwrap_or_default(), &self.table)?;
            // An answer that says nothing of the table is none: it must not look as if there were no records.
            if items.is_none() && wanted.is_none() {
                return Err(StoreFault::Refused("the answer does not mention the table".to_owned()));
            }
            found.extend(items.unwrap_or_default());
            if wanted.is_some() {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2);
            }
        }
        Ok(found)
    }
}

/// The keys that are to be asked for again: as consistently as before, and of no other table.
fn unprocessed(
    mut tables: HashMap<String, KeysAndAttributes>,
    table: &str,
) -> Result<Option<KeysAndAttributes>, StoreFault> {
    let ours = tables.remove(table).filter(|keys| !keys.keys().is_empty());
    if !tables.is_empty() {
        return Err(StoreFault::Refused("the answer leaves keys of another table unprocessed".to_owned()));
    }
    ours.map(|keys| consistent(keys.keys)).transpose()
}

fn keys(credential: &Credential) -> Result<KeysAndAttributes, StoreFault> {
    let sort_keys = [Some(key::TENANT.to_owned()), Some(key::user(credential.user())), credential_key(credential)];
    request(credential.tenant(), sort_keys.into_iter().flatten())
}

/// Records of one tenant.
fn request(tenant: &TenantId, sort_keys: impl IntoIterator<Item = String>) -> Result<KeysAndAttributes, StoreFault> {
    let partition = key::tenant_partition(tenant);
    let record = |sort_key: String| {
        Item::from([(key::PK.to_owned(), text(&partition)), (key::SK.to_owned(), AttributeValue::S(sort_key))])
    };
    consistent(sort_keys.into_iter().map(record).collect())
}

fn consistent(keys: Vec<Item>) -> Result<KeysAndAttributes, StoreFault> {
    KeysAndAttributes::builder().consistent_read(true).set_keys(Some(keys)).build().map_err(refused)
}

fn refused(error: impl std::fmt::Display) -> StoreFault {
    StoreFault::Refused(error.to_string())
}

fn credential_key(credential: &Credential) -> Option<String> {
    match credential {
        Credential::Pat(pat) => Some(key::pat(pat.digest)),
        Credential::AccessToken(token) => token.grant.as_ref().map(key::grant),
    }
}

/// Tells the items apart by their keys. An item that was not asked for, or that comes twice, is a broken store.
fn sort(credential: &Credential, items: Vec<Item>) -> Result<Records, StoreFault> {
    let mut records = Records::default();
    let partition = key::tenant_partition(credential.tenant());
    let user_key = key::user(credential.user());
    let credential_key = credential_key(credential);
    for item in items {
        let attribute = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok());
        let in_partition = attribute(key::PK) == Some(&partition);
        match attribute(key::SK).filter(|_| in_partition) {
            Some(sort_key) if sort_key == key::TENANT && records.tenant.is_none() => {
                records.tenant = Some(read_tenant(credential.tenant(), &item)?);
            }
            Some(sort_key) if *sort_key == user_key && records.user.is_none() => {
                records.user = Some(read_user(credential.user(), &item)?);
            }
            Some(sort_key) if Some(sort_key) == credential_key.as_ref() && records.credential.is_none() => {
                records.credential = credential_record(credential, &item)?;
            }
            _ => {
                let what = "the store returned an item that was not asked for, or one twice".to_owned();
                return Err(StoreFault::BrokenRecord { record: "?".to_owned(), what });
            }
        }
    }
    Ok(records)
}

fn credential_record(credential: &Credential, item: &Item) -> Result<Option<CredentialRecord>, StoreFault> {
    Ok(match credential {
        Credential::Pat(_) => Some(CredentialRecord::Pat(read_pat(item)?)),
        Credential::AccessToken(token) => match &token.grant {
            Some(grant) => Some(CredentialRecord::Grant(read_grant(grant, item)?)),
            None => None,
        },
    })
}

/// What a failed call says of the store.
pub(super) fn fault<E>(error: SdkError<E>) -> StoreFault
where
    E: std::error::Error + Send + Sync + 'static,
{
    let text = causes::told(&error);
    match error {
        SdkError::TimeoutError(_) => StoreFault::Timeout,
        SdkError::ServiceError(_) => StoreFault::Refused(text),
        _ => StoreFault::Unreachable(text),
    }
}
