//! The demonstration's authorization server: the very one that an installation runs, on the embedded store, with an
//! account for each person of the demonstration and a signing key of its own.
//!
//! The accounts' password is known to everybody, so this is for loopback, as everything in here.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use super::demo::{Demonstration, Member, PAT_PREFIX};
use super::store::TABLE;
use crate::access::tenant::{TenantStatus, UserKind};
use crate::api::Api;
use crate::oauth::account::{AccountName, PasswordHash, SALT_LENGTH, UnusablePassword};
use crate::oauth::issuer::Issuer;
use crate::oauth::key_ring::{KeySecret, OwnKey, PrivateHalf};
use crate::oauth::limit::Limits;
use crate::oauth::refresh_token::RefreshTokenFormat;
use crate::oauth::server::{AuthServer, NoRandomness, Surroundings};
use crate::oauth::settings::{ClientDocuments, Lifetimes, OAuthSettings, PageSettings, Registration};
use crate::oauth::sign_in::SignIn;
use crate::oauth::signing::{SECRET_LENGTH, SigningError, SigningKey};
use crate::pages::look::{Look, UnusableLook};
use crate::store::StoreFault;
use crate::store::oauth::OAuthStore;
use crate::store::oauth::accounts::Membership;
use crate::token::pat::PatFormat;
use crate::token::text::{MacKey, Prefix, TextConfigError};

/// The password of every account of the demonstration.
pub const PASSWORD: &str = "demonstration";

/// What the pages call the demonstration.
const PRODUCT: &str = "Demonstration CRM";

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
    /// What its pages look like.
    #[error(transparent)]
    Look(#[from] UnusableLook),
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
    /// The API.
    pub api: &'a Api,
    /// Who may register a client.
    pub registration: Registration,
    /// The embedded store.
    pub client: Client,
    /// How long the gateway keeps an answer, in seconds.
    pub delay: u64,
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
        let pats = PatFormat::new(Prefix::parse(PAT_PREFIX)?, MacKey::new(self.mac_key.as_bytes())?, None);
        let settings = OAuthSettings {
            default_scopes: self.api.reading_scopes().map(str::to_owned).collect(),
            refresh_tokens: RefreshTokenFormat::new(&Prefix::parse(PAT_PREFIX)?, key, None),
            issuer: self.issuer,
            resource: self.resource,
            registration: self.registration,
            documents: ClientDocuments::Fetched,
            sign_in: SignIn::Accounts,
            lifetimes: Lifetimes::default(),
            limits: Limits::default(),
            prefix: PAT_PREFIX.to_owned(),
            pages: PageSettings {
                look: Look::new(PRODUCT, None, None)?,
                delay: self.delay,
                roles_url: None,
                pats: Some(pats),
            },
        };
        Ok(AuthServer::new(settings, self.api.clone(), store, self.surroundings))
    }

    async fn first_key(&self, store: &OAuthStore) -> Result<(), AuthError> {
        if !store.signing_keys(&self.issuer).await?.is_empty() {
            return Ok(());
        }
        let mut secret = [0; SECRET_LENGTH];
        self.surroundings.fill(&mut secret)?;
        let record = SigningKey::from_secret(&secret)?.record(self.surroundings.now());
        let key = OwnKey { record, private: PrivateHalf::Table(KeySecret::new(secret)) };
        Ok(store.put_signing_key(&self.issuer, &key).await?)
    }

    /// Makes the accounts that are not there yet; a password that was changed since stays.
    async fn accounts(&self, store: &OAuthStore, demonstration: &Demonstration) -> Result<(), AuthError> {
        for Account { name, member, .. } in accounts(demonstration) {
            if store.password(&name).await?.is_some() {
                continue;
            }
            let mut salt = [0; SALT_LENGTH];
            self.surroundings.fill(&mut salt)?;
            let membership = Membership { tenant: member.tenant.clone(), user: member.user.id.clone() };
            store.put_membership(&name.identity(), &membership).await?;
            store.put_account(&name, &PasswordHash::of(PASSWORD, salt)?).await?;
        }
        Ok(())
    }
}

/// An account of the demonstration.
#[derive(Clone, Debug)]
pub struct Account<'a> {
    /// What its person types: `acme-sales@example.com`.
    pub name: AccountName,
    /// Who that is.
    pub member: &'a Member,
    /// Whether the tenant's requests are served.
    pub tenant_status: TenantStatus,
}

/// The accounts of the demonstration: one for each person in it. A service signs nowhere in.
pub fn accounts(demonstration: &Demonstration) -> impl Iterator<Item = Account<'_>> {
    demonstration.users.iter().filter(|member| member.user.kind == UserKind::Person).filter_map(|member| {
        let tenant = demonstration.tenants.iter().find(|tenant| tenant.id == member.tenant)?;
        let name = AccountName::parse(&format!("{}@example.com", member.name))?;
        Some(Account { name, member, tenant_status: tenant.status })
    })
}
