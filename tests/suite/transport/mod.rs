//! The HTTP client under the store and the key sets, against a server that says exactly what a test tells it to: answers
//! in every form, connections that are kept, closed and lied about, and no byte more than the limits.

mod addresses;
mod repeated;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::display::DisplayErrorContext;
use edge_authorizer::transport::{Transport, may_be_repeated};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::oauth::site::{Page, Site};

/// The longest body that the client of these tests reads.
const LONGEST: usize = 1000;

/// What the server says to the requests on one connection, one by one. After the last it closes, unless it stays.
#[derive(Clone)]
struct Script {
    says: Vec<String>,
    stays: bool,
}

/// Says these, and keeps the connection.
fn stays(says: &[&str]) -> Script {
    Script { says: says.iter().map(|it| (*it).to_owned()).collect(), stays: true }
}

/// Says these, and closes the connection behind the last; where that is empty, it takes the request and says nothing.
fn closes(says: &[&str]) -> Script {
    Script { stays: false, ..stays(says) }
}

/// An answer of that text.
fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

struct Server {
    address: SocketAddr,
    /// The connection on which each request came, from 0.
    requests: Arc<Mutex<Vec<usize>>>,
}

impl Server {
    /// A script for each connection, in order; connections beyond them are closed.
    async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            for (number, script) in scripts.into_iter().enumerate() {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(follow(script, stream, number, Arc::clone(&seen)));
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<usize> {
        self.requests.lock().unwrap().clone()
    }
}

async fn follow(script: Script, mut stream: TcpStream, number: usize, seen: Arc<Mutex<Vec<usize>>>) {
    for said in script.says {
        if !takes_request(&mut stream).await {
            return;
        }
        seen.lock().unwrap().push(number);
        stream.write_all(said.as_bytes()).await.unwrap();
    }
    if script.stays {
        while takes_request(&mut stream).await {
            seen.lock().unwrap().push(number);
        }
    }
}

/// Reads a request with a body of one letter, or of none.
async fn takes_request(stream: &mut TcpStream) -> bool {
    let mut read = Vec::new();
    while !(read.ends_with(b"\r\n\r\nx") || read.starts_with(b"GET") && read.ends_with(b"\r\n\r\n")) {
        if stream.read_buf(&mut read).await.is_ok_and(|bytes| bytes > 0) { continue } else { return false }
    }
    true
}

fn client() -> Transport {
    Transport::reading_at_most(LONGEST)
}

fn post(server: &Server) -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from("x"));
    request.set_method("POST").unwrap();
    request.set_uri(format!("http://{}/path?query", server.address)).unwrap();
    request
}

/// The status and the text of the answer, or the error's words. The request may be repeated.
async fn ask(client: &Transport, server: &Server) -> Result<(u16, String), String> {
    let mut request = post(server);
    may_be_repeated(&mut request);
    answer(client, request).await
}

/// The same, of a request of which nothing is said.
async fn change(client: &Transport, server: &Server) -> Result<(u16, String), String> {
    answer(client, post(server)).await
}

async fn answer(client: &Transport, request: HttpRequest) -> Result<(u16, String), String> {
    let answer = client.call(request).await.map_err(|error| DisplayErrorContext(&error).to_string())?;
    let text = String::from_utf8(answer.body().bytes().unwrap().to_vec()).unwrap();
    Ok((answer.status().as_u16(), text))
}

#[tokio::test]
async fn an_answer_is_read_in_every_form_that_http_has() {
    let chunks =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\ntrailer: 1\r\n\r\n";
    let forms = [
        ("a length", stays(&[&ok("abcde")]), 200, "abcde"),
        ("chunks", stays(&[chunks]), 200, "abcde"),
        ("until it closes", closes(&["HTTP/1.1 200 OK\r\n\r\nabcde"]), 200, "abcde"),
        ("until it closes, HTTP/1.0", closes(&["HTTP/1.0 200 OK\r\n\r\nabcde"]), 200, "abcde"),
        ("no body by its status", stays(&["HTTP/1.1 204 No Content\r\n\r\n"]), 204, ""),
        (
            "after an interim answer",
            stays(&[&format!("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n{}", ok("abcde"))]),
            200,
            "abcde",
        ),
        ("an error", stays(&["HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno"]), 503, "no"),
    ];
    for (form, script, status, text) in forms {
        let server = Server::start(vec![script]).await;
        assert_eq!(ask(&client(), &server).await, Ok((status, text.to_owned())), "{form}");
    }
}

