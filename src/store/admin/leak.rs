//! A token that was found in public: it is known by its text alone, and ends at once.

use super::audit::Action;
use super::change::{Change, Place, Revision, Step, settle};
use super::{Admin, AdminError, Stamp};
use crate::store::key;
use crate::store::read::fault;
use crate::store::record::{read_pat, text, write_pat};
use crate::token::credential::PatRecord;
use crate::token::pat::PresentedPat;

/// The attribute that says where a token was found.
const FOUND_AT: &str = "found_at";

impl Admin {
    /// Revokes the token, if it is still good, and tells its owner in the audit log where it was found. `last_used` is
    /// left alone: who reports a token does not use it. None, where there was nothing to revoke.
    ///
    /// # Errors
    /// What the store says.
    pub async fn revoke_leaked(
        &self,
        pat: &PresentedPat,
        place: &str,
        stamp: &Stamp,
    ) -> Result<Option<PatRecord>, AdminError> {
        settle(|| self.try_to_revoke(pat, place, stamp)).await
    }

    async fn try_to_revoke(
        &self,
        pat: &PresentedPat,
        place: &str,
        stamp: &Stamp,
    ) -> Result<Option<PatRecord>, AdminError> {
        let sort_key = key::pat(pat.digest);
        let read = self.client.get_item().table_name(&self.table).consistent_read(true);
        let read = read.key(key::PK, text(&key::tenant_partition(&pat.tenant))).key(key::SK, text(&sort_key));
        let Some(before) = read.send().await.map_err(fault)?.item else { return Ok(None) };
        let was = read_pat(&before)?;
        if was.revoked.is_some() || stamp.now() >= was.expires {
            return Ok(None);
        }
        let becomes = PatRecord { revoked: Some(stamp.now()), ..was.clone() };
        let mut after = write_pat(&becomes);
        after.insert(FOUND_AT.to_owned(), text(place));
        let record = Revision::amend(sort_key, before, &write_pat(&was), &after);
        let step = Step { action: Action::PatLeak, subject: was.id, record };
        self.commit(Change { place: Place::Tenant(&pat.tenant), steps: vec![step], guards: Vec::new() }, stamp).await?;
        Ok(Some(becomes))
    }
}
