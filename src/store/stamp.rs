//! Who changes something, and when: what every change is stamped with.

use crate::timestamp::Timestamp;

/// The author and the moment of a change, and the random number that keeps two changes of one moment apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Who makes the change, as the audit record will say.
    pub by: String,
    /// When, in milliseconds since 1970: fine enough that the audit log reads in the order of events.
    pub milliseconds: u64,
    /// Random, so that two changes of one millisecond are two records.
    pub nonce: u64,
}

impl Stamp {
    /// The moment in whole seconds, as records hold it.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.milliseconds / 1000)
    }

    /// The stamp of the next change of the same command.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { nonce: self.nonce.wrapping_add(1), ..self.clone() }
    }

    /// This stamp, which leaves the next one in its place.
    pub(super) fn take(&mut self) -> Self {
        let next = self.next();
        std::mem::replace(self, next)
    }

    /// What the sort key of its audit record ends in: sorted as text, it is sorted by time.
    pub(super) fn key(&self) -> String {
        format!("{}#{:016x}", time_key(self.milliseconds), self.nonce)
    }
}

/// A time as sort keys hold it, in milliseconds and as wide as it will be for 30,000 years.
pub(super) fn time_key(milliseconds: u64) -> String {
    format!("{milliseconds:015}")
}
