//! A signed text about a person, held against everything that it must be. The reader is the one of access tokens: one
//! reading of JSON, no algorithm but the configured ones, no key but the issuer's.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::SignInProblem;
use crate::oauth::server::{AuthServer, Failure};
use crate::timestamp::Timestamp;
use crate::token::issuers::DEFAULT_LEEWAY;
use crate::token::jwt::algorithm::Algorithm;
use crate::token::jwt::claims::{Claims, invalid};
use crate::token::jwt::compact::Compact;
use crate::token::key_set::KeySet;
use crate::token::refusal::Refusal;

/// The longest subject (OpenID Connect Core §2).
const MAX_SUBJECT_LENGTH: usize = 255;

/// Where the keys of a signer are.
#[derive(Clone)]
pub enum SignerKeys {
    /// At a URL, as a JWK set.
    Url(Url),
    /// In the configuration.
    Inline(Arc<KeySet>),
}

impl fmt::Debug for SignerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.debug_tuple("Url").field(&url.as_str()).finish(),
            Self::Inline(_) => f.debug_tuple("Inline").finish_non_exhaustive(),
        }
    }
}

/// What a signed text must be.
pub(super) struct Rules<'a> {
    /// `iss`, byte for byte.
    pub(super) issuer: &'a str,
    /// `aud`: this and nobody else, so that it was made for nobody else.
    pub(super) audience: &'a str,
    /// Allowed for `alg`.
    pub(super) algorithms: &'a [Algorithm],
    /// Whether a `typ` is right.
    pub(super) is_type: fn(Option<&str>) -> bool,
    /// The most seconds between `iat` and `exp`.
    pub(super) longest_life: u64,
    /// The issuer's keys.
    pub(super) keys: &'a SignerKeys,
}

/// The claims of a text that is all that it must be.
///
/// # Errors
/// [`SignInProblem::Token`] for one that is not; a fault where that cannot be known.
pub(super) async fn claims(server: &AuthServer, text: &str, rules: &Rules<'_>) -> Result<Claims, Failure> {
    let now = server.now();
    let refused = |refusal| Failure::from(SignInProblem::Token(refusal));
    let (compact, claims) = admitted(text, rules, now).map_err(refused)?;
    let key = match rules.keys {
        SignerKeys::Url(url) => server.upstream.keys.find_at(rules.issuer, url, compact.wanted(), now).await?,
        SignerKeys::Inline(set) => set.find(compact.wanted(), now),
    };
    compact.verify(&*key.ok_or(refused(Refusal::UnknownKey))?).map_err(refused)?;
    Ok(claims)
}

/// Holds everything but the signature against the rules, so that no key is fetched for what refutes itself.
fn admitted<'a>(text: &'a str, rules: &Rules<'_>, now: Timestamp) -> Result<(Compact<'a>, Claims), Refusal> {
    let compact = Compact::parse(text)?;
    if !(rules.is_type)(compact.header().media_type.as_deref()) {
        return Err(Refusal::WrongType);
    }
    if !rules.algorithms.contains(&compact.header().algorithm) {
        return Err(Refusal::WrongAlgorithm);
    }
    let claims = Claims::parse(compact.payload())?;
    if claims.text("iss")? != rules.issuer {
        return Err(Refusal::WrongIssuer);
    }
    if claims.audiences()? != [rules.audience] {
        return Err(Refusal::WrongAudience);
    }
    let (issued, expires) = (claims.time("iat")?, claims.time("exp")?);
    if now.plus(DEFAULT_LEEWAY) < issued {
        return Err(Refusal::NotYetValid { at: issued, now });
    }
    // No leeway here: whoever is late is asked again.
    if now >= expires {
        return Err(Refusal::Expired { at: expires, now });
    }
    let seconds = expires.since(issued);
    if seconds > rules.longest_life {
        return Err(Refusal::LivesTooLong { seconds, most: rules.longest_life });
    }
    Ok((compact, claims))
}

/// `sub`: part of a record's key, so bounded and printable.
pub(super) fn subject(claims: &Claims) -> Result<String, Refusal> {
    let text = claims.text("sub")?;
    match !text.is_empty() && text.len() <= MAX_SUBJECT_LENGTH && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    {
        true => Ok(text.to_owned()),
        false => Err(invalid("sub")),
    }
}
