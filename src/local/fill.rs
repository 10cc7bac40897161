//! Brings the demonstration into a store. What is there already stays as it is.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;

use super::demo::Demonstration;
use super::issuer::ISSUER;
use super::store::TABLE;
use crate::causes;
use crate::store::admin::{Admin, AdminError};
use crate::store::key;
use crate::store::record::{Item, text, write_grant, write_key, write_pat, write_tenant, write_user};

/// The store did not take the demonstration.
#[derive(Debug, thiserror::Error)]
#[error("the demonstration data cannot be written: {0}")]
pub struct FillError(String);

/// Makes the table if it is not there, and writes every record of the demonstration that is not there.
///
/// # Errors
/// [`FillError`] with the store's own words.
pub async fn fill(client: &Client, demonstration: &Demonstration) -> Result<(), FillError> {
    create_table(client).await?;
    for tenant in &demonstration.tenants {
        put(client, key::tenant_partition(&tenant.id), key::TENANT.to_owned(), write_tenant(tenant)).await?;
    }
    for member in &demonstration.users {
        put(client, key::tenant_partition(&member.tenant), key::user(&member.user.id), write_user(&member.user))
            .await?;
    }
    for token in &demonstration.tokens {
        let partition = key::tenant_partition(&token.tenant);
        put(client, partition.clone(), key::pat(token.issued.digest()), write_pat(&token.record)).await?;
        put(client, partition, key::grant(&token.grant.id), write_grant(&token.grant)).await?;
    }
    let public_key = &demonstration.key;
    put(client, key::key_partition(ISSUER), key::public_key(&public_key.key_id), write_key(public_key)).await?;
    Ok(())
}

async fn create_table(client: &Client) -> Result<(), FillError> {
    match Admin::new(client.clone(), TABLE.to_owned()).create_table().await {
        Ok(_) | Err(AdminError::TableExists { .. }) => Ok(()),
        Err(error) => Err(FillError(error.to_string())),
    }
}

async fn put(client: &Client, partition: String, sort_key: String, mut item: Item) -> Result<(), FillError> {
    item.insert(key::PK.to_owned(), text(&partition));
    item.insert(key::SK.to_owned(), text(&sort_key));
    let put = client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await;
    done_or(put, "ConditionalCheckFailedException")
}

/// Nothing to do is as good as done.
fn done_or<T, E>(result: Result<T, E>, already: &str) -> Result<(), FillError>
where
    E: ProvideErrorMetadata + std::error::Error,
{
    match result {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(already) => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: impl std::error::Error) -> FillError {
    FillError(causes::told(&error))
}
