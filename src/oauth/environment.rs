//! The settings of an authorization server, read once at start from named variables; `docs/oauth.md` lists them.
//!
//! Which key signs is none of them: it is in the table, so that a rotation needs no new deployment.

use super::issuer::Issuer;
use super::key_ring::LONGEST_ACCESS_TOKEN;
use super::limit::Limits;
use super::refresh_token::RefreshTokenFormat;
use super::settings::{ClientDocuments, Lifetimes, OAuthSettings, PageSettings, Registration};
use super::sign_in::SignIn;
use crate::api::Api;
use crate::pages::look::{Look, MAX_NAME, UnusableLook, support_address};
use crate::settings::{NO_PREVIOUS_KEY, SettingsError, invalid};
use crate::token::issuer::config::{PlainHttp, is_name};
use crate::token::pat::PatFormat;
use crate::token::text::{MacKey, Prefix};

const DAY: u64 = 24 * 3600;

/// The shortest life of an access token, in seconds: clients refresh before its end.
const SHORTEST_ACCESS_TOKEN: u64 = 60;

/// How long a gateway keeps an answer unless it is told, in seconds: `CacheSeconds` of the template.
const DEFAULT_DELAY: u64 = 60;

/// The longest that a gateway keeps one.
const MOST_DELAY: u64 = 3600;

/// The longest life of anything else, in days.
const MOST_DAYS: u64 = 3650;

impl OAuthSettings {
    /// Reads the settings; `variable` looks a name up, in the environment or elsewhere.
    ///
    /// # Errors
    /// [`SettingsError`] with the name of the variable and never its value where that is a secret.
    pub fn read(variable: impl Fn(&str) -> Option<String>, api: &Api) -> Result<Self, SettingsError> {
        let given = |name: &str| variable(name).filter(|text| !text.is_empty());
        let required = |name: &'static str| given(name).ok_or(SettingsError::Missing { variable: name });
        let resource = required("OAUTH_AUDIENCE")?;
        if !is_name(&resource) {
            return Err(invalid("OAUTH_AUDIENCE")("printable ASCII, usually the API's URL"));
        }
        let issuer = Issuer::parse(&required("OAUTH_ISSUER")?).map_err(invalid("OAUTH_ISSUER"))?;
        let prefix = given("PAT_PREFIX").unwrap_or_else(|| "crm".to_owned());
        let registration = given("REGISTRATION").unwrap_or_else(|| "open".to_owned());
        Ok(Self {
            resource,
            default_scopes: default_scopes(given("DEFAULT_SCOPES"), api)?,
            registration: Registration::parse(&registration, given("REGISTRATION_TOKEN").as_deref())
                .map_err(invalid("REGISTRATION"))?,
            sign_in: sign_in(given("SIGN_IN").as_deref())?,
            documents: documents(given("CLIENT_DOCUMENTS").as_deref())?,
            lifetimes: lifetimes(&given)?,
            limits: Limits::read(&given("LIMITS").unwrap_or_default()).map_err(invalid("LIMITS"))?,
            refresh_tokens: refresh_tokens(&prefix, &required("REFRESH_MAC_KEY")?, given("REFRESH_MAC_KEY_PREVIOUS"))?,
            pages: pages(&given, &issuer, &prefix)?,
            issuer,
            prefix,
        })
    }
}

/// The product's name is the server's own host where nobody has said another.
fn pages(
    given: &impl Fn(&str) -> Option<String>,
    issuer: &Issuer,
    prefix: &str,
) -> Result<PageSettings, SettingsError> {
    let host = || issuer.as_str().trim_start_matches("https://").chars().take(MAX_NAME).collect();
    let name = given("PRODUCT_NAME").unwrap_or_else(host);
    let (colour, support) = (given("PRODUCT_COLOUR"), given("SUPPORT_URL"));
    let look = Look::new(&name, colour.as_deref(), support.as_deref()).map_err(|error| {
        let variable = match error {
            UnusableLook::Name => "PRODUCT_NAME",
            UnusableLook::Colour => "PRODUCT_COLOUR",
            UnusableLook::Support => "SUPPORT_URL",
        };
        invalid(variable)(error)
    })?;
    let seconds = given("CACHE_SECONDS").map_or(Some(DEFAULT_DELAY), |text| text.parse().ok());
    let delay = seconds.filter(|seconds| *seconds <= MOST_DELAY);
    let delay = delay.ok_or_else(|| invalid("CACHE_SECONDS")(format!("a whole number from 0 to {MOST_DELAY}")))?;
    let pats = given("PAT_MAC_KEY").map(|key| pats(&key, prefix)).transpose()?;
    let roles_url = given("ROLES_URL");
    let roles_url = roles_url.map(|url| support_address(&url).ok_or_else(|| invalid("ROLES_URL")("not an address")));
    Ok(PageSettings { look, delay, roles_url: roles_url.transpose()?, pats })
}

