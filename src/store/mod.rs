//! The records, and DynamoDB.
//!
//! One table. All that a decision reads lies in the partition of the token's own tenant, so no decision can read
//! across tenants, by construction.

#[cfg(feature = "admin")]
pub mod admin;
#[cfg(any(feature = "admin", feature = "auth"))]
pub mod audit;
mod batch;
pub mod client;
pub mod key;
#[cfg(feature = "auth")]
pub mod oauth;
pub mod read;
pub mod record;
mod skew;
#[cfg(any(feature = "admin", feature = "auth"))]
pub mod stamp;

use std::future::Future;

use self::client::{ATTEMPT_TIMEOUT, DEADLINE};
use crate::access::principal::Records;
use crate::timestamp::Timestamp;
use crate::token::credential::Credential;
use crate::token::key_record::KeyRecord;

/// What a decision asks of a store.
pub trait Store {
    /// Reads the credential's record, its user and its tenant, in one round trip and strongly consistent.
    fn read(&self, credential: &Credential) -> impl Future<Output = Result<Records, StoreFault>>;

    /// Reads the public keys of an issuer whose keys are in the table, retired ones among them.
    fn keys(&self, issuer: &str) -> impl Future<Output = Result<Vec<KeyRecord>, StoreFault>>;

    /// Notes that a personal access token was used. Best effort: nothing depends on it.
    fn touch(&self, credential: &Credential, now: Timestamp) -> impl Future<Output = ()>;
}

/// The store did not do its part. Never the caller's fault, so never a 401, and never an allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// No answer in time.
    #[error(
        "the store did not answer in time: an attempt has {} ms, all of them {} ms",
        ATTEMPT_TIMEOUT.as_millis(),
        DEADLINE.as_millis()
    )]
    Timeout,
    /// No connection, no credentials, or an answer that is none.
    #[error("the store could not be reached: {0}")]
    Unreachable(String),
    /// An answer, and it is an error.
    #[error("the store refused the request: {0}")]
    Refused(String),
    /// A record that is not what it must be.
    #[error("the record `{record}` cannot be read: {what}")]
    BrokenRecord {
        /// The kind of the record.
        record: String,
        /// What is wrong with it.
        what: String,
    },
}

impl StoreFault {
    /// The reason code: closed, documented, stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Timeout => "store_timeout",
            Self::Unreachable(_) => "store_unreachable",
            Self::Refused(_) => "store_refused",
            Self::BrokenRecord { .. } => "broken_record",
        }
    }
}
