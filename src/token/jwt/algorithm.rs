//! The signature algorithms: three, and no others by any name.
//!
//! A token's header only chooses among what the issuer's configuration allows (RFC 8725 §3.1), and the key decides in
//! the end: one key, one algorithm.

use std::fmt;

/// A signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256, the signature as `r‖s` of 64 bytes.
    Es256,
    /// EdDSA, on Ed25519 alone.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2,048 bits and more.
    Rs256,
}

impl Algorithm {
    /// All of them, the preferred one first.
    pub const ALL: [Self; 3] = [Self::Es256, Self::EdDsa, Self::Rs256];

    /// The algorithm of that name, exactly as registered; none for any other.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// The registered name, as `alg` carries it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
