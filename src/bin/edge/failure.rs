//! How a command fails: a message that says what to do, and an exit code that a script can rely on.

use std::process::ExitCode;

use edge_authorizer::store::StoreFault;
use edge_authorizer::store::admin::AdminError;

/// A command that did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line lacks something, or contradicts itself.
    #[error("{0}")]
    Usage(String),
    /// What was named does not exist or is not valid; nothing was changed.
    #[error("{0}")]
    Invalid(String),
    /// Something failed that is not the caller's doing.
    #[error("{0}")]
    Fault(String),
}

impl Failure {
    /// Prints the message to standard error and returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        anstream::eprintln!("edge: {self}");
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Invalid(_) => 3,
            Self::Fault(_) => 4,
        })
    }
}

impl From<StoreFault> for Failure {
    fn from(fault: StoreFault) -> Self {
        Self::Fault(fault.to_string())
    }
}

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        if error.is_fault() { Self::Fault(error.to_string()) } else { Self::Invalid(error.to_string()) }
    }
}
