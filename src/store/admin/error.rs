//! Why a change was not made, in words that say what to do next.

use crate::access::administration::Overreach;
use crate::access::catalogue::Catalogue;
use crate::nearest::nearest;
#[cfg(feature = "auth")]
use crate::oauth::key_ring::NotRetired;
use crate::store::StoreFault;
use crate::timestamp::Timestamp;

/// A change that was not made, or something asked for that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// There is no such table.
    #[error("there is no table `{table}`: create it with `edge table create`, or name another with `--table`")]
    NoTable {
        /// Its name.
        table: String,
    },
    /// There is one already.
    #[error("the table `{table}` exists already")]
    TableExists {
        /// Its name.
        table: String,
    },
    /// It was created and is not ready.
    #[error("the table `{table}` is not ready after {seconds} s; look again later")]
    TableNotReady {
        /// Its name.
        table: String,
        /// How long it was waited for.
        seconds: u64,
    },

    /// There is no such tenant.
    #[error("there is no tenant `{tenant}`")]
    NoTenant {
        /// The tenant.
        tenant: String,
    },
    /// There is one already.
    #[error("the tenant `{tenant}` exists already")]
    TenantExists {
        /// The tenant.
        tenant: String,
    },
    /// It is so already.
    #[error("the tenant `{tenant}` is {status} already")]
    TenantAlready {
        /// The tenant.
        tenant: String,
        /// What it is.
        status: &'static str,
    },

    /// The tenant has no such role.
    #[error("the tenant `{tenant}` has no role `{role}`{}", did_you_mean(nearest))]
    NoRole {
        /// The tenant.
        tenant: String,
        /// The role.
        role: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// Users hold the role.
    #[error("the role `{role}` is held by {}: give them another role first", users.join(", "))]
    RoleHeld {
        /// The role.
        role: String,
        /// Who holds it.
        users: Vec<String>,
    },

    /// The tenant has no such user.
    #[error("the tenant `{tenant}` has no user `{user}`")]
    NoUser {
        /// The tenant.
        tenant: String,
        /// The user.
        user: String,
    },
    /// The user is so already.
    #[error("the user `{user}` is {status} already")]
    UserAlready {
        /// The user.
        user: String,
        /// What it is.
        status: &'static str,
    },
    /// No token is issued for a disabled user.
    #[error("the user `{user}` is disabled: enable the user first")]
    UserDisabled {
        /// The user.
        user: String,
    },

    /// The tenant has no such token; another tenant may.
    #[error("the tenant `{tenant}` has no token `{id}`")]
    NoPat {
        /// The tenant.
        tenant: String,
        /// The id of the token.
        id: String,
    },
    /// It was revoked before.
    #[error("the token `{id}` was revoked already, at {}", at.to_rfc3339())]
    AlreadyRevoked {
        /// The id of the token.
        id: String,
        /// When.
        at: Timestamp,
    },
    /// It was rotated before.
    #[error("the token `{id}` was rotated already: `{successor}` took its place")]
    AlreadyRotated {
        /// The id of the token.
        id: String,
        /// The id of the new token.
        successor: String,
    },
    /// What is over cannot be rotated.
    #[error("the token `{id}` expired at {}: issue a new one", at.to_rfc3339())]
    Expired {
        /// The id of the token.
        id: String,
        /// When.
        at: Timestamp,
    },
    /// A longer life than the tenant's tokens may have.
    #[error("a token of the tenant `{tenant}` lives {} at most, and {} was asked for", days(*maximum), days(*asked))]
    LifeTooLong {
        /// The tenant.
        tenant: String,
        /// In seconds.
        asked: u64,
        /// In seconds.
        maximum: u64,
    },
    /// No life at all.
    #[error("a token that lives no time at all is of no use: say how long, as in `--expires 90d`")]
    NoLife,
    /// No scope at all.
    #[error("a token without a scope can do nothing: name at least one, as in `--scope contact.read`")]
    NoScope,
    /// A name that no terminal should show.
    #[error(
        "`{given}` cannot name a token: 1 to {} characters, none of them a control character",
        super::pat::MAX_NAME
    )]
    InvalidTokenName {
        /// As it was given.
        given: String,
    },

    /// A permission that is not in the API's catalogue.
    #[error("the API has no permission `{given}`{}", did_you_mean(nearest))]
    UnknownPermission {
        /// As it was given.
        given: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// A permission that no token can carry.
    #[error("`{given}` administers the tenant itself: a role may hold it, no token can ask for it")]
    NotAScope {
        /// As it was given.
        given: String,
    },
    /// A feature that the API does not know.
    #[error("the API has no feature `{given}`{}", did_you_mean(nearest))]
    UnknownFeature {
        /// As it was given.
        given: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// What cannot name a role.
    #[error("`{given}` is no name: a letter or digit, then letters, digits, `_`, `-` or `.`, 64 characters at most")]
    InvalidName {
        /// As it was given.
        given: String,
    },

    /// More than whoever makes the change may do.
    #[error(transparent)]
    Overreach(#[from] Overreach),

    /// A key that was not retired.
    #[cfg(feature = "auth")]
    #[error(transparent)]
    Key(#[from] NotRetired),
    /// One that is there already.
    #[error("the issuer has the key `{key}` already")]
    KeyExists {
        /// Its `kid`.
        key: String,
    },
    /// What the change was decided on was not so any more when it was written.
    #[error("someone else changed `{subject}` at the same moment, and this change was not made: look, and try again")]
    ChangedMeanwhile {
        /// What else was changed.
        subject: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl AdminError {
    /// A name that the API's catalogue does not know, with the nearest that it does.
    pub fn unknown_permission(given: &str, catalogue: &Catalogue) -> Self {
        let nearest = nearest(given, catalogue.names(catalogue.every())).map(str::to_owned);
        Self::UnknownPermission { given: given.to_owned(), nearest }
    }

    /// Whether the store failed, rather than what was asked being impossible.
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::Store(_) | Self::TableNotReady { .. })
    }
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|nearest| format!(": did you mean `{nearest}`?")).unwrap_or_default()
}

/// Seconds as people write them: whole days where they are whole days.
fn days(seconds: u64) -> String {
    const DAY: u64 = 24 * 60 * 60;
    if seconds.is_multiple_of(DAY) { format!("{}d", seconds / DAY) } else { format!("{seconds}s") }
}
