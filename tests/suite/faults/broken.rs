//! A server that breaks on command: raw TCP, so that every way of breaking is possible. It stands in front of the
//! embedded store, or in the place of an issuer's web server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::broadcast;

use super::http;

/// What a server does instead of its duty.
#[derive(Clone)]
pub(crate) enum Fault {
    /// Nothing: it does its duty.
    None,
    /// Nobody listens.
    Refuse,
    /// The backlog is full: a connection is neither taken nor refused.
    NoConnection,
    /// Takes the connection and closes it, by a reset or in order.
    HangUp { reset: bool },
    /// Takes the request, says this and closes, by a reset or in order.
    Say { bytes: Vec<u8>, reset: bool },
    /// Says this and then nothing more.
    SayAndStall(Vec<u8>),
    /// Says the first at once, and then the second now and then.
    Drip(Vec<u8>, &'static str),
    /// Says the first, and then 64 KiB of blanks so many times.
    Flood(Vec<u8>, usize),
    /// Does its duty, and alters the answer.
    Alter(fn(&mut Value)),
    /// Does its duty, and keeps the answer until it is told to behave otherwise.
    Late,
    /// Does that for so many requests.
    Times(u32, Box<Self>),
    /// Refuses requests that a clock these seconds ahead finds too old or too new, and may say what time it has.
    Skewed { seconds: i64, tells: bool },
}

/// What it does while nothing is wrong with it.
#[derive(Clone)]
pub(crate) enum Duty {
    /// Hands every request on. Faults are for those of one operation.
    Forward { to: SocketAddr, operation: &'static str },
    /// Says the same to everybody.
    Say(Vec<u8>),
}

/// How often something is said now and then.
const NOW_AND_THEN: Duration = Duration::from_millis(100);

/// How long to wait before looking again.
const MOMENT: Duration = Duration::from_millis(2);

/// How long a connection that is neither taken nor refused is waited for, to see that the backlog is full.
const FULL_AFTER: Duration = Duration::from_millis(50);

pub(crate) struct Broken {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    held: Option<Held>,
}

/// A port at which nobody answers.
enum Held {
    Bound(TcpSocket),
    /// With the connections that fill its backlog.
    Full(TcpListener, #[expect(dead_code, reason = "they are held, not used")] Vec<TcpStream>),
}

struct Shared {
    fault: Mutex<Fault>,
    duty: Duty,
    met: AtomicU32,
    kept: AtomicU32,
    /// Ends the connections that are open: by a reset, or in order.
    drop: broadcast::Sender<bool>,
}

impl Broken {
    pub(crate) async fn start(fault: Fault, duty: Duty) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        let held = match fault {
            Fault::Refuse => Held::Bound(socket),
            Fault::NoConnection => full(socket, address).await,
            _ => Held::Full(socket.listen(1024).unwrap(), Vec::new()),
        };
        let waits = matches!(fault, Fault::Refuse | Fault::NoConnection);
        let shared = Arc::new(Shared {
            fault: Mutex::new(fault),
            duty,
            met: AtomicU32::new(0),
            kept: AtomicU32::new(0),
            drop: broadcast::channel(1).0,
        });
        let mut broken = Self { address, shared, held: Some(held) };
        if !waits {
            broken.listen();
        }
        broken
    }

    /// From now on it breaks in this way.
    pub(crate) fn turn(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap() = fault;
    }

    /// From now on it does its duty.
    pub(crate) fn mend(&mut self) {
        self.turn(Fault::None);
        self.listen();
    }

    /// Ends every connection that is open, and waits until that has been done.
    pub(crate) async fn drop_connections(&self, reset: bool) {
        drop(self.shared.drop.send(reset));
        while self.shared.drop.receiver_count() > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// How many requests met the fault.
    pub(crate) fn met(&self) -> u32 {
        self.shared.met.load(Ordering::SeqCst)
    }

    /// Waits until an answer is kept.
    pub(crate) async fn keeps_an_answer(&self) {
        while self.shared.kept.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(MOMENT).await;
        }
    }

    fn listen(&mut self) {
        let listener = match self.held.take() {
            Some(Held::Bound(socket)) => socket.listen(1024).unwrap(),
            Some(Held::Full(listener, _)) => listener,
            None => return,
        };
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                // A client that breaks off is no news here.
                tokio::spawn(async move { drop(shared.serve(stream).await) });
            }
        });
    }
}

