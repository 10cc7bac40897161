//! One public key as its issuer publishes it (RFC 7517, RFC 7518 §6, RFC 8037 §2), checked once, when it is read.
//!
//! A key is for one algorithm, which its kind decides. Points lie on their curve, coordinates have their exact
//! length, moduli have at least 2,048 bits. A key that comes with its private half is nobody's key any more.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Map, Value};

use super::jwt::algorithm::Algorithm;
use super::roca;

/// Bytes in a coordinate of P-256, and in a public key of Ed25519.
const COORDINATE_LENGTH: usize = 32;

/// The longest modulus, in bytes: 4,096 bits. Longer ones cost time with every token and are in no use.
const MAX_MODULUS_LENGTH: usize = 512;

/// The longest public exponent, in bytes. 65537 has three; the cost of a verification grows with it.
const MAX_EXPONENT_LENGTH: usize = 4;

/// Members that hold private or symmetric key material.
const SECRET_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A key that cannot be used, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// Another kind of key, another curve, another use: somebody's, and not for us (RFC 7517 §5).
    #[error("the key is not for one of ES256, EdDSA, RS256")]
    NotForUs,
    /// A member is missing, of the wrong type or not canonical.
    #[error("the member `{member}` is missing or cannot be read")]
    Member {
        /// The member's name.
        member: &'static str,
    },
    /// Private or symmetric material.
    #[error("the key comes with secret material")]
    Secret,
    /// No such point, a modulus or an exponent out of bounds, or a modulus known to be weak.
    #[error("the key's numbers are not those of a public key")]
    Numbers,
}

/// A key that signatures can be checked with.
pub struct PublicKey {
    algorithm: Algorithm,
    key: Key,
}

/// The numbers of a key. `ring` parses them with each signature, which costs a microsecond, so what can be wrong with
/// them is found out here, when the key is read.
enum Key {
    /// Of a curve: ES256, EdDSA.
    Point(UnparsedPublicKey<Vec<u8>>),
    Modulus(RsaPublicKeyComponents<Vec<u8>>),
}

impl PublicKey {
    /// Reads a JWK.
    ///
    /// # Errors
    /// [`UnusableKey`].
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, UnusableKey> {
        let algorithm = algorithm(jwk)?;
        if SECRET_MEMBERS.iter().any(|name| jwk.contains_key(*name)) {
            return Err(UnusableKey::Secret);
        }
        let key = match algorithm {
            Algorithm::Es256 => es256(jwk)?,
            Algorithm::EdDsa => ed25519(jwk)?,
            Algorithm::Rs256 => rs256(jwk)?,
        };
        Ok(Self { algorithm, key })
    }

    /// The one algorithm that the key is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether the key made the signature of the message.
    pub fn made(&self, message: &[u8], signature: &[u8]) -> bool {
        let verdict = match &self.key {
            Key::Point(point) => point.verify(message, signature),
            Key::Modulus(numbers) => numbers.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        };
        verdict.is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// What the key is for, by its kind, its curve, and all that it says of itself.
fn algorithm(jwk: &Map<String, Value>) -> Result<Algorithm, UnusableKey> {
    let algorithm = match (text(jwk, "kty")?, optional_text(jwk, "crv")?) {
        ("EC", Some("P-256")) => Algorithm::Es256,
        ("OKP", Some("Ed25519")) => Algorithm::EdDsa,
        ("RSA", None) => Algorithm::Rs256,
        _ => return Err(UnusableKey::NotForUs),
    };
    let other_algorithm = optional_text(jwk, "alg")?.is_some_and(|name| name != algorithm.as_str());
    let other_use = optional_text(jwk, "use")?.is_some_and(|name| name != "sig");
    if other_algorithm || other_use || !may_verify(jwk)? {
        return Err(UnusableKey::NotForUs);
    }
    Ok(algorithm)
}

/// Whether `key_ops`, where it is there, names `verify`; an operation twice is an error (RFC 7517 §4.3).
fn may_verify(jwk: &Map<String, Value>) -> Result<bool, UnusableKey> {
    let broken = UnusableKey::Member { member: "key_ops" };
    let Some(value) = jwk.get("key_ops") else { return Ok(true) };
    let operations: Vec<&str> =
        value.as_array().and_then(|list| list.iter().map(Value::as_str).collect()).ok_or(broken)?;
    if operations.iter().enumerate().any(|(index, name)| operations.iter().skip(index + 1).any(|it| it == name)) {
        return Err(broken);
    }
    Ok(operations.contains(&"verify"))
}

fn es256(jwk: &Map<String, Value>) -> Result<Key, UnusableKey> {
    let point = [&[4], coordinate(jwk, "x")?.as_slice(), coordinate(jwk, "y")?.as_slice()].concat();
    if p256::PublicKey::from_sec1_bytes(&point).is_err() {
        return Err(UnusableKey::Numbers);
    }
    Ok(Key::Point(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)))
}

fn ed25519(jwk: &Map<String, Value>) -> Result<Key, UnusableKey> {
    Ok(Key::Point(UnparsedPublicKey::new(&ED25519, coordinate(jwk, "x")?)))
}

fn rs256(jwk: &Map<String, Value>) -> Result<Key, UnusableKey> {
    let n = number(jwk, "n", MAX_MODULUS_LENGTH)?;
    let e = number(jwk, "e", MAX_EXPONENT_LENGTH)?;
    let odd = |bytes: &[u8]| bytes.last().is_some_and(|last| last % 2 == 1);
    // 2,048 bits: 256 bytes, the first with its highest bit set, or more bytes.
    let long = n.len() > 256 || n.len() == 256 && n.first().is_some_and(|first| *first >= 0x80);
    if !long || !odd(&n) || !odd(&e) || e == [1] || roca::is_suspect(&n) {
        return Err(UnusableKey::Numbers);
    }
    Ok(Key::Modulus(RsaPublicKeyComponents { n, e }))
}

fn coordinate(jwk: &Map<String, Value>, member: &'static str) -> Result<Vec<u8>, UnusableKey> {
    let bytes = bytes(jwk, member)?;
    if bytes.len() != COORDINATE_LENGTH {
        return Err(UnusableKey::Member { member });
    }
    Ok(bytes)
}

/// A number in the fewest bytes that hold it (RFC 7518 §2, Base64urlUInt).
fn number(jwk: &Map<String, Value>, member: &'static str, longest: usize) -> Result<Vec<u8>, UnusableKey> {
    let bytes = bytes(jwk, member)?;
    if bytes.len() > longest || bytes.first().is_none_or(|first| *first == 0) {
        return Err(UnusableKey::Member { member });
    }
    Ok(bytes)
}

fn bytes(jwk: &Map<String, Value>, member: &'static str) -> Result<Vec<u8>, UnusableKey> {
    URL_SAFE_NO_PAD.decode(text(jwk, member)?).map_err(|_| UnusableKey::Member { member })
}

fn text<'a>(jwk: &'a Map<String, Value>, member: &'static str) -> Result<&'a str, UnusableKey> {
    optional_text(jwk, member)?.ok_or(UnusableKey::Member { member })
}

fn optional_text<'a>(jwk: &'a Map<String, Value>, member: &'static str) -> Result<Option<&'a str>, UnusableKey> {
    jwk.get(member).map(|value| value.as_str().ok_or(UnusableKey::Member { member })).transpose()
}
