//! How issuers are configured: `TOKEN_ISSUERS`, a JSON list, of which `docs/issuers.md` explains every field.
//!
//! A list that cannot be used is refused with the field's name: an issuer half understood would be half believed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use url::{Host, Url};

use super::{
    ACCESS_TOKEN_TYPE, ClaimNames, DEFAULT_MAX_LIFETIME, GrantRule, Issuer, KeyId, KeySource, Tenants, UserRule,
    media_type,
};
use crate::access::identity::{MAX_ID_LENGTH, TenantId};
use crate::token::issuers::{IssuersError, wrong};
use crate::token::jwt::algorithm::Algorithm;
use crate::token::jwt::json;
use crate::token::key_set::KeySet;

/// The longest life that may be configured for tokens, in seconds: a day.
const MAX_LIFETIME: u64 = 86_400;

/// The longest `iss` and `aud`, in bytes. An issuer is part of a record's key.
const MAX_NAME_LENGTH: usize = 255;

/// Whether key sets may be fetched without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// Never.
    #[default]
    Refused,
    /// From this machine alone: for tests, and for work on a laptop.
    Loopback,
}

/// Reads a list of issuers as `TOKEN_ISSUERS` holds it.
///
/// # Errors
/// [`IssuersError`], with the field.
pub fn parse(text: &str, http: PlainHttp) -> Result<Vec<Issuer>, IssuersError> {
    let json = json::parse(text.as_bytes()).map_err(|error| wrong(".", error.to_string()))?;
    let sources: Vec<Source> = serde_path_to_error::deserialize(json)
        .map_err(|error| wrong(&error.path().to_string(), error.inner().to_string()))?;
    let named = |(index, source): (usize, Source)| {
        source.issuer(http).map_err(|error| IssuersError { field: format!("[{index}].{}", error.field), ..error })
    };
    sources.into_iter().enumerate().map(named).collect()
}

