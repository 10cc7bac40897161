//! What a client says of itself when it registers (RFC 7591 §2), checked once.
//!
//! Only what this server acts on is read. Everything else is passed over and not echoed, so that nobody takes it for
//! accepted: the server's own fields (`client_id`, `client_secret`, …) and key set addresses, which would have to be
//! fetched, among it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::error::{Problem, RedirectUriProblem};
use super::redirect_uri::{RedirectTarget, RedirectUri};
use super::secret::SecretDigest;

/// No app in the field registers more.
const MAX_REDIRECT_URIS: usize = 20;

/// What fits on a consent page, in characters.
const MAX_NAME_LENGTH: usize = 80;

/// The longest `scope`: far beyond every name of a catalogue.
const MAX_SCOPE_LENGTH: usize = 4000;

const MAX_URI_LENGTH: usize = 2000;

/// How a client proves itself at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthenticationMethod {
    /// Not at all: a public client.
    #[serde(rename = "none")]
    None,
    /// `client_secret_basic`: the `Authorization` header.
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// `client_secret_post`: the form.
    #[serde(rename = "client_secret_post")]
    Post,
}

/// Grant types that a client may be registered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A code for tokens.
    AuthorizationCode,
    /// A refresh token for new tokens.
    RefreshToken,
}

/// A client's metadata, all of it acceptable. It is written back as the registration's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientMetadata {
    /// Up to 20, at least one of them usable.
    pub redirect_uris: Vec<RedirectUri>,
    /// How the client proves itself.
    pub token_endpoint_auth_method: AuthenticationMethod,
    /// Always with `authorization_code`.
    pub grant_types: Vec<GrantType>,
    /// What people read: cleaned of everything that could mislead them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The client's page; https. Never fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// The client's logo; https. Never fetched and never shown, since its host would learn who consents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// The client's terms; https. Never fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// The client's privacy policy; https. Never fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// The scopes that a request without any means: a default and not a ceiling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl ClientMetadata {
    /// Reads a registration request's JSON.
    ///
    /// # Errors
    /// [`Problem::RedirectUri`] or [`Problem::Metadata`] with the name of what is not acceptable, and
    /// [`Problem::Malformed`] for anything but a JSON object.
    pub fn from_json(json: &[u8]) -> Result<Self, Problem> {
        let fields: Map<String, Value> =
            serde_json::from_slice(json).map_err(|_| Problem::Malformed("the body is not a JSON object"))?;
        Self::from_fields(&fields)
    }

    /// Reads the members of a JSON object.
    ///
    /// # Errors
    /// As [`Self::from_json`].
    pub fn from_fields(fields: &Map<String, Value>) -> Result<Self, Problem> {
        response_types(fields)?;
        Ok(Self {
            redirect_uris: redirect_uris(fields)?,
            token_endpoint_auth_method: authentication_method(fields)?,
            grant_types: grant_types(fields)?,
            client_name: text(fields, "client_name")?.map(shown).filter(|name| !name.is_empty()),
            client_uri: https(fields, "client_uri")?,
            logo_uri: https(fields, "logo_uri")?,
            tos_uri: https(fields, "tos_uri")?,
            policy_uri: https(fields, "policy_uri")?,
            scope: scope(fields)?,
        })
    }

    /// What can be said of a public client of which nothing is at hand but what it holds: no answer goes anywhere.
    pub fn of_holder() -> Self {
        Self {
            redirect_uris: Vec::new(),
            token_endpoint_auth_method: AuthenticationMethod::None,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            client_name: None,
            client_uri: None,
            logo_uri: None,
            tos_uri: None,
            policy_uri: None,
            scope: None,
        }
    }

    /// Where an answer goes for a request that names `presented`, or nothing: then there must be exactly one URI, and
    /// that one is meant (OAuth 2.1 §2.3.2).
    pub fn target(&self, presented: Option<&str>) -> Option<RedirectTarget> {
        match (presented, self.redirect_uris.as_slice()) {
            (Some(presented), uris) => uris.iter().find_map(|uri| uri.target(presented)),
            (None, [only]) => only.sole_target(),
            (None, _) => None,
        }
    }

    /// The scopes that a request without any means.
    pub fn default_scopes(&self) -> Vec<String> {
        let words = self.scope.as_deref().unwrap_or_default().split(' ');
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// One digest for everything that is said: what is identical has the same.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(&serde_json::to_string(self).unwrap_or_default())
    }
}

