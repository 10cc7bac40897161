//! Secrets that this server makes up: codes, client secrets, session ids, handles. Plain and hashed are two types,
//! and the store only knows the second.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::token::base62;

/// Random bytes in a secret: 256 bits, so that a plain digest of it is as good as a password hash.
pub const SECRET_LENGTH: usize = 32;

/// The longest text that is hashed at all: four times what this server's longest secret needs.
const MAX_LENGTH: usize = 256;

/// A secret in plain text, as its holder has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Makes a secret of fresh random bytes, with a label in front that says what it is: `crm_code_…`.
    pub fn new(label: &str, random: [u8; SECRET_LENGTH]) -> Self {
        Self(format!("{label}{}", base62::encode(&random)))
    }

    /// Takes a secret that was presented; none for text that no secret of this server has.
    pub fn presented(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (!text.is_empty() && text.len() <= MAX_LENGTH && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// The text: to be handed to its holder, and nowhere else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

/// SHA-256 of a secret's whole text.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// What stands in for a digest that is not there: nobody knows a text of which it is the digest.
    pub const NOBODYS: Self = Self([0; 32]);

    /// The digest of a text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Lower-case hex, as it stands in a record.
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads what [`Self::to_hex`] wrote.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
        let pairs: Vec<u8> =
            digits.chunks_exact(2).filter_map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect();
        (digits.len() == 64).then_some(pairs)?.try_into().ok().map(Self)
    }
}

/// In constant time, since what is compared was presented by a stranger.
impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretDigest {}

impl TryFrom<String> for SecretDigest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_hex(&text).ok_or("not a digest")
    }
}

impl From<SecretDigest> for String {
    fn from(digest: SecretDigest) -> Self {
        digest.to_hex()
    }
}

/// It finds a record: it stays out of logs.
impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretDigest").finish_non_exhaustive()
    }
}
