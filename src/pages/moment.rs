//! Times, as pages show them: in UTC, and so that a script can put the reader's own beside it.

use crate::timestamp::Timestamp;

/// A time.
pub(super) struct Moment {
    /// For the script: `2026-06-01T00:00:00Z`.
    pub(super) machine: String,
    /// For people: `2026-06-01 00:00 UTC`.
    pub(super) human: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let machine = at.to_rfc3339();
        let minutes: String = machine.chars().take("2026-06-01T00:00".len()).collect();
        Self { human: format!("{} UTC", minutes.replace('T', " ")), machine }
    }
}
