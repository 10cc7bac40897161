//! `KEY#<issuer>`: the keys that tokens are signed with. The public half is what the authorizer reads; where the private
//! half is, or for a local key what it is made of, stands beside it in an attribute that nobody else reads.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{OAuthStore, record_key};
use crate::oauth::issuer::Issuer;
use crate::oauth::key_ring::{KeySecret, OwnKey, PrivateHalf};
use crate::store::record::{Attributes, Item, read_key, text, write_key};
use crate::store::{StoreFault, key};

/// The attribute that names the key in KMS.
pub(crate) const KMS: &str = "kms_key";

impl OAuthStore {
    /// The keys of an issuer that were made here: not those that an operator put there for others to be believed.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn signing_keys(&self, issuer: &Issuer) -> Result<Vec<OwnKey>, StoreFault> {
        let items = self.under(&key::key_partition(issuer.as_str()), key::KEY_PREFIX).await?;
        let own = |item: &&Item| item.contains_key(key::SECRET) || item.contains_key(KMS);
        items.iter().filter(own).map(read_own_key).collect()
    }

    /// Writes a key.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn put_signing_key(&self, issuer: &Issuer, signing: &OwnKey) -> Result<(), StoreFault> {
        let partition = key::key_partition(issuer.as_str());
        let mut item = record_key(&partition, &key::public_key(&signing.record.key_id));
        item.extend(write_own_key(signing));
        self.put(item).await
    }
}

/// The attributes of a key's record, its key aside.
pub(crate) fn write_own_key(own: &OwnKey) -> Item {
    let mut item = write_key(&own.record);
    match &own.private {
        PrivateHalf::Table(secret) => {
            item.insert(key::SECRET.to_owned(), AttributeValue::B(Blob::new(secret.expose().to_vec())))
        }
        PrivateHalf::Kms(arn) => item.insert(KMS.to_owned(), text(arn)),
    };
    item
}

/// Reads the record of a key that was made here.
pub(crate) fn read_own_key(item: &Item) -> Result<OwnKey, StoreFault> {
    let record = read_key(item)?;
    if let Some(arn) = Attributes::of("KEY", item).optional_text(KMS)? {
        return Ok(OwnKey { record, private: PrivateHalf::Kms(arn.to_owned()) });
    }
    let secret = item.get(key::SECRET).and_then(|value| value.as_b().ok());
    let secret = secret.and_then(|blob| <[u8; 32]>::try_from(blob.as_ref()).ok());
    let broken = || StoreFault::BrokenRecord { record: "KEY".to_owned(), what: "`secret` is not 32 bytes".to_owned() };
    Ok(OwnKey { record, private: PrivateHalf::Table(KeySecret::new(secret.ok_or_else(broken)?)) })
}
