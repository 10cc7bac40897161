//! Proof Key for Code Exchange (RFC 7636), with S256 and nothing else.
//!
//! A code is only ever issued with a challenge, so "no challenge was stored" is a state that does not exist.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::Problem;
use super::parameters::Parameters;

/// The SHA-256 of a verifier that only the client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge([u8; 32]);

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method` of an authorization request.
    ///
    /// # Errors
    /// [`Problem::Missing`] without a challenge; [`Problem::Invalid`] for any method but `S256`, the absent one
    /// included (it would mean `plain`, RFC 7636 §4.3), and for text that is not 32 bytes in base64url.
    pub fn of_request(parameters: &Parameters) -> Result<Self, Problem> {
        let challenge = parameters.required("code_challenge")?;
        if parameters.one("code_challenge_method")? != Some("S256") {
            return Err(Problem::Invalid("code_challenge_method"));
        }
        Self::parse(challenge).ok_or(Problem::Invalid("code_challenge"))
    }

    fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Whether the challenge was made of this verifier, compared in constant time.
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        self.0.ct_eq(&Sha256::digest(verifier.0.as_bytes())).into()
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a code challenge")
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        URL_SAFE_NO_PAD.encode(challenge.0)
    }
}

/// The secret that proves who started an authorization: 43 to 128 unreserved characters (RFC 7636 §4.1).
#[derive(Clone, PartialEq, Eq)]
pub struct CodeVerifier(String);

impl CodeVerifier {
    /// Takes the text if it has the form of a verifier.
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        ((43..=128).contains(&text.len()) && text.bytes().all(unreserved)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeVerifier").finish_non_exhaustive()
    }
}
