//! The audit log: who changed what, from what, to what. Written with every change, in its transaction; never changed.
//! Operators' changes are in it, and what the authorization server grants and ends.
//!
//! A record names its subject by its public name and tells what differs, attribute by attribute. A token or a hash of
//! one is in no attribute of any record, so it cannot be in here either.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;

#[cfg(feature = "admin")]
use super::StoreFault;
use super::key;
#[cfg(feature = "admin")]
use super::record::Attributes;
use super::record::{Item, number, text};
use super::stamp::Stamp;

/// One entry of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// When, in milliseconds since 1970.
    pub milliseconds: u64,
    /// Who.
    pub by: String,
    /// What was done.
    pub action: Action,
    /// To whom or what: the id of a tenant, a user, a token, the name of a role.
    pub subject: String,
    /// What differs, by attribute (`status`, `roles.sales`, …).
    pub changes: BTreeMap<String, Difference>,
}

/// One attribute before and after; `None` where it was absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// What it was.
    pub before: Option<AttributeValue>,
    /// What it is now.
    pub after: Option<AttributeValue>,
}

macro_rules! actions {
    ($($action:ident = $name:literal: $doc:literal,)*) => {
        /// What can be done to records: a closed list, by stable names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $(#[doc = $doc] $action,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &[Self] = &[$(Self::$action),*];

            /// The name of the action as the audit log holds it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)*
                }
            }
        }
    };
}

actions! {
    TenantCreate = "tenant.create": "A tenant was created.",
    TenantSuspend = "tenant.suspend": "A tenant's requests are no longer served.",
    TenantResume = "tenant.resume": "A suspended tenant's requests are served again.",
    TenantFeatures = "tenant.features": "A tenant's features changed.",
    TenantLimit = "tenant.limit": "The longest life of a tenant's tokens changed.",
    RolePut = "role.put": "A role was created or its permissions changed.",
    RoleRemove = "role.remove": "A role was removed.",
    UserPut = "user.put": "A user was created or changed.",
    UserDisable = "user.disable": "A user's tokens are refused.",
    UserEnable = "user.enable": "A disabled user's tokens are good again.",
    UserAccount = "user.account": "A local account may act as the user.",
    UserRemove = "user.remove": "A user was removed from the tenant.",
    PatIssue = "pat.issue": "A personal access token was issued.",
    PatRotate = "pat.rotate": "A personal access token was replaced by a new one.",
    PatRevoke = "pat.revoke": "A personal access token was revoked.",
    PatLeak = "pat.leak": "A personal access token was found in public, and revoked.",
    GrantCreate = "grant.create": "A user let an app in.",
    GrantRevoke = "grant.revoke": "What a user granted to an app was withdrawn.",
    GrantReplay = "grant.replay": "A grant was ended because a code or a refresh token of it came back.",
    ClientCreate = "client.create": "An operator made a client.",
    ClientVerify = "client.verify": "An operator vouches for a client that registered itself.",
    ClientRemove = "client.remove": "A client was removed, and what it was granted ended.",
    KeyCreate = "key.create": "A key was published; it signs when its time has come.",
    KeySupersede = "key.supersede": "A key was given an end, as another takes its place.",
    KeyRetire = "key.retire": "A key was ended, with every token under it.",
}

impl AuditRecord {
    /// What is written of a change between two states of a record.
    pub(super) fn of(action: Action, subject: &str, [before, after]: [Option<&Item>; 2], stamp: &Stamp) -> Self {
        Self {
            milliseconds: stamp.milliseconds,
            by: stamp.by.clone(),
            action,
            subject: subject.to_owned(),
            changes: difference(before, after),
        }
    }

    /// The record as an item of that partition.
    pub(super) fn item(&self, partition: &str, stamp: &Stamp) -> Item {
        let mut item = self.write();
        item.insert(key::PK.to_owned(), text(partition));
        item.insert(key::SK.to_owned(), text(&sort_key(stamp)));
        item
    }

    /// The attributes of the record, its key aside.
    pub(super) fn write(&self) -> Item {
        let side = |pick: fn(&Difference) -> Option<&AttributeValue>| {
            let present = self.changes.iter().filter_map(|(name, it)| Some((name.clone(), pick(it)?.clone())));
            AttributeValue::M(present.collect())
        };
        Item::from([
            ("at".to_owned(), number(self.milliseconds)),
            ("by".to_owned(), text(&self.by)),
            ("action".to_owned(), text(self.action.as_str())),
            ("subject".to_owned(), text(&self.subject)),
            ("before".to_owned(), side(|it| it.before.as_ref())),
            ("after".to_owned(), side(|it| it.after.as_ref())),
        ])
    }

    #[cfg(feature = "admin")]
    pub(super) fn read(item: &Item) -> Result<Self, StoreFault> {
        let attributes = Attributes::of("AUDIT", item);
        let mut changes: BTreeMap<String, Difference> = BTreeMap::new();
        for (name, value) in attributes.map("before")? {
            changes.entry(name.clone()).or_default().before = Some(value.clone());
        }
        for (name, value) in attributes.map("after")? {
            changes.entry(name.clone()).or_default().after = Some(value.clone());
        }
        Ok(Self {
            milliseconds: attributes.number("at")?,
            by: attributes.text("by")?.to_owned(),
            action: attributes.parsed("action", |text| Action::ALL.iter().copied().find(|it| it.as_str() == text))?,
            subject: attributes.text("subject")?.to_owned(),
            changes,
        })
    }
}

/// Where the record of a change lies in its partition.
pub(super) fn sort_key(stamp: &Stamp) -> String {
    format!("{}{}", key::AUDIT_PREFIX, stamp.key())
}

/// What differs between two states of a record; a map's entries each under a name of their own.
fn difference(before: Option<&Item>, after: Option<&Item>) -> BTreeMap<String, Difference> {
    let (before, after) = (flat(before), flat(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| (name.clone(), Difference { before: before.get(name).cloned(), after: after.get(name).cloned() }))
        .collect()
}

fn flat(item: Option<&Item>) -> BTreeMap<String, AttributeValue> {
    let mut flat = BTreeMap::new();
    for (name, value) in item.into_iter().flatten().filter(|(name, _)| !UNTOLD.contains(&name.as_str())) {
        match value {
            AttributeValue::M(map) => {
                flat.extend(map.iter().map(|(entry, value)| (format!("{name}.{entry}"), value.clone())));
            }
            _ => {
                flat.insert(name.clone(), value.clone());
            }
        }
    }
    flat
}

/// What is not told: where a record lies and when the table forgets it, which nobody changes, and what a key is made of.
const UNTOLD: [&str; 4] = [key::PK, key::SK, key::TTL, key::SECRET];
