//! Where a request goes: scheme, host and port, as its address says.

use http::Request;
use http::header::{HOST, HeaderValue, InvalidHeaderValue};
use http::uri::{PathAndQuery, Scheme, Uri};

/// An origin (RFC 6454 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) is_https: bool,
    /// A name or an address, without the brackets of IPv6.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Origin {
    /// The origin of an address; none where it is no address of a server that speaks HTTP.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let is_https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        Some(Self { is_https, host, port: uri.port_u16().unwrap_or(if is_https { 443 } else { 80 }) })
    }

    /// Writes the request as HTTP/1.1 has it: the path on the first line, the origin in `Host` (RFC 9112 §3.2.1).
    pub(super) fn address<B>(&self, request: &mut Request<B>) -> Result<(), InvalidHeaderValue> {
        if !request.headers().contains_key(HOST) {
            let is_default = self.port == if self.is_https { 443 } else { 80 };
            let authority = request.uri().authority().map(http::uri::Authority::as_str).unwrap_or_default();
            let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            let host = if is_default { authority.trim_end_matches(&format!(":{}", self.port)) } else { authority };
            let host = HeaderValue::from_str(host)?;
            request.headers_mut().insert(HOST, host);
        }
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
        Ok(())
    }
}
