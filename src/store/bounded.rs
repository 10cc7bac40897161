//! No answer of the store is read further than an answer can be long: the SDK would take in whatever comes.

use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// The longest answer, in bytes: what a `BatchGetItem` brings at most (16 MB; "Amazon DynamoDB API Reference").
const MAX_LENGTH: usize = 16 * 1024 * 1024;

/// Breaks an answer off at the first byte too many, whatever length it announced.
#[derive(Debug)]
pub(super) struct BoundedAnswers;

#[dyn_dispatch_hint]
impl Intercept for BoundedAnswers {
    fn name(&self) -> &'static str {
        "BoundedAnswers"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        *body = SdkBody::from_body_1_x(Limited::new(std::mem::replace(body, SdkBody::taken()), MAX_LENGTH));
        Ok(())
    }
}
