//! One fault, what must come of it, and its line in the table.

use std::time::Duration;

use edge_authorizer::keys::FETCH_TIMEOUT;
use edge_authorizer::store::client::DEADLINE;

use super::broken::Fault;

/// A fault and what must come of it.
pub(super) struct Case {
    pub(super) what: String,
    pub(super) fault: Fault,
    /// The reason codes that are right: several, where the operating system or the clock chooses.
    pub(super) codes: &'static [&'static str],
    pub(super) bound: Bound,
}

/// What bounds the time to the answer.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    Store,
    KeySet,
    /// The store's, and what the write of `last_used` may take.
    LastUse,
}

impl Case {
    pub(super) fn new(what: &str, fault: Fault, codes: &'static [&'static str], bound: Bound) -> Self {
        Self { what: what.to_owned(), fault, codes, bound }
    }

    /// What the caller is told.
    pub(super) fn status(&self) -> u16 {
        if self.codes == ["allowed"] { 200 } else { 500 }
    }

    /// The line of the table.
    pub(super) fn line(&self) -> String {
        let codes: Vec<String> = self.codes.iter().map(|code| format!("`{code}`")).collect();
        let bound = self.bound.time().as_secs_f64();
        format!("| {} | {} | {} | {bound} s | 200 |\n", self.what, self.status(), codes.join(" or "))
    }
}

impl Bound {
    pub(super) fn time(self) -> Duration {
        match self {
            Self::Store => DEADLINE,
            Self::KeySet => FETCH_TIMEOUT,
            Self::LastUse => DEADLINE + Duration::from_millis(250),
        }
    }
}
