//! `CODE#<sha256>`: authorization codes. Redeeming one claims it and makes its grant and its family, or nothing.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};

use super::{Commit, OAuthStore, document, document_item, record_key, time, unbuildable};
use crate::oauth::code::{CodeRecord, IssuedCode, Redeemed};
use crate::oauth::family::Family;
use crate::oauth::secret::SecretDigest;
use crate::store::StoreFault;
use crate::store::read::fault;
use crate::store::record::{Attributes, number};
use crate::store::stamp::Stamp;

const SORT_KEY: &str = "CODE";

impl OAuthStore {
    /// The code of that digest, as it is now.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn code(&self, digest: SecretDigest) -> Result<Option<CodeRecord>, StoreFault> {
        let Some(item) = self.item(&partition(digest), SORT_KEY).await? else { return Ok(None) };
        let attributes = Attributes::of(SORT_KEY, &item);
        Ok(Some(CodeRecord {
            issued: document(SORT_KEY, &item)?,
            attempts: attributes.optional_number("attempts")?.unwrap_or_default(),
            redeemed: attributes.optional_time("redeemed")?,
        }))
    }

    /// Counts a wrong verifier.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn count_attempt(&self, digest: SecretDigest) -> Result<(), StoreFault> {
        let update = self.client.update_item().table_name(&self.table);
        let update = update.set_key(Some(record_key(&partition(digest), SORT_KEY)));
        let update = update.update_expression("ADD attempts :one").expression_attribute_values(":one", number(1));
        let update = update.condition_expression("attribute_exists(pk)");
        match update.send().await {
            Ok(_) => Ok(()),
            // Removed since it was read: there is nothing left to guess at.
            Err(error) if error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Ok(())
            }
            Err(error) => Err(fault(error)),
        }
    }

    /// Claims a code and makes what it stands for, while its client is registered as it was and its user may act. The
    /// stamp says who let the client in, and when that takes effect; `access` is how long an access token lives, the last
    /// of which the grant's record outlives.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn claim(
        &self,
        digest: SecretDigest,
        redeemed: &Redeemed,
        family: Option<&Family>,
        access: u64,
        stamp: &Stamp,
    ) -> Result<Commit, StoreFault> {
        let now = stamp.now();
        let ends = family.map_or(now, |family| family.absolute_end).plus(access);
        let claim = Update::builder()
            .table_name(&self.table)
            .set_key(Some(record_key(&partition(digest), SORT_KEY)))
            .update_expression("SET redeemed = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(redeemed)")
            .expression_attribute_values(":now", time(now))
            .build()
            .map_err(unbuildable)?;
        let mut writes = vec![TransactWriteItem::builder().update(claim).build()];
        writes.push(self.stands(&redeemed.grant.client, redeemed.registered, now)?);
        writes.push(self.acts(&redeemed.grant.tenant, &redeemed.grant.user)?);
        writes.extend(self.new_grant(&redeemed.grant, ends, stamp)?);
        writes.push(self.new_note(&redeemed.grant, ends)?);
        if let Some(family) = family {
            writes.push(self.new_family(family)?);
        }
        self.commit(writes).await
    }

    /// A code that an answered request becomes.
    pub(super) fn new_code(&self, digest: SecretDigest, code: &IssuedCode) -> Result<TransactWriteItem, StoreFault> {
        self.new_item(document_item(&partition(digest), SORT_KEY, code, Some(code.expires))?)
    }
}

fn partition(digest: SecretDigest) -> String {
    format!("CODE#{}", digest.to_hex())
}
