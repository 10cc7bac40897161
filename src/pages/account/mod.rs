//! The account: what a person has let in, and what they may do themselves, in each of their organisations.

pub(super) mod home;

/// The account's first page; every other lies under it.
pub(super) const HOME: &str = "/account";
