//! Why a request of somebody gets what it gets: told by `edge explain` and by the page "Why 403?" alike, of the code that
//! decides and of the very policy that the gateway would judge by.

use crate::access::explanation::{Explanation, explain};
use crate::access::principal::Principal;
use crate::api::Api;
use crate::decision::{Fault, Reason};
use crate::gateway::answer::patterns;
use crate::policy::operation::Operation;
use crate::policy::router::Router;

/// What a request gets, and what that comes from.
#[derive(Debug)]
pub struct Why<'a> {
    /// What the gateway makes of it.
    pub reason: Reason,
    /// The operation that was asked for and each half of what it needs; none where the API has no such operation.
    pub found: Option<(&'a Operation, Explanation)>,
}

impl<'a> Why<'a> {
    /// `verb` is in capitals, `path` as it follows the stage, without a query. `is_alone` says that the answer would
    /// not be used for another request.
    pub fn of(principal: &Principal, router: Router, verb: &str, path: &str, is_alone: bool, api: &'a Api) -> Self {
        let allowed = patterns(principal, verb, path, is_alone, api).allow_route(&format!("{verb}{path}"));
        let found = router
            .route(&api.operations, verb, path)
            .map(|operation| (operation, explain(operation.requires(principal.token.kind), principal, &api.catalogue)));
        let reason = Reason::of(found.as_ref().map(|(_, explanation)| explanation.verdict), allowed)
            .unwrap_or_else(|mismatch| Reason::Fault(Fault::from(mismatch).code()));
        Self { reason, found }
    }
}
