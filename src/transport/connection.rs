//! One connection, looked at while a request is on it and never in between.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::dns::ResolveDns;
use aws_smithy_runtime_api::client::result::ConnectorError;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::Shared;
use super::origin::Origin;

/// What a connection runs over: TCP, or TLS on it.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

type Driver = http1::Connection<TokioIo<Box<dyn Duplex>>, Full<Bytes>>;

/// An open connection.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// What moves bytes; none once it has come to its end.
    driver: Option<Driver>,
}

/// How an exchange failed.
#[derive(Debug)]
pub(super) enum Broken {
    /// Nothing of an answer had come.
    BeforeAnswer(BoxError),
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
            None => TcpStream::connect((origin.host.as_str(), origin.port)).await?,
            Some(names) => {
                let found = names.resolve_dns(&origin.host).await?;
                let addresses: Vec<SocketAddr> = found.into_iter().map(|it| SocketAddr::new(it, origin.port)).collect();
                TcpStream::connect(addresses.as_slice()).await?
            }
        };
        tcp.set_nodelay(true)?;
        let stream: Box<dyn Duplex> =
            if origin.is_https { Box::new(shared.tls.connect(&origin.host, tcp).await?) } else { Box::new(tcp) };
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, driver: Some(driver) })
    }

    /// Whether another request may be sent on it, as far as this side knows.
    pub(super) fn is_open(&self) -> bool {
        self.driver.is_some()
    }

    /// Sends a request and reads the whole of its answer. If the future is dropped, the connection has to be.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        longest: usize,
    ) -> Result<Response<Bytes>, Broken> {
        let Self { sender, driver } = self;
        let mut answer = pin!(ask(sender, request, longest));
        poll_fn(|context| {
            // What the server has sent meanwhile, an end among it, is seen before anything is written.
            drive(driver, context);
            if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            drive(driver, context);
            Poll::Pending
        })
        .await
    }
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
    longest: usize,
) -> Result<Response<Bytes>, Broken> {
    let unanswered = |error: hyper::Error| Broken::BeforeAnswer(error.into());
    sender.ready().await.map_err(unanswered)?;
    let (parts, body) = sender.send_request(request).await.map_err(unanswered)?.into_parts();
    let body = Limited::new(body, longest)
        .collect()
        .await
        .map_err(|error| if error.is::<LengthLimitError>() { Broken::TooLong } else { Broken::Answer(error) })?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

impl From<Broken> for ConnectorError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::BeforeAnswer(error) | Broken::Answer(error) => {
                // A body that is no HTTP is as good as none: the same request may well be answered.
                Self::io(error)
            }
            Broken::TooLong => Self::other(TooLong.into(), None),
        }
    }
}
