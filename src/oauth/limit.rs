//! How often something may be tried: fixed windows, counted in the table, so that all instances count together.

use crate::timestamp::Timestamp;

use super::error::Problem;

/// At most so many in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted, as the record's key names it.
    pub name: &'static str,
    /// How many are served in a window.
    pub most: u64,
    /// The window's length in seconds.
    pub seconds: u64,
}

impl Limit {
    /// The beginning of the window that `now` is in.
    pub fn window(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_seconds(now.seconds() - now.seconds() % self.seconds.max(1))
    }

    /// Judges the attempt that made it `count`.
    ///
    /// # Errors
    /// [`Problem::TooMany`] beyond the limit, with the seconds until the window ends.
    pub fn judge(&self, count: u64, now: Timestamp) -> Result<(), Problem> {
        if count <= self.most {
            return Ok(());
        }
        Err(Problem::TooMany { retry_after: self.window(now).plus(self.seconds).since(now).max(1) })
    }
}

/// The limits of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Registrations from one address.
    pub register_by_address: Limit,
    /// Registrations in all.
    pub register: Limit,
    /// Client metadata documents that are fetched for one address.
    pub document_by_address: Limit,
    /// Client metadata documents that are fetched in all.
    pub document: Limit,
    /// Authorization requests from one address: each writes a record.
    pub authorize_by_address: Limit,
    /// Sign-ins from one address.
    pub sign_in_by_address: Limit,
    /// Sign-ins to one account, existing or not.
    pub sign_in_by_account: Limit,
}

impl Default for Limits {
    /// Many people sit behind one address; one person does not mistype a password ten times in a quarter of an hour.
    fn default() -> Self {
        let limit = |name, most, seconds| Limit { name, most, seconds };
        Self {
            register_by_address: limit("register-by-address", 20, 3600),
            register: limit("register", 1000, 3600),
            document_by_address: limit("document-by-address", 60, 3600),
            document: limit("document", 1000, 3600),
            authorize_by_address: limit("authorize-by-address", 120, 60),
            sign_in_by_address: limit("sign-in-by-address", 60, 900),
            sign_in_by_account: limit("sign-in-by-account", 10, 900),
        }
    }
}

impl Limits {
    /// The usual limits, with those that the text names in their place: `register=1000/3600 sign-in-by-account=10/900`,
    /// so many in so many seconds.
    ///
    /// # Errors
    /// [`UnreadableLimit`].
    pub fn read(text: &str) -> Result<Self, UnreadableLimit> {
        let mut limits = Self::default();
        for word in text.split_ascii_whitespace() {
            let unreadable = || UnreadableLimit { given: word.to_owned(), names: Self::default().names() };
            let (name, rate) = word.split_once('=').ok_or_else(unreadable)?;
            let (most, seconds) = rate.split_once('/').ok_or_else(unreadable)?;
            let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0).ok_or_else(unreadable);
            let limit = limits.all_mut().into_iter().find(|limit| limit.name == name).ok_or_else(unreadable)?;
            (limit.most, limit.seconds) = (number(most)?, number(seconds)?);
        }
        Ok(limits)
    }

    fn all_mut(&mut self) -> [&mut Limit; 7] {
        // Field by field, so that a limit that is not listed does not compile.
        let Self {
            register_by_address,
            register,
            document_by_address,
            document,
            authorize_by_address,
            sign_in_by_address,
            sign_in_by_account,
        } = self;
        [
            register_by_address,
            register,
            document_by_address,
            document,
            authorize_by_address,
            sign_in_by_address,
            sign_in_by_account,
        ]
    }

    fn names(&mut self) -> String {
        self.all_mut().map(|limit| limit.name.to_owned()).join(", ")
    }
}

/// Text that is no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a limit as `register=1000/3600`, so many in so many seconds, of one of {names}")]
pub struct UnreadableLimit {
    given: String,
    names: String,
}