/// Tokens are made under the current key alone.
fn pats(key: &str, prefix: &str) -> Result<PatFormat, SettingsError> {
    let prefix = Prefix::parse(prefix).map_err(invalid("PAT_PREFIX"))?;
    Ok(PatFormat::new(prefix, MacKey::new(key.as_bytes()).map_err(invalid("PAT_MAC_KEY"))?, None))
}

/// Names of the API's scopes; without them, the scopes by which everything can be read and nothing changed.
fn default_scopes(given: Option<String>, api: &Api) -> Result<Vec<String>, SettingsError> {
    let Some(text) = given else { return Ok(api.reading_scopes().map(str::to_owned).collect()) };
    let names: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
    let is_scope = |name: &&String| {
        let permission = api.catalogue.permission(name);
        permission.is_some_and(|permission| api.catalogue.scopes().contains(permission))
    };
    match names.iter().find(|name| !is_scope(name)) {
        None => Ok(names),
        Some(unknown) => Err(invalid("DEFAULT_SCOPES")(format!("the API has no scope `{unknown}`"))),
    }
}

/// One of three knows who is at the browser; plain http is for tests.
fn sign_in(given: Option<&str>) -> Result<SignIn, SettingsError> {
    given.map_or(Ok(SignIn::Accounts), |text| SignIn::parse(text, PlainHttp::Refused).map_err(invalid("SIGN_IN")))
}

fn documents(given: Option<&str>) -> Result<ClientDocuments, SettingsError> {
    match given {
        None | Some("fetched") => Ok(ClientDocuments::Fetched),
        Some("off") => Ok(ClientDocuments::Off),
        Some(other) => Err(invalid("CLIENT_DOCUMENTS")(format!("`{other}` is neither `fetched` nor `off`"))),
    }
}

fn lifetimes(given: &impl Fn(&str) -> Option<String>) -> Result<Lifetimes, SettingsError> {
    let mut lifetimes = Lifetimes::default();
    let number = |name: &'static str, least: u64, most: u64, unit: u64| -> Result<Option<u64>, SettingsError> {
        let Some(text) = given(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        let number = number.ok_or_else(|| invalid(name)(format!("a whole number from {least} to {most}")))?;
        Ok(Some(number * unit))
    };
    for (place, life) in [
        (&mut lifetimes.access, number("ACCESS_TOKEN_SECONDS", SHORTEST_ACCESS_TOKEN, LONGEST_ACCESS_TOKEN, 1)?),
        (&mut lifetimes.refresh.idle, number("REFRESH_IDLE_DAYS", 1, MOST_DAYS, DAY)?),
        (&mut lifetimes.refresh.absolute, number("REFRESH_DAYS", 1, MOST_DAYS, DAY)?),
        (&mut lifetimes.registration, number("REGISTRATION_DAYS", 1, MOST_DAYS, DAY)?),
    ] {
        *place = life.unwrap_or(*place);
    }
    Ok(lifetimes)
}

fn refresh_tokens(prefix: &str, key: &str, previous: Option<String>) -> Result<RefreshTokenFormat, SettingsError> {
    let prefix = Prefix::parse(prefix).map_err(invalid("PAT_PREFIX"))?;
    let current = MacKey::new(key.as_bytes()).map_err(invalid("REFRESH_MAC_KEY"))?;
    let previous = previous.filter(|key| key != NO_PREVIOUS_KEY).map(|key| MacKey::new(key.as_bytes())).transpose();
    Ok(RefreshTokenFormat::new(&prefix, current, previous.map_err(invalid("REFRESH_MAC_KEY_PREVIOUS"))?))
}
