//! The demonstration data: a tenant that has everything, one that lacks a feature, one that is suspended, their
//! users, and tokens with different scopes.
//!
//! All of it follows from a [`Seed`]. A running `edge serve` draws its seed at random, so its tokens are good on that
//! machine only. The sample events and the tests use [`Seed::public`], which everybody knows: an installation that
//! used its key would believe everybody, and so the key says in clear text what it is.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::issuer::{AUDIENCE, ISSUER, LocalIssuer};
use crate::access::catalogue::Catalogue;
use crate::access::identity::{ClientId, GrantId, InvalidId, TenantId, UserId};
use crate::access::tenant::{Features, Tenant, TenantStatus, User, UserKind, UserStatus};
use crate::oauth::access_token::DEFAULT_LIFETIME;
use crate::oauth::signing::SigningError;
use crate::settings::{Settings, SettingsError};
use crate::timestamp::Timestamp;
use crate::token::credential::{GrantRecord, PatRecord};
use crate::token::key_record::KeyRecord;
use crate::token::pat::{IssuedPat, SECRET_LENGTH};

/// The prefix of the demonstration's personal access tokens.
pub const PAT_PREFIX: &str = "crm";

/// The tenant that has every feature.
pub const ACME: &str = "biz_6fa1c0d3e85b472990ab31cd";
/// The tenant that has not bought the feature `sales`.
pub const GLOBEX: &str = "biz_0d9be27741f6430ca8d25e13";
/// The tenant that is suspended.
pub const INITECH: &str = "biz_b3380e55c9a14f0d87e26a94";

const DAY: u64 = 24 * 60 * 60;

/// What everything secret in the demonstration follows from.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(Vec<u8>);

impl Seed {
    /// The seed of a local installation: 32 fresh bytes of a cryptographically secure generator.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec())
    }

    /// The seed that everybody knows, for samples and tests.
    pub fn public() -> Self {
        Self(b"public demonstration seed, never a secret".to_vec())
    }

    /// The key of the tokens' own check, as `PAT_MAC_KEY` holds it.
    pub fn mac_key(&self) -> String {
        if *self == Self::public() {
            return "public-demonstration-key-never-a-secret".to_owned();
        }
        self.derive("mac key").iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The random part of a token.
    fn secret(&self, token: &str) -> [u8; SECRET_LENGTH] {
        let derived = self.derive(&format!("token {token}"));
        let mut secret = [0; SECRET_LENGTH];
        for (to, from) in secret.iter_mut().zip(derived) {
            *to = from;
        }
        secret
    }

    fn derive(&self, purpose: &str) -> [u8; 32] {
        // HMAC takes a key of any length, so there is nothing that could fail.
        Hmac::<Sha256>::new_from_slice(&self.0)
            .map(|mac| mac.chain_update(purpose).finalize().into_bytes().into())
            .unwrap_or_default()
    }
}

/// A seed is as good as all tokens that follow from it.
impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seed").finish_non_exhaustive()
    }
}

/// A demonstration that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// An id of the demonstration is not one.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// The settings that follow from the seed are not valid.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The seed yields no signing key, or a token cannot be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// Everything that the demonstration consists of.
#[derive(Debug)]
pub struct Demonstration {
    /// The settings of an authorizer that believes its tokens.
    pub settings: Settings,
    /// The tenants.
    pub tenants: Vec<Tenant>,
    /// The users, each with the tenant that it is in.
    pub users: Vec<Member>,
    /// The tokens.
    pub tokens: Vec<DemoToken>,
    /// The public key of its access tokens.
    pub key: KeyRecord,
    issuer: LocalIssuer,
}

/// A user in a tenant.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name by which the demonstration calls the user, `acme-sales`.
    pub name: &'static str,
    /// The tenant.
    pub tenant: TenantId,
    /// The user.
    pub user: User,
}

/// A personal access token of the demonstration, and the grant of an access token that is worth the same.
#[derive(Debug)]
pub struct DemoToken {
    /// The name by which the demonstration calls it.
    pub name: &'static str,
    /// The tenant that it is for.
    pub tenant: TenantId,
    /// The token's text.
    pub issued: IssuedPat,
    /// What is stored of it.
    pub record: PatRecord,
    /// What the same user granted to a client: the same scopes.
    pub grant: GrantRecord,
}

