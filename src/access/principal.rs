//! Who acts: a credential, held against the records that one read brought.

use crate::timestamp::Timestamp;
use crate::token::credential::{AccessToken, Credential, CredentialRecord, GrantRecord, PatRecord, TokenKind};
use crate::token::pat::PresentedPat;
use crate::token::refusal::Refusal;

use super::catalogue::Catalogue;
use super::effective::Rights;
use super::permission::PermissionSet;
use super::requirement::{Requirement, Verdict};
use super::tenant::{Tenant, TenantStatus, User, UserStatus};

/// All that a decision reads: the credential's record, the user, the tenant. Absent is not broken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// The record behind the token: a personal access token's own, or the grant of an access token.
    pub credential: Option<CredentialRecord>,
    /// The user that the token acts for.
    pub user: Option<User>,
    /// The tenant that the token acts in.
    pub tenant: Option<Tenant>,
}

/// Records that contradict the credential that they were found by: the store is at fault, not the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {record} record found by the token is not the token's: {what}")]
pub struct RecordMismatch {
    /// Which of the records.
    pub record: &'static str,
    /// What about it is another's.
    pub what: &'static str,
}

/// Why no principal could be established.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotEstablished {
    /// The caller is not good: 401.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The records are not good: 500.
    #[error(transparent)]
    Mismatch(#[from] RecordMismatch),
}

/// A tenant, a user and a token that are all good at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The tenant, active or suspended.
    pub tenant: Tenant,
    /// The user, who is active.
    pub user: User,
    /// What is known of the token.
    pub token: Token,
    /// What the user may do, whatever the token says.
    pub rights: Rights,
}

/// The token that a principal holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which security scheme it satisfies.
    pub kind: TokenKind,
    /// `pat_…` or the access token's `jti`.
    pub id: String,
    /// The OAuth client; none for a personal access token.
    pub client_id: Option<String>,
    /// All that the token's scopes cover.
    pub scopes: PermissionSet,
    /// When a personal access token was last used, as far as the record says.
    pub last_used: Option<Timestamp>,
}

impl Principal {
    /// Holds a proven credential against what was read.
    ///
    /// # Errors
    /// [`NotEstablished::Refused`] when the token, its user or its tenant is not good at `now`;
    /// [`NotEstablished::Mismatch`] when a record contradicts the key that it was found by.
    pub fn establish(
        credential: &Credential,
        records: Records,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<Self, NotEstablished> {
        let tenant = records.tenant.ok_or(Refusal::TenantUnknown)?;
        let token = match (credential, records.credential) {
            (Credential::Pat(pat), Some(CredentialRecord::Pat(record))) => token_of_pat(pat, record, catalogue, now)?,
            (Credential::AccessToken(token), Some(CredentialRecord::Grant(grant))) => {
                token_of_grant(token, &grant, catalogue)?
            }
            (Credential::AccessToken(token), None) if token.grant.is_none() => token_alone(token, catalogue),
            (_, None) => return Err(Refusal::Unknown.into()),
            (_, Some(_)) => return Err(mismatch("credential", "it is of another kind").into()),
        };
        let user = records.user.ok_or(Refusal::UserUnknown)?;
        if &tenant.id != credential.tenant() {
            return Err(mismatch("tenant", "it has another id").into());
        }
        if &user.id != credential.user() {
            return Err(mismatch("user", "it has another id").into());
        }
        Ok(Self::acting(tenant, user, token, catalogue)?)
    }

    /// A user as if it acted with a good token of these scopes: for explanations, and never for a decision.
    ///
    /// # Errors
    /// [`Refusal::UserDisabled`].
    pub fn supposed(
        tenant: Tenant,
        user: User,
        kind: TokenKind,
        scopes: &[String],
        catalogue: &Catalogue,
    ) -> Result<Self, Refusal> {
        let scopes = asked_for(scopes, catalogue);
        let token = Token { kind, id: String::new(), client_id: None, scopes, last_used: None };
        Self::acting(tenant, user, token, catalogue)
    }

    fn acting(tenant: Tenant, user: User, token: Token, catalogue: &Catalogue) -> Result<Self, Refusal> {
        if user.status == UserStatus::Disabled {
            return Err(Refusal::UserDisabled);
        }
        let rights = Rights::of(&user, &tenant, catalogue);
        Ok(Self { tenant, user, token, rights })
    }

    /// The effective permission; nothing at all in a suspended tenant.
    pub fn effective(&self) -> PermissionSet {
        match self.tenant.status {
            TenantStatus::Active => self.rights.effective(self.token.scopes),
            TenantStatus::Suspended => PermissionSet::EMPTY,
        }
    }

    /// Judges one operation for this principal.
    pub fn verdict(&self, requirement: &Requirement) -> Verdict {
        match self.tenant.status {
            TenantStatus::Active => Verdict::of(requirement, self.token.scopes, &self.rights),
            TenantStatus::Suspended => Verdict::TenantSuspended,
        }
    }
}

fn token_of_pat(
    pat: &PresentedPat,
    record: PatRecord,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Token, NotEstablished> {
    if record.user != pat.user {
        return Err(mismatch("credential", "it names another user").into());
    }
    if let Some(at) = record.revoked {
        return Err(Refusal::Revoked { at }.into());
    }
    if now >= record.expires {
        return Err(Refusal::Expired { at: record.expires, now }.into());
    }
    Ok(Token {
        kind: TokenKind::Pat,
        scopes: asked_for(&record.scopes, catalogue),
        id: record.id,
        client_id: None,
        last_used: record.last_used,
    })
}

fn token_of_grant(token: &AccessToken, grant: &GrantRecord, catalogue: &Catalogue) -> Result<Token, NotEstablished> {
    if token.grant.as_ref() != Some(&grant.id) {
        return Err(mismatch("credential", "it has another id").into());
    }
    if let Some(what) = contradiction(token, grant) {
        // Our own server wrote both, so one of them is broken. Another issuer wrote the token alone: it has named a grant
        // that is not its token's, and with that it must not be able to raise an alarm here.
        return Err(if token.is_ours { mismatch("credential", what).into() } else { Refusal::Unknown.into() });
    }
    if let Some(at) = grant.revoked {
        return Err(Refusal::Revoked { at }.into());
    }
    let token = token_alone(token, catalogue);
    Ok(Token { scopes: token.scopes.intersection(asked_for(&grant.scopes, catalogue)), ..token })
}

fn contradiction(token: &AccessToken, grant: &GrantRecord) -> Option<&'static str> {
    if grant.user != token.user {
        Some("it names another user")
    } else if grant.client_id != token.client_id {
        Some("it names another client")
    } else {
        None
    }
}

fn token_alone(token: &AccessToken, catalogue: &Catalogue) -> Token {
    Token {
        kind: TokenKind::AccessToken,
        id: token.token_id.clone(),
        client_id: Some(token.client_id.to_string()),
        scopes: asked_for(&token.scopes, catalogue),
        last_used: None,
    }
}

/// What scopes can ask for: never tenant administration, whatever a record says.
fn asked_for(scopes: &[String], catalogue: &Catalogue) -> PermissionSet {
    catalogue.granted(scopes.iter().map(String::as_str)).intersection(catalogue.scopes())
}

fn mismatch(record: &'static str, what: &'static str) -> RecordMismatch {
    RecordMismatch { record, what }
}
