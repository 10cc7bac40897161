//! A web server on this machine, over TLS with a certificate of its own, and names that lead to it: whatever a stranger
//! may put on the web.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver};
use edge_authorizer::oauth::document::resolver::Guarded;
use edge_authorizer::store::client::guarded_connector_trusting;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub(super) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// One answer, byte for byte but for its length.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// Whether the end of it never comes.
    pub(crate) endless: bool,
}

impl Page {
    pub(crate) fn json(body: impl ToString) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status: 200, headers, body: body.to_string(), endless: false }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// The server.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) port: u16,
    pub(crate) certificate: String,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    /// The first line and the `Host` of every request.
    pub(super) asked: Arc<Mutex<Vec<String>>>,
    /// Every connection, whether or not it came to a request.
    pub(super) connections: Arc<AtomicUsize>,
}

impl Site {
    /// A server with a certificate for that name.
    pub(crate) fn named(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let site = Self {
            port: listener.local_addr().unwrap().port(),
            certificate: made.cert.pem(),
            pages: Arc::default(),
            asked: Arc::default(),
            connections: Arc::default(),
        };
        let (serving, config) = (site.clone(), Arc::new(config));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serving.connections.fetch_add(1, Ordering::SeqCst);
                let (serving, config) = (serving.clone(), Arc::clone(&config));
                std::thread::spawn(move || serving.answer(stream.unwrap(), config));
            }
        });
        site
    }

    pub(crate) fn put(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// What a client of this server is made of: names that lead somewhere, and where it may go.
    pub(super) fn reached_by(
        &self,
        names: &Names,
        allows: fn(IpAddr) -> bool,
    ) -> aws_smithy_runtime_api::client::http::SharedHttpConnector {
        guarded_connector_trusting(Guarded::new(SharedDnsResolver::new(names.clone()), allows), &self.certificate)
            .unwrap()
    }

    fn answer(&self, stream: TcpStream, config: Arc<ServerConfig>) {
        let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                Ok(_) | Err(_) => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let line = head.lines().next().unwrap();
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
        self.asked.lock().unwrap().push(format!("{line} {host}"));
        let path = line.split(' ').nth(1).unwrap().to_owned();
        let page = self.pages.lock().unwrap().get(&path).cloned();
        let Some(page) = page else {
            _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
            return;
        };
        let headers: String = page.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = page.body.len() + if page.endless { 1 } else { 0 };
        let head = format!("HTTP/1.1 {} X\r\n{headers}content-length: {length}\r\n\r\n", page.status);
        _ = stream.write_all(&[head.as_bytes(), page.body.as_bytes()].concat());
        _ = stream.flush();
        if page.endless {
            std::thread::sleep(Duration::from_secs(30));
        }
        stream.conn.send_close_notify();
        _ = stream.flush();
    }
}

/// Names that lead where a test says, one answer after the other; the last one stays.
#[derive(Clone, Debug)]
pub(super) struct Names {
    answers: Arc<Mutex<Vec<Vec<IpAddr>>>>,
    pub(super) asked: Arc<AtomicUsize>,
}

impl Names {
    pub(super) fn lead_to(answers: &[&[IpAddr]]) -> Self {
        let answers = answers.iter().rev().map(|addresses| addresses.to_vec()).collect();
        Self { answers: Arc::new(Mutex::new(answers)), asked: Arc::default() }
    }
}

impl ResolveDns for Names {
    fn resolve_dns<'a>(&'a self, _: &'a str) -> DnsFuture<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop() } else { answers.last().cloned() };
        DnsFuture::ready(answer.ok_or_else(|| ResolveDnsError::new("no such name")))
    }
}
