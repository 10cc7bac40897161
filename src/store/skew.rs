//! The time that requests are signed with: ours, or the store's where the two are too far apart to agree on a signature.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// What a signature is refused with, which may be for its time. (The SDK's own list, which it keeps to itself.)
const SUSPECT: [&str; 5] = [
    "AccessDeniedException",
    "AuthFailure",
    "InvalidSignatureException",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
];

/// Clocks closer than this, in seconds, agree: AWS takes five minutes.
const AGREEMENT: u64 = 240;

/// By how many seconds the store's clock is ahead of ours, as far as it has said.
#[derive(Debug, Default)]
pub(super) struct Skew(AtomicI64);

impl Skew {
    /// The time to sign with now.
    pub(super) fn now(&self) -> SystemTime {
        let ahead = self.0.load(Ordering::Relaxed);
        let by = Duration::from_secs(ahead.unsigned_abs());
        let shifted = if ahead < 0 { ours().checked_sub(by) } else { ours().checked_add(by) };
        shifted.unwrap_or_else(ours)
    }

    /// Learns from a refusal. Whether another attempt has a time that this one had not.
    pub(super) fn learn(&self, code: &str, response: &HttpResponse) -> bool {
        if !SUSPECT.contains(&code) {
            return false;
        }
        let date = response.headers().get("date").and_then(|text| DateTime::from_str(text, Format::HttpDate).ok());
        let Some(theirs) = date.map(|date| date.secs()) else { return false };
        let ahead = theirs.saturating_sub(DateTime::from(ours()).secs());
        let known = self.0.swap(ahead, Ordering::Relaxed);
        known.abs_diff(ahead) > AGREEMENT
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a request is signed with the time at which it is sent, as the SDK does it"
)]
fn ours() -> SystemTime {
    SystemTime::now()
}