async fn full(socket: TcpSocket, address: SocketAddr) -> Held {
    let listener = socket.listen(0).unwrap();
    let mut connections = Vec::new();
    while let Ok(connection) = tokio::time::timeout(FULL_AFTER, TcpStream::connect(address)).await {
        connections.push(connection.unwrap());
    }
    Held::Full(listener, connections)
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        if let Fault::HangUp { reset } = *self.fault.lock().unwrap() {
            self.met.fetch_add(1, Ordering::SeqCst);
            return close(stream, reset);
        }
        let mut dropped = self.drop.subscribe();
        loop {
            let request = tokio::select! {
                request = http::read(&mut stream) => request?,
                reset = dropped.recv() => return close(stream, reset.unwrap_or(false)),
            };
            let Some(request) = request else { return Ok(()) };
            let fault = match &self.duty {
                Duty::Forward { operation, .. } if !request.is_for(operation) => Fault::None,
                _ => self.fault_of_this_request(),
            };
            match fault {
                Fault::None | Fault::Refuse | Fault::NoConnection => {
                    stream.write_all(&self.answer(&request, |_| ()).await?).await?;
                }
                Fault::Alter(alter) => stream.write_all(&self.answer(&request, alter).await?).await?,
                Fault::Late => {
                    let answer = self.answer(&request, |_| ()).await?;
                    self.kept.fetch_add(1, Ordering::SeqCst);
                    while self.is_late() {
                        tokio::time::sleep(MOMENT).await;
                    }
                    stream.write_all(&answer).await?;
                }
                Fault::Skewed { seconds, tells } => {
                    let said = match http::too_far_from(&request, seconds, tells) {
                        Some(refusal) => refusal,
                        None => self.answer(&request, |_| ()).await?,
                    };
                    stream.write_all(&said).await?;
                }
                fault => return said(stream, fault).await,
            }
        }
    }

    fn is_late(&self) -> bool {
        matches!(*self.fault.lock().unwrap(), Fault::Late)
    }

    fn fault_of_this_request(&self) -> Fault {
        let mut fault = self.fault.lock().unwrap();
        let now = match &mut *fault {
            Fault::Times(0, _) => Fault::None,
            Fault::Times(left, fault) => {
                *left -= 1;
                (**fault).clone()
            }
            other => other.clone(),
        };
        if !matches!(now, Fault::None) {
            self.met.fetch_add(1, Ordering::SeqCst);
        }
        now
    }

    async fn answer(&self, request: &http::Message, alter: fn(&mut Value)) -> std::io::Result<Vec<u8>> {
        match &self.duty {
            Duty::Say(bytes) => Ok(bytes.clone()),
            Duty::Forward { to, .. } => {
                let mut store = TcpStream::connect(to).await?;
                store.write_all(&request.bytes()).await?;
                let answer = http::read(&mut store).await?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
                let mut json: Value = serde_json::from_slice(&answer.body)?;
                alter(&mut json);
                Ok(http::Message { body: json.to_string().into_bytes(), ..answer }.bytes())
            }
        }
    }
}

/// What has no next request on its connection.
async fn said(mut stream: TcpStream, fault: Fault) -> std::io::Result<()> {
    match fault {
        Fault::HangUp { reset } => return close(stream, reset),
        Fault::Say { bytes, reset } => {
            stream.write_all(&bytes).await?;
            return close(stream, reset);
        }
        Fault::SayAndStall(bytes) => {
            stream.write_all(&bytes).await?;
            std::future::pending().await
        }
        Fault::Drip(first, drop) => {
            stream.write_all(&first).await?;
            loop {
                stream.write_all(drop.as_bytes()).await?;
                tokio::time::sleep(NOW_AND_THEN).await;
            }
        }
        Fault::Flood(first, times) => {
            stream.write_all(&first).await?;
            for _ in 0..times {
                stream.write_all(&[b' '; 64 * 1024]).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn close(stream: TcpStream, reset: bool) -> std::io::Result<()> {
    if reset { stream.set_zero_linger() } else { Ok(()) }
}
