//! The signature of a report: ECDSA on P-256 with SHA-256, over the body as it came, by a key that is configured.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// The keys of those who may report.
pub struct ReporterKeys(BTreeMap<String, ParsedPublicKey>);

/// A list of keys that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// Not the JSON of a list of keys.
    #[error("not JSON as at `https://api.github.com/meta/public_keys/secret_scanning`: {0}")]
    Json(String),
    /// A key is none.
    #[error("the key `{0}` is no public key on P-256 in PEM")]
    Key(String),
    /// No key at all: then nobody may report.
    #[error("there is no key in the list")]
    Empty,
}

#[derive(Deserialize)]
struct Document {
    public_keys: Vec<Listed>,
}

/// A key that is no longer current still verifies: GitHub keeps it in its list for as long as it is to be believed.
#[derive(Deserialize)]
struct Listed {
    key_identifier: String,
    key: String,
}

impl ReporterKeys {
    /// Reads the keys as GitHub publishes them.
    ///
    /// # Errors
    /// [`InvalidKeys`].
    pub fn from_json(json: &str) -> Result<Self, InvalidKeys> {
        let document: Document = serde_json::from_str(json).map_err(|error| InvalidKeys::Json(error.to_string()))?;
        if document.public_keys.is_empty() {
            return Err(InvalidKeys::Empty);
        }
        let read = |listed: Listed| match public_key(&listed.key) {
            Some(key) => Ok((listed.key_identifier, key)),
            None => Err(InvalidKeys::Key(listed.key_identifier)),
        };
        document.public_keys.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the key of that name signed the body. `signature` is DER in base64.
    pub fn signed(&self, key_id: &str, signature: &str, body: &[u8]) -> bool {
        let (Some(key), Ok(signature)) = (self.0.get(key_id), STANDARD.decode(signature)) else { return false };
        key.verify_sig(body, &signature).is_ok()
    }
}

impl fmt::Debug for ReporterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn public_key(pem: &str) -> Option<ParsedPublicKey> {
    let text = pem.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let text: String = text.split_whitespace().collect();
    ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, STANDARD.decode(text).ok()?).ok()
}