impl Demonstration {
    /// The demonstration that follows from a seed. Tokens are made at `now` and good for 90 days.
    ///
    /// # Errors
    /// [`DemoError`], which would be a mistake in this file.
    pub fn new(seed: &Seed, catalogue: &Catalogue, now: Timestamp) -> Result<Self, DemoError> {
        Self::valid_until(seed, catalogue, now, now.plus(90 * DAY))
    }

    /// The demonstration that everybody knows, for samples and tests: made on 1 June 2026, good until 2100.
    ///
    /// # Errors
    /// [`DemoError`], which would be a mistake in this file.
    pub fn public(catalogue: &Catalogue) -> Result<Self, DemoError> {
        let (created, expires) = (Timestamp::from_seconds(1_780_272_000), Timestamp::from_seconds(4_102_444_800));
        Self::valid_until(&Seed::public(), catalogue, created, expires)
    }

    fn valid_until(
        seed: &Seed,
        catalogue: &Catalogue,
        created: Timestamp,
        expires: Timestamp,
    ) -> Result<Self, DemoError> {
        let settings = settings(seed)?;
        let users = users()?;
        let mut tokens = Vec::new();
        for spec in TOKENS {
            let Some(member) = users.iter().find(|member| member.name == spec.user) else { continue };
            tokens.push(spec.make(member, seed, &settings, created, expires)?);
        }
        let issuer = LocalIssuer::new(&seed.derive("signing key"))?;
        let key = issuer.key_record(before(created, 90 * DAY));
        Ok(Self { settings, tenants: tenants(catalogue)?, users, tokens, key, issuer })
    }

    /// The token of that name.
    pub fn token(&self, name: &str) -> Option<&DemoToken> {
        self.tokens.iter().find(|token| token.name == name)
    }

    /// An access token that is worth what this token is worth at `now`: nothing, if the token is good no more.
    ///
    /// # Errors
    /// [`DemoError::Signing`].
    pub fn access_token(&self, token: &DemoToken, now: Timestamp) -> Result<String, DemoError> {
        let issued = if token.record.expires <= now { before(token.record.expires, DEFAULT_LIFETIME) } else { now };
        let token_id = format!("at_demo_{}", token.name.replace('-', "_"));
        Ok(self.issuer.token(&token.tenant, &token.grant, token_id, issued)?)
    }
}

/// The settings that an authorizer of the demonstration runs with, as its environment would hold them.
pub fn variables(seed: &Seed) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("PAT_PREFIX", PAT_PREFIX.to_owned()),
        ("PAT_MAC_KEY", seed.mac_key()),
        ("OAUTH_ISSUER", ISSUER.to_owned()),
        ("OAUTH_AUDIENCE", AUDIENCE.to_owned()),
        ("WEBSOCKET_PERMISSION", "activity.read".to_owned()),
    ])
}

fn settings(seed: &Seed) -> Result<Settings, SettingsError> {
    let variables = variables(seed);
    Settings::read(|name| variables.get(name).cloned())
}

fn tenants(catalogue: &Catalogue) -> Result<Vec<Tenant>, InvalidId> {
    let tenant = |id: &str, status, features: Features| {
        Ok(Tenant {
            id: TenantId::parse(id)?,
            status,
            features,
            roles: roles(catalogue),
            usage_key: None,
            max_token_seconds: None,
        })
    };
    Ok(vec![
        tenant(ACME, TenantStatus::Active, Features::All)?,
        tenant(GLOBEX, TenantStatus::Active, Features::Named(vec!["crm".to_owned()]))?,
        tenant(INITECH, TenantStatus::Suspended, Features::All)?,
    ])
}

/// The roles of every demonstration tenant; a real one's are its own.
pub fn roles(catalogue: &Catalogue) -> BTreeMap<String, Vec<String>> {
    let names = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let every = catalogue.names(catalogue.every()).map(str::to_owned).collect();
    BTreeMap::from([
        ("admin".to_owned(), every),
        (
            "sales".to_owned(),
            names(
                "contact.read contact.write company.read company.write deal.all task.all note.read note.write \
                 activity.read activity.write member.read",
            ),
        ),
        ("viewer".to_owned(), names("contact.read company.read deal.read task.read note.read activity.read")),
        ("sync".to_owned(), names("contact.all company.read company.write deal.read")),
    ])
}

