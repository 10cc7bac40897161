//! Of a name's addresses, the first that answers.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

/// How long an address is waited for before the next is tried beside it: one that is dead costs this, and not the time
/// for all of them. (RFC 8305 §5, "Connection Attempt Delay": its recommended minimum.)
const HEAD_START: Duration = Duration::from_millis(100);

/// No more addresses of one name are tried: the last then still has its turn within the time that callers give.
const MOST: usize = 6;

/// Connects. The caller bounds the time; attempts that have not come to anything end with it.
pub(super) async fn dial(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<TcpStream> {
    let mut tried = JoinSet::new();
    let mut failure = io::Error::other("the name has no address");
    for address in addresses.take(MOST) {
        tried.spawn(TcpStream::connect(address));
        match timeout(HEAD_START, tried.join_next()).await.ok().flatten().map(outcome) {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => failure = error,
            None => {}
        }
    }
    while let Some(joined) = tried.join_next().await {
        match outcome(joined) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn outcome(joined: Result<io::Result<TcpStream>, JoinError>) -> io::Result<TcpStream> {
    joined.map_err(io::Error::other).flatten()
}
