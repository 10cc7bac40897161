//! `CLIENT#<id>`: what registered, and until when.

use super::{Commit, OAuthStore, document, document_item, record_key, time};
use crate::access::identity::ClientId;
use crate::oauth::client::Client;
use crate::store::StoreFault;
use crate::store::read::fault;
use crate::store::record::{Attributes, Item};
use crate::timestamp::Timestamp;

const SORT_KEY: &str = "CLIENT";

impl OAuthStore {
    /// The client of that id, expired or not.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, StoreFault> {
        self.item(&partition(id), SORT_KEY).await?.map(|item| read(&item)).transpose()
    }

    /// Writes a client, over one of the same id: only identical public ones have the same.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn put_client(&self, client: &Client) -> Result<(), StoreFault> {
        self.put(write(client)?).await
    }

    /// Lets a registration end later, because it was used.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn renew_client(&self, client: &Client, expires: Timestamp) -> Result<(), StoreFault> {
        let renewed = Client { expires: Some(expires), ..client.clone() };
        let put = self.client.put_item().table_name(&self.table).set_item(Some(write(&renewed)?));
        // Not one that was removed meanwhile, and never to an earlier end.
        let put = put.condition_expression("attribute_exists(pk) AND #expires < :expires");
        let put = put.expression_attribute_names("#expires", "expires");
        match put.expression_attribute_values(":expires", time(expires)).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Ok(())
            }
            Err(error) => Err(fault(error)),
        }
    }

    /// Removes a client; its grants find no client any more.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn remove_client(&self, id: &ClientId) -> Result<Commit, StoreFault> {
        let delete =
            self.client.delete_item().table_name(&self.table).set_key(Some(record_key(&partition(id), SORT_KEY)));
        match delete.condition_expression("attribute_exists(pk)").send().await {
            Ok(_) => Ok(Commit::Done),
            Err(error) if error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Ok(Commit::Conflict)
            }
            Err(error) => Err(fault(error)),
        }
    }
}

fn partition(id: &ClientId) -> String {
    format!("CLIENT#{id}")
}

fn write(client: &Client) -> Result<Item, StoreFault> {
    let mut item = document_item(&partition(&client.id), SORT_KEY, client, client.expires)?;
    if let Some(expires) = client.expires {
        item.insert("expires".to_owned(), time(expires));
    }
    Ok(item)
}

fn read(item: &Item) -> Result<Client, StoreFault> {
    let client: Client = document(SORT_KEY, item)?;
    Ok(Client { expires: Attributes::of(SORT_KEY, item).optional_time("expires")?, ..client })
}
