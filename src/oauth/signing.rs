//! Keys of this product's own issuer: ES256, named by their thumbprint, and never shown but for the public half.
//!
//! What is signed and who signs it are apart, so that a key that never leaves a key management service can take the
//! place of [`SigningKey`]: it gets the same bytes and gives the same 64 back (`r‖s`, RFC 7518 §3.4, not DER).

use std::fmt;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::timestamp::Timestamp;
use crate::token::jwt::algorithm::Algorithm;
use crate::token::key_record::{KeyRecord, KeyState};

/// Bytes in the secret that a key is made of.
pub const SECRET_LENGTH: usize = 32;

/// Bytes in a coordinate of P-256.
const COORDINATE_LENGTH: usize = 32;

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
    key_id: String,
    x: String,
    y: String,
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
        // An uncompressed point: 4, x, y.
        let (x, y) = public
            .as_ref()
            .get(1..)
            .and_then(|coordinates| coordinates.split_at_checked(COORDINATE_LENGTH))
            .ok_or(SigningError::Secret)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        Ok(Self { pair, key_id: thumbprint(&x, &y), x, y })
    }

    /// `kid`.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public half, as JSON text: no member but the public ones (RFC 7517 §9.2).
    pub fn public_jwk(&self) -> String {
        let alg = Algorithm::Es256.as_str();
        json!({"kty": "EC", "crv": "P-256", "x": self.x, "y": self.y, "kid": self.key_id, "alg": alg, "use": "sig"})
            .to_string()
    }

    /// The record by which the authorizer knows the key, good from `now` on.
    pub fn record(&self, now: Timestamp) -> KeyRecord {
        KeyRecord {
            key_id: self.key_id.clone(),
            jwk: self.public_jwk(),
            state: KeyState::Active,
            not_before: Some(now),
            retires: None,
        }
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

/// The JWK's SHA-256 thumbprint (RFC 7638 §3): the required members in the order of their names, without spaces.
fn thumbprint(x: &str, y: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)))
}
