//! What was decided, why, and what may be said of it: one reason code a decision, from a closed list.

use serde_json::value::RawValue;

use crate::access::principal::{NotEstablished, Principal, RecordMismatch};
use crate::access::requirement::Verdict;
use crate::gateway::event::EventError;
use crate::keys::KeySetFault;
use crate::store::StoreFault;
use crate::token::credential::Credential;
use crate::token::refusal::Refusal;

/// A decision: the gateway's answer, and the record of it for the log.
#[derive(Debug)]
pub struct Decision {
    /// What the gateway is told.
    pub outcome: Outcome,
    /// What is known of it, for the log and the metrics.
    pub trail: Trail,
}

/// What the gateway is told.
#[derive(Debug)]
pub enum Outcome {
    /// A policy, good for every route of the API.
    Answer(Box<RawValue>),
    /// 401: an error whose message is exactly `Unauthorized`.
    Unauthorized(Refusal),
    /// 500: any other error. Never 401, which would log users out, and never an allow.
    Fault(Fault),
}

/// What is known of a decision when it is made, piece by piece as the line goes on. No token, no hash, no piece of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// The gateway's id of the request; the events of a REST API's `TOKEN` authorizer have none.
    pub request_id: Option<String>,
    /// `operationId` of the route that was asked for, if the API has it.
    pub operation: Option<String>,
    /// The tenant that the token is of, once its MAC or its signature is proven.
    pub tenant: Option<String>,
    /// The user that it acts for, from the same moment on.
    pub user: Option<String>,
    /// `pat_…` or the `jti`, once the token's record is known.
    pub token_id: Option<String>,
    /// `pat` or `access_token`.
    pub token_type: Option<&'static str>,
    /// Records that were asked for: 0 for what was refused before the read.
    pub reads: u32,
    /// Why it was decided so.
    pub reason: Reason,
}

impl Trail {
    /// Notes whom a token says it is for, once that is proven.
    pub fn identified(&mut self, credential: &Credential) {
        self.tenant = Some(credential.tenant().to_string());
        self.user = Some(credential.user().to_string());
        self.token_type = Some(credential.kind().as_str());
        self.reads = credential.reads();
    }

    /// Notes which token it is, once its record is known.
    pub fn established(&mut self, principal: &Principal) {
        self.token_id = Some(principal.token.id.clone());
    }
}

/// The reason code of a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    /// The permission covers the route that was asked for, and the answer allows the request.
    Allowed,
    /// The answer allows the request, and the API reference has no such route: the stage has another API.
    Unlisted,
    /// The tenant is suspended, so the policy allows nothing.
    TenantSuspended,
    /// The token's scopes do not cover the route.
    Scope,
    /// The scopes do, and what the user may do does not.
    Role,
    /// Both do, and no feature of the tenant opens it.
    Feature,
    /// The permission covers the route, and the path is not written as the answer lets it through.
    Path,
    /// The API has no such route, and the answer does not allow the request.
    NoRoute,
    /// 401.
    Refused(&'static str),
    /// 500.
    Fault(&'static str),
    /// Nothing was decided yet.
    #[default]
    Undecided,
}

impl Reason {
    /// Why a request gets what the answer says of it. `verdict` is of the route, as far as the API has one; `allowed`
    /// is what the gateway will make of the answer, and nothing else counts.
    ///
    /// # Errors
    /// [`PolicyMismatch`] when the answer allows what the verdict refuses.
    pub fn of(verdict: Option<Verdict>, allowed: bool) -> Result<Self, PolicyMismatch> {
        match (verdict, allowed) {
            (Some(Verdict::Allowed), true) => Ok(Self::Allowed),
            (Some(Verdict::Allowed), false) => Ok(Self::Path),
            (Some(Verdict::ScopeMissing), false) => Ok(Self::Scope),
            (Some(Verdict::RoleMissing), false) => Ok(Self::Role),
            (Some(Verdict::FeatureMissing), false) => Ok(Self::Feature),
            (Some(Verdict::TenantSuspended), false) => Ok(Self::TenantSuspended),
            (Some(verdict), true) => Err(PolicyMismatch(verdict)),
            (None, false) => Ok(Self::NoRoute),
            (None, true) => Ok(Self::Unlisted),
        }
    }

    /// The code: closed, documented, stable.
    pub fn code(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Unlisted => "unlisted",
            Self::TenantSuspended => "tenant_suspended",
            Self::Scope => "scope",
            Self::Role => "role",
            Self::Feature => "feature",
            Self::Path => "path",
            Self::NoRoute => "no_route",
            Self::Refused(code) | Self::Fault(code) => code,
            Self::Undecided => "undecided",
        }
    }

    /// The outcome as the log and the metrics group it: what the caller will see.
    pub fn outcome(self) -> &'static str {
        match self {
            Self::Allowed | Self::Unlisted => "allow",
            Self::TenantSuspended | Self::Scope | Self::Role | Self::Feature | Self::Path | Self::NoRoute => "deny",
            Self::Refused(_) => "unauthorized",
            Self::Fault(_) | Self::Undecided => "fault",
        }
    }
}

/// The policy allows a request that the same permission refuses on its route. The proofs say that it cannot be: they were
/// made for other readings of the gateway than hold, or there is a mistake in this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy would let the request through, and the verdict on its route is {0:?}")]
pub struct PolicyMismatch(pub Verdict);

/// Something on this side is broken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The event is not an authorizer's.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// A record contradicts the token that it is of.
    #[error(transparent)]
    Mismatch(#[from] RecordMismatch),
    /// The policy allows more than the permission that it is of.
    #[error(transparent)]
    Policy(#[from] PolicyMismatch),
    /// The keys of an issuer cannot be had.
    #[error(transparent)]
    Keys(#[from] KeySetFault),
    /// The answer cannot be written as JSON, which would be a mistake in this program.
    #[error("the answer could not be written: {0}")]
    Answer(#[from] serde_json::Error),
}

impl Fault {
    /// The reason code: closed, documented, stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Event(_) => "event",
            Self::Store(fault) => fault.code(),
            Self::Mismatch(_) => "record_mismatch",
            Self::Policy(_) => "policy_mismatch",
            Self::Keys(fault) => fault.code(),
            Self::Answer(_) => "answer",
        }
    }
}

/// Why the line did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The caller has no credential that counts.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something on this side is broken.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<NotEstablished> for Stopped {
    fn from(error: NotEstablished) -> Self {
        match error {
            NotEstablished::Refused(refusal) => Self::Refused(refusal),
            NotEstablished::Mismatch(mismatch) => Self::Fault(mismatch.into()),
        }
    }
}

macro_rules! fault_stops {
    ($($error:ty),*) => {
        $(impl From<$error> for Stopped {
            fn from(error: $error) -> Self {
                Self::Fault(error.into())
            }
        })*
    };
}

fault_stops!(EventError, KeySetFault, PolicyMismatch, StoreFault, serde_json::Error);
