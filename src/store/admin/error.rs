//! Why a change was not made, in words that say what to do next.

use crate::access::catalogue::Catalogue;
use crate::reference::nearest;
use crate::store::StoreFault;
use crate::timestamp::Timestamp;

/// A change that was not made, or something asked for that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// The table itself.
    #[error("there is no table `{table}`: create it with `edge table create`, or name another with `--table`")]
    NoTable { table: String },
    #[error("the table `{table}` exists already")]
    TableExists { table: String },
    #[error("the table `{table}` is not ready after {seconds} s; look again later")]
    TableNotReady { table: String, seconds: u64 },

    /// Tenants.
    #[error("there is no tenant `{tenant}`")]
    NoTenant { tenant: String },
    #[error("the tenant `{tenant}` exists already")]
    TenantExists { tenant: String },
    #[error("the tenant `{tenant}` is {status} already")]
    TenantAlready { tenant: String, status: &'static str },

    /// Roles.
    #[error("the tenant `{tenant}` has no role `{role}`{}", did_you_mean(nearest))]
    NoRole { tenant: String, role: String, nearest: Option<String> },
    #[error("the role `{role}` is held by {}: give them another role first", users.join(", "))]
    RoleHeld { role: String, users: Vec<String> },

    /// Users.
    #[error("the tenant `{tenant}` has no user `{user}`")]
    NoUser { tenant: String, user: String },
    #[error("the user `{user}` is {status} already")]
    UserAlready { user: String, status: &'static str },
    #[error("the user `{user}` is disabled: enable the user first")]
    UserDisabled { user: String },

    /// Personal access tokens.
    #[error("the tenant `{tenant}` has no token `{id}`")]
    NoPat { tenant: String, id: String },
    #[error("the token `{id}` was revoked already, at {}", at.to_rfc3339())]
    AlreadyRevoked { id: String, at: Timestamp },
    #[error("the token `{id}` was rotated already: `{successor}` took its place")]
    AlreadyRotated { id: String, successor: String },
    #[error("the token `{id}` expired at {}: issue a new one", at.to_rfc3339())]
    Expired { id: String, at: Timestamp },
    #[error("a token of the tenant `{tenant}` lives {} at most, and {} was asked for", days(*maximum), days(*asked))]
    LifeTooLong { tenant: String, asked: u64, maximum: u64 },
    #[error("a token that lives no time at all is of no use: say how long, as in `--expires 90d`")]
    NoLife,
    #[error("a token without a scope can do nothing: name at least one, as in `--scope contact.read`")]
    NoScope,
    #[error(
        "`{given}` cannot name a token: 1 to {} characters, none of them a control character",
        super::pat::MAX_NAME
    )]
    InvalidTokenName { given: String },

    /// Names.
    #[error("the API has no permission `{given}`{}", did_you_mean(nearest))]
    UnknownPermission { given: String, nearest: Option<String> },
    #[error("`{given}` administers the tenant itself: a role may hold it, no token can ask for it")]
    NotAScope { given: String },
    #[error("the API has no feature `{given}`{}", did_you_mean(nearest))]
    UnknownFeature { given: String, nearest: Option<String> },
    #[error("`{given}` is no name: a letter or digit, then letters, digits, `_`, `-` or `.`, 64 characters at most")]
    InvalidName { given: String },

    /// Others who write.
    #[error("someone else changed `{subject}` at the same moment, and this change was not made: look, and try again")]
    ChangedMeanwhile { subject: String },
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
