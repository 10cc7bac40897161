//! Sign-in with another OpenID provider: its authorization code flow, with this server as the client (OpenID Connect
//! Core §3.1).
//!
//! `state` is the challenge. The nonce and the code verifier follow from it and from the text of the browser's session
//! cookie: so both are bound to this browser by construction, and nothing that could redeem a code is kept.
//!
//! The `openidconnect` crate would do this, but it cannot be had without the `rsa` crate, which is banned for
//! RUSTSEC-2023-0071, and it would be a second reader of JWTs. What is signed is read by the reader of access tokens.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::signed::{Rules, SignerKeys, claims, subject};
use super::upstream::{Discovered, TokenRequest};
use super::{Arrival, Departure, RETURN_PATH, SignInProblem};
use crate::oauth::error::Problem;
use crate::oauth::metadata::{AuthenticationMethod, shown};
use crate::oauth::parameters::Parameters;
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::session::{Identity, SignedIn};
use crate::token::issuer::config::PlainHttp;
use crate::token::jwt::algorithm::Algorithm;
use crate::token::jwt::claims::{Claims, invalid};
use crate::token::refusal::Refusal;

/// The longest life of an ID token, in seconds. It is used at once; providers say an hour, some a day.
const MAX_LIFETIME: u64 = 24 * 3600;

/// Another OpenID provider, and how this server is registered there.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its issuer, byte for byte.
    pub issuer: String,
    /// This server's id there.
    pub client_id: String,
    /// This server's secret there; none for a public client.
    pub secret: Option<ProviderSecret>,
    /// How this server proves itself there.
    pub authentication: AuthenticationMethod,
    /// What is asked for; `openid` among it.
    pub scopes: Vec<String>,
    /// Allowed for ID tokens.
    pub algorithms: Vec<Algorithm>,
    /// Whether it may be without TLS on this machine.
    pub http: PlainHttp,
}

/// This server's secret at a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderSecret(String);

impl ProviderSecret {
    /// A secret, from the configuration.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text: for the provider alone.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ProviderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderSecret").finish_non_exhaustive()
    }
}

impl Provider {
    /// Its host, for people.
    pub fn host(&self) -> &str {
        self.issuer.split("//").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(&self.issuer)
    }

    /// Where the browser goes.
    pub(in crate::oauth) async fn departure(
        &self,
        server: &AuthServer,
        departure: &Departure<'_>,
    ) -> Result<String, Failure> {
        let mut url = server.upstream.discover(self, server.now()).await?.authorization_endpoint;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(derived("verifier", departure).as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &server.settings.issuer.at(RETURN_PATH))
            .append_pair("scope", &self.scopes.join(" "))
            .append_pair("state", departure.challenge.expose())
            .append_pair("nonce", &derived("nonce", departure))
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if departure.again {
            url.query_pairs_mut().append_pair("prompt", "login");
        }
        Ok(url.into())
    }

    /// What came back, for a `state` that this browser was sent away with.
    pub(in crate::oauth) async fn arrival(
        &self,
        server: &AuthServer,
        parameters: &Parameters,
        departure: &Departure<'_>,
    ) -> Result<Arrival, Failure> {
        let discovered = server.upstream.discover(self, server.now()).await?;
        self.check_issuer(parameters, &discovered)?;
        if parameters.one("error")?.is_some() {
            return Err(SignInProblem::NotSignedIn.into());
        }
        let request = TokenRequest {
            code: parameters.one("code")?.ok_or(Problem::Missing("code"))?,
            redirect_uri: &server.settings.issuer.at(RETURN_PATH),
            verifier: &derived("verifier", departure),
        };
        let id_token = server.upstream.redeem(self, &discovered, &request).await?;
        let rules = Rules {
            issuer: &self.issuer,
            audience: &self.client_id,
            algorithms: &self.algorithms,
            is_type: |it| it.is_none_or(|it| it.eq_ignore_ascii_case("JWT")),
            longest_life: MAX_LIFETIME,
            keys: &SignerKeys::Url(discovered.jwks_uri),
        };
        let claims = claims(server, &id_token, &rules).await?;
        self.signed_in(&claims, &derived("nonce", departure)).map_err(|refusal| SignInProblem::Token(refusal).into())
    }

    /// The answer names its issuer, if this provider's answers do, and then the right one (RFC 9207 §2.4).
    fn check_issuer(&self, parameters: &Parameters, discovered: &Discovered) -> Result<(), Failure> {
        match parameters.one("iss")? {
            Some(issuer) if issuer == self.issuer => Ok(()),
            None if !discovered.names_itself => Ok(()),
            Some(_) | None => Err(SignInProblem::AnotherProvider.into()),
        }
    }

    fn signed_in(&self, claims: &Claims, nonce: &str) -> Result<Arrival, Refusal> {
        if claims.text("nonce")? != nonce {
            return Err(Refusal::WrongClaim { claim: "nonce".to_owned() });
        }
        if claims.value("azp").is_some_and(|party| party.as_str() != Some(&self.client_id)) {
            return Err(invalid("azp"));
        }
        let identity = Identity { issuer: self.issuer.clone(), subject: subject(claims)? };
        Ok(Arrival { signed_in: SignedIn { identity, name: name(claims), memberships: None }, once: None })
    }
}

/// What the person is called there: an address that was verified, or the name that they signed in with.
fn name(claims: &Claims) -> Option<String> {
    let verified = claims.value("email_verified").and_then(Value::as_bool).unwrap_or_default();
    let email = claims.value("email").filter(|_| verified);
    let name = email.or_else(|| claims.value("preferred_username")).or_else(|| claims.value("name"));
    name.and_then(Value::as_str).map(shown).filter(|name| !name.is_empty())
}

/// Text that only this server and this browser could know, for this challenge and this purpose: 43 characters, as a
/// code verifier has (RFC 7636 §4.1).
fn derived(purpose: &str, departure: &Departure<'_>) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(departure.session.expose().as_bytes()) else {
        return String::new();
    };
    mac.update(purpose.as_bytes());
    mac.update(b"\0");
    mac.update(departure.challenge.expose().as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}
