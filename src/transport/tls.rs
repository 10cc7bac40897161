//! The one TLS stack, rustls on ring, and whom it believes.
//!
//! A Lambda believes the roots that are built in: reading a system's costs milliseconds of a cold start. An operator's
//! machine believes its own, which may have a company's among them.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The variable that names a PEM file of roots to believe instead, as OpenSSL and most others read it.
#[cfg(not(feature = "local"))]
const ROOTS_VARIABLE: &str = "SSL_CERT_FILE";

/// TLS, set up when it is first needed.
#[derive(Clone, Default)]
pub(super) struct Tls(OnceLock<TlsConnector>);

impl Tls {
    /// TLS that believes what these certificates (PEM) vouch for, and nobody else.
    pub(super) fn trusting(certificates: &str) -> io::Result<Self> {
        let config = config(roots_in(certificates.as_bytes())?)?;
        Ok(Self(OnceLock::from(TlsConnector::from(Arc::new(config)))))
    }

    /// Shakes hands with the server of that name.
    pub(super) async fn connect(&self, host: &str, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.connector()?.connect(name, tcp).await
    }

    fn connector(&self) -> io::Result<&TlsConnector> {
        if let Some(connector) = self.0.get() {
            return Ok(connector);
        }
        let connector = TlsConnector::from(Arc::new(config(roots()?)?));
        Ok(self.0.get_or_init(|| connector))
    }
}

fn config(roots: RootCertStore) -> io::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = versions.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn roots_in(pem: &[u8]) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    if roots.is_empty() { Err(io::Error::other("there is no certificate in it")) } else { Ok(roots) }
}

#[cfg(not(feature = "local"))]
#[expect(clippy::disallowed_methods, reason = "the variable is not this program's own: TLS libraries read it")]
fn roots() -> io::Result<RootCertStore> {
    match std::env::var(ROOTS_VARIABLE) {
        Ok(path) => roots_in(&std::fs::read(path)?),
        Err(_) => Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()),
    }
}

/// The system's, or those that the same variable names.
#[cfg(feature = "local")]
fn roots() -> io::Result<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    match found.errors.into_iter().next() {
        Some(error) if roots.is_empty() => Err(io::Error::other(error)),
        _ => Ok(roots),
    }
}
