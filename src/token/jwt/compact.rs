//! A signed token's compact form (RFC 7515 §7.1), taken apart and not yet proven.
//!
//! ```text
//! eyJhbGciOiJFUzI1NiIs…  .  eyJpc3MiOiJodHRwczov…  .  MEUCIQDx…
//! └───── header ──────┘     └───── payload ─────┘     └ signature ┘
//! └──────────────── what is signed ─────────────┘     base64url each, unpadded, canonical
//! ```
//!
//! The header is data: it chooses among what is configured and names a key. It brings no key, points to none, and
//! asks for nothing that is not understood: `jku`, `jwk`, `x5u` and `x5c` are not looked at (RFC 8725 §3.10).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::json;
use crate::token::jwk::PublicKey;
use crate::token::key_set::Wanted;
use crate::token::refusal::Refusal;

/// Header parameters whose presence changes what the token is: any extension that must be understood (RFC 7515
/// §4.1.11), an unencoded payload (RFC 7797), compression or encryption (RFC 7516).
const NOT_UNDERSTOOD: [&str; 4] = ["crit", "b64", "zip", "enc"];

/// A signed token of the right form, about which nothing is proven.
pub struct Compact<'a> {
    header: Header,
    payload: Vec<u8>,
    signed: &'a str,
    signature: Vec<u8>,
}

/// What is read of a header.
#[derive(Debug)]
pub struct Header {
    /// `alg`.
    pub algorithm: Algorithm,
    /// `kid`: text to compare with, and nothing else.
    pub key_id: Option<String>,
    /// `typ`.
    pub media_type: Option<String>,
}

impl<'a> Compact<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when it is not three canonical base64url parts, the first a JSON object of the right
    /// types; [`Refusal::UnsupportedHeader`] and [`Refusal::WrongAlgorithm`] for what no configuration allows.
    pub fn parse(text: &'a str) -> Result<Self, Refusal> {
        let (signed, signature) = text.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Refusal::Malformed)?;
        let header = json::parse_object(&decode(header)?).ok_or(Refusal::Malformed)?;
        Ok(Self { header: Header::read(&header)?, payload: decode(payload)?, signature: decode(signature)?, signed })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The key that the token says it was signed with.
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted { key_id: self.header.key_id.as_deref(), algorithm: self.header.algorithm }
    }

    /// The payload's bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Checks that the key made the signature, with the algorithm that both the header and the key are for.
    ///
    /// # Errors
    /// [`Refusal::WrongAlgorithm`] when the key is for another algorithm, [`Refusal::BadSignature`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), Refusal> {
        if key.algorithm() != self.header.algorithm {
            return Err(Refusal::WrongAlgorithm);
        }
        if !key.made(self.signed.as_bytes(), &self.signature) {
            return Err(Refusal::BadSignature);
        }
        Ok(())
    }
}

impl Header {
    fn read(header: &Map<String, Value>) -> Result<Self, Refusal> {
        if NOT_UNDERSTOOD.iter().any(|name| header.contains_key(*name)) {
            return Err(Refusal::UnsupportedHeader);
        }
        let algorithm = text(header, "alg")?.ok_or(Refusal::Malformed)?;
        Ok(Self {
            algorithm: Algorithm::named(algorithm).ok_or(Refusal::WrongAlgorithm)?,
            key_id: text(header, "kid")?.map(str::to_owned),
            media_type: text(header, "typ")?.map(str::to_owned),
        })
    }
}

fn text<'a>(header: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    header.get(name).map(|value| value.as_str().ok_or(Refusal::Malformed)).transpose()
}

/// The engine takes the one canonical text of the bytes: no padding, no stray bits, no other alphabet, so no dot.
fn decode(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)
}

impl fmt::Debug for Compact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compact").finish_non_exhaustive()
    }
}
