//! The settings of an installation, read once at start from named variables.
//!
//! A setting that cannot be used stops the program with the variable's name: a half-configured authorizer would
//! refuse everybody, or worse.

use std::collections::BTreeMap;

use crate::gateway::context::ContextNames;
use crate::token::issuer::Issuer;
use crate::token::issuer::config::{self, PlainHttp, is_name, is_origin};
use crate::token::issuers::{DEFAULT_LEEWAY, Issuers, IssuersError, MAX_LEEWAY};
use crate::token::pat::{MacKey, PatFormat, Prefix};

/// The value of `PAT_MAC_KEY_PREVIOUS` that says that there is none.
pub(crate) const NO_PREVIOUS_KEY: &str = "none";

/// What an installation decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The form and the keys of personal access tokens.
    pub pats: PatFormat,
    /// Whose access tokens are believed, and how far.
    pub issuers: Issuers,
    /// The permission that a WebSocket's `$connect` requires; without one, every connection is denied.
    pub websocket_permission: Option<String>,
    /// Whether HTTP APIs of payload format 2.0 get a simple answer. It holds for the one route that was asked for,
    /// and the gateway replays it for every route that shares its cache key: the TTL must be 0, or
    /// `$context.routeKey` among the identity sources.
    pub simple_answers: bool,
    /// Whether no answer is used for a second request, so that it may be for the one alone: for an API without an exact
    /// policy for every permission set. The TTL must be 0, or the route among the identity sources.
    pub answers_each_request: bool,
    /// What the backend calls the values of the context.
    pub context_names: ContextNames,
}

/// A variable that is missing or cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A variable that must be there is not.
    #[error("the variable `{variable}` is not set")]
    Missing {
        /// Its name.
        variable: &'static str,
    },
    /// A variable has a value that cannot be used.
    #[error("the variable `{variable}`: {problem}")]
    Invalid {
        /// Its name.
        variable: &'static str,
        /// What is wrong, and never the value where that is a secret.
        problem: String,
    },
}

impl Settings {
    /// Reads the settings; `variable` looks a name up, in the environment or elsewhere.
    ///
    /// # Errors
    /// [`SettingsError`] with the name of the variable and never its value where that is a secret.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let required = |name: &'static str| variable(name).ok_or(SettingsError::Missing { variable: name });
        let prefix = Prefix::parse(&variable("PAT_PREFIX").unwrap_or_else(|| "crm".to_owned()));
        let prefix = prefix.map_err(invalid("PAT_PREFIX"))?;
        let current = MacKey::new(required("PAT_MAC_KEY")?.as_bytes()).map_err(invalid("PAT_MAC_KEY"))?;
        let previous = variable("PAT_MAC_KEY_PREVIOUS")
            .filter(|key| key != NO_PREVIOUS_KEY)
            .map(|key| MacKey::new(key.as_bytes()).map_err(invalid("PAT_MAC_KEY_PREVIOUS")))
            .transpose()?;
        Ok(Self {
            pats: PatFormat::new(prefix, current, previous),
            issuers: issuers(&variable)?,
            websocket_permission: variable("WEBSOCKET_PERMISSION").filter(|name| !name.is_empty()),
            simple_answers: flag("HTTP_SIMPLE_ANSWERS", variable("HTTP_SIMPLE_ANSWERS"))?,
            answers_each_request: flag("ANSWER_EACH_REQUEST", variable("ANSWER_EACH_REQUEST"))?,
            context_names: context_names(variable("CONTEXT_NAMES"))?,
        })
    }
}

fn flag(name: &'static str, value: Option<String>) -> Result<bool, SettingsError> {
    match value.as_deref() {
        None | Some("" | "false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => {
            Err(SettingsError::Invalid { variable: name, problem: format!("`{other}` is neither `true` nor `false`") })
        }
    }
}

fn context_names(value: Option<String>) -> Result<ContextNames, SettingsError> {
    let invalid = |problem: String| SettingsError::Invalid { variable: "CONTEXT_NAMES", problem };
    let Some(json) = value.filter(|json| !json.is_empty()) else { return Ok(ContextNames::default()) };
    let renamed: BTreeMap<String, String> = serde_json::from_str(&json).map_err(|error| invalid(error.to_string()))?;
    ContextNames::renamed(renamed).map_err(|error| invalid(error.to_string()))
}

/// This product's own issuer, if there is one, and all others.
fn issuers(variable: &impl Fn(&str) -> Option<String>) -> Result<Issuers, SettingsError> {
    let given = |name: &'static str| variable(name).filter(|text| !text.is_empty());
    let mut issuers = Vec::new();
    if let Some(name) = given("OAUTH_ISSUER") {
        let audience = given("OAUTH_AUDIENCE").ok_or(SettingsError::Missing { variable: "OAUTH_AUDIENCE" })?;
        issuers.push(own_issuer(name, audience)?);
    }
    let http = match given("TOKEN_ISSUERS_HTTP").as_deref() {
        None => PlainHttp::Refused,
        Some("loopback") => PlainHttp::Loopback,
        Some(_) => return Err(invalid("TOKEN_ISSUERS_HTTP")("only `loopback` is possible")),
    };
    if let Some(text) = given("TOKEN_ISSUERS") {
        issuers.extend(config::parse(&text, http).map_err(invalid("TOKEN_ISSUERS"))?);
    }
    let leeway = match given("TOKEN_LEEWAY_SECONDS") {
        None => DEFAULT_LEEWAY,
        Some(text) => {
            let seconds = text.parse().ok().filter(|seconds| *seconds <= MAX_LEEWAY);
            seconds.ok_or_else(|| invalid("TOKEN_LEEWAY_SECONDS")(format!("a whole number up to {MAX_LEEWAY}")))?
        }
    };
    Issuers::new(issuers, leeway).map_err(invalid::<IssuersError>("TOKEN_ISSUERS"))
}

/// An issuer is an origin: tokens, metadata and the addresses of its endpoints all say the same text.
fn own_issuer(name: String, audience: String) -> Result<Issuer, SettingsError> {
    if !is_origin(&name) {
        let problem = "an `https` origin without a path, a query or a slash at its end, as `https://auth.example.com`";
        return Err(invalid("OAUTH_ISSUER")(problem));
    }
    if !is_name(&audience) {
        return Err(invalid("OAUTH_AUDIENCE")("printable ASCII, usually the API's URL"));
    }
    Ok(Issuer::own(name, audience))
}

/// What is wrong with a variable.
pub(crate) fn invalid<E: ToString>(variable: &'static str) -> impl Fn(E) -> SettingsError {
    move |error| SettingsError::Invalid { variable, problem: error.to_string() }
}
