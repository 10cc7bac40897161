//! `LIMIT#<what>#<whose>`: how often something was tried in a window of time.

use aws_sdk_dynamodb::types::ReturnValue;

use super::{OAuthStore, TTL, record_key, time};
use crate::oauth::limit::Limit;
use crate::oauth::secret::SecretDigest;
use crate::store::StoreFault;
use crate::store::read::fault;
use crate::store::record::{Attributes, number};
use crate::timestamp::Timestamp;

impl OAuthStore {
    /// Counts one more attempt and says how many there were in this window, this one included. Whose it is is hashed:
    /// a name or an address has no business in the table.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn count(&self, limit: &Limit, whose: &str, now: Timestamp) -> Result<u64, StoreFault> {
        let partition = format!("LIMIT#{}#{}", limit.name, SecretDigest::of(whose).to_hex());
        let window = limit.window(now);
        let update = self.client.update_item().table_name(&self.table);
        let update = update.set_key(Some(record_key(&partition, &window.to_string())));
        let update =
            update.update_expression("ADD attempts :one SET #ttl = :ttl").expression_attribute_names("#ttl", TTL);
        let update = update.expression_attribute_values(":one", number(1));
        let update = update.expression_attribute_values(":ttl", time(window.plus(limit.seconds)));
        let answer = update.return_values(ReturnValue::UpdatedNew).send().await.map_err(fault)?;
        let attributes = answer.attributes.unwrap_or_default();
        Ok(Attributes::of("LIMIT", &attributes).optional_number("attempts")?.unwrap_or_default())
    }
}
