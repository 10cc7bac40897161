//! URLs that may be a `client_id` (draft-ietf-oauth-client-id-metadata-document §3).

use std::fmt;

use url::{Host, Url};

/// An https URL with a host of somebody's own and a path, in its normal form, so that no two parsers can disagree
/// about which server is asked.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentUrl(Url);

impl DocumentUrl {
    /// Takes a `client_id`.
    ///
    /// None for another scheme, an address in place of a name, a user, a fragment, dot segments (a parser takes them
    /// away, and the text differs), and no path. A query is not for this (the draft advises against it), and would let
    /// one server stand for any number of clients.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let has_user = !url.username().is_empty() || url.password().is_some() || text.contains('@');
        let bare = url.query().is_none() && url.fragment().is_none() && !has_user && !dotted(text);
        let Some(Host::Domain(domain)) = url.host() else { return None };
        let fits = url.scheme() == "https" && url.path() != "/" && psl::domain_str(domain).is_some();
        (fits && bare && url.as_str() == text).then_some(Self(url))
    }

    /// The URL, for a request.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it leads to that origin's host, on whatever port.
    pub fn is_at(&self, origin: &str) -> bool {
        Url::parse(origin).is_ok_and(|origin| origin.host() == self.0.host())
    }
}

/// Whether a segment is `.` or `..` in a spelling that parsers leave alone.
fn dotted(text: &str) -> bool {
    let plain = text.to_ascii_lowercase().replace("%2e", ".");
    plain.split(['/', '\\']).any(|segment| segment == "." || segment == "..")
}

impl fmt::Debug for DocumentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DocumentUrl").field(&self.0.as_str()).finish()
    }
}
