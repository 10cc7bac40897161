//! Keys of this product's own issuer: ES256, named by their thumbprint, and never shown but for the public half.
//!
//! What is signed and who signs it are apart, so that a key in KMS can take the place of [`SigningKey`]: it is asked
//! about the same bytes and gives the same 64 back (`r‖s`, RFC 7518 §3.4, not DER).

use std::fmt;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use super::public_half::PublicHalf;
use crate::timestamp::Timestamp;
use crate::token::key_record::KeyRecord;

/// Bytes in the secret that a key is made of.
pub const SECRET_LENGTH: usize = 32;

/// A key could not be made, or would not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// About one secret in 2³² is no number of the curve: draw another.
    #[error("the secret is not a private key of P-256: draw another")]
    Secret,
    /// The library refused.
    #[error("the token could not be signed")]
    Failed,
}

/// A private key in this process: for local use, tests and demonstrations.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    public: PublicHalf,
    key_id: String,
}

impl SigningKey {
    /// The key that these fresh random bytes are. The same bytes are the same key.
    ///
    /// # Errors
    /// [`SigningError::Secret`].
    pub fn from_secret(secret: &[u8; SECRET_LENGTH]) -> Result<Self, SigningError> {
        let refused = |_| SigningError::Secret;
        let private = PrivateKey::from_private_key(&ECDH_P256, secret).map_err(refused)?;
        let public = private.compute_public_key().map_err(|_| SigningError::Secret)?;
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, secret, public.as_ref())
                .map_err(refused)?;
        let public = PublicHalf::of_point(public.as_ref()).ok_or(SigningError::Secret)?;
        Ok(Self { pair, key_id: public.key_id(), public })
    }

    /// `kid`.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public half.
    pub fn public(&self) -> &PublicHalf {
        &self.public
    }

    /// The record by which the authorizer knows the key, good from `now` on.
    pub fn record(&self, now: Timestamp) -> KeyRecord {
        self.public.record(now)
    }

    /// Signs, as `r‖s`.
    ///
    /// # Errors
    /// [`SigningError::Failed`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| SigningError::Failed)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
