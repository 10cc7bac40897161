//! `KEY#<issuer>`: the keys that tokens are signed with. The public half is what the authorizer reads; what a local key
//! is made of stands beside it, in an attribute that nobody else reads.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{OAuthStore, record_key};
use crate::oauth::issuer::Issuer;
use crate::oauth::signer::{KeySecret, TableKey};
use crate::store::record::{Item, read_key, write_key};
use crate::store::{StoreFault, key};

/// The attribute that holds what a local key is made of.
const SECRET: &str = "secret";

impl OAuthStore {
    /// The keys of an issuer that were made here.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn signing_keys(&self, issuer: &Issuer) -> Result<Vec<TableKey>, StoreFault> {
        let items = self.under(&key::key_partition(issuer.as_str()), key::KEY_PREFIX).await?;
        items.iter().filter(|item| item.contains_key(SECRET)).map(read).collect()
    }

    /// Writes a key.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn put_signing_key(&self, issuer: &Issuer, signing: &TableKey) -> Result<(), StoreFault> {
        let partition = key::key_partition(issuer.as_str());
        let mut item = record_key(&partition, &key::public_key(&signing.record.key_id));
        item.extend(write_key(&signing.record));
        item.insert(SECRET.to_owned(), AttributeValue::B(Blob::new(signing.secret.expose().to_vec())));
        self.put(item).await
    }
}

fn read(item: &Item) -> Result<TableKey, StoreFault> {
    let secret = item.get(SECRET).and_then(|value| value.as_b().ok());
    let secret = secret.and_then(|blob| <[u8; 32]>::try_from(blob.as_ref()).ok());
    let broken = || StoreFault::BrokenRecord { record: "KEY".to_owned(), what: "`secret` is not 32 bytes".to_owned() };
    Ok(TableKey { record: read_key(item)?, secret: KeySecret::new(secret.ok_or_else(broken)?) })
}
