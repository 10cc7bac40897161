//! How sign-in is configured: one JSON value, of which `docs/sign-in.md` explains every field.
//!
//! A value that cannot be used is refused with the field's name: nobody is signed in by half a configuration.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::SignIn;
use super::product::Product;
use super::provider::{Provider, ProviderSecret};
use super::signed::SignerKeys;
use crate::oauth::account::LOCAL_ISSUER;
use crate::oauth::metadata::AuthenticationMethod;
use crate::token::issuer::config::{PlainHttp, fetched_url, is_name};
use crate::token::jwt::algorithm::Algorithm;
use crate::token::jwt::json;
use crate::token::key_set::KeySet;

/// A configuration of sign-in that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {problem}")]
pub struct SignInError {
    /// Where, as `provider.client_id`.
    pub field: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

fn wrong(field: &str, problem: impl ToString) -> SignInError {
    SignInError { field: field.to_owned(), problem: problem.to_string() }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    Accounts,
    Product(ProductSource),
    Provider(ProviderSource),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductSource {
    issuer: String,
    url: String,
    algorithms: Option<Vec<String>>,
    keys: KeysSource,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeysSource {
    Url(String),
    Inline(Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderSource {
    issuer: String,
    client_id: String,
    client_secret: Option<String>,
    authentication: Option<AuthenticationMethod>,
    scopes: Option<Vec<String>>,
    algorithms: Option<Vec<String>>,
}

impl SignIn {
    /// Reads `"accounts"`, `{"product": …}` or `{"provider": …}`.
    ///
    /// # Errors
    /// [`SignInError`], with the field.
    pub fn parse(text: &str, http: PlainHttp) -> Result<Self, SignInError> {
        let json = json::parse(text.as_bytes()).map_err(|error| wrong(".", error))?;
        let source: Source = serde_path_to_error::deserialize(json).map_err(|error| {
            let field = error.path().to_string();
            // What is wrong with a secret is said without the secret.
            let is_secret = field.ends_with("client_secret");
            wrong(&field, if is_secret { "not a string".to_owned() } else { error.inner().to_string() })
        })?;
        Ok(match source {
            Source::Accounts => Self::Accounts,
            Source::Product(source) => Self::Product(source.product(http)?),
            Source::Provider(source) => Self::Provider(source.provider(http)?),
        })
    }
}

impl ProductSource {
    fn product(self, http: PlainHttp) -> Result<Product, SignInError> {
        Ok(Product {
            issuer: issuer("product.issuer", self.issuer)?,
            url: url("product.url", &self.url, http)?,
            algorithms: algorithms("product.algorithms", self.algorithms)?,
            keys: match self.keys {
                KeysSource::Url(text) => SignerKeys::Url(url("product.keys.url", &text, http)?),
                KeysSource::Inline(set) => SignerKeys::Inline(Arc::new(
                    KeySet::from_json(&set).map_err(|error| wrong("product.keys.inline", error))?,
                )),
            },
        })
    }
}

impl ProviderSource {
    fn provider(self, http: PlainHttp) -> Result<Provider, SignInError> {
        url("provider.issuer", &self.issuer, http)?;
        if self.client_id.is_empty() {
            return Err(wrong("provider.client_id", "this server's id at the provider"));
        }
        let authentication = match (&self.client_secret, self.authentication) {
            (None, None | Some(AuthenticationMethod::None)) => AuthenticationMethod::None,
            (Some(_), None) => AuthenticationMethod::Basic,
            (Some(_), Some(method)) if method != AuthenticationMethod::None => method,
            _ => return Err(wrong("provider.authentication", "`none` without a secret, and never with one")),
        };
        let scopes = self.scopes.unwrap_or_else(|| ["openid", "email"].map(str::to_owned).to_vec());
        if !scopes.iter().any(|scope| scope == "openid") {
            return Err(wrong("provider.scopes", "`openid` among them, or nobody is signed in"));
        }
        Ok(Provider {
            issuer: issuer("provider.issuer", self.issuer)?,
            client_id: self.client_id,
            secret: self.client_secret.map(ProviderSecret::new),
            authentication,
            scopes,
            algorithms: algorithms("provider.algorithms", self.algorithms)?,
            http,
        })
    }
}

/// A name that records of identities can have in their key, and that is not that of our own accounts.
fn issuer(field: &str, text: String) -> Result<String, SignInError> {
    match is_name(&text) && !text.contains('#') && text != LOCAL_ISSUER {
        true => Ok(text),
        false => Err(wrong(field, "printable ASCII without `#`, usually a URL, and not `local`")),
    }
}

fn url(field: &str, text: &str, http: PlainHttp) -> Result<Url, SignInError> {
    fetched_url(field, text, http).map_err(|error| SignInError { field: error.field, problem: error.problem })
}

/// What is allowed where nothing is said: both that are common. A key is for one of them in any case.
fn algorithms(field: &str, names: Option<Vec<String>>) -> Result<Vec<Algorithm>, SignInError> {
    let Some(names) = names else { return Ok(vec![Algorithm::Es256, Algorithm::Rs256]) };
    let unknown = |name: &String| wrong(field, format!("`{name}` is none of `ES256`, `EdDSA`, `RS256`"));
    let list: Vec<Algorithm> =
        names.iter().map(|name| Algorithm::named(name).ok_or_else(|| unknown(name))).collect::<Result<_, _>>()?;
    if list.is_empty() { Err(wrong(field, "at least one")) } else { Ok(list) }
}
