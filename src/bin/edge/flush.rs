//! `edge flush`, and the flush that an operator's revocation asks for: sooner than the cache's TTL.

use std::process::ExitCode;

use clap::Args;
use edge_authorizer::flush::queue::FlushQueue;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::host;
use crate::output::Output;

/// Empty the gateways' caches, so that what was changed is at the door within seconds.
///
/// Every token of the stack's stages is decided anew. Changes that can wait are at the door within the cache's TTL.
#[derive(Debug, Args)]
pub(crate) struct FlushArgs {
    /// The stack's queue, its output FlushQueueUrl.
    #[arg(long, value_name = "URL", env = "FLUSH_QUEUE_URL")]
    queue: String,
    #[command(flatten)]
    connection: Connection,
}

/// Whether a revocation empties the gateways' caches.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sooner than the cache's TTL")]
pub(crate) struct Flush {
    /// Empty the gateways' caches, through the stack's queue at this URL (its output FlushQueueUrl).
    #[arg(long, value_name = "URL", env = "FLUSH_QUEUE_URL")]
    flush_queue: Option<String>,
}

impl FlushArgs {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        ask(&self.queue, &self.connection, 0).await?;
        let said = "the caches are emptied now, and once more after the authorizer's timeout";
        output.show(|| said.to_owned(), || serde_json::json!({ "flush": "asked for" }));
        Ok(ExitCode::SUCCESS)
    }
}

impl Flush {
    /// Asks for a flush once a revocation has been written, which stays written whatever becomes of the flush.
    /// For so many seconds the authorizer may go by what was before.
    pub(crate) async fn after_revocation(&self, connection: &Connection, late: u64) -> Result<(), Failure> {
        match &self.flush_queue {
            Some(queue) => ask(queue, connection, late).await,
            None => Ok(()),
        }
    }
}

async fn ask(queue: &str, connection: &Connection, late: u64) -> Result<(), Failure> {
    let caller = connection.caller().await?;
    let queue = FlushQueue::new(caller, queue.to_owned(), host::variable("AWS_ENDPOINT_URL"));
    queue.flush_late(late).await.map_err(|error| Failure::Fault(error.to_string()))
}
