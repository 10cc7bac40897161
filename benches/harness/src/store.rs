//! A stand-in for DynamoDB that answers at once: what is measured is the program that asks.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::cases::TABLE;
use crate::http;

/// The records, by partition and sort key.
#[derive(Clone, Default)]
pub struct Records(HashMap<(String, String), Value>);

impl Records {
    pub fn put(&mut self, pk: &str, sk: &str, mut item: Value) {
        item["pk"] = json!({"S": pk});
        item["sk"] = json!({"S": sk});
        self.0.insert((pk.to_owned(), sk.to_owned()), item);
    }

    fn get(&self, key: &Value) -> Option<&Value> {
        let text = |name: &str| key[name]["S"].as_str().map(str::to_owned);
        self.0.get(&(text("pk")?, text("sk")?))
    }

    fn answer(&self, request: &http::Request) -> Value {
        let body: Value = serde_json::from_slice(&request.body).expect("the request is JSON");
        match request.target.rsplit('.').next().unwrap_or_default() {
            "GetItem" => self.get(&body["Key"]).map_or_else(|| json!({}), |item| json!({"Item": item})),
            "BatchGetItem" => {
                let keys = body["RequestItems"][TABLE]["Keys"].as_array().expect("keys of the table");
                let items: Vec<&Value> = keys.iter().filter_map(|key| self.get(key)).collect();
                json!({"Responses": {TABLE: items}, "UnprocessedKeys": {}})
            }
            "Query" => {
                let values = body["ExpressionAttributeValues"].as_object().expect("values");
                let pk = values.values().next().and_then(|value| value["S"].as_str()).expect("a partition");
                let items: Vec<&Value> = self.0.iter().filter(|((found, _), _)| found == pk).map(|it| it.1).collect();
                json!({"Items": items, "Count": items.len(), "ScannedCount": items.len()})
            }
            other => panic!("the store is asked for `{other}`, which no decision of this run needs"),
        }
    }
}

/// Where the two doors of the store are.
pub struct Store {
    pub plain: String,
    pub tls: String,
    /// The certificate of the second, PEM.
    pub certificate: String,
}

impl Store {
    /// Serves the records on two loopback ports, until the run ends.
    pub fn start(records: Records) -> Self {
        let records = Arc::new(records);
        let (certificate, config) = tls();
        let plain = serve(Arc::clone(&records), |stream| stream);
        let tls = serve(records, move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("TLS");
            StreamOwned::new(connection, stream)
        });
        Self { plain: format!("http://127.0.0.1:{plain}"), tls: format!("https://127.0.0.1:{tls}"), certificate }
    }
}

fn tls() -> (String, Arc<ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .expect("the certificate");
    (made.cert.pem(), Arc::new(config))
}

fn serve<S, F>(records: Arc<Records>, accept: F) -> u16
where
    S: Read + Write + 'static,
    F: Fn(TcpStream) -> S + Clone + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("a port").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (records, accept) = (Arc::clone(&records), accept.clone());
            std::thread::spawn(move || {
                stream.set_nodelay(true).expect("no delay");
                // A program that was stopped breaks its connections off; that is its end and no failure.
                let _ = converse(&records, accept(stream));
            });
        }
    });
    port
}

fn converse(records: &Records, stream: impl Read + Write) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = http::read(&mut stream)? {
        let answer = records.answer(&request).to_string();
        http::write(stream.get_mut(), "200 OK", "Content-Type: application/x-amz-json-1.0\r\n", answer.as_bytes())?;
    }
    Ok(())
}
