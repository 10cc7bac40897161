//! One connection, looked at while a request is on it and never in between.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::dns::ResolveDns;
use aws_smithy_runtime_api::client::result::ConnectorError;
use bytes::Bytes;
use http::header::CONNECTION;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::Shared;
use super::dial::dial;
use super::heard::{Duplex, Heard};
use super::origin::Origin;

type Driver = http1::Connection<TokioIo<Heard>, Full<Bytes>>;

/// An open connection.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// What moves bytes; none once it has come to its end.
    driver: Option<Driver>,
    /// Whether anything came since the last request was sent.
    heard: Arc<AtomicBool>,
    /// The server has said that it closes.
    is_last: bool,
}

/// The longest head of an answer, in bytes: status line and headers. Common servers and balancers send 16 KiB at most.
/// (Of headers, hyper takes a hundred.)
const LONGEST_HEAD: usize = 32 * 1024;

/// How an exchange failed.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection had been closed: nothing was sent.
    Closed(BoxError),
    /// It was closed after the request, or a piece of it, and not a byte of an answer had come.
    Unanswered(BoxError),
    /// In the middle of an answer, or by what it is.
    Answer(BoxError),
    /// By what the caller will read.
    TooLong,
}

/// An answer that is longer than what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is too long")]
pub struct TooLong;

impl Connection {
    /// Connects. The caller bounds the time.
    pub(super) async fn open(origin: &Origin, shared: &Shared) -> Result<Self, BoxError> {
        let tcp = match &shared.names {
            None => dial(tokio::net::lookup_host((origin.host.as_str(), origin.port)).await?).await?,
            Some(names) => {
                let found = names.resolve_dns(&origin.host).await?;
                dial(found.into_iter().map(|it| SocketAddr::new(it, origin.port))).await?
            }
        };
        tcp.set_nodelay(true)?;
        let stream: Box<dyn Duplex> =
            if origin.is_https { Box::new(shared.tls.connect(&origin.host, tcp).await?) } else { Box::new(tcp) };
        let (stream, heard) = Heard::over(stream);
        let (sender, driver) =
            http1::Builder::new().max_header_size(LONGEST_HEAD).handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, driver: Some(driver), heard, is_last: false })
    }

    /// Whether another request may be sent on it, as far as this side knows.
    pub(super) fn is_open(&self) -> bool {
        self.driver.is_some() && !self.is_last
    }

    /// Sends a request and reads the whole of its answer. If the future is dropped, the connection has to be.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        longest: usize,
    ) -> Result<Response<Bytes>, Broken> {
        let Self { sender, driver, heard, is_last } = self;
        heard.store(false, Ordering::Relaxed);
        let mut answer = pin!(ask(sender, request, heard, longest));
        let answer = poll_fn(|context| {
            // What the server has sent meanwhile, an end among it, is seen before anything is written.
            drive(driver, context);
            if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            drive(driver, context);
            Poll::Pending
        })
        .await?;
        *is_last = ends_connection(&answer);
        Ok(answer)
    }
}

/// RFC 9112 §9.3. What says so in other words is found out when the connection is used again.
fn ends_connection(answer: &Response<Bytes>) -> bool {
    let closes = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"close");
    answer.version() != Version::HTTP_11 || answer.headers().get_all(CONNECTION).iter().any(closes)
}

/// Moves bytes as far as that goes. Its end, good or bad, reaches whoever waits for an answer.
fn drive(driver: &mut Option<Driver>, context: &mut std::task::Context<'_>) {
    if let Some(running) = driver
        && Pin::new(running).poll(context).is_ready()
    {
        *driver = None;
    }
}

async fn ask(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    heard: &AtomicBool,
    longest: usize,
) -> Result<Response<Bytes>, Broken> {
    sender.ready().await.map_err(|error| Broken::Closed(error.into()))?;
    let sent = sender.try_send_request(request).await;
    let answer = sent.map_err(|error| unanswered(error, heard.load(Ordering::Relaxed)))?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, longest)
        .collect()
        .await
        .map_err(|error| if error.is::<LengthLimitError>() { Broken::TooLong } else { Broken::Answer(error) })?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

fn unanswered(error: TrySendError<Request<Full<Bytes>>>, heard: bool) -> Broken {
    let was_sent = error.message().is_none();
    let error = error.into_error().into();
    match (was_sent, heard) {
        (false, _) => Broken::Closed(error),
        (true, false) => Broken::Unanswered(error),
        // Half a head, or what is no HTTP: an answer too, if a bad one.
        (true, true) => Broken::Answer(error),
    }
}

impl From<Broken> for ConnectorError {
    fn from(broken: Broken) -> Self {
        match broken {
            // An answer that is no HTTP is as good as none: the same request may well be answered.
            Broken::Closed(error) | Broken::Unanswered(error) | Broken::Answer(error) => Self::io(error),
            Broken::TooLong => Self::other(TooLong.into(), None),
        }
    }
}
