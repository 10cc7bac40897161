//! Keys in AWS KMS, as an operator makes them or has had them made.

use aws_sdk_kms::Client;
use aws_sdk_kms::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_kms::types::{KeySpec, KeyUsageType, Tag};
use edge_authorizer::oauth::issuer::Issuer;
use edge_authorizer::oauth::kms::ISSUER_TAG;
use edge_authorizer::oauth::public_half::PublicHalf;

use crate::failure::Failure;

/// A key in KMS.
pub(crate) struct KmsKey {
    pub(crate) arn: String,
    pub(crate) public: PublicHalf,
}

/// Makes a key for an issuer; its ARN.
pub(crate) async fn create(kms: &Client, issuer: &Issuer) -> Result<String, Failure> {
    let tag = Tag::builder().tag_key(ISSUER_TAG).tag_value(issuer.as_str()).build().map_err(fault)?;
    let create = kms.create_key().key_spec(KeySpec::EccNistP256).key_usage(KeyUsageType::SignVerify);
    let create = create.description(format!("Signs the access tokens of {issuer}")).tags(tag);
    let created = create.send().await.map_err(refused)?;
    let arn = created.key_metadata.and_then(|metadata| metadata.arn);
    arn.ok_or_else(|| Failure::Fault("KMS made a key and did not say which".to_owned()))
}

/// Looks a key up, and whether the server may use it.
pub(crate) async fn find(kms: &Client, id: &str, issuer: &Issuer) -> Result<KmsKey, Failure> {
    let found = kms.get_public_key().key_id(id).send().await.map_err(refused)?;
    let is_ours = (found.key_spec, found.key_usage) == (Some(KeySpec::EccNistP256), Some(KeyUsageType::SignVerify));
    let public = found.public_key.as_ref().and_then(|info| PublicHalf::of_info(info.as_ref()));
    let (Some(public), Some(arn), true) = (public, found.key_id, is_ours) else {
        return Err(Failure::Invalid(format!(
            "`{id}` does not sign with ES256: it must be ECC_NIST_P256, SIGN_VERIFY"
        )));
    };
    let tags = kms.list_resource_tags().key_id(&arn).send().await.map_err(refused)?.tags.unwrap_or_default();
    if !tags.iter().any(|tag| tag.tag_key() == ISSUER_TAG && tag.tag_value() == issuer.as_str()) {
        let hint = format!("the server may not use it: give it the tag `{ISSUER_TAG}` with the value `{issuer}`");
        return Err(Failure::Invalid(format!("`{id}` is not tagged for this issuer, so that {hint}")));
    }
    Ok(KmsKey { arn, public })
}

/// An answer that says no is about what was asked; anything else is nobody's doing here.
fn refused<E>(error: SdkError<E>) -> Failure
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match error.code() {
        Some(code) => Failure::Invalid(format!("KMS: {code}: {}", error.message().unwrap_or("it says no more"))),
        None => Failure::Fault(format!("KMS: {}", DisplayErrorContext(&error))),
    }
}

fn fault(error: impl std::error::Error) -> Failure {
    Failure::Fault(error.to_string())
}
