//! Names, resolved once, and let through only to where the server may go.
//!
//! The connection is made to the very addresses that were checked: there is no second look-up whose answer could be
//! another (DNS rebinding). TLS and `Host` still name the name.

use std::net::IpAddr;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver};

use super::address::is_public;

/// Resolves names, and refuses one of whose addresses any is not allowed: who owns such a name wants something of us.
#[derive(Clone, Debug)]
pub struct Guarded {
    names: SharedDnsResolver,
    allows: fn(IpAddr) -> bool,
}

/// The system's names, to public addresses alone.
impl Default for Guarded {
    fn default() -> Self {
        Self::new(SharedDnsResolver::new(SystemNames), is_public)
    }
}

impl Guarded {
    /// Other names, to other addresses: for tests.
    pub fn new(names: SharedDnsResolver, allows: fn(IpAddr) -> bool) -> Self {
        Self { names, allows }
    }
}

impl ResolveDns for Guarded {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let addresses = self.names.resolve_dns(name).await?;
            if addresses.is_empty() || !addresses.iter().all(|address| (self.allows)(*address)) {
                return Err(ResolveDnsError::new("the name leads where this server does not go"));
            }
            Ok(addresses)
        })
    }
}

/// What the system's resolver says.
#[derive(Clone, Copy, Debug)]
struct SystemNames;

impl ResolveDns for SystemNames {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
