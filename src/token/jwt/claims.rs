//! Claims, read by name with the type that they must have.
//!
//! A claim of the wrong type is invalid, and never read as absent (CVE-2026-25537).

use std::fmt;

use serde_json::{Map, Value};

use super::json;
use crate::timestamp::Timestamp;
use crate::token::refusal::Refusal;

/// The claims of a token, about which nothing is proven.
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when it is not one JSON object.
    pub fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        json::parse_object(payload).map(Self).ok_or(Refusal::Malformed)
    }

    /// The claim of that name, whatever its type.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A claim that must be there.
    ///
    /// # Errors
    /// [`Refusal::MissingClaim`].
    pub fn required(&self, name: &str) -> Result<&Value, Refusal> {
        self.value(name).ok_or_else(|| Refusal::MissingClaim { claim: name.to_owned() })
    }

    /// A string that must be there.
    ///
    /// # Errors
    /// [`Refusal::MissingClaim`], [`Refusal::InvalidClaim`].
    pub fn text(&self, name: &str) -> Result<&str, Refusal> {
        self.required(name)?.as_str().ok_or_else(|| invalid(name))
    }

    /// A string that must be there and mean something.
    ///
    /// # Errors
    /// [`Refusal::MissingClaim`], [`Refusal::InvalidClaim`].
    pub fn parsed<T, E>(&self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<T, Refusal> {
        parse(self.text(name)?).map_err(|_| invalid(name))
    }

    /// A point in time that must be there: whole seconds, though RFC 7519 §2 would allow a fraction.
    ///
    /// # Errors
    /// [`Refusal::MissingClaim`], [`Refusal::InvalidClaim`].
    pub fn time(&self, name: &str) -> Result<Timestamp, Refusal> {
        time(name, self.required(name)?)
    }

    /// A point in time that may be absent.
    ///
    /// # Errors
    /// [`Refusal::InvalidClaim`].
    pub fn optional_time(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        self.value(name).map(|value| time(name, value)).transpose()
    }

    /// `aud`: one string or a list of them (RFC 7519 §4.1.3).
    ///
    /// # Errors
    /// [`Refusal::MissingClaim`], [`Refusal::InvalidClaim`].
    pub fn audiences(&self) -> Result<Vec<&str>, Refusal> {
        let texts = match self.required("aud")? {
            Value::String(text) => Some(vec![text.as_str()]),
            Value::Array(list) => list.iter().map(Value::as_str).collect(),
            _ => None,
        };
        texts.ok_or_else(|| invalid("aud"))
    }

    /// The names in a scope: `scope-token *( SP scope-token )`, or nothing (RFC 6749 §3.3).
    ///
    /// # Errors
    /// [`Refusal::MissingClaim`], [`Refusal::InvalidClaim`].
    pub fn scopes(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Ok(Vec::new());
        }
        if !text.split(' ').all(is_scope_token) {
            return Err(invalid(name));
        }
        Ok(text.split(' ').map(str::to_owned).collect())
    }
}

/// Claims are a piece of a token.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").finish_non_exhaustive()
    }
}

/// A claim of the wrong type or without a meaning.
pub fn invalid(name: &str) -> Refusal {
    Refusal::InvalidClaim { claim: name.to_owned() }
}

fn time(name: &str, value: &Value) -> Result<Timestamp, Refusal> {
    value.as_u64().map(Timestamp::from_seconds).ok_or_else(|| invalid(name))
}

/// `1*( %x21 / %x23-5B / %x5D-7E )`
fn is_scope_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}
