//! What only the machine knows: the time, random bytes, and who sits in front of it.

#![expect(
    clippy::disallowed_methods,
    reason = "the program is where the clock, random bytes and the environment come from"
)]

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use edge_authorizer::oauth::signing::SECRET_LENGTH;
use edge_authorizer::store::admin::Stamp;
use edge_authorizer::store::admin::pat::PatEntropy;
use edge_authorizer::timestamp::Timestamp;

use crate::failure::Failure;

/// Who makes a change.
#[derive(Debug, Args)]
pub(crate) struct Author {
    /// Who makes this change, for the audit log [default: the user of this machine].
    #[arg(long, value_name = "NAME", env = "EDGE_OPERATOR", help_heading = "For the audit log")]
    by: Option<String>,
}

impl Author {
    /// The stamp of a change that is made now.
    pub(crate) fn stamp(&self) -> Result<Stamp, Failure> {
        let by = self.by.clone().or_else(|| variable("USER")).or_else(|| variable("LOGNAME"));
        let by =
            by.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty() && !name.contains(char::is_control));
        let by = by.ok_or_else(|| Failure::Usage("say who makes this change: `--by NAME`".to_owned()))?;
        Ok(Stamp { by, milliseconds: milliseconds(), nonce: u64::from_ne_bytes(random()?) })
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_seconds(milliseconds() / 1000)
}

/// The time, for signatures.
pub(crate) fn clock() -> SystemTime {
    SystemTime::now()
}

fn milliseconds() -> u64 {
    let elapsed = clock().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// The random bytes of a new token.
pub(crate) fn entropy() -> Result<PatEntropy, Failure> {
    Ok(PatEntropy { secret: random()?, id: random()? })
}

/// The random bytes of a new signing key.
pub(crate) fn key_secret() -> Result<[u8; SECRET_LENGTH], Failure> {
    random()
}

/// Fresh random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Failure::Fault(format!("no random bytes: {error}")))?;
    Ok(bytes)
}

/// A variable of the environment.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs a command's calls, one after the other.
pub(crate) fn block_on<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::Fault(error.to_string()))?.block_on(command)
}
