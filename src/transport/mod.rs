//! HTTP as the store's client and the key sets need it: HTTP/1.1 over kept connections, and the one TLS stack.
//!
//! It is lean because a decision is one request: no pool task, no timers, nothing that runs between requests. So in a
//! process that was frozen nothing has happened, and what its connections have missed is found out at the next use.
//!
//! ```text
//! request ─▶ a kept connection? ── none, too old, or closed ─▶ a new one: name, TCP, TLS
//!                 │ alive
//!                 ▼
//!               sent ── not a byte of an answer, and it may be repeated ─▶ once more, on a new one
//! ```
//!
//! Only its sender knows whether a request may be sent twice, so [`may_be_repeated`] says so, and by default none is.

mod connection;
mod dial;
mod heard;
mod origin;
mod tls;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::dns::{ResolveDns, SharedDnsResolver};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;

pub use self::connection::TooLong;
use self::connection::{Broken, Connection};
use self::origin::Origin;
use self::tls::Tls;

/// A connection that was not used for so long is not used again. Balancers forget idle connections after a minute,
/// some without a word, and a request on one of those would wait for nothing.
pub const KEPT_FOR: Duration = Duration::from_secs(50);

/// How many idle connections are kept: one in a Lambda, a few where requests run beside each other.
const KEPT: usize = 16;

/// Says of a request that it may be sent twice: it reads, and changes nothing. Where a kept connection swallows it, as
/// one does that died while the process was frozen, it is sent once more.
pub fn may_be_repeated(request: &mut HttpRequest) {
    request.add_extension(MayBeRepeated);
}

#[derive(Clone, Copy, Debug)]
struct MayBeRepeated;

/// The HTTP client. Copies share their connections.
#[derive(Clone)]
pub struct Transport {
    shared: Arc<Shared>,
    /// The whole of opening a connection: name, TCP, TLS. Without it the caller's time is the only bound.
    connect_within: Option<Duration>,
}

#[derive(Default)]
struct Shared {
    tls: Tls,
    /// What finds a name's addresses, where that is not the system.
    names: Option<SharedDnsResolver>,
    /// The longest body of an answer, in bytes.
    longest: usize,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    origin: Origin,
    connection: Connection,
    /// By the wall clock, since other clocks may stand still in a frozen process.
    since: SystemTime,
}

impl Transport {
    /// A client that reads answers of at most so many bytes.
    pub fn reading_at_most(longest: usize) -> Self {
        Self::of(Shared { longest, ..Shared::default() })
    }

    fn of(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), connect_within: None }
    }

    /// A new client that connects to the addresses which `names` finds, and to no others.
    #[must_use]
    pub fn resolving_by(&self, names: impl ResolveDns + 'static) -> Self {
        let names = Some(SharedDnsResolver::new(names));
        Self::of(Shared { names, tls: self.shared.tls.clone(), longest: self.shared.longest, ..Shared::default() })
    }

    /// A new client that believes what this certificate (PEM) vouches for, and nobody else.
    ///
    /// # Errors
    /// When it is no certificate.
    pub fn trusting(&self, certificate: &str) -> std::io::Result<Self> {
        let (tls, names) = (Tls::trusting(certificate)?, self.shared.names.clone());
        Ok(Self::of(Shared { names, tls, longest: self.shared.longest, ..Shared::default() }))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let may_be_repeated = request.extension::<MayBeRepeated>().is_some();
        let mut request = in_memory(request)?;
        let origin = Origin::of(request.uri()).ok_or_else(|| user("not an address that can be connected to"))?;
        origin.address(&mut request).map_err(|error| ConnectorError::user(error.into()))?;
        while let Some(connection) = self.take(&origin) {
            match self.on(connection, &origin, request.clone()).await {
                // Closed while it was kept, and seen in time: the request is still ours.
                Err(Broken::Closed(_)) => {}
                // Closed while the request was on its way. Whether it arrived, nobody can know.
                Err(Broken::Unanswered(_)) if may_be_repeated => break,
                other => return other.map_err(Broken::into),
            }
        }
        let connection = self.open(&origin).await?;
        self.on(connection, &origin, request).await.map_err(Broken::into)
    }

    async fn open(&self, origin: &Origin) -> Result<Connection, ConnectorError> {
        let opening = Connection::open(origin, &self.shared);
        let opened = match self.connect_within {
            Some(time) => tokio::time::timeout(time, opening)
                .await
                .map_err(|elapsed| ConnectorError::timeout(elapsed.into()).never_connected())?,
            None => opening.await,
        };
        opened.map_err(|error| ConnectorError::io(error).never_connected())
    }

    async fn on(
        &self,
        mut connection: Connection,
        origin: &Origin,
        request: Request<Full<Bytes>>,
    ) -> Result<HttpResponse, Broken> {
        let answer = connection.exchange(request, self.shared.longest).await?;
        if connection.is_open() {
            self.keep(connection, origin);
        }
        HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|error| Broken::Answer(error.into()))
    }

    fn keep(&self, connection: Connection, origin: &Origin) {
        let mut idle = self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(Idle { origin: origin.clone(), connection, since: wall_clock() });
        }
    }

    /// The connection to that origin that was used last.
    fn take(&self, origin: &Origin) -> Option<Connection> {
        let now = wall_clock();
        // A clock that was set back says nothing about a connection's age.
        let fresh = |it: &Idle| now.duration_since(it.since).is_ok_and(|age| age < KEPT_FOR);
        let mut idle = self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(fresh);
        let at = idle.iter().rposition(|it| it.origin == *origin)?;
        Some(idle.swap_remove(at).connection)
    }
}

#[expect(clippy::disallowed_methods, reason = "the age of a connection decides nothing but whether it is used again")]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// The request with its body in memory, as all of ours and of the SDK's for DynamoDB are.
fn in_memory(request: HttpRequest) -> Result<Request<Full<Bytes>>, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let bytes = body.bytes().ok_or_else(|| user("a body that is not in memory"))?;
    let body = Full::new(Bytes::copy_from_slice(bytes));
    Ok(Request::from_parts(parts, body))
}

fn user(problem: &'static str) -> ConnectorError {
    ConnectorError::user(problem.into())
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let transport = self.clone();
        HttpConnectorFuture::new(async move { transport.exchange(request).await })
    }
}

impl HttpClient for Transport {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self { connect_within: settings.connect_timeout(), ..self.clone() })
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}
