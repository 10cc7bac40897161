//! The settings of an installation, read once at start from named variables.
//!
//! A setting that cannot be used stops the program with the variable's name: a half-configured authorizer would
//! refuse everybody, or worse.

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
            websocket_permission: variable("WEBSOCKET_PERMISSION"),
        })
    }
}

fn invalid(variable: &'static str) -> impl Fn(PatConfigError) -> SettingsError {
    move |error| SettingsError::Invalid { variable, problem: error.to_string() }
}
