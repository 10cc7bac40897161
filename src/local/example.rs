//! Requests to try against the local gateway, as commands to paste.

use super::demo::Demonstration;

/// The contact of the API reference's example.
const CONTACT: &str = "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e";

/// The version of the API, as its reference requires it in a header.
const VERSION: &str = "2026-06-01";

/// One request, and what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it shows.
    pub shows: &'static str,
    /// The name of the demonstration's token that it is sent with; none for a request without credentials.
    pub token: Option<&'static str>,
    /// The verb.
    pub verb: &'static str,
    /// The path.
    pub path: &'static str,
    /// The status that comes back.
    pub status: u16,
}

/// Every half of the permission, missing in turn.
pub const EXAMPLES: [Example; 7] = [
    Example {
        shows: "scope and role cover it: the backend receives the tenant's context",
        token: Some("sales-contacts"),
        verb: "GET",
        path: CONTACT,
        status: 200,
    },
    Example { shows: "no token", token: None, verb: "GET", path: CONTACT, status: 401 },
    Example {
        shows: "the scope contact.delete is there, the role does not allow it",
        token: Some("sales-contacts"),
        verb: "DELETE",
        path: CONTACT,
        status: 403,
    },
    Example {
        shows: "the role would allow it, the token's scope does not",
        token: Some("admin-contacts"),
        verb: "DELETE",
        path: CONTACT,
        status: 403,
    },
    Example {
        shows: "scope and role are there, the tenant has not got the feature `sales`",
        token: Some("globex-everything"),
        verb: "GET",
        path: "/v1/deals",
        status: 403,
    },
    Example {
        shows: "a backend of the tenant with contact.all may import",
        token: Some("service-sync"),
        verb: "POST",
        path: "/v1/contacts/import",
        status: 200,
    },
    Example { shows: "a token that was revoked", token: Some("revoked"), verb: "GET", path: CONTACT, status: 401 },
];

impl Example {
    /// The request as one line for a shell.
    pub fn command(&self, gateway: &str, demonstration: &Demonstration) -> String {
        let verb = if self.verb == "GET" { String::new() } else { format!(" -X {}", self.verb) };
        let token = self.token.and_then(|name| demonstration.token(name));
        let token = token.map(|token| format!(" -H \"Authorization: Bearer {}\"", token.issued.expose()));
        format!("curl -i{verb}{} -H \"Version: {VERSION}\" {gateway}{}", token.unwrap_or_default(), self.path)
    }
}
