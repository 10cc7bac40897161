//! What a tenant's own administrators may change there. Two laws hold for every change: nobody grants what they do not
//! hold, and a tenant that has an administrator keeps one.
//!
//! A change is judged by what it comes to, everybody's rights before it and after it. So it does not matter by which
//! way a right would come: a role, an exception, the end of an exception, somebody who is let back in.

use super::catalogue::Catalogue;
use super::effective::Rights;
use super::identity::UserId;
use super::permission::PermissionSet;
use super::tenant::{Tenant, User, UserKind, UserStatus};

/// Whoever holds it sees who is in the tenant, and in which role.
pub const MEMBER_READ: &str = "member.read";
/// Whoever holds it changes the roles of people, disables and removes them.
pub const MEMBER_WRITE: &str = "member.write";
/// Whoever holds it sees what each role may do.
pub const ROLE_READ: &str = "role.read";
/// Whoever holds it changes that.
pub const ROLE_WRITE: &str = "role.write";
/// Whoever holds it sees everybody's tokens, never their text.
pub const TOKEN_READ: &str = "token.read";
/// Whoever holds it revokes them.
pub const TOKEN_REVOKE: &str = "token.revoke";

/// A tenant with all of its users, before a change or after it.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// The tenant.
    pub tenant: Tenant,
    /// Everybody in it.
    pub users: Vec<User>,
}

/// What a change gives to somebody, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Who.
    pub user: UserId,
    /// What they can do afterwards and could not before.
    pub gains: PermissionSet,
    /// What they could do and cannot any more.
    pub loses: PermissionSet,
}

/// Why somebody may not make a change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Overreach {
    /// They do not hold what the change needs.
    #[error("this needs the permission `{needs}`")]
    NotAllowed {
        /// The permission.
        needs: &'static str,
    },
    /// The change grants what they do not hold themselves.
    #[error("nobody grants what they do not hold: {}", names.join(", "))]
    GrantsMore {
        /// The permissions.
        names: Vec<String>,
    },
    /// Nobody would be left who could change members and roles.
    #[error("nobody would be left who may see and change members and roles")]
    LastAdministrator,
}

impl Organisation {
    /// What a user can do as long as they are let in, the features of the tenant aside.
    fn held(&self, user: &User, catalogue: &Catalogue) -> PermissionSet {
        match user.status {
            UserStatus::Active => Rights::of(user, &self.tenant, catalogue).held(),
            UserStatus::Disabled => PermissionSet::EMPTY,
        }
    }

    fn held_by(&self, id: &UserId, catalogue: &Catalogue) -> PermissionSet {
        let user = self.users.iter().find(|user| user.id == *id);
        user.map_or(PermissionSet::EMPTY, |user| self.held(user, catalogue))
    }

    /// The people who can change members and roles, which takes seeing them.
    pub fn administrators<'a>(&'a self, catalogue: &'a Catalogue) -> impl Iterator<Item = &'a User> {
        let all = [MEMBER_READ, MEMBER_WRITE, ROLE_READ, ROLE_WRITE].map(|name| catalogue.permission(name));
        self.users.iter().filter(move |user| {
            let held = self.held(user, catalogue);
            user.kind == UserKind::Person && all.iter().all(|it| it.is_some_and(|it| held.contains(it)))
        })
    }

    /// What becomes of everybody whom a change makes a difference to.
    pub fn effects(&self, after: &Self, catalogue: &Catalogue) -> Vec<Effect> {
        let gone = self.users.iter().filter(|user| after.users.iter().all(|it| it.id != user.id));
        let everybody = after.users.iter().chain(gone);
        let effect = |user: &User| {
            let (was, becomes) = (self.held_by(&user.id, catalogue), after.held_by(&user.id, catalogue));
            let (gains, loses) = (becomes.difference(was), was.difference(becomes));
            Effect { user: user.id.clone(), gains, loses }
        };
        everybody.map(effect).filter(|it| !it.gains.is_empty() || !it.loses.is_empty()).collect()
    }

    /// What a user's record grants, whether or not it is withheld from them today: what withholds it may end.
    fn granted(&self, id: &UserId, catalogue: &Catalogue) -> PermissionSet {
        let rights = self.users.iter().find(|user| user.id == *id).map(|it| Rights::of(it, &self.tenant, catalogue));
        rights.map_or(PermissionSet::EMPTY, |rights| rights.roles.union(rights.added))
    }

    /// What the change grants to anybody, today or once they are let in again, and to whoever will hold a role.
    fn grants(&self, after: &Self, catalogue: &Catalogue) -> PermissionSet {
        let role = |of: &Self, role: &str| {
            let names = of.tenant.roles.get(role).map(Vec::as_slice).unwrap_or_default();
            catalogue.granted(names.iter().map(String::as_str))
        };
        let by_roles = after.tenant.roles.keys().map(|name| role(after, name).difference(role(self, name)));
        let gained = self.effects(after, catalogue).into_iter().map(|effect| effect.gains);
        let ids = after.users.iter().map(|user| &user.id);
        let by_records = ids.map(|id| after.granted(id, catalogue).difference(self.granted(id, catalogue)));
        by_roles.chain(gained).chain(by_records).fold(PermissionSet::EMPTY, PermissionSet::union)
    }

    /// Whether that user may make the change that has this end, which needs that permission. Returns an administrator
    /// who remains, if there was one: the change holds only while that one is as they are.
    ///
    /// # Errors
    /// [`Overreach`].
    pub fn judge<'a>(
        &self,
        actor: &UserId,
        needs: &'static str,
        after: &'a Self,
        catalogue: &'a Catalogue,
    ) -> Result<Option<&'a UserId>, Overreach> {
        let mine = self.held_by(actor, catalogue);
        if !catalogue.permission(needs).is_some_and(|it| mine.contains(it)) {
            return Err(Overreach::NotAllowed { needs });
        }
        let more = self.grants(after, catalogue).difference(mine);
        if !more.is_empty() {
            return Err(Overreach::GrantsMore { names: catalogue.names(more).map(str::to_owned).collect() });
        }
        let keeper = after.administrators(catalogue).map(|user| &user.id).max_by_key(|id| *id == actor);
        if keeper.is_none() && self.administrators(catalogue).next().is_some() {
            return Err(Overreach::LastAdministrator);
        }
        Ok(keeper)
    }
}
