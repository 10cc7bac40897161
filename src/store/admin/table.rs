//! The table, as the template makes it: two string keys, on demand, and a time to live.

use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification, ScalarAttributeType,
    TableStatus, TimeToLiveSpecification,
};

use super::{Admin, AdminError};
use crate::store::{StoreFault, key};

/// How long to wait for a new table, in looks and in the pause between them.
const LOOKS: u32 = 120;
const PAUSE: Duration = Duration::from_millis(500);

/// Whether the table can be brought back to any second of the last weeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Point-in-time recovery is on.
    PointInTime,
    /// The endpoint does not offer it, as local stores do not.
    Unsupported,
}

impl Admin {
    /// Creates the table and waits until it is ready.
    ///
    /// # Errors
    /// [`AdminError::TableExists`], [`AdminError::TableNotReady`], or what the store says.
    pub async fn create_table(&self) -> Result<Recovery, AdminError> {
        let created = self
            .client
            .create_table()
            .table_name(&self.table)
            .set_attribute_definitions(Some(vec![string(key::PK)?, string(key::SK)?]))
            .set_key_schema(Some(vec![element(key::PK, KeyType::Hash)?, element(key::SK, KeyType::Range)?]))
            .billing_mode(BillingMode::PayPerRequest)
            .deletion_protection_enabled(true)
            .send()
            .await;
        created.map_err(|error| match error.code() {
            Some("ResourceInUseException") => AdminError::TableExists { table: self.table.clone() },
            _ => self.failed(error),
        })?;
        self.wait_until_active().await?;
        self.enable_time_to_live().await?;
        self.enable_recovery().await
    }

    async fn wait_until_active(&self) -> Result<(), AdminError> {
        for _ in 0..LOOKS {
            let described = self.client.describe_table().table_name(&self.table).send().await;
            let status = described.map_err(|error| self.failed(error))?.table.and_then(|table| table.table_status);
            if status == Some(TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        let seconds = PAUSE.saturating_mul(LOOKS).as_secs();
        Err(AdminError::TableNotReady { table: self.table.clone(), seconds })
    }

    async fn enable_time_to_live(&self) -> Result<(), AdminError> {
        let specification = TimeToLiveSpecification::builder().enabled(true).attribute_name(key::TTL).build();
        let request = self.client.update_time_to_live().table_name(&self.table);
        let sent = request.time_to_live_specification(specification.map_err(unbuildable)?).send().await;
        sent.map(|_| ()).map_err(|error| self.failed(error))
    }

    async fn enable_recovery(&self) -> Result<Recovery, AdminError> {
        let specification = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
        let request = self.client.update_continuous_backups().table_name(&self.table);
        let sent = request.point_in_time_recovery_specification(specification.map_err(unbuildable)?).send().await;
        match sent {
            Ok(_) => Ok(Recovery::PointInTime),
            Err(error) if error.code() == Some("UnknownOperationException") => Ok(Recovery::Unsupported),
            Err(error) => Err(self.failed(error)),
        }
    }
}

fn string(name: &str) -> Result<AttributeDefinition, AdminError> {
    let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
    definition.build().map_err(unbuildable)
}

fn element(name: &str, key_type: KeyType) -> Result<KeySchemaElement, AdminError> {
    KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().map_err(unbuildable)
}

fn unbuildable(error: aws_sdk_dynamodb::error::BuildError) -> AdminError {
    AdminError::Store(StoreFault::Refused(error.to_string()))
}
