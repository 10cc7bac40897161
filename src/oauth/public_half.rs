//! The public half of a key of this product's own issuer: a point of P-256, named by its thumbprint.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::timestamp::Timestamp;
use crate::token::jwt::algorithm::Algorithm;
use crate::token::key_record::{KeyRecord, KeyState};

/// Bytes in a coordinate of P-256.
const COORDINATE_LENGTH: usize = 32;

/// What an uncompressed point begins with (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 4;

/// What comes before the point in the only `SubjectPublicKeyInfo` that a key of P-256 has (RFC 5480 §2): the key's
/// kind, its curve, and a bit string of 66 bytes without unused bits.
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A public key of P-256, as a JWK names its coordinates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicHalf {
    x: String,
    y: String,
}

impl PublicHalf {
    /// Takes an uncompressed point: 4, x, y.
    pub fn of_point(point: &[u8]) -> Option<Self> {
        let coordinates = point.strip_prefix(&[UNCOMPRESSED])?;
        let (x, y) = coordinates.split_at_checked(COORDINATE_LENGTH)?;
        (y.len() == COORDINATE_LENGTH).then(|| Self { x: URL_SAFE_NO_PAD.encode(x), y: URL_SAFE_NO_PAD.encode(y) })
    }

    /// Takes a key as KMS gives it: `SubjectPublicKeyInfo` in DER.
    pub fn of_info(der: &[u8]) -> Option<Self> {
        Self::of_point(der.strip_prefix(&P256_INFO)?)
    }

    /// `kid`: the JWK's SHA-256 thumbprint (RFC 7638 §3), the required members in the order of their names, without
    /// spaces.
    pub fn key_id(&self) -> String {
        let Self { x, y } = self;
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)))
    }

    /// The JWK, as JSON text: no member but the public ones (RFC 7517 §9.2).
    pub fn jwk(&self) -> String {
        let (Self { x, y }, kid, alg) = (self, self.key_id(), Algorithm::Es256.as_str());
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": alg, "use": "sig"}).to_string()
    }

    /// The record by which the authorizer knows the key, good from `from` on.
    pub fn record(&self, from: Timestamp) -> KeyRecord {
        KeyRecord {
            key_id: self.key_id(),
            jwk: self.jwk(),
            state: KeyState::Active,
            not_before: Some(from),
            retires: None,
        }
    }
}
