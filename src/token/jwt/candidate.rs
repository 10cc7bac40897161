//! A token that nothing but its signature can refute any more.

use std::fmt;

use super::compact::Compact;
use crate::token::credential::AccessToken;
use crate::token::issuer::Issuer;
use crate::token::jwk::PublicKey;
use crate::token::key_set::Wanted;
use crate::token::refusal::Refusal;

/// An access token whose form and claims are right, if they are true. Only [`Candidate::prove`] lets them out.
pub struct Candidate<'a> {
    issuer: &'a Issuer,
    token: Compact<'a>,
    access: AccessToken,
}

impl<'a> Candidate<'a> {
    /// What `issuer` found to be right.
    pub(in crate::token) fn new(issuer: &'a Issuer, token: Compact<'a>, access: AccessToken) -> Self {
        Self { issuer, token, access }
    }

    /// The issuer that the token says it is from: its keys are the only ones that count (RFC 8725 §3.8).
    pub fn issuer(&self) -> &'a Issuer {
        self.issuer
    }

    /// The key that the token says it was signed with.
    pub fn wanted(&self) -> Wanted<'_> {
        self.token.wanted()
    }

    /// Holds the signature against the issuer's key.
    ///
    /// # Errors
    /// [`Refusal::WrongAlgorithm`], [`Refusal::BadSignature`].
    pub fn prove(self, key: &PublicKey) -> Result<AccessToken, Refusal> {
        self.token.verify(key)?;
        Ok(self.access)
    }
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("issuer", &self.issuer.name()).finish_non_exhaustive()
    }
}
