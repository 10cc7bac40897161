//! Records as DynamoDB holds them, and as the decision reads them. Reading and writing stand side by side, so that
//! what one writes the other reads.
//!
//! A record with an attribute missing, of another type or with an unknown value is broken, and a broken record is a
//! fault: it is never read as "no" and never as "yes".

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{StoreFault, key};
use crate::access::identity::{ClientId, GrantId, TenantId, UserId};
use crate::access::tenant::{Features, Tenant, TenantStatus, User, UserKind, UserStatus};
use crate::timestamp::Timestamp;
use crate::token::credential::{GrantRecord, PatRecord};
use crate::token::key_record::{KeyRecord, KeyState};

/// An item of the table.
pub type Item = HashMap<String, AttributeValue>;

/// The attributes of an item, read by name, each error naming the record.
pub struct Attributes<'a> {
    record: &'a str,
    item: &'a Item,
}

impl<'a> Attributes<'a> {
    /// The attributes of an item; `record` is the sort key, for error messages.
    pub fn of(record: &'a str, item: &'a Item) -> Self {
        Self { record, item }
    }

    fn broken(&self, what: String) -> StoreFault {
        StoreFault::BrokenRecord { record: self.record.chars().take(12).collect(), what }
    }

    fn optional<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'a AttributeValue) -> Option<T>,
    ) -> Result<Option<T>, StoreFault> {
        match self.item.get(name) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.broken(format!("`{name}` is not {expected}"))),
        }
    }

    fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, StoreFault> {
        value.ok_or_else(|| self.broken(format!("`{name}` is missing")))
    }

    /// A string that must be there.
    pub fn text(&self, name: &str) -> Result<&'a str, StoreFault> {
        let text = self.optional(name, "a string", string)?;
        self.required(name, text)
    }

    /// A string that may be absent.
    pub fn optional_text(&self, name: &str) -> Result<Option<&'a str>, StoreFault> {
        self.optional(name, "a string", string)
    }

    /// A whole number that may be absent.
    pub fn optional_number(&self, name: &str) -> Result<Option<u64>, StoreFault> {
        self.optional(name, "a whole number", |value| value.as_n().ok()?.parse().ok())
    }

    /// A whole number that must be there.
    pub fn number(&self, name: &str) -> Result<u64, StoreFault> {
        let number = self.optional_number(name)?;
        self.required(name, number)
    }

    /// A point in time that must be there.
    pub fn time(&self, name: &str) -> Result<Timestamp, StoreFault> {
        let time = self.optional_time(name)?;
        self.required(name, time)
    }

    /// A point in time that may be absent.
    pub fn optional_time(&self, name: &str) -> Result<Option<Timestamp>, StoreFault> {
        Ok(self.optional_number(name)?.map(Timestamp::from_seconds))
    }

    /// Names, as a list or a set of strings; none where the attribute is absent.
    pub fn names(&self, name: &str) -> Result<Vec<String>, StoreFault> {
        Ok(self.optional(name, "a list of strings", strings)?.unwrap_or_default())
    }

    /// A map that must be there.
    pub fn map(&self, name: &str) -> Result<&'a Item, StoreFault> {
        let map = self.optional(name, "a map", |value| value.as_m().ok())?;
        self.required(name, map)
    }

    /// A string that must be there and mean something.
    pub fn parsed<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreFault> {
        parse(self.text(name)?).ok_or_else(|| self.broken(format!("`{name}` has an unknown value")))
    }
}

fn string(value: &AttributeValue) -> Option<&str> {
    value.as_s().ok().map(String::as_str)
}

fn strings(value: &AttributeValue) -> Option<Vec<String>> {
    match value {
        AttributeValue::Ss(set) => Some(set.clone()),
        AttributeValue::L(list) => list.iter().map(|it| it.as_s().ok().cloned()).collect(),
        _ => None,
    }
}

