//! `edge table`: the table itself.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use edge_authorizer::store::admin::table::Recovery;
use serde_json::json;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::Output;

/// The table that everything lies in.
#[derive(Debug, Subcommand)]
pub(crate) enum Table {
    Create(Create),
}

/// Create the table as the template makes it, and wait until it is ready.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge table create --table edge-authorizer --region eu-central-1
  edge table create --table edge --endpoint-url http://127.0.0.1:8000 --region eu-central-1")]
pub(crate) struct Create {
    #[command(flatten)]
    connection: Connection,
}

impl Table {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        let Self::Create(create) = self;
        let opened = create.connection.open().await?;
        let recovery = opened.admin().create_table().await? == Recovery::PointInTime;
        let said =
            if recovery { "with point-in-time recovery" } else { "the endpoint offers no point-in-time recovery" };
        output.show(
            || format!("the table `{}` is ready; {said}", opened.table()),
            || json!({ "table": opened.table(), "point_in_time_recovery": recovery }),
        );
        Ok(ExitCode::SUCCESS)
    }
}
