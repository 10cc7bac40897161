//! Authorization codes: a state machine that consumes itself.
//!
//! ```text
//!             redeem, valid in itself                   redeem, valid in itself
//!   issued ───────────────────────────▶ redeemed ──────────────────────────────▶ the grant ends
//!     │  any other attempt changes nothing, but that wrong verifiers are counted
//!     └──────▶ expired after 60 s
//! ```
//!
//! There is no grace: of any number of redemptions one succeeds, and a second one means that two parties hold the
//! code (RFC 6749 §4.1.2). A redemption by the wrong client, or without the verifier, proves nothing and ends
//! nothing, or else anybody who saw a code could end a grant (OAuth 2.1 §7.5.2).

use serde::{Deserialize, Serialize};

use crate::access::identity::ClientId;
use crate::timestamp::Timestamp;

use super::error::GrantProblem;
use super::grant::Grant;
use super::pkce::{CodeChallenge, CodeVerifier};
use super::redirect_uri::RedirectTarget;

/// Wrong verifiers that a code bears. A client that is not broken sends none; 256 bits are not guessed in five.
pub const MAX_ATTEMPTS: u64 = 5;

/// What a code stands for, as it was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCode {
    /// The grant that redeeming it makes.
    pub grant: Grant,
    /// Where it was sent.
    pub target: RedirectTarget,
    /// Whom it was made for: the holder of the verifier.
    pub challenge: CodeChallenge,
    /// When the client registered: one of the same id that registers later is another, and this is none of its codes.
    pub registered: Timestamp,
    /// Whether the client is registered for refresh tokens.
    pub refreshable: bool,
    /// The code is good before this, and no longer at it.
    pub expires: Timestamp,
}

/// A code as the store has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRecord {
    /// As it was issued.
    pub issued: IssuedCode,
    /// Wrong verifiers so far.
    pub attempts: u64,
    /// When it was redeemed.
    pub redeemed: Option<Timestamp>,
}

/// An attempt to redeem a code, by a client that has proven itself.
#[derive(Clone, Debug)]
pub struct Redemption<'a> {
    /// Who tries.
    pub client: &'a ClientId,
    /// `redirect_uri`: OAuth 2.1 §10.2 leaves it out, and where it is sent it must be the one.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`.
    pub verifier: Option<&'a str>,
}

/// A code that this redemption may claim. What it stands for is only to be had from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// The grant that it makes.
    pub grant: Grant,
    /// When its client registered.
    pub registered: Timestamp,
    /// Whether a refresh token belongs to it.
    pub refreshable: bool,
}

/// Why a redemption fails, and what it leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRedeemed {
    /// Nothing changes.
    Invalid(GrantProblem),
    /// The wrong verifier is to be counted.
    WrongVerifier,
    /// The redemption was valid in itself and came second: the grant is to be ended.
    Replayed(Box<Grant>),
}

impl CodeRecord {
    /// Redeems the code at `now`.
    ///
    /// # Errors
    /// [`NotRedeemed`], each with what it asks of the store.
    pub fn redeem(self, attempt: &Redemption<'_>, now: Timestamp) -> Result<Redeemed, NotRedeemed> {
        let invalid = |problem| Err(NotRedeemed::Invalid(problem));
        if &self.issued.grant.client != attempt.client {
            return invalid(GrantProblem::AnotherClient);
        }
        if attempt.redirect_uri.is_some_and(|uri| uri != self.issued.target.as_str()) {
            return invalid(GrantProblem::RedirectUri);
        }
        let Some(verifier) = attempt.verifier else {
            return invalid(GrantProblem::VerifierMissing);
        };
        if self.attempts >= MAX_ATTEMPTS {
            return invalid(GrantProblem::Attempts);
        }
        // Text that is no verifier is no guess either.
        let Some(verifier) = CodeVerifier::parse(verifier) else {
            return invalid(GrantProblem::Verifier);
        };
        if !self.issued.challenge.is_met_by(&verifier) {
            return Err(NotRedeemed::WrongVerifier);
        }
        if self.redeemed.is_some() {
            return Err(NotRedeemed::Replayed(Box::new(self.issued.grant)));
        }
        if now >= self.issued.expires {
            return invalid(GrantProblem::Expired);
        }
        let IssuedCode { grant, registered, refreshable, .. } = self.issued;
        Ok(Redeemed { grant, registered, refreshable })
    }
}
