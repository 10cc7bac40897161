//! A key set over HTTPS, from a server that is trusted for its keys and for nothing else: no redirect is followed,
//! no more is read than a key set may have, nothing but JSON is looked at.
//!
//! The time is bounded by the caller, for the whole.

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::error::display::DisplayErrorContext;
use url::Url;

use crate::token::key_set::MAX_LENGTH;

/// The media types of a key set (RFC 7517 §8.5), and of what most servers say instead.
const MEDIA_TYPES: [&str; 2] = ["application/jwk-set+json", "application/json"];

/// Why a document could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The server could not be reached, or broke off.
    #[error("the server could not be reached: {0}")]
    Unreachable(String),
    /// Any answer but 200, redirects among them.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The answer is not JSON, or it is compressed.
    #[error("the server's answer is not plain JSON by its headers")]
    MediaType,
    /// More bytes than a key set may have.
    #[error("the server's answer is longer than {MAX_LENGTH} bytes")]
    TooLong,
}

/// Fetches the document at that URL.
///
/// # Errors
/// [`FetchError`].
pub async fn document(http: &SharedHttpConnector, url: &Url) -> Result<Vec<u8>, FetchError> {
    let answer = http.call(request(url)?).await.map_err(|error| unreachable(&error))?;
    if answer.status().as_u16() != 200 {
        return Err(FetchError::Status(answer.status().as_u16()));
    }
    if !is_plain_json(&answer) {
        return Err(FetchError::MediaType);
    }
    read(answer.into_body()).await
}

fn request(url: &Url) -> Result<HttpRequest, FetchError> {
    let mut request = HttpRequest::get(url).map_err(|error| unreachable(&error))?;
    request.headers_mut().insert("accept", MEDIA_TYPES.join(", "));
    Ok(request)
}

fn is_plain_json(answer: &HttpResponse) -> bool {
    let media_type = answer.headers().get("content-type").and_then(|value| value.split(';').next());
    let encoding = answer.headers().get("content-encoding");
    media_type.is_some_and(|it| MEDIA_TYPES.iter().any(|known| it.trim().eq_ignore_ascii_case(known)))
        && encoding.is_none_or(|it| it.eq_ignore_ascii_case("identity"))
}

/// Reads a body piece by piece, and stops at the first byte too many, whatever length the server announced.
async fn read(body: SdkBody) -> Result<Vec<u8>, FetchError> {
    let mut pieces = ByteStream::new(body);
    let mut document = Vec::new();
    while let Some(piece) = pieces.try_next().await.map_err(|error| unreachable(&error))? {
        if document.len() + piece.len() > MAX_LENGTH {
            return Err(FetchError::TooLong);
        }
        document.extend_from_slice(&piece);
    }
    Ok(document)
}

fn unreachable(error: &(impl std::error::Error + 'static)) -> FetchError {
    FetchError::Unreachable(DisplayErrorContext(error).to_string())
}
