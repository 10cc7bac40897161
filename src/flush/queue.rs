//! Asking for a flush: messages in a durable queue, one for now and one for later, so that neither a crash nor a busy API loses it.
//!
//! Messages that come together cause one flush. They say nothing: whose token it was is nobody's business there.

use serde_json::json;

use super::call::{Call, Caller};
use super::{AUTHORIZER_TIMEOUT, CacheFlush, FlushFailed, Flushing};

/// Beyond the authorizer's timeout, for the gateway to keep the last answer that is too old, in seconds.
const MARGIN: u64 = 1;

/// The queue of an installation.
#[derive(Clone, Debug)]
pub struct FlushQueue {
    caller: Caller,
    /// Its URL, `https://sqs.<region>.amazonaws.com/<account>/<name>`.
    url: String,
    /// Where the service is.
    endpoint: String,
}

impl FlushQueue {
    /// The queue at that URL; `endpoint` is another one than the URL's own, an emulator's.
    pub fn new(caller: Caller, url: String, endpoint: Option<String>) -> Self {
        let endpoint = endpoint.unwrap_or_else(|| origin(&url));
        Self { caller, url, endpoint }
    }

    /// Asks for a flush after which the authorizer may go by what was before for `late` seconds yet: then once more at
    /// their end.
    ///
    /// # Errors
    /// [`FlushFailed`].
    pub async fn flush_late(&self, late: u64) -> Result<(), FlushFailed> {
        // The last message first: if only one can be sent, it is the one that also ends what is under way.
        let again = AUTHORIZER_TIMEOUT.as_secs().saturating_add(MARGIN);
        let last = (late > 0).then(|| late.saturating_add(again));
        for delay in last.into_iter().chain([again, 0]) {
            self.send(delay).await.map_err(FlushFailed)?;
        }
        Ok(())
    }

    async fn send(&self, delay: u64) -> Result<(), String> {
        let message = json!({"QueueUrl": self.url, "MessageBody": "flush", "DelaySeconds": delay});
        self.caller
            .call(Call {
                service: "sqs",
                method: "POST",
                url: format!("{}/", self.endpoint),
                headers: &[("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.SendMessage")],
                body: message.to_string(),
            })
            .await
    }
}

impl CacheFlush for FlushQueue {
    fn flush(&self) -> Flushing<'_> {
        Box::pin(self.flush_late(0))
    }
}

/// Scheme and host of a URL.
fn origin(url: &str) -> String {
    let path = url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('/')?.0)));
    path.map_or_else(|| url.to_owned(), |(scheme, host)| format!("{scheme}://{host}"))
}
