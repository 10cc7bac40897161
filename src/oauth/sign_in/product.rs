//! Sign-in with the host product's own session: the browser goes there with a challenge, and comes back with an
//! assertion about whoever has the session. `docs/sign-in.md` has a product that does its part.
//!
//! ```text
//!  ──▶ <url>?challenge=crm_challenge_…
//!  ◀── <issuer>/sign-in/return?assertion=<JWT>     typ: sign-in+jwt
//!                                                  iss, aud, sub, challenge, jti, iat, exp ≤ iat + 60, memberships
//! ```
//!
//! The product knows the way back from its own configuration: an address that came with the request would be anybody's.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::signed::{Rules, SignerKeys, claims, subject};
use super::{Arrival, Departure, SignInProblem};
use crate::access::identity::{TenantId, UserId};
use crate::oauth::error::Problem;
use crate::oauth::metadata::shown;
use crate::oauth::parameters::Parameters;
use crate::oauth::secret::Secret;
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::session::{Identity, SignedIn};
use crate::store::oauth::accounts::Membership;
use crate::token::jwt::algorithm::Algorithm;
use crate::token::jwt::claims::{Claims, invalid};
use crate::token::refusal::Refusal;

/// The type of assertions: nothing else that the product signs is one.
pub const ASSERTION_TYPE: &str = "sign-in+jwt";

/// The longest life of an assertion, in seconds: the way of a redirect.
pub const MAX_LIFETIME: u64 = 60;

/// The longest `jti`, in bytes.
const MAX_TOKEN_ID_LENGTH: usize = 128;

/// More tenants than anybody picks from.
const MAX_MEMBERSHIPS: usize = 50;

/// A host product.
#[derive(Clone, Debug)]
pub struct Product {
    /// `iss` of its assertions.
    pub issuer: String,
    /// Where it takes the browser.
    pub url: Url,
    /// Allowed for its signatures.
    pub algorithms: Vec<Algorithm>,
    /// Its keys.
    pub keys: SignerKeys,
}

#[derive(Deserialize)]
struct Member {
    business_id: TenantId,
    user_id: UserId,
}

impl Product {
    /// Where the browser goes.
    pub(in crate::oauth) fn departure(&self, departure: &Departure<'_>) -> String {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("challenge", departure.challenge.expose());
        if departure.again {
            url.query_pairs_mut().append_pair("prompt", "login");
        }
        url.into()
    }

    /// What came back, and the challenge that it answers.
    pub(in crate::oauth) async fn arrival(
        &self,
        server: &AuthServer,
        parameters: &Parameters,
    ) -> Result<(Secret, Arrival), Failure> {
        let rules = Rules {
            issuer: &self.issuer,
            audience: server.settings.issuer.as_str(),
            algorithms: &self.algorithms,
            is_type: |it| it.is_some_and(|it| it.eq_ignore_ascii_case(ASSERTION_TYPE)),
            longest_life: MAX_LIFETIME,
            keys: &self.keys,
        };
        let text = parameters.one("assertion")?.ok_or(Problem::Missing("assertion"))?;
        let claims = claims(server, text, &rules).await?;
        let read = || {
            let challenge = claims.parsed("challenge", |text| Secret::presented(text).ok_or(()))?;
            let once = (format!("{}#{}", self.issuer, token_id(&claims)?), claims.time("exp")?);
            Ok((challenge, Arrival { signed_in: self.signed_in(&claims)?, once: Some(once) }))
        };
        read().map_err(|refusal: Refusal| SignInProblem::Token(refusal).into())
    }

    fn signed_in(&self, claims: &Claims) -> Result<SignedIn, Refusal> {
        Ok(SignedIn {
            identity: Identity { issuer: self.issuer.clone(), subject: subject(claims)? },
            name: claims.value("name").and_then(Value::as_str).map(shown).filter(|name| !name.is_empty()),
            memberships: Some(memberships(claims)?),
        })
    }
}

fn token_id(claims: &Claims) -> Result<&str, Refusal> {
    let text = claims.text("jti")?;
    match !text.is_empty() && text.len() <= MAX_TOKEN_ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text),
        false => Err(invalid("jti")),
    }
}

/// The tenants that the person may act in, and as whom. That the table has such a user is asked when it matters.
fn memberships(claims: &Claims) -> Result<Vec<Membership>, Refusal> {
    let members = Vec::<Member>::deserialize(claims.required("memberships")?).map_err(|_| invalid("memberships"))?;
    if members.len() > MAX_MEMBERSHIPS {
        return Err(invalid("memberships"));
    }
    Ok(members.into_iter().map(|member| Membership { tenant: member.business_id, user: member.user_id }).collect())
}