/// Reads a tenant's record.
///
/// # Errors
/// [`StoreFault::BrokenRecord`].
pub fn read_tenant(id: &TenantId, item: &Item) -> Result<Tenant, StoreFault> {
    let attributes = Attributes::of("TENANT", item);
    Ok(Tenant {
        id: id.clone(),
        status: attributes.parsed("status", tenant_status)?,
        features: features(&attributes)?,
        roles: attributes.optional("roles", "a map of lists of strings", roles)?.unwrap_or_default(),
        usage_key: attributes.optional_text("usage_key")?.map(str::to_owned),
        max_token_seconds: attributes.optional_number("max_token_seconds")?,
    })
}

/// The attributes of a tenant's record, its key aside.
pub fn write_tenant(tenant: &Tenant) -> Item {
    let roles = tenant.roles.iter().map(|(name, permissions)| (name.clone(), list(permissions))).collect();
    let mut item = Item::from([
        ("status".to_owned(), text(tenant_status_name(tenant.status))),
        ("roles".to_owned(), AttributeValue::M(roles)),
        (
            "features".to_owned(),
            match &tenant.features {
                Features::All => text("all"),
                Features::Named(names) => list(names),
            },
        ),
    ]);
    insert(&mut item, "usage_key", tenant.usage_key.as_deref().map(text));
    insert(&mut item, "max_token_seconds", tenant.max_token_seconds.map(number));
    item
}

/// Reads a user's record.
///
/// # Errors
/// [`StoreFault::BrokenRecord`].
pub fn read_user(id: &UserId, item: &Item) -> Result<User, StoreFault> {
    let attributes = Attributes::of("USER", item);
    Ok(User {
        id: id.clone(),
        kind: attributes.parsed("kind", user_kind)?,
        status: attributes.parsed("status", user_status)?,
        roles: attributes.names("roles")?,
        added: attributes.names("added")?,
        removed: attributes.names("removed")?,
    })
}

/// The attributes of a user's record, its key aside.
pub fn write_user(user: &User) -> Item {
    Item::from([
        ("kind".to_owned(), text(user_kind_name(user.kind))),
        ("status".to_owned(), text(user_status_name(user.status))),
        ("roles".to_owned(), list(&user.roles)),
        ("added".to_owned(), list(&user.added)),
        ("removed".to_owned(), list(&user.removed)),
    ])
}

/// Reads the record of a personal access token.
///
/// # Errors
/// [`StoreFault::BrokenRecord`].
pub fn read_pat(item: &Item) -> Result<PatRecord, StoreFault> {
    let attributes = Attributes::of("PAT", item);
    Ok(PatRecord {
        id: attributes.text("id")?.to_owned(),
        name: attributes.text("name")?.to_owned(),
        user: attributes.parsed("user", |text| UserId::parse(text).ok())?,
        scopes: attributes.names("scopes")?,
        created: attributes.time("created")?,
        expires: attributes.time("expires")?,
        revoked: attributes.optional_time("revoked")?,
        last_used: attributes.optional_time("last_used")?,
        successor: attributes.optional_text("successor")?.map(str::to_owned),
    })
}

/// The attributes of a personal access token's record, its key aside.
pub fn write_pat(pat: &PatRecord) -> Item {
    let mut item = Item::from([
        ("id".to_owned(), text(&pat.id)),
        ("name".to_owned(), text(&pat.name)),
        ("user".to_owned(), text(pat.user.as_str())),
        ("scopes".to_owned(), list(&pat.scopes)),
        ("created".to_owned(), number(pat.created.seconds())),
        ("expires".to_owned(), number(pat.expires.seconds())),
    ]);
    insert(&mut item, "revoked", pat.revoked.map(|at| number(at.seconds())));
    insert(&mut item, "last_used", pat.last_used.map(|at| number(at.seconds())));
    insert(&mut item, "successor", pat.successor.as_deref().map(text));
    item
}

/// Reads the record of a grant.
///
/// # Errors
/// [`StoreFault::BrokenRecord`].
pub fn read_grant(id: &GrantId, item: &Item) -> Result<GrantRecord, StoreFault> {
    let attributes = Attributes::of("GRANT", item);
    Ok(GrantRecord {
        id: id.clone(),
        user: attributes.parsed("user", |text| UserId::parse(text).ok())?,
        client_id: attributes.parsed("client_id", |text| ClientId::parse(text).ok())?,
        scopes: attributes.names("scopes")?,
        revoked: attributes.optional_time("revoked")?,
    })
}

