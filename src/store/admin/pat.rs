//! Personal access tokens: issued, found, rotated, revoked.
//!
//! The text of a token passes through here once, to the one who asked for it. What is stored is its SHA-256, as the
//! record's key; people, logs and the audit log call the token by an id that has nothing to do with either.

use std::fmt;

use super::audit::Action;
use super::change::{Change, Guard, Place, Revision, Step, settle};
use super::read::name_of;
use super::{Admin, AdminError, Stamp, names};
use crate::access::catalogue::Catalogue;
use crate::access::effective::Rights;
use crate::access::identity::{TenantId, UserId};
use crate::access::shortfall::{Shortfall, shortfalls};
use crate::access::tenant::{Tenant, UserStatus};
use crate::store::key;
use crate::store::record::{Item, number, read_pat, write_pat};
use crate::timestamp::Timestamp;
use crate::token::credential::PatRecord;
use crate::token::pat::{IssuedPat, PatFormat, SECRET_LENGTH};

/// How long a token lives if nobody says, in seconds: 90 days, or the tenant's maximum where that is less.
pub const DEFAULT_LIFE: u64 = 90 * DAY;

/// The longest name of a token, in characters.
pub const MAX_NAME: usize = 100;

/// How long the record of a token is kept after the token expired, so that one can still see why it stopped working.
const KEPT_AFTER_EXPIRY: u64 = 90 * DAY;

const DAY: u64 = 24 * 60 * 60;

/// A token that is to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPat {
    /// The user that the token acts for.
    pub user: UserId,
    /// What people call the token.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// How long it lives, in seconds.
    pub life: Option<u64>,
}

/// A token that is to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The id of the old token.
    pub id: String,
    /// How long the new one lives, in seconds; as long as the old one was issued for, if not said.
    pub life: Option<u64>,
    /// How long the old one stays good, in seconds.
    pub overlap: u64,
}

/// The random bytes of one token, fresh from a cryptographically secure generator.
#[derive(Clone, Copy)]
pub struct PatEntropy {
    /// What makes the token's text impossible to guess.
    pub secret: [u8; SECRET_LENGTH],
    /// What its public id is made of.
    pub id: [u8; 12],
}

impl fmt::Debug for PatEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatEntropy").finish_non_exhaustive()
    }
}

/// A token that was just issued: its text, to be shown once, and all that stays of it.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub token: IssuedPat,
    /// Its record.
    pub record: PatRecord,
    /// The scopes that its user's rights do not cover today.
    pub shortfalls: Vec<Shortfall>,
}

impl Admin {
    /// Issues a token. Whether the user's rights cover its scopes does not matter here, as rights change and the
    /// decision intersects; what they do not cover today is returned beside it.
    ///
    /// # Errors
    /// What is wrong with the user, the scopes, the name or the life that was asked for.
    pub async fn issue_pat(
        &self,
        catalogue: &Catalogue,
        format: &PatFormat,
        tenant: &TenantId,
        new: &NewPat,
        entropy: PatEntropy,
        stamp: &Stamp,
    ) -> Result<Issued, AdminError> {
        let scopes = names::scopes(catalogue, &new.scopes)?;
        let name = token_name(&new.name)?;
        let token = format.issue(tenant, &new.user, entropy.secret);
        let (record, rights) = settle(async || {
            let (guards, tenant, rights) = self.holder(catalogue, tenant, &new.user).await?;
            let record = PatRecord {
                id: public_id(entropy.id),
                name: name.clone(),
                user: new.user.clone(),
                scopes: scopes.clone(),
                created: stamp.now(),
                expires: stamp.now().plus(life(&tenant, new.life)?),
                revoked: None,
                last_used: None,
                successor: None,
            };
            let issue = issue(&token, &record);
            self.commit(Change { place: Place::Tenant(&tenant.id), steps: vec![issue], guards }, stamp).await?;
            Ok((record, rights))
        })
        .await?;
        let shortfalls = shortfalls(&record.scopes, &rights, catalogue);
        Ok(Issued { token, record, shortfalls })
    }

    /// Every token of a tenant, or of one of its users, oldest first. A user who left may have tokens: revoked ones.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`], [`AdminError::NoUser`], or what the store says.
    pub async fn pats(&self, tenant: &TenantId, user: Option<&UserId>) -> Result<Vec<PatRecord>, AdminError> {
        let records = self.pats_of(tenant, user).await?;
        if records.is_empty() {
            self.tenant_exists(tenant).await?;
            if let Some(user) = user {
                self.user_record(tenant, user).await?;
            }
        }
        Ok(records)
    }

