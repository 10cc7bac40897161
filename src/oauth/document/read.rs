//! From a document's bytes and headers to what is believed of it, and for how long.

use serde_json::{Map, Value};

use super::url::DocumentUrl;
use crate::oauth::error::Problem;
use crate::oauth::metadata::ClientMetadata;
use crate::oauth::session::REQUEST_LIFETIME;
use crate::token::jwt::json;

/// A document is not fetched again sooner, in seconds, whatever it asks for: one authorization needs it three times.
pub const MIN_FRESH: u64 = REQUEST_LIFETIME;

/// How long a document is good for that says nothing, in seconds.
pub const DEFAULT_FRESH: u64 = 3600;

/// A document is fetched again after a day, whatever it asks for.
pub const MAX_FRESH: u64 = 24 * 3600;

/// What a document says, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The client's metadata; it is a public client's.
    pub metadata: ClientMetadata,
    /// For how long it need not be asked again, in seconds.
    pub fresh_for: u64,
}

/// What a document must not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableDocument {
    /// Not a JSON object, or a name is there twice.
    #[error("the document is not one JSON object")]
    NotAnObject,
    /// `client_id` is missing or another.
    #[error("the document is another client's: its `client_id` is not its own address")]
    AnotherClient,
    /// A secret, which everybody can read, or a method that would need one.
    #[error("the document has a secret in it, or asks for one: `{0}`")]
    Secret(&'static str),
    /// What a registration would be refused for.
    #[error("the document's metadata are not acceptable: {0}")]
    Metadata(#[from] Problem),
}

impl Described {
    /// Reads a document that came from that address.
    ///
    /// # Errors
    /// [`UnusableDocument`].
    pub fn read(url: &DocumentUrl, body: &[u8], cache_control: Option<&str>) -> Result<Self, UnusableDocument> {
        let mut fields = json::parse_object(body).ok_or(UnusableDocument::NotAnObject)?;
        if fields.get("client_id").and_then(Value::as_str) != Some(url.as_str()) {
            return Err(UnusableDocument::AnotherClient);
        }
        if let Some(name) =
            ["client_secret", "client_secret_expires_at"].into_iter().find(|it| fields.contains_key(*it))
        {
            return Err(UnusableDocument::Secret(name));
        }
        match fields.get("token_endpoint_auth_method") {
            None | Some(Value::Null) => {}
            Some(Value::String(method)) if method == "none" => {}
            Some(_) => return Err(UnusableDocument::Secret("token_endpoint_auth_method")),
        }
        fields.insert("token_endpoint_auth_method".to_owned(), "none".into());
        keep_ours(&mut fields, "grant_types", &["authorization_code", "refresh_token"]);
        keep_ours(&mut fields, "response_types", &["code"]);
        Ok(Self { metadata: ClientMetadata::from_fields(&fields)?, fresh_for: fresh_for(cache_control) })
    }
}

/// A document is written once, for every server there is: what only others can do is no contradiction here.
fn keep_ours(fields: &mut Map<String, Value>, name: &str, ours: &[&str]) {
    if let Some(Value::Array(values)) = fields.get_mut(name) {
        values.retain(|value| value.as_str().is_none_or(|text| ours.contains(&text)));
    }
}

/// `Cache-Control` (RFC 9111 §5.2.2), within bounds.
fn fresh_for(cache_control: Option<&str>) -> u64 {
    let directives =
        || cache_control.unwrap_or_default().split(',').map(|directive| directive.trim().to_ascii_lowercase());
    if directives().any(|it| it == "no-store" || it == "no-cache" || it.starts_with("no-cache=")) {
        return MIN_FRESH;
    }
    let age = directives().find_map(|it| it.strip_prefix("max-age=").map(|age| age.trim_matches('"').parse::<u64>()));
    match age {
        None => DEFAULT_FRESH,
        Some(Ok(seconds)) => seconds.clamp(MIN_FRESH, MAX_FRESH),
        Some(Err(_)) => MIN_FRESH,
    }
}
