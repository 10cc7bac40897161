//! Users: people and services of a tenant, with roles and exceptions.
//!
//! A user's id may come back, its old tokens, what it let apps do and who could sign in as it may not: they end when the
//! user leaves, and once more before a user of that id is created.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;

use super::audit::Action;
use super::change::{Change, Guard, Place, Revision, Step, settle};
use super::delegated::RIGHTS;
use super::read::name_of;
use super::{Admin, AdminError, Stamp, names, role};
use crate::access::administration::{MEMBER_WRITE, Organisation};
use crate::access::catalogue::Catalogue;
use crate::access::identity::{TenantId, UserId};
use crate::access::tenant::{Tenant, User, UserStatus};
use crate::store::record::{Item, read_user, text, write_user};
use crate::store::{StoreFault, key};

impl Admin {
    /// The user's record.
    ///
    /// # Errors
    /// [`AdminError::NoUser`], or what the store says.
    pub async fn user(&self, tenant: &TenantId, id: &UserId) -> Result<User, AdminError> {
        Ok(self.user_record(tenant, id).await?.1)
    }

    /// Every user of the tenant, by id.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`], or what the store says.
    pub async fn users(&self, tenant: &TenantId) -> Result<Vec<User>, AdminError> {
        Ok(self.user_records(tenant).await?.into_iter().map(|(_, user)| user).collect())
    }

    /// Creates a user or changes what an existing one may do. An existing user's status stays as it is.
    ///
    /// # Errors
    /// [`AdminError::NoRole`], [`AdminError::UnknownPermission`], [`AdminError::NoTenant`].
    pub async fn put_user(
        &self,
        catalogue: &Catalogue,
        tenant: &TenantId,
        mut user: User,
        stamp: &Stamp,
    ) -> Result<User, AdminError> {
        user.added = names::permissions(catalogue, &user.added)?;
        user.removed = names::permissions(catalogue, &user.removed)?;
        user.roles.sort();
        user.roles.dedup();
        settle(async || {
            let (tenant_item, tenant) = self.tenant_record(tenant).await?;
            known_roles(&tenant, &user.roles)?;
            let mut after = user.clone();
            let record = match self.get(&tenant.id, &key::user(&user.id)).await? {
                Some(item) => {
                    let before = read_user(&user.id, &item)?;
                    after.status = before.status;
                    amended(item, &before, &after)
                }
                // Who administers changes members; it takes an operator to make one.
                None if self.delegate.is_some() => {
                    return Err(AdminError::NoUser { tenant: tenant.id.to_string(), user: user.id.to_string() });
                }
                None => {
                    // What narrows comes first: whatever a former user of this id left behind is no good any more.
                    self.end_all(&tenant.id, &user.id, stamp.next()).await?;
                    Revision::create(key::user(&user.id), write_user(&after))
                }
            };
            let roles = Guard { sort_key: key::TENANT.to_owned(), item: tenant_item, attributes: &["roles"] };
            let mut guards = self.guards_of(&tenant.id, &user.id, Some(&after)).await?;
            guards.retain(|guard| guard.sort_key != roles.sort_key);
            guards.push(roles);
            let change = change(&tenant.id, &user.id, Action::UserPut, record);
            self.commit(Change { guards, ..change }, stamp).await?;
            Ok(after)
        })
        .await
    }

    /// Disables a user, whose tokens are refused from then on, or enables one again.
    ///
    /// # Errors
    /// [`AdminError::UserAlready`] when it is so already, [`AdminError::NoUser`].
    pub async fn set_user_status(
        &self,
        tenant: &TenantId,
        id: &UserId,
        status: UserStatus,
        stamp: &Stamp,
    ) -> Result<User, AdminError> {
        let (action, name) = match status {
            UserStatus::Active => (Action::UserEnable, "active"),
            UserStatus::Disabled => (Action::UserDisable, "disabled"),
        };
        settle(async || {
            let (item, user) = self.user_record(tenant, id).await?;
            if user.status == status {
                return Err(AdminError::UserAlready { user: id.to_string(), status: name });
            }
            let after = User { status, ..user.clone() };
            let record = amended(item, &user, &after);
            let guards = self.guards_of(tenant, id, Some(&after)).await?;
            self.commit(Change { guards, ..change(tenant, id, action, record) }, stamp).await?;
            Ok(after)
        })
        .await
    }