    async fn pats_of(&self, tenant: &TenantId, user: Option<&UserId>) -> Result<Vec<PatRecord>, AdminError> {
        let records = self.pat_records(tenant).await?.into_iter().map(|(_, record)| record);
        let mut records: Vec<PatRecord> = records.filter(|it| user.is_none_or(|user| *user == it.user)).collect();
        records.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        Ok(records)
    }

    /// The token of that id.
    ///
    /// # Errors
    /// [`AdminError::NoPat`], for a token of another tenant too.
    pub async fn pat(&self, tenant: &TenantId, id: &str) -> Result<PatRecord, AdminError> {
        Ok(self.pat_record(tenant, id).await?.1)
    }

    /// Revokes a token: the next read refuses it.
    ///
    /// # Errors
    /// [`AdminError::AlreadyRevoked`], [`AdminError::NoPat`].
    pub async fn revoke_pat(&self, tenant: &TenantId, id: &str, stamp: &Stamp) -> Result<PatRecord, AdminError> {
        self.end_pat(None, tenant, id, stamp).await
    }

    /// Revokes a token; `needs` is the permission for it, where a member of the tenant does.
    pub(super) async fn end_pat(
        &self,
        needs: Option<&'static str>,
        tenant: &TenantId,
        id: &str,
        stamp: &Stamp,
    ) -> Result<PatRecord, AdminError> {
        settle(async || {
            let (before, record) = self.pat_record(tenant, id).await?;
            if let Some(at) = record.revoked {
                return Err(AdminError::AlreadyRevoked { id: record.id, at });
            }
            let after = PatRecord { revoked: Some(stamp.now()), ..record.clone() };
            let revoke = amend(Action::PatRevoke, before, &record, &after);
            let guards = match needs {
                Some(needs) => self.guards(needs, tenant, "", |_| ()).await?,
                None => Vec::new(),
            };
            self.commit(Change { place: Place::Tenant(tenant), steps: vec![revoke], guards }, stamp).await?;
            Ok(after)
        })
        .await
    }

    /// Puts a new token in the place of an old one: same user, same name, same scopes, and as long a life unless said
    /// otherwise. The old one stays good for the overlap and never beyond its own end.
    ///
    /// # Errors
    /// [`AdminError::AlreadyRotated`], [`AdminError::AlreadyRevoked`], [`AdminError::Expired`], and as when issuing.
    pub async fn rotate_pat(
        &self,
        catalogue: &Catalogue,
        format: &PatFormat,
        tenant: &TenantId,
        rotation: &Rotation,
        entropy: PatEntropy,
        stamp: &Stamp,
    ) -> Result<Rotated, AdminError> {
        let (token, old, record, rights) = settle(async || {
            let (before, old) = self.pat_record(tenant, &rotation.id).await?;
            let (guards, tenant, rights) = self.holder(catalogue, tenant, &old.user).await?;
            let token = format.issue(&tenant.id, &old.user, entropy.secret);
            let new_id = public_id(entropy.id);
            let inherited = old.expires.since(old.created).min(tenant.max_token_seconds.unwrap_or(u64::MAX));
            let record = PatRecord {
                id: new_id.clone(),
                created: stamp.now(),
                expires: stamp.now().plus(life(&tenant, rotation.life.or(Some(inherited)))?),
                last_used: None,
                ..old.clone()
            };
            let ending = outgoing(old.clone(), new_id, rotation.overlap, stamp.now())?;
            let steps = vec![amend(Action::PatRotate, before, &old, &ending), issue(&token, &record)];
            self.commit(Change { place: Place::Tenant(&tenant.id), steps, guards }, stamp).await?;
            Ok((token, ending, record, rights))
        })
        .await?;
        let shortfalls = shortfalls(&record.scopes, &rights, catalogue);
        Ok(Rotated { old, new: Issued { token, record, shortfalls } })
    }

