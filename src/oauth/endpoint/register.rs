//! `POST /register`: dynamic client registration (RFC 7591).
//!
//! Public metadata that is identical is one client, whose id is its digest: registering it again grows nothing. A
//! client with a secret is never merged with another, and alone gets a token to manage its registration with.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::told;
use crate::access::identity::ClientId;
use crate::oauth::client::{Client, Origin};
use crate::oauth::error::Problem;
use crate::oauth::http::Incoming;
use crate::oauth::issuer::Issuer;
use crate::oauth::metadata::{AuthenticationMethod, ClientMetadata};
use crate::oauth::secret::{Secret, SecretDigest};
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::settings::Registration;
use crate::store::oauth::Commit;
use crate::timestamp::Timestamp;

/// The whole of an installation, where everybody is counted together.
const EVERYBODY: &str = "";

/// What a client is told about itself (RFC 7591 §3.2.1, RFC 7592 §3).
#[derive(Serialize)]
pub(super) struct Registered {
    client_id: ClientId,
    client_id_issued_at: Timestamp,
    /// Told once; only its digest is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// 0: the secret ends with the registration, which use renews.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_client_uri: Option<String>,
    #[serde(flatten)]
    metadata: ClientMetadata,
}

impl Registered {
    /// What a client is told that holds this management token.
    pub(super) fn of(client: Client, management: Option<&Secret>, issuer: &Issuer) -> Self {
        Self {
            registration_client_uri: management.map(|_| issuer.at(&format!("/register/{}", client.id))),
            registration_access_token: management.map(|token| token.expose().to_owned()),
            client_id: client.id,
            client_id_issued_at: client.registered,
            client_secret: None,
            client_secret_expires_at: None,
            metadata: client.metadata,
        }
    }
}

pub(in crate::oauth) async fn post(State(server): State<Arc<AuthServer>>, request: Request) -> Response {
    told("register", StatusCode::CREATED, register(&server, request).await)
}

async fn register(server: &AuthServer, request: Request) -> Result<Registered, Failure> {
    let incoming = Incoming::read(request).await?;
    allowed(&server.settings.registration, &incoming)?;
    let metadata = ClientMetadata::from_json(incoming.json()?)?;
    limited(server, &incoming).await?;
    if metadata.token_endpoint_auth_method == AuthenticationMethod::None
        && let Some(known) = known(server, &id(&metadata, None)?).await?
    {
        tracing::info!(endpoint = "register", outcome = "known", client = known.id.as_str(), "oauth");
        return Ok(Registered::of(known, None, &server.settings.issuer));
    }
    // What is there already does not count here: others cannot use up what it needs.
    server.limit(&server.settings.limits.register, EVERYBODY).await?;
    let now = server.now();
    let (secret, management) = match metadata.token_endpoint_auth_method {
        AuthenticationMethod::None => (None, None),
        AuthenticationMethod::Basic | AuthenticationMethod::Post => {
            (Some(server.secret("secret")?), Some(server.secret("registration")?))
        }
    };
    let client = Client {
        id: id(&metadata, secret.as_ref())?,
        metadata,
        secret: secret.as_ref().map(Secret::digest),
        management: management.as_ref().map(Secret::digest),
        origin: Origin::SelfRegistered,
        registered: now,
        expires: Some(now.plus(server.settings.lifetimes.registration)),
    };
    if server.store.register_client(&client, now).await? != Commit::Done {
        // Somebody registered the same at the same moment.
        let theirs = if client.secret.is_none() { known(server, &client.id).await? } else { None };
        return theirs.map(|it| Registered::of(it, None, &server.settings.issuer)).ok_or(Failure::Contention);
    }
    tracing::info!(endpoint = "register", outcome = "registered", client = client.id.as_str(), "oauth");
    Ok(Registered {
        client_secret_expires_at: secret.as_ref().map(|_| 0),
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        ..Registered::of(client, management.as_ref(), &server.settings.issuer)
    })
}

/// The registration of that id, if it stands; to register the same again is to use it.
async fn known(server: &AuthServer, id: &ClientId) -> Result<Option<Client>, Failure> {
    let now = server.now();
    let Some(client) = server.store.client(id).await?.and_then(|client| client.current(now).ok()) else {
        return Ok(None);
    };
    // Where it cannot be written down now that it is used, the next use does it.
    if let Some(until) = client.renewed(server.settings.lifetimes.registration, now) {
        server.store.renew_client(&client, until, now).await?;
    }
    Ok(Some(client))
}

/// Counts what reads or writes a registration, by address.
pub(super) async fn limited(server: &AuthServer, incoming: &Incoming) -> Result<(), Failure> {
    server.limit(&server.settings.limits.register_by_address, &incoming.address).await
}

fn allowed(registration: &Registration, incoming: &Incoming) -> Result<(), Problem> {
    match registration {
        Registration::Open => Ok(()),
        Registration::Off => Err(Problem::RegistrationClosed),
        Registration::Token(digest) => {
            let is_it = SecretDigest::of(incoming.bearer()?) == *digest;
            if is_it { Ok(()) } else { Err(Problem::RegistrationToken) }
        }
    }
}

/// A public client's id says what it registered; a confidential one's is as random as its secret. Neither can start
/// like a URL, so neither passes for a client's own document.
fn id(metadata: &ClientMetadata, secret: Option<&Secret>) -> Result<ClientId, Failure> {
    let digest = secret.map_or_else(|| metadata.digest(), |secret| SecretDigest::of(&secret.digest().to_hex()));
    let short: String = digest.to_hex().chars().take(32).collect();
    ClientId::parse(&format!("app_{short}")).map_err(|_| Failure::Broken("a client id cannot be made"))
}
