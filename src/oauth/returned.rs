//! Tokens of this server that come back to it, and what they are worth now: judged by the rules of the authorizer
//! itself, so that the two never disagree.

use serde::Deserialize;

use crate::access::principal::{NotEstablished, Principal, Records};
use crate::store::StoreFault;
use crate::timestamp::Timestamp;
use crate::token::credential::{AccessToken, Credential, CredentialRecord};
use crate::token::issuer::Issuer as TokenIssuer;
use crate::token::issuers::{DEFAULT_LEEWAY, Issuers};
use crate::token::jwt::compact::Compact;
use crate::token::key_record::KeyRecord;
use crate::token::key_set::KeySet;

use super::server::{AuthServer, Failure};

/// An access token of this server that has not expired; none for any other text. Whether its grant still stands is
/// another question.
///
/// # Errors
/// [`Failure`] when the keys cannot be read.
pub(super) async fn access_token(
    server: &AuthServer,
    text: &str,
    now: Timestamp,
) -> Result<Option<AccessToken>, Failure> {
    let settings = &server.settings;
    let own = TokenIssuer::own(settings.issuer.to_string(), settings.resource.clone());
    let issuers = Issuers::new(vec![own], DEFAULT_LEEWAY).map_err(|_| Failure::Broken("the issuer is no issuer"))?;
    let Ok(compact) = Compact::parse(text) else { return Ok(None) };
    let Ok(candidate) = issuers.admit(compact, now) else { return Ok(None) };
    let records: Vec<KeyRecord> = server.keys.keys(now).await?.into_iter().map(|key| key.record).collect();
    let keys = KeySet::from_records(&records).map_err(|_| Failure::Broken("the keys cannot be used"))?;
    let Some(key) = keys.find(candidate.wanted(), now) else { return Ok(None) };
    Ok(candidate.prove(&key).ok())
}

/// When a token expires that [`access_token`] has proven.
pub(super) fn expires(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
    }
    let claims: Claims = serde_json::from_slice(Compact::parse(text).ok()?.payload()).ok()?;
    Some(claims.exp)
}

/// What the authorizer would make of the token now; none where it would refuse it.
///
/// # Errors
/// [`Failure`] when the records cannot be read or contradict each other.
pub(super) async fn principal(
    server: &AuthServer,
    token: AccessToken,
    now: Timestamp,
) -> Result<Option<Principal>, Failure> {
    let grant = match &token.grant {
        Some(grant) => server.store.grant(&token.tenant, grant).await?,
        None => None,
    };
    let member = server.store.member(&token.tenant, &token.user).await?;
    let (tenant, user) = member.unzip();
    let records = Records { credential: grant.map(CredentialRecord::Grant), user, tenant };
    match Principal::establish(&Credential::AccessToken(token), records, &server.api.catalogue, now) {
        Ok(principal) => Ok(Some(principal)),
        Err(NotEstablished::Refused(_)) => Ok(None),
        Err(NotEstablished::Mismatch(mismatch)) => {
            Err(StoreFault::BrokenRecord { record: mismatch.record.to_owned(), what: mismatch.what.to_owned() }.into())
        }
    }
}
