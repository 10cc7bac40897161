//! The Lambda runtime API, as a program sees it: `next`, `response`, `error`. One program, one API.
//!
//! Latency is what lies between the first byte of an event leaving and the last byte of its answer having come, and so
//! includes this side's share of the exchange.
//!
//! Source: "Using the Lambda runtime API for custom runtimes", AWS Lambda Developer Guide.

use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::http;

/// What became of an event.
#[derive(Debug)]
pub struct Answer {
    pub sent: Instant,
    pub came: Instant,
    pub is_error: bool,
    pub body: Vec<u8>,
}

pub struct RuntimeApi {
    pub address: String,
    events: Sender<Arc<str>>,
    /// When the program first asked for an event: the end of its init phase.
    ready: Receiver<Instant>,
    answers: Receiver<Answer>,
}

/// What the threads of one API share.
struct Wire {
    events: Mutex<Receiver<Arc<str>>>,
    ready: Sender<Instant>,
    answers: Sender<Answer>,
    sent: Mutex<Option<Instant>>,
}

impl RuntimeApi {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("a port").to_string();
        let (events, waiting) = channel();
        let (ready, readiness) = channel();
        let (answers, answered) = channel();
        let wire = Arc::new(Wire { events: Mutex::new(waiting), ready, answers, sent: Mutex::default() });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let wire = Arc::clone(&wire);
                std::thread::spawn(move || {
                    let _ = converse(&wire, stream);
                });
            }
        });
        Self { address, events, ready: readiness, answers: answered }
    }

    /// Waits until the program asks for an event for the first time.
    pub fn wait(&self) -> Instant {
        self.ready.recv_timeout(crate::child::PATIENCE).expect("the program asks for an event")
    }

    /// Hands out an event and waits for what becomes of it.
    pub fn ask(&self, event: &Arc<str>) -> Answer {
        self.events.send(Arc::clone(event)).expect("the API runs");
        self.answers.recv_timeout(crate::child::PATIENCE).expect("the program answers")
    }
}

fn converse(wire: &Wire, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = http::read(&mut stream)? {
        let came = Instant::now();
        if request.path.ends_with("/invocation/next") {
            let _ = wire.ready.send(came);
            let Ok(event) = wire.events.lock().unwrap_or_else(PoisonError::into_inner).recv() else { return Ok(()) };
            *wire.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            http::write(stream.get_mut(), "200 OK", HEADERS, event.as_bytes())?;
        } else {
            http::write(stream.get_mut(), "202 Accepted", "", b"")?;
            let is_error = request.path.ends_with("/error");
            if let Some(sent) = wire.sent.lock().unwrap_or_else(PoisonError::into_inner).take() {
                let _ = wire.answers.send(Answer { sent, came, is_error, body: request.body });
            } else {
                eprintln!("the program ended its init phase with {}", String::from_utf8_lossy(&request.body));
            }
        }
    }
    Ok(())
}

const HEADERS: &str = "Content-Type: application/json\r\n\
    Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
    Lambda-Runtime-Deadline-Ms: 4102444800000\r\n\
    Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:authorizer\r\n\
    Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n";