    /// Revokes every token of a user that is not revoked yet, each with a stamp of its own; returns their ids.
    pub(super) async fn revoke_all(
        &self,
        tenant: &TenantId,
        user: &UserId,
        stamps: &mut Stamp,
    ) -> Result<Vec<String>, AdminError> {
        let mut revoked = Vec::new();
        for pat in self.pats_of(tenant, Some(user)).await?.into_iter().filter(|it| it.revoked.is_none()) {
            match self.revoke_pat(tenant, &pat.id, &stamps.take()).await {
                Ok(pat) => revoked.push(pat.id),
                Err(AdminError::AlreadyRevoked { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(revoked)
    }

    /// The user that a token is to act for and the tenant's limit on it, both to be held to while the token is written.
    async fn holder(
        &self,
        catalogue: &Catalogue,
        tenant: &TenantId,
        user: &UserId,
    ) -> Result<(Vec<Guard>, Tenant, Rights), AdminError> {
        let (tenant_item, tenant) = self.tenant_record(tenant).await?;
        let (user_item, user) = self.user_record(&tenant.id, user).await?;
        if user.status == UserStatus::Disabled {
            return Err(AdminError::UserDisabled { user: user.id.to_string() });
        }
        let rights = Rights::of(&user, &tenant, catalogue);
        let limit = Guard { sort_key: key::TENANT.to_owned(), item: tenant_item, attributes: &["max_token_seconds"] };
        let holder = Guard { sort_key: key::user(&user.id), item: user_item, attributes: &["status"] };
        Ok((vec![limit, holder], tenant, rights))
    }

    async fn pat_record(&self, tenant: &TenantId, id: &str) -> Result<(Item, PatRecord), AdminError> {
        let found = self.pat_records(tenant).await?.into_iter().find(|(_, record)| record.id == id);
        found.ok_or_else(|| AdminError::NoPat { tenant: tenant.to_string(), id: id.to_owned() })
    }

    async fn pat_records(&self, tenant: &TenantId) -> Result<Vec<(Item, PatRecord)>, AdminError> {
        let items = self.every(tenant, key::PAT_PREFIX).await?;
        let read = |item: Item| read_pat(&item).map(|record| (item, record));
        Ok(items.into_iter().map(read).collect::<Result<_, _>>()?)
    }
}

/// The two halves of a rotation.
#[derive(Debug)]
pub struct Rotated {
    /// The old token, with the end that it now has.
    pub old: PatRecord,
    /// The new one.
    pub new: Issued,
}

/// The old token of a rotation: it knows its successor, and ends with the overlap or earlier.
fn outgoing(old: PatRecord, successor: String, overlap: u64, now: Timestamp) -> Result<PatRecord, AdminError> {
    if let Some(at) = old.revoked {
        return Err(AdminError::AlreadyRevoked { id: old.id, at });
    }
    if let Some(successor) = old.successor {
        return Err(AdminError::AlreadyRotated { id: old.id, successor });
    }
    if now >= old.expires {
        return Err(AdminError::Expired { id: old.id, at: old.expires });
    }
    Ok(PatRecord {
        expires: old.expires.min(now.plus(overlap)),
        revoked: (overlap == 0).then_some(now),
        successor: Some(successor),
        ..old
    })
}

fn life(tenant: &Tenant, asked: Option<u64>) -> Result<u64, AdminError> {
    let maximum = tenant.max_token_seconds.unwrap_or(u64::MAX);
    match asked.unwrap_or(DEFAULT_LIFE.min(maximum)) {
        0 => Err(AdminError::NoLife),
        asked if asked > maximum => Err(AdminError::LifeTooLong { tenant: tenant.id.to_string(), asked, maximum }),
        life => Ok(life),
    }
}

/// Names are shown on terminals: no control characters.
fn token_name(name: &str) -> Result<String, AdminError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(AdminError::InvalidTokenName { given: name.escape_debug().to_string() });
    }
    Ok(name.to_owned())
}

fn public_id(bytes: [u8; 12]) -> String {
    bytes.iter().fold("pat_".to_owned(), |id, byte| id + &format!("{byte:02x}"))
}

/// A new token's record, its key the hash of the token.
fn issue(token: &IssuedPat, record: &PatRecord) -> Step {
    let mut item = write_pat(record);
    item.insert(key::TTL.to_owned(), number(record.expires.plus(KEPT_AFTER_EXPIRY).seconds()));
    let created = Revision::create(key::pat(token.digest()), item);
    Step { action: Action::PatIssue, subject: record.id.clone(), record: created }
}

/// What becomes of an existing token's record, which lies where it lay.
fn amend(action: Action, before: Item, was: &PatRecord, becomes: &PatRecord) -> Step {
    let sort_key = format!("{}{}", key::PAT_PREFIX, name_of(&before, key::PAT_PREFIX));
    let record = Revision::amend(sort_key, before, &write_pat(was), &write_pat(becomes));
    Step { action, subject: was.id.clone(), record }
}
