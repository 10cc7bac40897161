//! A browser's session: who is signed in, if anybody, and what they are being asked.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

use super::authorization_request::{AuthorizationRequest, Prompt};
use super::secret::SecretDigest;
use crate::store::oauth::accounts::Membership;

/// How long a browser may take to sign in and to answer, in seconds.
pub const REQUEST_LIFETIME: u64 = 600;

/// How long a sign-in lasts, in seconds: a working day.
pub const SESSION_LIFETIME: u64 = 12 * 3600;

/// How long a sign-in counts as just made, in seconds: for what a browser that was left open must not do.
pub const FRESH: u64 = 600;

/// A person, as whoever signed them in names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Who says so: `local` for accounts of this server's own.
    pub issuer: String,
    /// The name that is theirs there.
    pub subject: String,
}

/// A person who is signed in, and what whoever signed them in says of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who it is.
    pub identity: Identity,
    /// What the person is called, for their own eyes; none where the subject is a name already.
    pub name: Option<String>,
    /// The tenants that they may act in, where whoever signed them in says so; else the table knows.
    pub memberships: Option<Vec<Membership>>,
}

impl SignedIn {
    /// A person of whom only the name is known.
    pub fn of(identity: Identity) -> Self {
        Self { identity, name: None, memberships: None }
    }

    /// What the person is called.
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.identity.subject)
    }
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who is signed in; nobody yet in a session that was started for a request.
    pub signed_in: Option<SignedIn>,
    /// Not good at this any more.
    pub ends: Timestamp,
    /// When somebody signed in, or did so again.
    #[serde(default)]
    pub since: Timestamp,
}

impl Session {
    /// A session in which nobody is signed in.
    pub fn anonymous(now: Timestamp) -> Self {
        Self { signed_in: None, ends: now.plus(REQUEST_LIFETIME), since: now }
    }

    /// A session of somebody who has just signed in.
    pub fn of(signed_in: SignedIn, now: Timestamp) -> Self {
        Self { signed_in: Some(signed_in), ends: now.plus(SESSION_LIFETIME), since: now }
    }

    /// Whether somebody has just signed in.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.signed_in.is_some() && now.since(self.since) < FRESH
    }

    /// The session, if it has not ended.
    pub fn current(self, now: Timestamp) -> Option<Self> {
        (now < self.ends).then_some(self)
    }
}

/// A browser that was sent away to be signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// The handle of the app's request that waits for it; none for who came by themselves,
    pub request: Option<SecretDigest>,
    /// … and goes on to this page.
    #[serde(default)]
    pub next: Option<String>,
    /// Not good at this any more.
    pub ends: Timestamp,
}

impl Away {
    /// The absence, if it has not ended.
    pub fn current(self, now: Timestamp) -> Option<Self> {
        (now < self.ends).then_some(self)
    }
}

/// A request that waits for a person's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRequest {
    /// What is asked.
    pub request: AuthorizationRequest,
    /// Not good at this any more.
    pub ends: Timestamp,
}

impl PendingRequest {
    /// The request, from now on.
    pub fn new(request: AuthorizationRequest, now: Timestamp) -> Self {
        Self { request, ends: now.plus(REQUEST_LIFETIME) }
    }

    /// The request of somebody who has just signed in: what it asks of that is done.
    pub fn after_sign_in(self) -> Self {
        let prompt = match self.request.prompt {
            Prompt::SignIn => Prompt::AsNeeded,
            other => other,
        };
        Self { request: AuthorizationRequest { prompt, ..self.request }, ..self }
    }

    /// The request, if it has not ended.
    pub fn current(self, now: Timestamp) -> Option<Self> {
        (now < self.ends).then_some(self)
    }
}

/// What a request was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The code that it got, if it got one.
    pub code: Option<SecretDigest>,
    /// Not repeated at this any more.
    pub ends: Timestamp,
    /// Where the browser was led, sealed: the request's handle and the form that was sent open it.
    pub sealed: Vec<u8>,
}
