//! Keys that never leave AWS KMS: it gets a digest and gives a signature.
//!
//! A digest and not the token: KMS takes messages of 4,096 bytes at most, and a token with many scopes is longer.
//! What comes back is checked under the key that is published, so that no token leaves here that the door would refuse.

use std::sync::Arc;

use aws_sdk_kms::Client;
use aws_sdk_kms::config::{BehaviorVersion, Config, Region};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use sha2::{Digest, Sha256};

use super::access_token::{Claims, with_signature};
use super::ecdsa::{Fixed, fixed_of_der};
use super::key_ring::{OwnKey, PrivateHalf};
use super::signer::{Signer, Signing, SigningFault, TableKeys};
use crate::causes;
use crate::store::client::{Endpoint, http_client, retries, timeouts};

/// The tag by which a key is one of an issuer's: its value is the issuer. The server's role may use keys by it.
pub const ISSUER_TAG: &str = "edge-issuer";

/// A KMS client for that endpoint, with the store's own bounds: an answer comes before the gateway gives up.
pub fn connect(endpoint: Endpoint) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(endpoint.region))
        .credentials_provider(endpoint.credentials)
        .http_client(http_client())
        .retry_config(retries())
        .timeout_config(timeouts());
    Client::from_conf(match endpoint.url {
        Some(url) => config.endpoint_url(url).build(),
        None => config.build(),
    })
}

/// Signs with the keys of the table whose private half is in KMS.
#[derive(Debug)]
pub struct KmsSigner {
    keys: Arc<TableKeys>,
    kms: Client,
}

impl KmsSigner {
    /// A signer with these keys. Which of them signs is in the table, so that a rotation needs no deployment.
    pub fn new(keys: Arc<TableKeys>, kms: Client) -> Self {
        Self { keys, kms }
    }

    async fn signature(&self, key: &OwnKey, arn: &str, message: &[u8]) -> Result<Fixed, SigningFault> {
        let failed = |reason: String| SigningFault::Kms { key: key.record.key_id.clone(), reason };
        let asked = self.kms.sign().key_id(arn).signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
        let asked = asked.message_type(MessageType::Digest).message(Blob::new(Sha256::digest(message).to_vec()));
        let answer = asked.send().await.map_err(|error| failed(causes::told(&error)))?;
        let der = answer.signature.unwrap_or_else(|| Blob::new([]));
        let fixed =
            fixed_of_der(der.as_ref()).ok_or_else(|| failed("its signature is not one over P-256".to_owned()))?;
        match key.record.published() {
            Ok(Some(published)) if published.key.made(message, &fixed) => Ok(fixed),
            Ok(_) | Err(_) => Err(failed("its signature is not good under the published key".to_owned())),
        }
    }
}

impl Signer for KmsSigner {
    fn sign<'a>(&'a self, claims: &'a Claims) -> Signing<'a> {
        Box::pin(async move {
            let (key, arn) = self.keys.signing_key(claims, in_kms).await?;
            let unwritable = |_| SigningFault::Key { key: key.record.key_id.clone() };
            let signed = claims.to_be_signed(&key.record.key_id).map_err(unwritable)?;
            let signature = self.signature(&key, &arn, signed.as_bytes()).await?;
            Ok(with_signature(&signed, &signature))
        })
    }
}

fn in_kms(private: &PrivateHalf) -> Option<String> {
    match private {
        PrivateHalf::Kms(arn) => Some(arn.clone()),
        PrivateHalf::Table(_) => None,
    }
}
