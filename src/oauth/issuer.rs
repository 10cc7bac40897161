//! The issuer: the origin that this server speaks for. It comes from configuration alone, never from `Host`.

use std::fmt;

use url::Url;

use crate::token::issuer::config::is_origin;

/// An origin without a path: `https`, or `http` on a loopback address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

/// Text that no issuer can be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not an issuer: an https origin without a path, or http on 127.0.0.1, [::1] or localhost")]
pub struct InvalidIssuer {
    given: String,
}

impl Issuer {
    /// Takes an origin, written as it will stand in `iss`: lower-case, no slash at its end (RFC 8414 §2).
    ///
    /// # Errors
    /// [`InvalidIssuer`] for anything else; plain http beyond loopback above all.
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        if !is_origin(text) {
            return Err(InvalidIssuer { given: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }

    /// The issuer as it stands in `iss`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of one of this server's own paths.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether it is reached over TLS; if not, it is on this machine.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The port on this machine that it has; none where it is reached over TLS.
    pub fn loopback_port(&self) -> Option<u16> {
        let url = Url::parse(&self.0).ok().filter(|_| !self.is_https())?;
        url.port_or_known_default()
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