/// The attributes of a grant's record, its key aside.
pub fn write_grant(grant: &GrantRecord) -> Item {
    let mut item = Item::from([
        ("user".to_owned(), text(grant.user.as_str())),
        ("client_id".to_owned(), text(grant.client_id.as_str())),
        ("scopes".to_owned(), list(&grant.scopes)),
    ]);
    insert(&mut item, "revoked", grant.revoked.map(|at| number(at.seconds())));
    item
}

/// Reads the record of a public key.
///
/// # Errors
/// [`StoreFault::BrokenRecord`].
pub fn read_key(item: &Item) -> Result<KeyRecord, StoreFault> {
    let attributes = Attributes::of("KEY", item);
    Ok(KeyRecord {
        key_id: attributes.parsed(key::SK, |text| text.strip_prefix(key::KEY_PREFIX).map(str::to_owned))?,
        jwk: attributes.text("jwk")?.to_owned(),
        state: attributes.parsed("state", key_state)?,
        not_before: attributes.optional_time("not_before")?,
        retires: attributes.optional_time("retires")?,
    })
}

/// The attributes of a public key's record, its key aside.
pub fn write_key(key: &KeyRecord) -> Item {
    let mut item =
        Item::from([("jwk".to_owned(), text(&key.jwk)), ("state".to_owned(), text(key_state_name(key.state)))]);
    insert(&mut item, "not_before", key.not_before.map(|at| number(at.seconds())));
    insert(&mut item, "retires", key.retires.map(|at| number(at.seconds())));
    item
}

fn features(attributes: &Attributes<'_>) -> Result<Features, StoreFault> {
    let all = |value: &AttributeValue| value.as_s().ok().filter(|text| *text == "all").map(|_| Features::All);
    let read = |value: &AttributeValue| all(value).or_else(|| strings(value).map(Features::Named));
    let features = attributes.optional("features", "a list of strings or `all`", read)?;
    Ok(features.unwrap_or(Features::Named(Vec::new())))
}

fn roles(value: &AttributeValue) -> Option<BTreeMap<String, Vec<String>>> {
    value.as_m().ok()?.iter().map(|(name, permissions)| Some((name.clone(), strings(permissions)?))).collect()
}

fn tenant_status(text: &str) -> Option<TenantStatus> {
    [TenantStatus::Active, TenantStatus::Suspended].into_iter().find(|it| tenant_status_name(*it) == text)
}

fn tenant_status_name(status: TenantStatus) -> &'static str {
    match status {
        TenantStatus::Active => "active",
        TenantStatus::Suspended => "suspended",
    }
}

fn user_status(text: &str) -> Option<UserStatus> {
    [UserStatus::Active, UserStatus::Disabled].into_iter().find(|it| user_status_name(*it) == text)
}

pub(super) fn user_status_name(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "active",
        UserStatus::Disabled => "disabled",
    }
}

fn user_kind(text: &str) -> Option<UserKind> {
    [UserKind::Person, UserKind::Service].into_iter().find(|it| user_kind_name(*it) == text)
}

fn user_kind_name(kind: UserKind) -> &'static str {
    match kind {
        UserKind::Person => "person",
        UserKind::Service => "service",
    }
}

fn key_state(text: &str) -> Option<KeyState> {
    [KeyState::Active, KeyState::Retired].into_iter().find(|it| key_state_name(*it) == text)
}

fn key_state_name(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "active",
        KeyState::Retired => "retired",
    }
}

/// A string attribute.
pub fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A number attribute.
pub fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A list of strings: unlike a set it may be empty.
pub fn list(names: &[String]) -> AttributeValue {
    AttributeValue::L(names.iter().map(|name| text(name)).collect())
}

fn insert(item: &mut Item, name: &str, value: Option<AttributeValue>) {
    if let Some(value) = value {
        item.insert(name.to_owned(), value);
    }
}
