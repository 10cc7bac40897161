//! Families of refresh tokens: a state machine that consumes itself.
//!
//! ```text
//!                     current token                        current token
//!   generation 1 ───────────────────▶ generation 2 ───────────────────▶ generation 3
//!                                     │  the token before, within 30 s, same request: the same answer again
//!                                     └─ any other token of the family: the grant ends
//! ```
//!
//! The window is for lost responses and for tabs that refresh at once. It closes when the successor is used, since
//! then there is another token before. Generations are counted, so that two rotations in one second keep their order.
//! A token's MAC has proven, before it comes here, that this server made it for this grant: so a token that is neither
//! the current one nor the one before is an old one, and no list of old ones is kept.

use serde::{Deserialize, Serialize};

use crate::access::identity::{ClientId, GrantId};
use crate::timestamp::Timestamp;

use super::error::GrantProblem;
use super::grant::Grant;
use super::scope::Scopes;
use super::secret::SecretDigest;

/// For how long the same request may be repeated with the token before the current one, in seconds.
pub const REPEAT_WINDOW: u64 = 30;

/// How long refresh tokens live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshLifetimes {
    /// Seconds without use.
    pub idle: u64,
    /// Seconds since the user consented, however much it is used.
    pub absolute: u64,
}

/// A family as the store has it now: one for each grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// What the user granted; it bounds every token of the family.
    pub grant: Grant,
    /// Counts rotations, from 1.
    pub generation: u64,
    /// The token that may be used next.
    pub current: SecretDigest,
    /// The token before, with its answer.
    pub previous: Option<Previous>,
    /// Not good at this any more, unless used before.
    pub idle_end: Timestamp,
    /// Not good at this any more.
    pub absolute_end: Timestamp,
    /// When the grant was ended, by whomever.
    pub ended: Option<Timestamp>,
}

/// The token before the current one, and what was answered to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previous {
    /// The token.
    pub token: SecretDigest,
    /// When it was used.
    pub used: Timestamp,
    /// What was asked for with it.
    pub request: RefreshRequest,
    /// The answer, sealed under a key that only the token's holder has.
    pub sealed: Vec<u8>,
}

/// What a refresh asks for, once it is held against the grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshRequest {
    /// The new access token's scopes.
    pub scopes: Scopes,
    /// The API that it is for.
    pub resource: String,
}

/// Where a presented token stands in its family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the one to be used next.
    Current(Rotating),
    /// It was used a moment ago: the same request gets the same answer.
    JustUsed(Repeating),
}

/// Why a presented token is not good, and what that leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRefreshed {
    /// Nothing changes.
    Invalid(GrantProblem),
    /// An old token came back: two parties hold the family, and the grant is to be ended.
    Reused,
}

impl Family {
    /// The family that a redeemed code starts.
    pub fn start(grant: Grant, first: SecretDigest, lifetimes: RefreshLifetimes, now: Timestamp) -> Self {
        Self {
            grant,
            generation: 1,
            current: first,
            previous: None,
            idle_end: now.plus(lifetimes.idle),
            absolute_end: now.plus(lifetimes.absolute),
            ended: None,
        }
    }

    /// Looks at a token that a client presents.
    ///
    /// # Errors
    /// [`NotRefreshed`]. Another client learns nothing and ends nothing, whatever it holds (RFC 6749 §10.4).
    pub fn present(self, token: SecretDigest, client: &ClientId, now: Timestamp) -> Result<Standing, NotRefreshed> {
        let invalid = |problem| Err(NotRefreshed::Invalid(problem));
        if &self.grant.client != client {
            return invalid(GrantProblem::AnotherClient);
        }
        if self.ended.is_some() {
            return invalid(GrantProblem::Ended);
        }
        if now >= self.absolute_end || now >= self.idle_end {
            return invalid(GrantProblem::Expired);
        }
        if token == self.current {
            return Ok(Standing::Current(Rotating(self)));
        }
        match self.previous {
            Some(previous) if previous.token == token && now.since(previous.used) < REPEAT_WINDOW => {
                Ok(Standing::JustUsed(Repeating { grant: self.grant, generation: self.generation, previous }))
            }
            Some(_) | None => Err(NotRefreshed::Reused),
        }
    }
}

/// A family whose current token was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotating(Family);

impl Rotating {
    /// What the user granted.
    pub fn grant(&self) -> &Grant {
        &self.0.grant
    }

    /// What the sealed answer is bound to: the grant and the generation that the rotation makes.
    pub fn binding(&self) -> Vec<u8> {
        binding(&self.0.grant.id, self.0.generation.saturating_add(1))
    }

    /// Replaces the token. What comes out holds only if the store still has the generation before.
    pub fn rotate(
        self,
        successor: SecretDigest,
        request: RefreshRequest,
        sealed: Vec<u8>,
        lifetimes: RefreshLifetimes,
        now: Timestamp,
    ) -> Family {
        let previous = Previous { token: self.0.current, used: now, request, sealed };
        Family {
            generation: self.0.generation.saturating_add(1),
            current: successor,
            previous: Some(previous),
            idle_end: now.plus(lifetimes.idle),
            ..self.0
        }
    }
}

/// A family whose last token but one was presented again, in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeating {
    grant: Grant,
    generation: u64,
    previous: Previous,
}

impl Repeating {
    /// What the user granted.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// What the sealed answer was bound to.
    pub fn binding(&self) -> Vec<u8> {
        binding(&self.grant.id, self.generation)
    }

    /// The sealed answer, for the same request.
    ///
    /// # Errors
    /// [`NotRefreshed::Reused`] when something else is asked for: that is no repetition.
    pub fn answer(self, request: &RefreshRequest) -> Result<Vec<u8>, NotRefreshed> {
        if &self.previous.request == request { Ok(self.previous.sealed) } else { Err(NotRefreshed::Reused) }
    }
}

fn binding(grant: &GrantId, generation: u64) -> Vec<u8> {
    [grant.as_str().as_bytes(), b"#", &generation.to_be_bytes()].concat()
}
