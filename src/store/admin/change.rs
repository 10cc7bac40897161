//! One change: the records that it turns from what they were into what they become, what must still hold for it, and
//! its audit record, in one transaction.
//!
//! What a change says of a record it says once, as before and after. The write, the condition under which the write
//! holds and the audit record's account of it are all derived from that, so they cannot differ.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};

use super::audit::{self, Action, AuditRecord};
use super::{Admin, AdminError, Stamp};
use crate::access::identity::TenantId;
use crate::store::record::{Item, text};
use crate::store::{StoreFault, key};

/// How often a change is decided anew when someone else wrote at the same moment.
const ATTEMPTS: usize = 3;

/// A change to records of one place: all of its steps, or none.
pub(super) struct Change<'a> {
    pub(super) place: Place<'a>,
    pub(super) steps: Vec<Step>,
    pub(super) guards: Vec<Guard>,
}

/// Where records lie that change together, and where that is written down.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// A tenant's partition, its audit log included.
    Tenant(&'a TenantId),
    /// The keys of an issuer; what happens to them stands in the installation's own audit log.
    #[cfg(feature = "auth")]
    Keys(&'a str),
}

impl Place<'_> {
    fn records(self) -> String {
        match self {
            Self::Tenant(tenant) => key::tenant_partition(tenant),
            #[cfg(feature = "auth")]
            Self::Keys(issuer) => key::key_partition(issuer),
        }
    }

    fn log(self) -> String {
        match self {
            Self::Tenant(tenant) => key::tenant_partition(tenant),
            #[cfg(feature = "auth")]
            Self::Keys(_) => key::INSTALLATION.to_owned(),
        }
    }
}

/// What happens to one record, and what the audit log will call it.
pub(super) struct Step {
    pub(super) action: Action,
    /// What was changed, by its public name: never a token, never a hash of one.
    pub(super) subject: String,
    pub(super) record: Revision,
}

/// A record before and after; `None` where there is none.
pub(super) struct Revision {
    sort_key: String,
    before: Option<Item>,
    after: Option<Item>,
    /// Attributes that must be what they were though they do not change.
    fixed: &'static [&'static str],
}

impl Revision {
    /// A record that must not be there yet.
    pub(super) fn create(sort_key: String, after: Item) -> Self {
        Self { sort_key, before: None, after: Some(after), fixed: &[] }
    }

    /// A record in which what differs between `was` and `becomes` changes. Whatever else it holds stays as it is,
    /// whoever wrote it.
    pub(super) fn amend(sort_key: String, before: Item, was: &Item, becomes: &Item) -> Self {
        let mut after = before.clone();
        for name in differing(was, becomes) {
            match becomes.get(name) {
                Some(value) => after.insert(name.to_owned(), value.clone()),
                None => after.remove(name),
            };
        }
        Self { sort_key, before: Some(before), after: Some(after), fixed: &[] }
    }

    /// The same, provided that these attributes are what they were, even those that do not change.
    pub(super) fn fixed(self, fixed: &'static [&'static str]) -> Self {
        Self { fixed, ..self }
    }

    /// A record that goes.
    pub(super) fn delete(sort_key: String, before: Item) -> Self {
        Self { sort_key, before: Some(before), after: None, fixed: &[] }
    }
}

/// A record that the change leaves alone but was decided on: it must still be there, these attributes as they were.
pub(super) struct Guard {
    pub(super) sort_key: String,
    pub(super) item: Item,
    pub(super) attributes: &'static [&'static str],
}

impl Admin {
    /// Makes the change and writes its audit records, or neither.
    pub(super) async fn commit(&self, change: Change<'_>, stamp: &Stamp) -> Result<(), AdminError> {
        let (partition, log) = (change.place.records(), change.place.log());
        let subject = change.steps.first().map(|step| step.subject.clone()).unwrap_or_default();
        let mut stamp = stamp.clone();
        let mut writes = Vec::new();
        for step in change.steps {
            writes.push(self.write(&log, audited(&step, &stamp)));
            writes.push(self.write(&partition, step.record));
            stamp = stamp.next();
        }
        let checks = change.guards.into_iter().map(|it| self.check(&partition, it));
        let items = writes.into_iter().chain(checks).collect::<Result<Vec<_>, _>>().map_err(unbuildable)?;
        let sent = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        sent.map(|_| ()).map_err(|error| match error.as_service_error() {
            Some(refused) if someone_else_wrote(refused) => AdminError::ChangedMeanwhile { subject },
            _ => self.failed(error),
        })
    }

    fn write(&self, partition: &str, revision: Revision) -> Result<TransactWriteItem, BuildError> {
        let Revision { sort_key, before, after, fixed } = revision;
        let item = TransactWriteItem::builder();
        Ok(match (before, after) {
            (before, Some(mut after)) if before.is_none() => {
                after.extend(record_key(partition, &sort_key));
                let put = Put::builder().table_name(&self.table).set_item(Some(after));
                item.put(put.condition_expression("attribute_not_exists(pk)").build()?).build()
            }
            // Nothing changes, and what it was decided on must be so all the same.
            (Some(before), Some(after)) if differing(&before, &after).is_empty() => {
                self.check(partition, Guard { sort_key, item: before, attributes: fixed })?
            }
            (Some(before), Some(after)) => {
                item.update(self.update(record_key(partition, &sort_key), &before, &after, fixed)?).build()
            }
            (before, _) => {
                let mut expression = Expression::default();
                for attribute in fixed {
                    expression.must_be(attribute, before.as_ref().and_then(|it| it.get(*attribute)));
                }
                let delete = Delete::builder().table_name(&self.table);
                let delete = delete.set_key(Some(record_key(partition, &sort_key)));
                let delete = delete.condition_expression(expression.condition());
                let delete = delete.set_expression_attribute_names(expression.some_names());
                item.delete(delete.set_expression_attribute_values(expression.some_values()).build()?).build()
            }
        })
    }

