//! The demonstration's authorization server: the very one that an installation runs, on the embedded store, with an
//! account for each person of the demonstration and a signing key of its own.
//!
//! The accounts' password is known to everybody, so this is for loopback, as everything in here.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use super::demo::{Demonstration, PAT_PREFIX};
use super::store::TABLE;
use crate::access::catalogue::Catalogue;
use crate::access::tenant::UserKind;
use crate::oauth::account::{AccountName, PasswordHash, UnusablePassword};
use crate::oauth::issuer::Issuer;
use crate::oauth::limit::Limits;
use crate::oauth::refresh_token::RefreshTokenFormat;
use crate::oauth::server::{AuthServer, NoRandomness, Surroundings};
use crate::oauth::settings::{Lifetimes, OAuthSettings, Registration};
use crate::oauth::signer::{KeySecret, TableKey};
use crate::oauth::signing::{SECRET_LENGTH, SigningError, SigningKey};
use crate::store::StoreFault;
use crate::store::oauth::OAuthStore;
use crate::store::oauth::accounts::Membership;
use crate::token::text::{MacKey, Prefix, TextConfigError};

/// The password of every account of the demonstration.
pub const PASSWORD: &str = "demonstration";

/// An authorization server that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The key of the refresh tokens.
    #[error(transparent)]
    Key(#[from] TextConfigError),
    /// The signing key.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// An account's password.
    #[error(transparent)]
    Password(#[from] UnusablePassword),
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// What a local authorization server is made of.
pub struct LocalAuth<'a> {
    /// Whom it speaks for: its own address.
    pub issuer: Issuer,
    /// The API that its tokens are for, as the authorizer's `OAUTH_AUDIENCE`.
    pub resource: String,
    /// The key of its refresh tokens, as `PAT_MAC_KEY`.
    pub mac_key: &'a str,
    /// The API's scopes.
    pub catalogue: Catalogue,
    /// The embedded store.
    pub client: Client,
    /// The clock and the randomness.
    pub surroundings: Arc<dyn Surroundings>,
}

impl LocalAuth<'_> {
    /// Writes what is missing, the first key and the accounts, and makes the server.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn open(self, demonstration: &Demonstration) -> Result<AuthServer, AuthError> {
        let store = OAuthStore::new(self.client.clone(), TABLE.to_owned());
        self.first_key(&store).await?;
        self.accounts(&store, demonstration).await?;
        let key = MacKey::new(self.mac_key.as_bytes())?;
        let read = |name: &&str| name.ends_with("read");
        let settings = OAuthSettings {
            default_scopes: self.catalogue.names(self.catalogue.scopes()).filter(read).map(str::to_owned).collect(),
            refresh_tokens: RefreshTokenFormat::new(&Prefix::parse(PAT_PREFIX)?, key, None),
            issuer: self.issuer,
            resource: self.resource,
            registration: Registration::Open,
            lifetimes: Lifetimes::default(),
            limits: Limits::default(),
            prefix: PAT_PREFIX.to_owned(),
        };
        Ok(AuthServer::new(settings, self.catalogue, store, self.surroundings))
    }

    async fn first_key(&self, store: &OAuthStore) -> Result<(), AuthError> {
        if !store.signing_keys(&self.issuer).await?.is_empty() {
            return Ok(());
        }
        let mut secret = [0; SECRET_LENGTH];
        self.surroundings.fill(&mut secret)?;
        let record = SigningKey::from_secret(&secret)?.record(self.surroundings.now());
        Ok(store.put_signing_key(&self.issuer, &TableKey { record, secret: KeySecret::new(secret) }).await?)
    }

    async fn accounts(&self, store: &OAuthStore, demonstration: &Demonstration) -> Result<(), AuthError> {
        for member in demonstration.users.iter().filter(|member| member.user.kind == UserKind::Person) {
            let Some(name) = account_name(member.name) else { continue };
            let mut salt = [0; 16];
            self.surroundings.fill(&mut salt)?;
            store.put_account(&name, &PasswordHash::of(PASSWORD, salt)?).await?;
            let membership = Membership { tenant: member.tenant.clone(), user: member.user.id.clone() };
            store.put_membership(&name.identity(), &membership).await?;
        }
        Ok(())
    }
}

/// The account of a person of the demonstration: `acme-sales@example.com`.
pub fn account_name(member: &str) -> Option<AccountName> {
    AccountName::parse(&format!("{member}@example.com"))
}
