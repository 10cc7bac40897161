//! The settings of an installation, read once at start from named variables.
//!
//! A setting that cannot be used stops the program with the variable's name: a half-configured authorizer would
//! refuse everybody, or worse.

use std::collections::BTreeMap;

use crate::gateway::context::ContextNames;
use crate::token::pat::{MacKey, PatConfigError, PatFormat, Prefix};

/// The value of `PAT_MAC_KEY_PREVIOUS` that says that there is none.
const NO_PREVIOUS_KEY: &str = "none";

/// What an installation decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The form and the keys of personal access tokens.
    pub pats: PatFormat,
    /// The permission that a WebSocket's `$connect` requires; without one, every connection is denied.
    pub websocket_permission: Option<String>,
    /// Whether HTTP APIs of payload format 2.0 get a simple answer. It holds for the one route that was asked for,
    /// and the gateway replays it for every route that shares its cache key: the TTL must be 0, or
    /// `$context.routeKey` among the identity sources.
    pub simple_answers: bool,
    /// What the backend calls the values of the context.
    pub context_names: ContextNames,
}

/// A variable that is missing or cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("the variable `{variable}` is not set")]
    Missing { variable: &'static str },
    #[error("the variable `{variable}`: {problem}")]
    Invalid { variable: &'static str, problem: String },
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
            websocket_permission: variable("WEBSOCKET_PERMISSION").filter(|name| !name.is_empty()),
            simple_answers: flag("HTTP_SIMPLE_ANSWERS", variable("HTTP_SIMPLE_ANSWERS"))?,
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

fn invalid(variable: &'static str) -> impl Fn(PatConfigError) -> SettingsError {
    move |error| SettingsError::Invalid { variable, problem: error.to_string() }
}