    /// Removes a user from the tenant, revokes the user's tokens and ends what the user let apps do; returns the ids of
    /// these.
    ///
    /// The user goes first: from then on every token is refused and no new one can be issued, so none is overlooked.
    ///
    /// # Errors
    /// [`AdminError::NoUser`], or what the store says. A removal that was interrupted is finished by repeating it.
    pub async fn remove_user(&self, tenant: &TenantId, id: &UserId, stamp: &Stamp) -> Result<Vec<String>, AdminError> {
        let removed = settle(async || {
            let (item, _) = self.user_record(tenant, id).await?;
            let record = Revision::delete(key::user(id), item).fixed(RIGHTS);
            let guards = self.guards_of(tenant, id, None).await?;
            self.commit(Change { guards, ..change(tenant, id, Action::UserRemove, record) }, stamp).await
        })
        .await;
        match removed {
            Ok(()) => self.end_all(tenant, id, stamp.next()).await,
            Err(AdminError::NoUser { tenant: name, user }) => {
                let left_over = self.end_all(tenant, id, stamp.next()).await?;
                if left_over.is_empty() { Err(AdminError::NoUser { tenant: name, user }) } else { Ok(left_over) }
            }
            Err(error) => Err(error),
        }
    }

    /// Ends all by which somebody could act as the user: tokens and grants to apps, whose ids it returns, and memberships.
    async fn end_all(&self, tenant: &TenantId, id: &UserId, mut stamps: Stamp) -> Result<Vec<String>, AdminError> {
        let mut ended = self.revoke_all(tenant, id, &mut stamps).await?;
        ended.extend(self.end_grants(tenant, id, &mut stamps).await?);
        self.end_memberships(tenant, id).await?;
        Ok(ended)
    }

    /// Nobody who signs in is this user any more.
    async fn end_memberships(&self, tenant: &TenantId, id: &UserId) -> Result<(), AdminError> {
        let prefix = key::member_prefix(id);
        for note in self.every(tenant, &prefix).await? {
            let delete = || self.client.delete_item().table_name(&self.table);
            let person = format!("{}{}", key::IDENTITY_PREFIX, name_of(&note, &prefix));
            let membership = delete().key(key::PK, text(&person)).key(key::SK, text(&key::membership(tenant)));
            // The person may have become somebody else there since.
            let membership = membership.condition_expression("#user = :user");
            let membership = membership.expression_attribute_names("#user", "user");
            match membership.expression_attribute_values(":user", text(id.as_str())).send().await {
                Err(error) if error.code() != Some("ConditionalCheckFailedException") => return Err(self.failed(error)),
                Ok(_) | Err(_) => {}
            }
            let noted = delete().key(key::PK, text(&key::tenant_partition(tenant)));
            let noted = noted.key(key::SK, text(&format!("{prefix}{}", name_of(&note, &prefix))));
            noted.send().await.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    /// What a change of a user rests on, where a member of the tenant makes it; `becomes` is none for one who goes.
    async fn guards_of(
        &self,
        tenant: &TenantId,
        id: &UserId,
        becomes: Option<&User>,
    ) -> Result<Vec<Guard>, AdminError> {
        let revise = |it: &mut Organisation| {
            it.users.retain(|user| user.id != *id);
            it.users.extend(becomes.cloned());
        };
        self.guards(MEMBER_WRITE, tenant, &key::user(id), revise).await
    }

    /// Every user of the tenant, each with the record as it lies there.
    pub(super) async fn user_records(&self, tenant: &TenantId) -> Result<Vec<(Item, User)>, AdminError> {
        let items = self.every(tenant, key::USER_PREFIX).await?;
        if items.is_empty() {
            self.tenant_exists(tenant).await?;
        }
        let read = |item: Item| {
            let id = UserId::parse(name_of(&item, key::USER_PREFIX))
                .map_err(|error| StoreFault::BrokenRecord { record: "USER".to_owned(), what: error.to_string() })?;
            read_user(&id, &item).map(|user| (item, user))
        };
        Ok(items.into_iter().map(read).collect::<Result<_, _>>()?)
    }

    pub(super) async fn user_record(&self, tenant: &TenantId, id: &UserId) -> Result<(Item, User), AdminError> {
        let item = self.get(tenant, &key::user(id)).await?;
        let no_user = || AdminError::NoUser { tenant: tenant.to_string(), user: id.to_string() };
        let item = item.ok_or_else(no_user)?;
        let user = read_user(id, &item)?;
        Ok((item, user))
    }
}

/// A user's record changed. What the rights come from must be what it was, all of it: they were judged together.
fn amended(item: Item, before: &User, after: &User) -> Revision {
    Revision::amend(key::user(&before.id), item, &write_user(before), &write_user(after)).fixed(RIGHTS)
}

fn known_roles(tenant: &Tenant, roles: &[String]) -> Result<(), AdminError> {
    match roles.iter().find(|role| !tenant.roles.contains_key(*role)) {
        Some(role) => Err(role::unknown(tenant, role)),
        None => Ok(()),
    }
}

fn change<'a>(tenant: &'a TenantId, user: &UserId, action: Action, record: Revision) -> Change<'a> {
    let step = Step { action, subject: user.to_string(), record };
    Change { place: Place::Tenant(tenant), steps: vec![step], guards: Vec::new() }
}
