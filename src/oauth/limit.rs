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

macro_rules! limits {
    ($($field:ident = $name:literal, $most:literal in $seconds:literal: $doc:literal,)*) => {
        /// The limits of an installation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Limits {
            $(#[doc = $doc] pub $field: Limit,)*
        }

        impl Default for Limits {
            /// Many people sit behind one address; one person does not mistype a password ten times in a quarter of an
            /// hour.
            fn default() -> Self {
                Self { $($field: Limit { name: $name, most: $most, seconds: $seconds },)* }
            }
        }

        impl Limits {
            fn all_mut(&mut self) -> impl Iterator<Item = &mut Limit> {
                [$(&mut self.$field),*].into_iter()
            }
        }
    };
}

limits! {
    register_by_address = "register-by-address", 20 in 3600: "Registrations from one address.",
    register = "register", 1000 in 3600: "Registrations in all.",
    document_by_address = "document-by-address", 60 in 3600: "Client metadata documents that are fetched for one address.",
    document = "document", 1000 in 3600: "Client metadata documents that are fetched in all.",
    authorize_by_address = "authorize-by-address", 120 in 60: "Authorization requests from one address: each writes a record.",
    sign_in_by_address = "sign-in-by-address", 60 in 900: "Sign-ins from one address.",
    sign_in_by_account = "sign-in-by-account", 10 in 900: "Sign-ins to one account, existing or not.",
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
            let limit = limits.all_mut().find(|limit| limit.name == name).ok_or_else(unreadable)?;
            (limit.most, limit.seconds) = (number(most)?, number(seconds)?);
        }
        Ok(limits)
    }

    fn names(&mut self) -> String {
        self.all_mut().map(|limit| limit.name).collect::<Vec<_>>().join(", ")
    }
}

/// Text that is no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a limit as `register=1000/3600`, so many in so many seconds, of one of {names}")]
pub struct UnreadableLimit {
    given: String,
    names: String,
}
