//! The operators' writes: tenants, roles, users, personal access tokens and signing keys, each change with its audit
//! record.
//!
//! Three rules hold for all of them.
//! A change and its audit record are one transaction: neither exists without the other.
//! A change holds only if what it was decided on is still so: every write carries its conditions.
//! What narrows a right is written before what widens one, because a decision's read is no snapshot.
//!
//! Names are validated against the API's catalogue here, so that a misspelt permission is an error of the operator and
//! not a right that silently grants nothing. Time and randomness are arguments ([`Stamp`], [`pat::PatEntropy`]).

mod change;
pub mod delegated;
pub mod error;
mod grant;
#[cfg(feature = "auth")]
pub mod keys;
mod leak;
mod log;
mod names;
pub mod pat;
mod read;
pub mod role;
pub mod table;
pub mod tenant;
pub mod user;

use aws_sdk_dynamodb::Client;

pub use super::audit;
pub use super::stamp::Stamp;
pub use error::AdminError;

/// A table, as its operators see it.
#[derive(Clone, Debug)]
pub struct Admin {
    client: Client,
    table: String,
    delegate: Option<delegated::Delegate>,
}

impl Admin {
    /// The operators' view of that table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table, delegate: None }
    }
}
