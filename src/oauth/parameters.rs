//! The parameters of a query or a form, as OAuth 2.1 §3.1 reads them: each at most once, and empty is absent.
//!
//! Text that does not decode to UTF-8 is refused, never repaired: a `state` goes back byte for byte or not at all.

use percent_encoding::percent_decode;

use super::error::Problem;
use crate::access::permission::MAX_PERMISSIONS;

/// More parameters than any request has, be it OAuth's or a form with every permission ticked; the rest of a flood is
/// not looked at.
const MAX_PARAMETERS: usize = MAX_PERMISSIONS + 32;

/// Decoded parameters, in the order in which they came.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Decodes `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// [`Problem::Malformed`] for bytes that are not UTF-8 and for too many parameters.
    pub fn parse(encoded: &[u8]) -> Result<Self, Problem> {
        let parts = encoded.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
        let parameters = parts.take(MAX_PARAMETERS + 1).map(pair).collect::<Option<Vec<_>>>();
        parameters
            .filter(|all| all.len() <= MAX_PARAMETERS)
            .map(Self)
            .ok_or(Problem::Malformed("the parameters are not form-encoded UTF-8"))
    }

    /// The parameter's value; none where it is absent or empty.
    ///
    /// # Errors
    /// [`Problem::Duplicate`] where it is there twice, empty or not.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Problem::Duplicate(name)),
            (Some(value), None) if !value.is_empty() => Ok(Some(value)),
            (_, None) => Ok(None),
        }
    }

    /// The parameter's value, which must be there.
    ///
    /// # Errors
    /// [`Problem::Missing`] or [`Problem::Duplicate`].
    pub fn required(&self, name: &'static str) -> Result<&str, Problem> {
        self.one(name)?.ok_or(Problem::Missing(name))
    }

    /// All but those of these names.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    /// The parameters as they came, encoded anew.
    pub fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// Every value of a parameter that may be repeated.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Parameters hold codes, verifiers and passwords: only their names are printed.
impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

fn pair(part: &[u8]) -> Option<(String, String)> {
    let mut sides = part.splitn(2, |byte| *byte == b'=');
    Some((decoded(sides.next()?)?, decoded(sides.next().unwrap_or_default())?))
}

/// One name or value: `+` is a space, then percent-decoding.
pub(super) fn decoded(encoded: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(String::from)
}
