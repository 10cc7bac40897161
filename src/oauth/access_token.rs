//! Access tokens as this product's own issuer writes them (RFC 9068 §2), for the authorizer's own rules of reading.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::signing::{SigningError, SigningKey};
use crate::access::identity::{ClientId, GrantId, TenantId, UserId};
use crate::timestamp::Timestamp;
use crate::token::issuer::ACCESS_TOKEN_TYPE;
use crate::token::jwt::algorithm::Algorithm;

/// The life of an access token where nothing else is configured, in seconds.
pub const DEFAULT_LIFETIME: u64 = 900;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `iss`.
    pub issuer: String,
    /// `aud`: the API.
    pub audience: String,
    /// `business_id`.
    pub tenant: TenantId,
    /// `sub`.
    pub user: UserId,
    /// `client_id`.
    pub client_id: ClientId,
    /// `grant_id`.
    pub grant: GrantId,
    /// `scope`.
    pub scopes: Vec<String>,
    /// `jti`: unique, and public.
    pub token_id: String,
    /// `iat`.
    pub issued: Timestamp,
    /// `exp`.
    pub expires: Timestamp,
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a UserId,
    business_id: &'a TenantId,
    client_id: &'a ClientId,
    grant_id: &'a GrantId,
    scope: String,
    jti: &'a str,
    iat: Timestamp,
    exp: Timestamp,
}

impl Claims {
    /// A token with these claims, signed by a key at hand.
    ///
    /// # Errors
    /// [`SigningError::Failed`].
    pub fn sign(&self, key: &SigningKey) -> Result<String, SigningError> {
        let signed = self.to_be_signed(key.key_id())?;
        let signature = key.sign(signed.as_bytes())?;
        Ok(with_signature(&signed, &signature))
    }

    /// What is signed: the header, which names the key, and the claims.
    ///
    /// # Errors
    /// [`SigningError::Failed`] when the claims cannot be written.
    pub fn to_be_signed(&self, key_id: &str) -> Result<String, SigningError> {
        let header = Header { typ: ACCESS_TOKEN_TYPE, alg: Algorithm::Es256.as_str(), kid: key_id };
        let payload = Payload {
            iss: &self.issuer,
            aud: &self.audience,
            sub: &self.user,
            business_id: &self.tenant,
            client_id: &self.client_id,
            grant_id: &self.grant,
            scope: self.scopes.join(" "),
            jti: &self.token_id,
            iat: self.issued,
            exp: self.expires,
        };
        Ok(format!("{}.{}", encoded(&header)?, encoded(&payload)?))
    }
}

/// A token of what was signed and its signature, `r‖s`.
pub fn with_signature(signed: &str, signature: &[u8]) -> String {
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn encoded(part: &impl Serialize) -> Result<String, SigningError> {
    let json = serde_json::to_vec(part).map_err(|_| SigningError::Failed)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}