fn users() -> Result<Vec<Member>, InvalidId> {
    let member = |name, tenant: &str, id: &str, role: &str, added: &[&str], removed: &[&str]| {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Ok(Member {
            name,
            tenant: TenantId::parse(tenant)?,
            user: User {
                id: UserId::parse(id)?,
                kind: UserKind::Person,
                status: UserStatus::Active,
                roles: vec![role.to_owned()],
                added: names(added),
                removed: names(removed),
            },
        })
    };
    let mut service = member("acme-service", ACME, "usr_c4d7a9031e5f42b68d0c7f25", "sync", &[], &[])?;
    service.user.kind = UserKind::Service;
    let mut former = member("acme-former", ACME, "usr_ee07b5c12d9a4386bf41d860", "sales", &[], &[])?;
    former.user.status = UserStatus::Disabled;
    Ok(vec![
        member("acme-admin", ACME, "usr_1a4e7c90d2b54f3881c6e0a7", "admin", &[], &[])?,
        // What a role grants is not the last word: this one may delete notes beside it, and may not delete tasks.
        member("acme-sales", ACME, "usr_58c2f6b14d0e47a99e3b7d12", "sales", &["note.delete"], &["task.delete"])?,
        member("acme-viewer", ACME, "usr_9b60d3e7f1284c5aa7d4c839", "viewer", &[], &[])?,
        service,
        former,
        member("globex-admin", GLOBEX, "usr_27f3d8a05b6c4e1194f0b2e6", "admin", &[], &[])?,
        member("initech-admin", INITECH, "usr_d15a40c8e79b43f2b6087e3f", "admin", &[], &[])?,
    ])
}

const EVERYTHING: &str = "contact.all company.all deal.all task.all note.all activity.all";

/// What a token of the demonstration is like.
struct TokenSpec {
    name: &'static str,
    user: &'static str,
    scopes: &'static str,
    ended: Option<Ended>,
}

/// Why a token of the demonstration is good no more.
enum Ended {
    Expired,
    Revoked,
}

const TOKENS: [TokenSpec; 11] = [
    TokenSpec { name: "admin-everything", user: "acme-admin", scopes: EVERYTHING, ended: None },
    TokenSpec { name: "admin-contacts", user: "acme-admin", scopes: "contact.read contact.write", ended: None },
    TokenSpec { name: "sales-everything", user: "acme-sales", scopes: EVERYTHING, ended: None },
    TokenSpec {
        name: "sales-contacts",
        user: "acme-sales",
        scopes: "contact.read contact.write contact.delete",
        ended: None,
    },
    TokenSpec { name: "viewer-everything", user: "acme-viewer", scopes: EVERYTHING, ended: None },
    TokenSpec {
        name: "service-sync",
        user: "acme-service",
        scopes: "contact.all deal.read company.write",
        ended: None,
    },
    TokenSpec { name: "globex-everything", user: "globex-admin", scopes: EVERYTHING, ended: None },
    TokenSpec { name: "suspended-tenant", user: "initech-admin", scopes: EVERYTHING, ended: None },
    TokenSpec { name: "disabled-user", user: "acme-former", scopes: EVERYTHING, ended: None },
    TokenSpec { name: "expired", user: "acme-admin", scopes: EVERYTHING, ended: Some(Ended::Expired) },
    TokenSpec { name: "revoked", user: "acme-admin", scopes: EVERYTHING, ended: Some(Ended::Revoked) },
];

impl TokenSpec {
    fn make(
        &self,
        member: &Member,
        seed: &Seed,
        settings: &Settings,
        created: Timestamp,
        expires: Timestamp,
    ) -> Result<DemoToken, InvalidId> {
        let (created, expires, revoked) = match self.ended {
            None => (created, expires, None),
            Some(Ended::Expired) => (before(created, 90 * DAY), before(created, DAY), None),
            Some(Ended::Revoked) => (before(created, DAY), expires, Some(created)),
        };
        let scopes: Vec<String> = self.scopes.split_whitespace().map(str::to_owned).collect();
        Ok(DemoToken {
            name: self.name,
            tenant: member.tenant.clone(),
            issued: settings.pats.issue(&member.tenant, &member.user.id, seed.secret(self.name)),
            record: PatRecord {
                id: format!("pat_demo_{}", self.name.replace('-', "_")),
                name: format!("demonstration: {}", self.name),
                user: member.user.id.clone(),
                scopes: scopes.clone(),
                created,
                expires,
                revoked,
                last_used: None,
                successor: None,
            },
            grant: GrantRecord {
                id: GrantId::parse(&format!("grant_demo_{}", self.name.replace('-', "_")))?,
                user: member.user.id.clone(),
                client_id: ClientId::parse("client_demo")?,
                scopes,
                revoked,
            },
        })
    }
}

fn before(at: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_seconds(at.seconds().saturating_sub(seconds))
}
