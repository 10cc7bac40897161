//! The demonstration's own issuer of access tokens: it signs what the authorization server would sign, with a key
//! that follows from the demonstration's seed, and its public half lies in the table like any other.

use crate::access::identity::TenantId;
use crate::oauth::access_token::{Claims, DEFAULT_LIFETIME};
use crate::oauth::signing::{SECRET_LENGTH, SigningError, SigningKey};
use crate::timestamp::Timestamp;
use crate::token::credential::GrantRecord;
use crate::token::key_record::KeyRecord;

/// `iss` of the demonstration's access tokens.
pub const ISSUER: &str = "https://auth.example.com";

/// `aud` of the demonstration's access tokens: the API.
pub const AUDIENCE: &str = "https://api.example.com";

/// An issuer in this process.
#[derive(Debug)]
pub struct LocalIssuer {
    key: SigningKey,
}

impl LocalIssuer {
    /// The issuer whose key is this secret.
    ///
    /// # Errors
    /// [`SigningError::Secret`] for about one secret in 2³².
    pub fn new(secret: &[u8; SECRET_LENGTH]) -> Result<Self, SigningError> {
        Ok(Self { key: SigningKey::from_secret(secret)? })
    }

    /// The record by which the authorizer knows the issuer's key, good from that time on.
    pub fn key_record(&self, from: Timestamp) -> KeyRecord {
        self.key.record(from)
    }

    /// A token of what a user granted to a client, issued at that time and good for a quarter of an hour.
    ///
    /// # Errors
    /// [`SigningError::Failed`].
    pub fn token(
        &self,
        tenant: &TenantId,
        grant: &GrantRecord,
        token_id: String,
        issued: Timestamp,
    ) -> Result<String, SigningError> {
        let claims = Claims {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            tenant: tenant.clone(),
            user: grant.user.clone(),
            client_id: grant.client_id.clone(),
            grant: grant.id.clone(),
            scopes: grant.scopes.clone(),
            token_id,
            issued,
            expires: issued.plus(DEFAULT_LIFETIME),
        };
        claims.sign(&self.key)
    }
}