    /// Writes the attributes that differ, provided that each is still what it was. All others stay as they are,
    /// whoever wrote them.
    fn update(&self, key: Item, before: &Item, after: &Item, fixed: &[&str]) -> Result<Update, BuildError> {
        let mut expression = Expression::default();
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        let changing = differing(before, after);
        for attribute in fixed.iter().filter(|it| !changing.contains(it)) {
            expression.must_be(attribute, before.get(*attribute));
        }
        for attribute in changing {
            let name = expression.must_be(attribute, before.get(attribute));
            match after.get(attribute) {
                Some(value) => set.push(format!("{name} = {}", expression.value(value))),
                None => remove.push(name),
            }
        }
        let clause = |verb: &str, parts: Vec<String>| match parts.is_empty() {
            true => String::new(),
            false => format!("{verb} {} ", parts.join(", ")),
        };
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .update_expression(format!("{}{}", clause("SET", set), clause("REMOVE", remove)))
            .condition_expression(expression.condition())
            .set_expression_attribute_names(Some(expression.names))
            .set_expression_attribute_values(Some(expression.values))
            .build()
    }

    fn check(&self, partition: &str, guard: Guard) -> Result<TransactWriteItem, BuildError> {
        let mut expression = Expression::default();
        for attribute in guard.attributes {
            expression.must_be(attribute, guard.item.get(*attribute));
        }
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(record_key(partition, &guard.sort_key)))
            .condition_expression(expression.condition())
            .set_expression_attribute_names(expression.some_names())
            .set_expression_attribute_values(expression.some_values())
            .build()?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

type BuildError = aws_sdk_dynamodb::error::BuildError;

/// Decides and writes; anew, on fresh records, when someone else wrote at the same moment. So the loser of a race is
/// told what the winner did.
pub(super) async fn settle<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, AdminError>
where
    F: Future<Output = Result<T, AdminError>>,
{
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(AdminError::ChangedMeanwhile { .. }) => {}
            settled => return settled,
        }
    }
    attempt().await
}

/// The parts of an expression, names and values out of line: attribute names may be reserved words.
#[derive(Default)]
struct Expression {
    conditions: Vec<String>,
    names: std::collections::HashMap<String, String>,
    values: Item,
}

impl Expression {
    /// Requires an attribute to be what it was; returns the placeholder of its name.
    fn must_be(&mut self, attribute: &str, was: Option<&AttributeValue>) -> String {
        let name = format!("#n{}", self.names.len());
        self.names.insert(name.clone(), attribute.to_owned());
        let condition = match was {
            Some(was) => format!("{name} = {}", self.value(was)),
            None => format!("attribute_not_exists({name})"),
        };
        self.conditions.push(condition);
        name
    }

    fn value(&mut self, value: &AttributeValue) -> String {
        let name = format!(":v{}", self.values.len());
        self.values.insert(name.clone(), value.clone());
        name
    }

    /// Its names, if there are any: the store refuses an empty list.
    fn some_names(&self) -> Option<std::collections::HashMap<String, String>> {
        Some(self.names.clone()).filter(|names| !names.is_empty())
    }

    fn some_values(&self) -> Option<Item> {
        Some(self.values.clone()).filter(|values| !values.is_empty())
    }

    fn condition(&self) -> String {
        let exists = "attribute_exists(pk)".to_owned();
        std::iter::once(&exists).chain(&self.conditions).cloned().collect::<Vec<_>>().join(" AND ")
    }
}

/// The audit record of a step, as a record that must not be there yet.
fn audited(step: &Step, stamp: &Stamp) -> Revision {
    let states = [step.record.before.as_ref(), step.record.after.as_ref()];
    let record = AuditRecord::of(step.action, &step.subject, states, stamp);
    Revision::create(audit::sort_key(stamp), record.write())
}

fn record_key(partition: &str, sort_key: &str) -> Item {
    Item::from([(key::PK.to_owned(), text(partition)), (key::SK.to_owned(), text(sort_key))])
}

fn differing<'a>(before: &'a Item, after: &'a Item) -> Vec<&'a str> {
    let names = before.keys().chain(after.keys()).map(String::as_str).filter(|name| ![key::PK, key::SK].contains(name));
    let mut names: Vec<&str> = names.filter(|name| before.get(*name) != after.get(*name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn someone_else_wrote(error: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        return matches!(error, TransactWriteItemsError::TransactionInProgressException(_));
    };
    let codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    codes.into_iter().any(|code| ["ConditionalCheckFailed", "TransactionConflict"].contains(&code))
}

fn unbuildable(error: BuildError) -> AdminError {
    AdminError::Store(StoreFault::Refused(error.to_string()))
}
