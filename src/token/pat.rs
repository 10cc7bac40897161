//! Personal access tokens: text that names the tenant and the user that it acts for (see [`super::text`]).
//!
//! 95 characters with the prefix `crm` and ids like the product's, `biz_` and `usr_` with 24 hex digits. Only the
//! SHA-256 of the whole text is stored, and 192 random bits make that as good as a password hash (OWASP ASVS 6.5.2).

use std::fmt;

use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use super::text::{Kind, TextFormat};
use crate::access::identity::{TenantId, UserId};

pub use super::text::{MAX_LENGTH, MacKey, Prefix, SECRET_LENGTH, TextConfigError as PatConfigError};

/// `crm_pat_…`
const KIND: Kind =
    Kind { infix: "_pat_", mac_domain: b"edge-authorizer personal access token\0", packed: ["biz_", "usr_"] };

/// What makes and reads the tokens of one installation.
#[derive(Clone, Debug)]
pub struct PatFormat(TextFormat);

impl PatFormat {
    /// New tokens are made under `current`; tokens under `previous` are still read.
    pub fn new(prefix: Prefix, current: MacKey, previous: Option<MacKey>) -> Self {
        Self(TextFormat::new(&KIND, &prefix, current, previous))
    }

    /// Whether the text claims to be a token of this installation.
    pub fn claims(&self, text: &str) -> bool {
        self.0.claims(text)
    }

    /// Makes a token. `secret` must be fresh bytes of a cryptographically secure generator.
    pub fn issue(&self, tenant: &TenantId, user: &UserId, secret: [u8; SECRET_LENGTH]) -> IssuedPat {
        let text = self.0.issue([tenant.as_str(), user.as_str()], secret);
        let digest = PatDigest::of(&text);
        IssuedPat { text, digest }
    }

    /// Reads a token that was presented, without reading anything else.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when it does not have the form of a token, [`Refusal::Mistyped`] when its check value
    /// is wrong, [`Refusal::Forged`] when no key of this server made it.
    pub fn open(&self, text: &str) -> Result<PresentedPat, Refusal> {
        let [tenant, user] = self.0.open(text)?.ids;
        let tenant = TenantId::parse(&tenant).map_err(|_| Refusal::Malformed)?;
        let user = UserId::parse(&user).map_err(|_| Refusal::Malformed)?;
        Ok(PresentedPat { tenant, user, digest: PatDigest::of(text) })
    }
}

/// A token just made: the only time that its text exists on this side.
pub struct IssuedPat {
    text: String,
    digest: PatDigest,
}

impl IssuedPat {
    /// The text, to be shown once.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What is stored of it.
    pub fn digest(&self) -> PatDigest {
        self.digest
    }
}

impl fmt::Debug for IssuedPat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedPat").finish_non_exhaustive()
    }
}

/// A token whose form and MAC are right. Whether it is still good, only its record can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentedPat {
    /// The tenant that it says it is for.
    pub tenant: TenantId,
    /// The user that it says it is for.
    pub user: UserId,
    /// What finds its record.
    pub digest: PatDigest,
}

/// SHA-256 of a token's whole text: what the store knows of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatDigest([u8; 32]);

impl PatDigest {
    fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Lower-case hex, as it stands in the record's key.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

/// Not a secret that opens anything, yet it finds a token's record: it stays out of logs all the same.
impl fmt::Debug for PatDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatDigest").finish_non_exhaustive()
    }
}
