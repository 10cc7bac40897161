//! The issuers that an installation believes.

use super::issuer::Issuer;
use super::jwt::candidate::Candidate;
use super::jwt::claims::Claims;
use super::jwt::compact::Compact;
use super::refusal::Refusal;
use crate::timestamp::Timestamp;

/// How far an issuer's clock may be from ours where nothing is configured, in seconds.
pub const DEFAULT_LEEWAY: u64 = 30;

/// The most that may be configured: more would be a longer life, not a clock's error.
pub const MAX_LEEWAY: u64 = 60;

/// A configuration of issuers that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {problem}")]
pub struct IssuersError {
    /// Where, as `[0].audience`.
    pub field: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// All issuers of an installation.
#[derive(Clone, Debug, Default)]
pub struct Issuers {
    issuers: Vec<Issuer>,
    leeway: u64,
}

impl Issuers {
    /// These issuers, with a leeway in seconds.
    ///
    /// # Errors
    /// [`IssuersError`] when the leeway is above [`MAX_LEEWAY`], two issuers have one name, or one issuer's users
    /// could be another's.
    pub fn new(issuers: Vec<Issuer>, leeway: u64) -> Result<Self, IssuersError> {
        if leeway > MAX_LEEWAY {
            return Err(wrong("leeway", format!("{leeway} s is too much: at most {MAX_LEEWAY} s")));
        }
        for (index, issuer) in issuers.iter().enumerate() {
            let others = issuers.iter().take(index);
            if others.clone().any(|other| other.name() == issuer.name()) {
                return Err(wrong(issuer.name(), "the issuer is there twice".to_owned()));
            }
            if others.clone().any(|other| other.shares_users(issuer)) {
                let problem = "its users' prefix and another issuer's start alike: choose prefixes that do not";
                return Err(wrong(issuer.name(), problem.to_owned()));
            }
        }
        Ok(Self { issuers, leeway })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Issuer> {
        self.issuers.iter()
    }

    /// Holds a token against its issuer's configuration: against everything but the signature.
    ///
    /// # Errors
    /// [`Refusal`], by what is wrong first.
    pub fn admit<'a>(&'a self, token: Compact<'a>, now: Timestamp) -> Result<Candidate<'a>, Refusal> {
        let claims = Claims::parse(token.payload())?;
        let name = claims.text("iss")?;
        let issuer = self.issuers.iter().find(|issuer| issuer.name() == name).ok_or(Refusal::WrongIssuer)?;
        issuer.admit(token, &claims, self.leeway, now)
    }
}

/// The error of one field.
pub(super) fn wrong(field: &str, problem: String) -> IssuersError {
    IssuersError { field: field.to_owned(), problem }
}
