//! An authorization request, read in two steps: first whom it is from and where answers go, then what it asks.
//!
//! What fails in the first step is told to the person in front of the browser and to nobody else. What fails in the
//! second goes to the redirect URI, which by then is known to be the client's (RFC 6749 §4.1.2.1).

use serde::{Deserialize, Serialize};
use url::form_urlencoded::byte_serialize;

use crate::access::catalogue::Catalogue;
use crate::access::identity::ClientId;

use super::client::Client;
use super::error::{ClientProblem, Problem};
use super::parameters::Parameters;
use super::pkce::CodeChallenge;
use super::redirect_uri::RedirectTarget;
use super::scope::Scopes;

/// Long enough for every app in the field that keeps its state in there.
const MAX_STATE_LENGTH: usize = 4096;

/// The same as it stands in `Location`, where a quote is three bytes: with the longest redirect URI and the rest of an
/// answer it stays below the 10,240 bytes of headers that API Gateway lets a function answer with.
const MAX_ENCODED_STATE_LENGTH: usize = 6144;

/// The client that a request names, nothing else of it being looked at.
///
/// # Errors
/// [`Problem`]; it must be shown here and never be redirected.
pub fn named_client(parameters: &Parameters) -> Result<ClientId, Problem> {
    ClientId::parse(parameters.required("client_id")?).map_err(|_| ClientProblem::Unknown.into())
}

/// Where the answers to a request go.
///
/// # Errors
/// [`Problem`]; it must be shown here and never be redirected.
pub fn named_target(parameters: &Parameters, client: &Client) -> Result<RedirectTarget, Problem> {
    client.metadata.target(parameters.one("redirect_uri")?).ok_or(Problem::Invalid("redirect_uri"))
}

/// The `state` that answers carry back; none where the request has none, or none that may be repeated.
pub fn repeatable_state(parameters: &Parameters) -> Option<String> {
    state(parameters).ok().flatten()
}

fn state(parameters: &Parameters) -> Result<Option<String>, Problem> {
    // RFC 6749 appendix A.5: 1*VSCHAR.
    let plain = |state: &str| {
        state.len() <= MAX_STATE_LENGTH
            && state.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            && byte_serialize(state.as_bytes()).map(str::len).sum::<usize>() <= MAX_ENCODED_STATE_LENGTH
    };
    match parameters.one("state")? {
        Some(state) if !plain(state) => Err(Problem::Invalid("state")),
        state => Ok(state.map(str::to_owned)),
    }
}

/// Whether pages may be shown, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Whatever is needed. Consent is always asked for.
    AsNeeded,
    /// Sign-in too, even with a session.
    SignIn,
    /// None at all.
    Never,
}

/// What a client asks for, all of it acceptable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The client.
    pub client: ClientId,
    /// Where the answer goes.
    pub target: RedirectTarget,
    /// What the client wants back with the answer.
    pub state: Option<String>,
    /// What the code will be bound to.
    pub challenge: CodeChallenge,
    /// What is asked for, defaults applied.
    pub scopes: Scopes,
    /// The API that the tokens are for.
    pub resource: String,
    /// Whether pages may be shown.
    pub prompt: Prompt,
}

/// What a request may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The scopes that there are.
    pub catalogue: &'a Catalogue,
    /// What a request without scopes means, where the client has no default of its own.
    pub default_scopes: &'a [String],
    /// The one API that tokens are issued for.
    pub resource: &'a str,
}

impl AuthorizationRequest {
    /// Reads what a request asks for.
    ///
    /// # Errors
    /// [`Problem`], which goes to the redirect URI.
    pub fn parse(
        parameters: &Parameters,
        client: &Client,
        target: RedirectTarget,
        offer: &Offer<'_>,
    ) -> Result<Self, Problem> {
        let state = state(parameters)?;
        if parameters.one("request")?.is_some() {
            return Err(Problem::RequestObject);
        }
        if parameters.one("request_uri")?.is_some() {
            return Err(Problem::RequestUri);
        }
        if parameters.required("response_type")? != "code" {
            return Err(Problem::ResponseType);
        }
        if parameters.one("response_mode")?.is_some_and(|mode| mode != "query") {
            return Err(Problem::Invalid("response_mode"));
        }
        let challenge = CodeChallenge::of_request(parameters)?;
        let defaults = client.metadata.default_scopes();
        Ok(Self {
            client: client.id.clone(),
            target,
            state,
            challenge,
            scopes: Scopes::requested(
                parameters.one("scope")?,
                [defaults.as_slice(), offer.default_scopes],
                offer.catalogue,
            )?,
            resource: resource(parameters, offer.resource)?,
            prompt: prompt(parameters)?,
        })
    }
}

/// The API that is asked for (RFC 8707 §2): the only one, whether it is named or not.
///
/// # Errors
/// [`Problem::Target`] for any other, and for two.
pub fn resource(parameters: &Parameters, only: &str) -> Result<String, Problem> {
    let mut named = parameters.all("resource").filter(|resource| !resource.is_empty());
    match (named.next(), named.next()) {
        (None, _) => Ok(only.to_owned()),
        (Some(resource), None) if resource == only => Ok(only.to_owned()),
        (Some(_), _) => Err(Problem::Target),
    }
}

/// OpenID Connect Core §3.1.2.1, as far as it means anything here. What it asks beyond that is passed over: consent
/// is asked for in any case.
fn prompt(parameters: &Parameters) -> Result<Prompt, Problem> {
    let words: Vec<&str> = parameters.one("prompt")?.unwrap_or_default().split(' ').collect();
    match words.as_slice() {
        ["none"] => Ok(Prompt::Never),
        words if words.contains(&"none") => Err(Problem::Invalid("prompt")),
        words if words.contains(&"login") || words.contains(&"select_account") => Ok(Prompt::SignIn),
        _ => Ok(Prompt::AsNeeded),
    }
}
