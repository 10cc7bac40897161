//! Clients, and how one proves that it is who it says it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::access::identity::ClientId;
use crate::timestamp::Timestamp;

use super::error::{ClientProblem, Problem};
use super::metadata::{AuthenticationMethod, ClientMetadata, GrantType};
use super::parameters::{Parameters, decoded};
use super::secret::{Secret, SecretDigest};

/// A client that used less than this part of its registration's life is not renewed again: one write in a while.
const RENEWED_AFTER: u64 = 10;

/// A registered client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Chosen by this server.
    pub id: ClientId,
    /// What it says of itself.
    pub metadata: ClientMetadata,
    /// The digest of its secret; none for a public client.
    pub secret: Option<SecretDigest>,
    /// The digest of the token that its registration is managed with (RFC 7592); a public client has none, since
    /// others may be the same client.
    #[serde(default)]
    pub management: Option<SecretDigest>,
    /// Who vouches for it.
    pub origin: Origin,
    /// When it registered.
    pub registered: Timestamp,
    /// When an unused registration ends; none for one that the operator made.
    pub expires: Option<Timestamp>,
}

/// Who vouches for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nobody: it registered itself.
    SelfRegistered,
    /// Nobody but the document that its id leads to.
    Document {
        /// Until when the document need not be asked again.
        fresh_until: Timestamp,
    },
    /// The operator made it.
    Operator {
        /// It is the operator's own app.
        first_party: bool,
        /// It may ask about tokens at `/introspect`.
        may_introspect: bool,
    },
}

impl Client {
    /// What people read: its own word for itself, else its id.
    pub fn shown(&self) -> &str {
        self.metadata.client_name.as_deref().unwrap_or(self.id.as_str())
    }

    /// Whether anybody can claim to be it.
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == AuthenticationMethod::None
    }

    /// Whether it is registered for a grant type.
    pub fn may_use(&self, grant_type: GrantType) -> bool {
        self.metadata.grant_types.contains(&grant_type)
    }

    /// Whether it may ask about tokens.
    pub fn may_introspect(&self) -> bool {
        matches!(self.origin, Origin::Operator { may_introspect: true, .. })
    }

    /// Until when a registration that is used now should stand, if that is worth a write; `life` is how long one stands
    /// that nobody uses.
    pub fn renewed(&self, life: u64, now: Timestamp) -> Option<Timestamp> {
        let until = now.plus(life);
        self.expires.filter(|expires| until.since(*expires) > life / RENEWED_AFTER).map(|_| until)
    }

    /// The client, if its registration has not run out.
    ///
    /// # Errors
    /// [`ClientProblem::Expired`], whether or not the store has removed it yet.
    pub fn current(self, now: Timestamp) -> Result<Self, ClientProblem> {
        match self.expires {
            Some(at) if now >= at => Err(ClientProblem::Expired),
            Some(_) | None => Ok(self),
        }
    }
}

/// What a request says of its client, in whichever way. Nothing of it is proven.
#[derive(Debug, PartialEq, Eq)]
pub struct PresentedClient {
    id: ClientId,
    method: AuthenticationMethod,
    /// Of the secret, or of no text at all: made before any record is looked for, so that it costs everybody the same.
    secret: SecretDigest,
}

/// A client that has proven itself as far as its registration asks for it.
#[derive(Debug, PartialEq, Eq)]
pub struct AuthenticatedClient(Client);

impl PresentedClient {
    /// Reads the `Authorization` header and the form.
    ///
    /// # Errors
    /// [`Problem::Malformed`] for two methods at once (RFC 6749 §2.3); [`Problem::Client`] where no client is named or
    /// the header cannot be read.
    pub fn of_request(authorization: Option<&str>, form: &Parameters) -> Result<Self, Problem> {
        let named = form.one("client_id")?;
        let posted = form.one("client_secret")?;
        let Some(header) = authorization else {
            let id = named.ok_or(ClientProblem::Unnamed)?;
            let id = ClientId::parse(id).map_err(|_| ClientProblem::Unknown)?;
            let method = posted.map_or(AuthenticationMethod::None, |_| AuthenticationMethod::Post);
            return Ok(Self { id, method, secret: digest(posted) });
        };
        if posted.is_some() {
            return Err(Problem::Malformed("the client authenticates in two ways at once"));
        }
        let (id, secret) = basic(header).ok_or(ClientProblem::Header)?;
        if named.is_some_and(|named| named != id) {
            return Err(Problem::Malformed("the form names another client than the header"));
        }
        let id = ClientId::parse(&id).map_err(|_| ClientProblem::Unknown)?;
        Ok(Self { id, method: AuthenticationMethod::Basic, secret: digest(Some(&secret)) })
    }

    /// The client that is named.
    pub fn id(&self) -> &ClientId {
        &self.id
    }

    /// Holds what was presented against the record, if there is one.
    ///
    /// One digest is compared, in constant time, whether there is a client with a secret or not, so that an unknown one
    /// takes as long to refuse.
    ///
    /// # Errors
    /// [`ClientProblem`]; the caller learns the same of each.
    pub fn authenticate(self, client: Option<Client>, now: Timestamp) -> Result<AuthenticatedClient, ClientProblem> {
        let registered = client.as_ref().and_then(|client| client.secret).unwrap_or(SecretDigest::NOBODYS);
        let same = registered == self.secret;
        let client = client.ok_or(ClientProblem::Unknown)?.current(now)?;
        if client.metadata.token_endpoint_auth_method != self.method {
            return Err(ClientProblem::Method);
        }
        if !client.is_public() && !same {
            return Err(ClientProblem::Secret);
        }
        Ok(AuthenticatedClient(client))
    }
}

impl std::ops::Deref for AuthenticatedClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
    }
}

/// The digest of a presented secret. One that no secret of this server looks like is as good as none.
fn digest(presented: Option<&str>) -> SecretDigest {
    SecretDigest::of(presented.filter(|text| Secret::presented(text).is_some()).unwrap_or_default())
}

/// `Basic` with the id and the secret form-encoded before they were joined (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = STANDARD.decode(rest.trim_matches(' ')).ok()?;
    let mut sides = joined.splitn(2, |byte| *byte == b':');
    Some((decoded(sides.next()?)?, decoded(sides.next()?)?))
}
