//! What commands that read or change the table have in common: in which tenant, who makes the change, and where.

use clap::Args;
use edge_authorizer::access::identity::TenantId;
use edge_authorizer::store::admin::Stamp;

use crate::connection::{Connection, Opened};
use crate::failure::Failure;
use crate::flush::Flush;
use crate::host::Author;

/// Whose records are looked at, and where they are.
#[derive(Debug, Args)]
pub(crate) struct InTenant {
    /// The tenant.
    #[arg(long)]
    pub(crate) tenant: TenantId,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Who makes a change, and where.
#[derive(Debug, Args)]
pub(crate) struct Change {
    #[command(flatten)]
    author: Author,
    #[command(flatten)]
    connection: Connection,
}

/// Who makes a change that ends something, where, and whether it waits for the cache's TTL.
#[derive(Debug, Args)]
pub(crate) struct Ending {
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    flush: Flush,
}

impl Change {
    /// Finds the table.
    pub(crate) async fn open(&self) -> Result<Opened, Failure> {
        self.connection.open().await
    }

    /// The stamp of the change, made now.
    pub(crate) fn stamp(&self) -> Result<Stamp, Failure> {
        self.author.stamp()
    }
}

impl Ending {
    /// Finds the table.
    pub(crate) async fn open(&self) -> Result<Opened, Failure> {
        self.change.open().await
    }

    /// The stamp of the change, made now.
    pub(crate) fn stamp(&self) -> Result<Stamp, Failure> {
        self.change.stamp()
    }

    /// Asks for a flush once the change has been written, which stays written whatever becomes of the flush.
    pub(crate) async fn flush(&self) -> Result<(), Failure> {
        self.flush_late(0).await
    }

    /// The same where the authorizer may go by what was before for so many seconds yet.
    pub(crate) async fn flush_late(&self, seconds: u64) -> Result<(), Failure> {
        self.flush.after_revocation(&self.change.connection, seconds).await
    }
}
