//! The issuer: the origin that this server speaks for. It comes from configuration alone, never from `Host`.

use std::fmt;

use url::{Host, Url};

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
        let invalid = || InvalidIssuer { given: text.to_owned() };
        let url = Url::parse(text).map_err(|_| invalid())?;
        let secure = match (url.scheme(), url.host()) {
            ("https", Some(_)) => true,
            ("http", Some(Host::Domain(domain))) => domain == "localhost",
            ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
            ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
            _ => false,
        };
        // An opaque origin has no such text, and a path, a query or a user makes the two differ.
        if !secure || url.origin().ascii_serialization() != text {
            return Err(invalid());
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
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