/// Whether text can be an issuer's or an audience's name: printable ASCII, as URLs are.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME_LENGTH && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// One issuer, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    issuer: String,
    audience: String,
    algorithms: Vec<String>,
    keys: KeysSource,
    user: UserSource,
    tenants: Option<TenantsSource>,
    #[serde(default)]
    grant: GrantSource,
    #[serde(default)]
    kid: KeyIdSource,
    types: Option<Vec<String>>,
    #[serde(default)]
    required_claims: BTreeMap<String, Vec<Value>>,
    #[serde(default)]
    claims: ClaimsSource,
    max_lifetime_seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeysSource {
    Table,
    Url(String),
    Inline(Value),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum UserSource {
    Sub,
    Prefix(String),
    Claim(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TenantsSource {
    All,
    Only(Vec<String>),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GrantSource {
    #[default]
    Required,
    None,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeyIdSource {
    #[default]
    Required,
    Optional,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimsSource {
    tenant: Option<String>,
    client: Option<String>,
    scope: Option<String>,
    token_id: Option<String>,
    grant: Option<String>,
}

impl Source {
    fn issuer(self, http: PlainHttp) -> Result<Issuer, IssuersError> {
        let types = types(self.types, &self.required_claims)?;
        Ok(Issuer {
            name: name("issuer", self.issuer)?,
            is_ours: false,
            audience: name("audience", self.audience)?,
            algorithms: algorithms(&self.algorithms)?,
            keys: keys(self.keys, http)?,
            key_id: match self.kid {
                KeyIdSource::Required => KeyId::Required,
                KeyIdSource::Optional => KeyId::Optional,
            },
            types,
            required_claims: self.required_claims,
            tenants: tenants(self.tenants)?,
            user: user(self.user)?,
            grant: match self.grant {
                GrantSource::Required => GrantRule::Required,
                GrantSource::None => GrantRule::None,
            },
            claims: claim_names(self.claims),
            max_lifetime: max_lifetime(self.max_lifetime_seconds)?,
        })
    }
}

fn name(field: &str, text: String) -> Result<String, IssuersError> {
    if !is_name(&text) {
        return Err(wrong(field, format!("1 to {MAX_NAME_LENGTH} printable ASCII characters, usually a URL")));
    }
    Ok(text)
}

fn algorithms(names: &[String]) -> Result<Vec<Algorithm>, IssuersError> {
    let unknown = |name: &String| wrong("algorithms", format!("`{name}` is none of `ES256`, `EdDSA`, `RS256`"));
    let algorithms: Result<Vec<_>, _> =
        names.iter().map(|name| Algorithm::named(name).ok_or_else(|| unknown(name))).collect();
    algorithms.and_then(|list| non_empty("algorithms", list))
}

fn keys(source: KeysSource, http: PlainHttp) -> Result<KeySource, IssuersError> {
    Ok(match source {
        KeysSource::Table => KeySource::Table,
        KeysSource::Url(url) => KeySource::Url(fetched_url("keys.url", &url, http)?),
        KeysSource::Inline(set) => {
            let set = KeySet::from_json(&set).map_err(|error| wrong("keys.inline", error.to_string()))?;
            KeySource::Inline(Arc::new(set))
        }
    })
}

/// A URL that is fetched from somebody who is believed: without TLS, on this machine alone.
///
/// # Errors
/// [`IssuersError`], with the field that it is named.
pub fn fetched_url(field: &str, text: &str, http: PlainHttp) -> Result<Url, IssuersError> {
    let url = Url::parse(text).map_err(|error| wrong(field, error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(wrong(field, "without a user, a password or a fragment".to_owned()));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if http == PlainHttp::Loopback && is_loopback(&url) => Ok(url),
        _ => Err(wrong(field, "an `https` URL: what comes unprotected is anybody's".to_owned())),
    }
}

/// Whether text is an origin as an issuer of our own is named by it: `https`, or `http` on this machine, in lower case,
/// without a path, a query, a user or a slash at its end (RFC 8414 §2).
pub fn is_origin(text: &str) -> bool {
    let secure = |url: &Url| url.scheme() == "https" || url.scheme() == "http" && is_loopback(url);
    // An opaque origin has no such text, and anything beyond the origin makes the two differ.
    Url::parse(text).is_ok_and(|url| secure(&url) && url.origin().ascii_serialization() == text)
}

/// Whether the URL's host is this machine, by its address or as `localhost`.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(domain)) => domain == "localhost",
        None => false,
    }
}

/// Without `at+jwt`, nothing but a claim tells an access token from an ID token of the same issuer (RFC 8725 §3.12).
fn types(given: Option<Vec<String>>, required: &BTreeMap<String, Vec<Value>>) -> Result<Vec<String>, IssuersError> {
    if let Some((claim, _)) = required.iter().find(|(_, allowed)| allowed.is_empty()) {
        return Err(wrong(&format!("required_claims.{claim}"), "at least one allowed value".to_owned()));
    }
    let Some(given) = given else { return Ok(vec![ACCESS_TOKEN_TYPE.to_owned()]) };
    let types = non_empty("types", given.iter().map(|text| media_type(text)).collect())?;
    if types.iter().any(|it| it != ACCESS_TOKEN_TYPE) && required.is_empty() {
        let problem = "beside `at+jwt` a type needs a claim in `required_claims` that only access tokens have";
        return Err(wrong("types", problem.to_owned()));
    }
    Ok(types)
}

fn tenants(source: Option<TenantsSource>) -> Result<Tenants, IssuersError> {
    let parsed = |text: &String| TenantId::parse(text).map_err(|error| wrong("tenants.only", error.to_string()));
    Ok(match source {
        Some(TenantsSource::All) => Tenants::All,
        Some(TenantsSource::Only(list)) => Tenants::Only(list.iter().map(parsed).collect::<Result<_, _>>()?),
        None => Tenants::Only(Vec::new()),
    })
}

fn user(source: UserSource) -> Result<UserRule, IssuersError> {
    let rule = match source {
        UserSource::Sub => UserRule::Subject,
        UserSource::Prefix(prefix) => UserRule::Prefixed(prefix),
        UserSource::Claim(claim) => UserRule::Claim(claim),
    };
    match &rule {
        UserRule::Prefixed(prefix) if prefix.is_empty() || prefix.len() >= MAX_ID_LENGTH => {
            Err(wrong("user.prefix", format!("1 to {} characters", MAX_ID_LENGTH - 1)))
        }
        UserRule::Claim(claim) if claim.is_empty() => Err(wrong("user.claim", "the name of a claim".to_owned())),
        UserRule::Subject | UserRule::Prefixed(_) | UserRule::Claim(_) => Ok(rule),
    }
}

fn claim_names(source: ClaimsSource) -> ClaimNames {
    let default = ClaimNames::default();
    ClaimNames {
        tenant: source.tenant.unwrap_or(default.tenant),
        client: source.client.unwrap_or(default.client),
        scope: source.scope.unwrap_or(default.scope),
        token_id: source.token_id.unwrap_or(default.token_id),
        grant: source.grant.unwrap_or(default.grant),
    }
}

fn max_lifetime(seconds: Option<u64>) -> Result<u64, IssuersError> {
    match seconds {
        None => Ok(DEFAULT_MAX_LIFETIME),
        Some(seconds) if (1..=MAX_LIFETIME).contains(&seconds) => Ok(seconds),
        Some(_) => Err(wrong("max_lifetime_seconds", format!("1 to {MAX_LIFETIME}"))),
    }
}

fn non_empty<T>(field: &str, list: Vec<T>) -> Result<Vec<T>, IssuersError> {
    if list.is_empty() {
        return Err(wrong(field, "at least one".to_owned()));
    }
    Ok(list)
}
