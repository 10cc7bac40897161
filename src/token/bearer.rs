//! The `Authorization` header: one bearer token, or none.

use std::fmt;

use super::refusal::Refusal;

/// The longest token, in bytes. API Gateway passes at most 10,240 bytes of headers in all; an access token of this
/// server is under 1 KB, other issuers' with many claims stay under 4.
pub const MAX_TOKEN_LENGTH: usize = 4096;

/// A token as it was presented: text of the right form, about which nothing is proven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BearerToken<'a>(&'a str);

impl<'a> BearerToken<'a> {
    /// Takes the token out of a header value: `Bearer`, spaces, and `b64token` (RFC 6750 §2.1).
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when the value is anything else, or the token longer than [`MAX_TOKEN_LENGTH`].
    pub fn from_header(value: &'a str) -> Result<Self, Refusal> {
        // The scheme is case-insensitive and followed by one or more spaces (RFC 9110 §11.1, §11.4).
        let (scheme, rest) = value.split_once(' ').ok_or(Refusal::Malformed)?;
        let token = rest.trim_matches(' ');
        if !scheme.eq_ignore_ascii_case("bearer") || !is_b64token(token) {
            return Err(Refusal::Malformed);
        }
        Ok(Self(token))
    }

    /// The token's text. It is a secret: it goes to a parser or a digest and nowhere else.
    pub fn expose(&self) -> &'a str {
        self.0
    }
}

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
fn is_b64token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len() <= MAX_TOKEN_LENGTH
        && !body.is_empty()
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken").finish_non_exhaustive()
    }
}
