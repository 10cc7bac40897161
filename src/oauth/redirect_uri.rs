//! Redirect URIs: what may be registered, and what a request may name.
//!
//! They are compared as text, byte for byte (OAuth 2.1 §2.3.1), with one exception: the port of a loopback address is
//! the app's own affair (RFC 8252 §7.3). A URI is only accepted in its normal form, so that no two parsers can
//! disagree about where a browser will go.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::error::RedirectUriProblem;

/// Longer than any that is seen in the field; `Location` with a code and a state must fit a gateway's headers.
const MAX_LENGTH: usize = 2000;

/// Schemes that run, read or mail something instead of leading to an app.
const DANGEROUS_SCHEMES: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "chrome-extension",
    "content",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "javascript",
    "jar",
    "mailto",
    "moz-extension",
    "resource",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Parameters of an authorization response: a redirect URI that carries one already could pass for an answer.
const RESPONSE_PARAMETERS: &[&str] = &["code", "state", "iss", "error", "error_description", "error_uri"];

/// A registered redirect URI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Https,
    /// `http` on a loopback address: all before the port, and all behind it.
    Loopback {
        before: String,
        behind: String,
    },
    /// An app's own scheme: any app on the machine could claim it, so nothing is ever sent there.
    OwnScheme,
}

impl RedirectUri {
    /// Takes a URI that a client registers.
    ///
    /// # Errors
    /// [`RedirectUriProblem`] for one that could send a code anywhere but to the client.
    pub fn parse(text: &str) -> Result<Self, RedirectUriProblem> {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&byte));
        let url = Url::parse(text).map_err(|_| RedirectUriProblem::Form)?;
        // Judged before the form, so that `JavaScript:` is called what it is.
        if DANGEROUS_SCHEMES.contains(&url.scheme()) {
            return Err(RedirectUriProblem::Scheme);
        }
        if text.len() > MAX_LENGTH || !printable {
            return Err(RedirectUriProblem::Form);
        }
        let has_user = !url.username().is_empty() || url.password().is_some() || text.contains('@');
        if url.fragment().is_some() || has_user || text.contains('*') {
            return Err(RedirectUriProblem::Part);
        }
        if !is_normal(text, &url) {
            return Err(RedirectUriProblem::Form);
        }
        if url.query_pairs().any(|(name, _)| RESPONSE_PARAMETERS.contains(&name.as_ref())) {
            return Err(RedirectUriProblem::Query);
        }
        Ok(Self { text: text.to_owned(), kind: kind(text, &url)? })
    }

    /// Where the answer goes when a request names `presented`; none when this is not the URI that is meant, or
    /// nothing may be sent to it.
    pub fn target(&self, presented: &str) -> Option<RedirectTarget> {
        let fits = match &self.kind {
            Kind::Https => self.text == presented,
            Kind::Loopback { .. } => Self::parse(presented).is_ok_and(|presented| presented.kind == self.kind),
            Kind::OwnScheme => false,
        };
        fits.then(|| RedirectTarget(presented.to_owned()))
    }

    /// Where the answer goes when a request names nothing.
    pub fn sole_target(&self) -> Option<RedirectTarget> {
        self.target(&self.text)
    }

    /// Whether an authorization can go there at all.
    pub fn is_usable(&self) -> bool {
        self.kind != Kind::OwnScheme
    }

    /// The URI as it was registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = RedirectUriProblem;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.text
    }
}

/// Whether a parser would write the URI as it stands: no upper-case host, default port, dot segment or odd escape.
/// An empty path may be left out.
fn is_normal(text: &str, url: &Url) -> bool {
    let normal = url.as_str();
    let bare = normal.strip_suffix('/').filter(|_| url.path() == "/" && url.query().is_none());
    normal == text || bare == Some(text)
}

fn kind(text: &str, url: &Url) -> Result<Kind, RedirectUriProblem> {
    match (url.scheme(), url.host()) {
        ("https", Some(Host::Domain(domain))) if psl::domain_str(domain).is_some() => Ok(Kind::Https),
        ("https", _) => Err(RedirectUriProblem::Host),
        ("http", Some(host)) if is_loopback(&host) => Ok(loopback(text, url)),
        ("http", _) => Err(RedirectUriProblem::PlainHttp),
        _ => Ok(Kind::OwnScheme),
    }
}

/// The names of this machine: the two addresses of RFC 8252 §7.3, and `localhost`, which apps use all the same.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(domain) => *domain == "localhost",
        Host::Ipv4(address) => address.octets() == [127, 0, 0, 1],
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn loopback(text: &str, url: &Url) -> Kind {
    let before = format!("http://{}", url.host_str().unwrap_or_default());
    let after_host = text.strip_prefix(&before).unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let behind = after_host.strip_prefix(&port).unwrap_or(after_host).to_owned();
    Kind::Loopback { before, behind }
}

/// A URI that an authorization response may be sent to: a registered one, or one that differs in its loopback port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectTarget(String);

impl RedirectTarget {
    /// The URI as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, for people, with its port where it has one of its own.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.0).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
        match url.as_ref().and_then(Url::port) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// Whether it leads back to the user's own machine, where any program may listen.
    pub fn is_loopback(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// The URI with these parameters added to its query.
    pub fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        let separator = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.0, query.finish())
    }
}

impl fmt::Display for RedirectTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
