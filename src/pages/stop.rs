//! Why a page is not shown: the browser is to go elsewhere first, or something went wrong.

use axum::response::Response;

use super::problem::failed;
use crate::oauth::error::Problem;
use crate::oauth::server::{Failure, NoRandomness};
use crate::store::StoreFault;
use crate::store::admin::AdminError;

/// Why.
pub(super) enum Stop {
    /// The browser goes elsewhere.
    Go(Box<Response>),
    /// It failed.
    Failed(Failure),
}

impl Stop {
    /// The browser goes there first.
    pub(super) fn go(response: Response) -> Self {
        Self::Go(Box::new(response))
    }
}

/// What the browser gets.
pub(super) fn answer(result: Result<Response, Stop>) -> Response {
    match result {
        Ok(response) => response,
        Err(Stop::Go(response)) => *response,
        Err(Stop::Failed(failure)) => failed("account", failure),
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem.into())
    }
}

impl From<StoreFault> for Stop {
    fn from(fault: StoreFault) -> Self {
        Self::Failed(fault.into())
    }
}

impl From<NoRandomness> for Stop {
    fn from(none: NoRandomness) -> Self {
        Self::Failed(none.into())
    }
}

/// What the page's own form cannot lead to; what it can is told beside it, before it comes to this.
impl From<AdminError> for Stop {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Store(fault) => fault.into(),
            AdminError::ChangedMeanwhile { .. } => Self::Failed(Failure::Contention),
            AdminError::NoPat { .. } | AdminError::NoUser { .. } | AdminError::NoTenant { .. } => {
                Problem::NoSuchPage.into()
            }
            _ => Problem::Forbidden.into(),
        }
    }
}
