//! Local accounts: a name and a password, for development, tests and small installations.
//!
//! Passwords are hashed with argon2id (RFC 9106) at OWASP's parameters, which are the crate's own. A name without an
//! account costs the same hash, so that neither the answer nor its time says whether there is one.

use std::fmt;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};

use super::session::Identity;

/// Who vouches for local accounts.
pub const LOCAL_ISSUER: &str = "local";

/// The longest name; an e-mail address is shorter.
const MAX_NAME_LENGTH: usize = 254;

/// The shortest password that somebody is given (NIST SP 800-63B §5.1.1.2).
pub const MIN_PASSWORD_LENGTH: usize = 8;

/// The longest password that is hashed: hashing must not be a way to keep this server busy.
pub const MAX_PASSWORD_LENGTH: usize = 256;

/// Random bytes in a salt (RFC 9106 §3.1).
pub const SALT_LENGTH: usize = 16;

/// The name of a local account, an e-mail address as a rule: lower-case, so that there is one account for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// Takes a name as somebody typed it.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_lowercase();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "@.+-_".contains(letter);
        (!name.is_empty() && name.len() <= MAX_NAME_LENGTH && name.chars().all(plain)).then_some(Self(name))
    }

    /// The person that has the account.
    pub fn identity(&self) -> Identity {
        Identity { issuer: LOCAL_ISSUER.to_owned(), subject: self.0.clone() }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password's hash, in the PHC string format.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a password with fresh random salt: tens of milliseconds of work, and never on the runtime's thread.
    ///
    /// # Errors
    /// [`UnusablePassword`] above 256 bytes or without a single one.
    pub fn of(password: &str, salt: [u8; SALT_LENGTH]) -> Result<Self, UnusablePassword> {
        if password.is_empty() || password.len() > MAX_PASSWORD_LENGTH {
            return Err(UnusablePassword);
        }
        let hash =
            Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map_err(|_| UnusablePassword)?;
        Ok(Self(hash.to_string()))
    }

    /// A hash as the store has it.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The hash, for the store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A hash is worth guessing at: it stays out of logs.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHash").finish_non_exhaustive()
    }
}

/// A password that cannot be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password has 1 to {MAX_PASSWORD_LENGTH} bytes")]
pub struct UnusablePassword;

/// What is compared with where there is no account: the hash of 32 random bytes that nobody kept. A constant, as making
/// one would cost the first of these comparisons a second hash, which is a hint.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Lq86eyuFMhbXCsV1yrCnQg$Qd0CkhaazhiNiM7p5ONtT07vBOvTi8Q7UCOoDxZ+f80";

/// Whether the password is the account's. The same work is done where there is no account, by the same line.
pub fn verify(password: &str, account: Option<&PasswordHash>) -> bool {
    let hash = account.map_or(NOBODYS_HASH, PasswordHash::as_str);
    let fits =
        password.len() <= MAX_PASSWORD_LENGTH && Argon2::default().verify_password(password.as_bytes(), hash).is_ok();
    fits && account.is_some()
}
