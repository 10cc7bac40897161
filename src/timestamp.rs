//! Points in time, as whole seconds.
//!
//! Nothing in the decision reads a clock: `now` is an argument, so a test can stand on either side of any boundary.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The point in time that many seconds after 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// This many seconds later; the end of time instead of an overflow.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this; zero when `earlier` is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(feature = "admin")]
impl Timestamp {
    /// As people read it, `2026-06-01T00:00:00Z`; the bare seconds where the calendar ends.
    pub fn to_rfc3339(self) -> String {
        let instant = i64::try_from(self.0).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        instant.map_or_else(|| self.0.to_string(), |instant| instant.to_string())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
