//! A public key as the table holds it: the keys of this product's own authorization server, and of any other issuer
//! whose keys an operator puts there.
//!
//! ```text
//!  written      not_before                          retires
//!     ├─ published ─┼─ signs, verifies ─ … ─ verifies ─┼─ nothing
//! ```
//!
//! A key is published before it signs, so that every reader knows it in time, and kept until the last token under it
//! has expired. `state` is the emergency brake: `retired` ends it at once, whatever the times say.

use std::sync::Arc;

use super::jwk::{PublicKey, UnusableKey};
use super::jwt::json;
use super::key_set::PublishedKey;
use crate::timestamp::Timestamp;

/// A public key's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// `kid`: what the JWK itself says must be the same.
    pub key_id: String,
    /// The JWK, as JSON text.
    pub jwk: String,
    /// Whether it counts at all.
    pub state: KeyState,
    /// Tokens are not verified with it before this.
    pub not_before: Option<Timestamp>,
    /// Tokens are verified with it before this, and no longer at it.
    pub retires: Option<Timestamp>,
}

/// Whether a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Within its times.
    Active,
    /// No longer, and kept for the record alone.
    Retired,
}

impl KeyRecord {
    /// The key, checked; none when it is retired.
    ///
    /// # Errors
    /// [`UnusableKey`]: unlike in a stranger's key set, a key that cannot be used is a mistake here.
    pub fn published(&self) -> Result<Option<PublishedKey>, UnusableKey> {
        if self.state == KeyState::Retired {
            return Ok(None);
        }
        let jwk = json::parse_object(self.jwk.as_bytes()).ok_or(UnusableKey::Member { member: "jwk" })?;
        if jwk.get("kid").and_then(|kid| kid.as_str()) != Some(&self.key_id) {
            return Err(UnusableKey::Member { member: "kid" });
        }
        Ok(Some(PublishedKey {
            key_id: Some(self.key_id.clone()),
            key: Arc::new(PublicKey::from_jwk(&jwk)?),
            not_before: self.not_before,
            retires: self.retires,
        }))
    }
}