fn redirect_uris(fields: &Map<String, Value>) -> Result<Vec<RedirectUri>, Problem> {
    let texts = strings(fields, "redirect_uris").ok_or(RedirectUriProblem::Form)?.unwrap_or_default();
    if texts.len() > MAX_REDIRECT_URIS {
        return Err(RedirectUriProblem::TooMany.into());
    }
    let uris = texts.into_iter().map(RedirectUri::parse).collect::<Result<Vec<_>, _>>()?;
    // One that nothing can be sent to is no reason to turn the client away, unless there is no other.
    if !uris.iter().any(RedirectUri::is_usable) {
        return Err(RedirectUriProblem::None.into());
    }
    Ok(uris)
}

fn authentication_method(fields: &Map<String, Value>) -> Result<AuthenticationMethod, Problem> {
    match text(fields, "token_endpoint_auth_method")? {
        Some("none") => Ok(AuthenticationMethod::None),
        // The default of RFC 7591 §2.
        None | Some("client_secret_basic") => Ok(AuthenticationMethod::Basic),
        Some("client_secret_post") => Ok(AuthenticationMethod::Post),
        Some(_) => Err(Problem::Metadata("token_endpoint_auth_method")),
    }
}

/// A client that says nothing gets both, and is told so in the answer; apps in the field forget to ask for refresh.
fn grant_types(fields: &Map<String, Value>) -> Result<Vec<GrantType>, Problem> {
    let problem = || Problem::Metadata("grant_types");
    let Some(names) = strings(fields, "grant_types").ok_or_else(problem)? else {
        return Ok(vec![GrantType::AuthorizationCode, GrantType::RefreshToken]);
    };
    if !names.iter().all(|name| ["authorization_code", "refresh_token"].contains(name)) {
        return Err(problem());
    }
    let refresh = names.contains(&"refresh_token").then_some(GrantType::RefreshToken);
    match names.contains(&"authorization_code") {
        true => Ok(std::iter::once(GrantType::AuthorizationCode).chain(refresh).collect()),
        false => Err(problem()),
    }
}

fn response_types(fields: &Map<String, Value>) -> Result<(), Problem> {
    match strings(fields, "response_types") {
        Some(None) => Ok(()),
        Some(Some(types)) if types == ["code"] => Ok(()),
        _ => Err(Problem::Metadata("response_types")),
    }
}

fn scope(fields: &Map<String, Value>) -> Result<Option<String>, Problem> {
    let scope = text(fields, "scope")?.filter(|scope| !scope.is_empty());
    // RFC 6749 §3.3: printable, without quotes and backslashes.
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    match scope {
        Some(scope) if scope.len() > MAX_SCOPE_LENGTH || !scope.bytes().all(plain) => Err(Problem::Metadata("scope")),
        scope => Ok(scope.map(str::to_owned)),
    }
}

fn https(fields: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Problem> {
    let is_https = |text: &str| {
        text.len() <= MAX_URI_LENGTH
            && Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.username().is_empty())
    };
    match text(fields, name)?.filter(|text| !text.is_empty()) {
        Some(text) if !is_https(text) => Err(Problem::Metadata(name)),
        text => Ok(text.map(str::to_owned)),
    }
}

/// A string; `null` is absent.
fn text<'a>(fields: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, Problem> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::Metadata(name)),
    }
}

/// A list of strings; `null` is absent, and none when it is something else.
#[expect(clippy::option_option, reason = "the outer one says whether it can be read, the inner whether it is there")]
fn strings<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<Option<Vec<&'a str>>> {
    match fields.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::Array(values)) => values.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(Some),
        Some(_) => None,
    }
}

/// A name as people may see it: without control characters, without the invisible ones and those that turn the
/// direction of writing (a name must not be able to rewrite the page around it), and not endless.
pub(super) fn shown(name: &str) -> String {
    let misleading = |letter: char| {
        letter.is_control()
            || matches!(letter,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let clean: String = name.chars().filter(|letter| !misleading(*letter)).take(MAX_NAME_LENGTH).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}
