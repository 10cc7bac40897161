//! The keys that this product's own issuer signs with, as operators put and end them. What becomes of the others when
//! one comes or goes is decided in [`key_ring`].

use super::audit::Action;
use super::change::{Change, Place, Revision, Step, settle};
use super::{Admin, AdminError, Stamp};
use crate::oauth::issuer::Issuer;
use crate::oauth::key_ring::{self, OwnKey, PrivateHalf};
use crate::oauth::public_half::PublicHalf;
use crate::store::key;
use crate::store::oauth::OAuthStore;
use crate::store::oauth::keys::write_own_key;
use crate::store::record::{Item, number};

/// A key that is to be put.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What is published of it.
    pub public: PublicHalf,
    /// Where the rest is.
    pub private: PrivateHalf,
    /// How long it is published before it signs, in seconds.
    pub ahead: u64,
}

impl Admin {
    /// The keys of an issuer that were made here.
    ///
    /// # Errors
    /// [`AdminError::Store`].
    pub async fn signing_keys(&self, issuer: &Issuer) -> Result<Vec<OwnKey>, AdminError> {
        Ok(OAuthStore::new(self.client.clone(), self.table.clone()).signing_keys(issuer).await?)
    }

    /// Publishes a key in the place of those that sign now; they stay until their last token has expired.
    ///
    /// # Errors
    /// [`AdminError::KeyExists`].
    pub async fn rotate_key(&self, issuer: &Issuer, new: &NewKey, stamp: &Stamp) -> Result<OwnKey, AdminError> {
        settle(async || {
            let keys = self.signing_keys(issuer).await?;
            let begins = key_ring::begins(&keys, stamp.now(), new.ahead);
            let own = OwnKey { record: new.public.record(begins), private: new.private.clone() };
            let key_id = &own.record.key_id;
            if keys.iter().any(|key| key.record.key_id == *key_id) {
                return Err(AdminError::KeyExists { key: key_id.clone() });
            }
            let record = Revision::create(key::public_key(key_id), written(&own, stamp));
            let mut steps = vec![Step { action: Action::KeyCreate, subject: key_id.clone(), record }];
            let superseded = key_ring::superseded(&keys, begins, stamp.now());
            steps.extend(superseded.iter().map(|key| changed(Action::KeySupersede, &keys, key, stamp)));
            self.commit(Change { place: Place::Keys(issuer.as_str()), steps, guards: Vec::new() }, stamp).await?;
            Ok(own)
        })
        .await
    }

    /// Ends a key at once, with every token under it.
    ///
    /// # Errors
    /// [`AdminError::Key`].
    pub async fn retire_key(&self, issuer: &Issuer, key_id: &str, stamp: &Stamp) -> Result<OwnKey, AdminError> {
        settle(async || {
            let keys = self.signing_keys(issuer).await?;
            let retired = key_ring::retired(&keys, key_id, stamp.now())?;
            let steps = vec![changed(Action::KeyRetire, &keys, &retired, stamp)];
            self.commit(Change { place: Place::Keys(issuer.as_str()), steps, guards: Vec::new() }, stamp).await?;
            Ok(retired)
        })
        .await
    }
}

fn changed(action: Action, keys: &[OwnKey], after: &OwnKey, stamp: &Stamp) -> Step {
    let key_id = &after.record.key_id;
    let before = keys.iter().find(|key| key.record.key_id == *key_id).map(|key| written(key, stamp));
    let (was, becomes) = (before.unwrap_or_default(), written(after, stamp));
    let record = Revision::amend(key::public_key(key_id), was.clone(), &was, &becomes);
    Step { action, subject: key_id.clone(), record }
}

/// A key's attributes, with the time after which its record may go.
fn written(key: &OwnKey, stamp: &Stamp) -> Item {
    let mut item = write_own_key(key);
    if let Some(forgotten) = key.forgotten(stamp.now()) {
        item.insert(key::TTL.to_owned(), number(forgotten.seconds()));
    }
    item
}
