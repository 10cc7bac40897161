//! A document over HTTPS, from a server that is trusted for its keys and for nothing else, or not even for that: no
//! redirect is followed, no more is read than such a document may have, nothing but JSON is looked at.
//!
//! The time is bounded by the caller, for the whole.

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use url::Url;

use crate::causes;
use crate::token::key_set::MAX_LENGTH;
use crate::transport::{TooLong, may_be_repeated};

/// A key set (RFC 7517 §8.5), or what most servers say instead.
pub const KEY_SET: Expected = Expected {
    accept: "application/jwk-set+json, application/json",
    is_media_type: |it| ["application/jwk-set+json", "application/json"].contains(&it),
    longest: MAX_LENGTH,
};

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
    /// More bytes than are read.
    #[error("the server's answer is longer than {longest} bytes")]
    TooLong {
        /// How many are read.
        longest: usize,
    },
}

/// What an answer must be by its headers, and how much of it is read.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// `Accept`.
    pub accept: &'static str,
    /// Whether a media type, in lower case and without parameters, is one that is read.
    pub is_media_type: fn(&str) -> bool,
    /// The most bytes.
    pub longest: usize,
}

/// A whole answer.
#[derive(Debug)]
pub struct Fetched {
    /// The body.
    pub body: Vec<u8>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
}

/// Fetches the document at that URL.
///
/// # Errors
/// [`FetchError`].
pub async fn document(http: &SharedHttpConnector, url: &Url, expected: &Expected) -> Result<Fetched, FetchError> {
    let mut request = HttpRequest::get(url).map_err(|error| unreachable(&error))?;
    request.headers_mut().insert("accept", expected.accept);
    may_be_repeated(&mut request);
    answer(http, request, expected).await
}

/// Asks, and reads the answer.
///
/// # Errors
/// [`FetchError`].
pub async fn answer(
    http: &SharedHttpConnector,
    request: HttpRequest,
    expected: &Expected,
) -> Result<Fetched, FetchError> {
    let answer = http.call(request).await.map_err(|error| {
        let is_too_long = std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<TooLong>);
        if is_too_long { FetchError::TooLong { longest: expected.longest } } else { unreachable(&error) }
    })?;
    if answer.status().as_u16() != 200 {
        return Err(FetchError::Status(answer.status().as_u16()));
    }
    if !is_plain(&answer, expected) {
        return Err(FetchError::MediaType);
    }
    let cache_control = answer.headers().get("cache-control").map(str::to_owned);
    Ok(Fetched { body: read(answer.into_body(), expected.longest).await?, cache_control })
}

fn is_plain(answer: &HttpResponse, expected: &Expected) -> bool {
    let media_type = answer.headers().get("content-type").and_then(|value| value.split(';').next());
    let encoding = answer.headers().get("content-encoding");
    media_type.is_some_and(|it| (expected.is_media_type)(&it.trim().to_ascii_lowercase()))
        && encoding.is_none_or(|it| it.eq_ignore_ascii_case("identity"))
}

/// Reads a body piece by piece, and stops at the first byte too many, whatever length the server announced.
async fn read(body: SdkBody, longest: usize) -> Result<Vec<u8>, FetchError> {
    let mut pieces = ByteStream::new(body);
    let mut document = Vec::new();
    while let Some(piece) = pieces.try_next().await.map_err(|error| unreachable(&error))? {
        if document.len() + piece.len() > longest {
            return Err(FetchError::TooLong { longest });
        }
        document.extend_from_slice(&piece);
    }
    Ok(document)
}

fn unreachable(error: &(impl std::error::Error + 'static)) -> FetchError {
    FetchError::Unreachable(causes::told(error))
}