#[tokio::test]
async fn a_connection_is_kept_unless_the_answer_ends_it() {
    let ends = "HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 1\r\n\r\n1";
    let old = "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n1";
    let listed = "HTTP/1.1 200 OK\r\nconnection: x, close\r\ncontent-length: 1\r\n\r\n1";
    let kept = [
        (ok("1"), vec![0, 0]),
        (ends.to_owned(), vec![0, 1]),
        (old.to_owned(), vec![0, 1]),
        (listed.to_owned(), vec![0, 1]),
    ];
    for (first, connections) in kept {
        // The server keeps its side open in any case.
        let server = Server::start(vec![stays(&[&first, &ok("2")]), stays(&[&ok("2")])]).await;
        let client = client();
        assert_eq!(ask(&client, &server).await, Ok((200, "1".to_owned())), "{first}");
        assert_eq!(ask(&client, &server).await, Ok((200, "2".to_owned())), "{first}");
        assert_eq!(server.requests(), connections, "{first}");
    }
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_answers_nobody() {
    let (one, two) = (ok("1"), [ok("1"), ok("stray")].concat());
    let server = Server::start(vec![stays(&[&two]), stays(&[&ok("2")])]).await;
    let client = client();
    assert_eq!(ask(&client, &server).await, Ok((200, "1".to_owned())));
    assert_eq!(ask(&client, &server).await, Ok((200, "2".to_owned())));
    assert_eq!(server.requests(), [0, 1]);
    // Nor does what lies behind the body that the length announces.
    let server = Server::start(vec![stays(&[&format!("{one}HTTP/1.1 200")]), stays(&[&ok("2")])]).await;
    assert_eq!(ask(&client, &server).await, Ok((200, "1".to_owned())));
    assert_eq!(ask(&client, &server).await, Ok((200, "2".to_owned())));
    assert_eq!(server.requests(), [0, 1]);
}

#[tokio::test]
async fn where_two_readers_could_disagree_on_the_end_nothing_of_it_reaches_the_next_request() {
    let disagreements = [
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nabcde",
        "HTTP/1.1 200 OK\r\ncontent-length: 3, 5\r\n\r\nabcde",
        "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nabcde",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding : chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n content-length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nname\0: 3\r\n\r\nabc",
    ];
    for answer in disagreements {
        let server = Server::start(vec![closes(&[answer]), stays(&[&ok("2")])]).await;
        let client = client();
        ask(&client, &server).await.unwrap_err();
        assert_eq!(ask(&client, &server).await, Ok((200, "2".to_owned())), "{answer}");
        assert_eq!(server.requests(), [0, 1], "{answer}");
    }
    // Chunks win over a length (RFC 9112 §6.3), and what a reader of the length would have left is not the next answer.
    let both = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n";
    let server = Server::start(vec![stays(&[both, &ok("2")]), stays(&[&ok("2")])]).await;
    let client = client();
    assert_eq!(ask(&client, &server).await, Ok((200, "abcde".to_owned())));
    assert_eq!(ask(&client, &server).await, Ok((200, "2".to_owned())));
}

#[tokio::test]
async fn no_more_is_read_than_the_limits_say() {
    let headers = |count: usize, length: usize| {
        let headers: String = (0..count).map(|it| format!("h{it}: {}\r\n", "v".repeat(length))).collect();
        format!("HTTP/1.1 200 OK\r\n{headers}content-length: 1\r\n\r\n1")
    };
    let chunks =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n{}\r\n0\r\n\r\n", "x".repeat(1001));
    let until_closed = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1001));
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_owned();
    let refused = [
        ("a body of 1001", ok(&"x".repeat(LONGEST + 1)), "the answer is too long"),
        ("the same in chunks", chunks, "the answer is too long"),
        ("the same until it closes", until_closed, "the answer is too long"),
        ("a long one, announced", announced, ""),
        ("a head of 33 KiB", headers(33, 1024), ""),
        ("a header of 33 KiB", headers(1, 33 * 1024), ""),
        ("a hundred headers and one", headers(100, 1), ""),
    ];
    for (what, answer, words) in refused {
        let server = Server::start(vec![closes(&[&answer])]).await;
        let error = ask(&client(), &server).await.expect_err(what);
        assert!(error.contains(words), "{what}: {error}");
        assert_eq!(server.requests(), [0], "{what}");
    }
    for answer in [ok(&"x".repeat(LONGEST)), headers(99, 1), headers(15, 1024)] {
        let server = Server::start(vec![stays(&[&answer])]).await;
        ask(&client(), &server).await.unwrap();
    }
}

#[tokio::test]
async fn over_tls_only_the_name_that_a_trusted_certificate_is_for_is_believed() {
    let get = async |client: Transport, url: String| {
        let answer = client.call(HttpRequest::get(url).unwrap()).await;
        answer.map(|it| it.status().as_u16()).map_err(|error| DisplayErrorContext(&error).to_string())
    };
    let site = Site::named("localhost");
    site.put("/", Page::json("{}"));
    let (right, wrong) = (format!("https://localhost:{}/", site.port), format!("https://127.0.0.1:{}/", site.port));
    let trusting = || client().trusting(&site.certificate).unwrap();
    assert_eq!(get(trusting(), right.clone()).await, Ok(200));
    let refused = get(trusting(), wrong).await.unwrap_err();
    assert!(refused.contains("certificate"), "another name: {refused}");
    for (whose, client) in [
        ("the usual roots", client()),
        ("another root", client().trusting(&Site::named("localhost").certificate).unwrap()),
    ] {
        let refused = get(client, right.clone()).await.unwrap_err();
        assert!(refused.contains("certificate"), "{whose}: {refused}");
    }
    assert!(client().trusting("no certificate").is_err());
    // A server that speaks no TLS is not spoken to without it.
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", plain.local_addr().unwrap().port());
    let heard = async {
        let (mut stream, _) = plain.accept().await.unwrap();
        let mut first = [0];
        stream.read_exact(&mut first).await.unwrap();
        stream.write_all(ok("plain").as_bytes()).await.unwrap();
        first[0]
    };
    let (refused, first) = tokio::join!(get(trusting(), url), heard);
    refused.unwrap_err();
    assert_eq!(first, 22, "a handshake and not a request");
}

#[tokio::test]
async fn what_is_no_address_of_a_server_is_refused_before_anything_is_sent() {
    for url in ["ftp://127.0.0.1/", "/path", "127.0.0.1:80"] {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(url).unwrap();
        assert!(client().call(request).await.unwrap_err().is_user(), "{url}");
    }
}
