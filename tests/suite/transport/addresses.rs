//! A name with several addresses, some of which are dead.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use edge_authorizer::transport::Transport;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{LONGEST, Server, ok, stays};

/// What a name stands for.
#[derive(Clone, Debug)]
struct Names(Vec<IpAddr>);

impl ResolveDns for Names {
    fn resolve_dns<'a>(&'a self, _: &'a str) -> DnsFuture<'a> {
        DnsFuture::ready(Ok(self.0.clone()))
    }
}

/// An address of the same port where a connection is neither taken nor refused, with what keeps it so.
async fn dead(address: SocketAddr) -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(address).unwrap();
    let listener = socket.listen(0).unwrap();
    let mut held = Vec::new();
    while let Ok(taken) = tokio::time::timeout(Duration::from_millis(50), TcpStream::connect(address)).await {
        held.push(taken.unwrap());
    }
    (listener, held)
}

/// Other addresses of this machine than 127.0.0.1 are to be had without asking on Linux alone.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_dead_address_does_not_eat_the_time_of_the_others() {
    let server = Server::start(vec![stays(&[&ok("1")])]).await;
    let address = |last: u8| SocketAddr::from(([127, 0, 0, last], server.address.port()));
    let _held = (dead(address(2)).await, dead(address(3)).await);
    // Nobody listens at the fourth, which is known at once.
    let names = Names([2, 4, 3, 1].map(|last| address(last).ip()).to_vec());
    let client = Transport::reading_at_most(LONGEST).resolving_by(names);
    let start = Instant::now();
    let url = format!("http://api.example.com:{}/", server.address.port());
    let answer = client.call(HttpRequest::get(url).unwrap()).await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    // A connection that nobody takes is given up by the system after minutes, and by no caller of ours before 800 ms.
    assert!(start.elapsed() < Duration::from_millis(800), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_name_without_an_address_or_with_refusals_alone_is_an_error() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for addresses in [Vec::new(), vec![IpAddr::from([127, 0, 0, 1]); 8]] {
        let client = Transport::reading_at_most(LONGEST).resolving_by(Names(addresses));
        let url = format!("http://api.example.com:{port}/");
        assert!(client.call(HttpRequest::get(url).unwrap()).await.unwrap_err().is_io());
    }
}
