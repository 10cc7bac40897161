//! Emptying the gateways' caches of answers, for what cannot wait for the TTL: leaks, and an operator's revocations.
//!
//! ```text
//!  revocation written ── asked for ─┬─ flushed ─────────────────────────── flushed again
//!                                   │  answers kept so far are gone        │  and those that were being decided on
//!                                   └─ at most AUTHORIZER_TIMEOUT ─────────┘  what was read before the revocation
//! ```
//!
//! A flush is stage-wide: every token is decided anew. So it is for operators and for leaks, never for a button that
//! any user can press; those wait for the TTL. What was written stays written, whether a flush succeeds or not.
//!
//! | file | what it is |
//! |---|---|
//! | `queue` | asking for a flush, durably: a message now, and one for the second time |
//! | `stages` | the stages of API Gateway that are flushed when a message comes |
//! | `call` | a signed call of AWS |

#[cfg(feature = "flush")]
pub mod call;
#[cfg(feature = "flush")]
pub mod queue;
#[cfg(feature = "flush")]
pub mod stages;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How long a decision may take before it is stopped: `Timeout` of the authorizer in the template.
pub const AUTHORIZER_TIMEOUT: Duration = Duration::from_secs(5);

/// Caches of authorizers' answers that can be emptied. Ask after the revocation has been written, never before.
pub trait CacheFlush: Send + Sync {
    /// Empties them, or sees to it that they are emptied.
    fn flush(&self) -> Flushing<'_>;
}

/// A cache that several hold.
impl<T: CacheFlush + ?Sized> CacheFlush for Arc<T> {
    fn flush(&self) -> Flushing<'_> {
        (**self).flush()
    }
}

/// A flush under way.
pub type Flushing<'a> = Pin<Box<dyn Future<Output = Result<(), FlushFailed>> + Send + 'a>>;

/// Some cache was not emptied. It undoes nothing: what was revoked ends within the TTL all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gateway's cache was not flushed: {0}: what was revoked ends within the cache's TTL all the same")]
pub struct FlushFailed(pub String);

/// No cache to empty: an installation that waits for the TTL.
#[derive(Clone, Copy, Debug)]
pub struct NoFlush;

impl CacheFlush for NoFlush {
    fn flush(&self) -> Flushing<'_> {
        Box::pin(std::future::ready(Ok(())))
    }
}
