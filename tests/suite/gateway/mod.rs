//! The local gateway, over real HTTP: what a client of a REST API with this authorizer sees, cached and not.

mod cached;
mod sent;

use std::sync::{Arc, Mutex};

use edge_authorizer::local::example::EXAMPLES;
use edge_authorizer::local::gateway::{Backend, Handled, Stage, serve};
use edge_authorizer::store::key;
use edge_authorizer::store::read::DynamoStore;
use edge_authorizer::store::record::{number, text};
use insta::assert_snapshot;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::World;

const CONTACT: &str = "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e";
const CONTACTS: &str = "/v1/contacts";
const DEALS: &str = "/v1/deals";
const ORIGIN: &str = "https://api.example.com";
pub(crate) const TTL: u64 = 60;

/// A gateway on loopback, and what it did.
pub(crate) struct Door {
    pub(crate) world: World,
    address: std::net::SocketAddr,
    pub(crate) stage: Arc<Stage>,
    /// Reason codes of the calls of the authorizer, in order.
    decided: Arc<Mutex<Vec<&'static str>>>,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    body: String,
}

impl Door {
    pub(crate) async fn open() -> Self {
        Self::with(World::new().await, Backend::that_shows()).await
    }

    pub(crate) async fn of(world: World) -> Self {
        Self::with(world, Backend::that_shows()).await
    }

    async fn with(world: World, backend: Backend) -> Self {
        let store = world.store.store();
        Self::over(world, store, backend).await
    }

    /// A gateway whose authorizer reads another store than the world's.
    pub(crate) async fn reading(world: World, store: DynamoStore) -> Self {
        Self::over(world, store, Backend::that_shows()).await
    }

    async fn over(world: World, store: DynamoStore, backend: Backend) -> Self {
        let decided = Arc::new(Mutex::new(Vec::new()));
        let (clock, watched) = (world.clock.clone(), Arc::clone(&decided));
        let log = move |handled: &Handled<'_>| {
            watched.lock().unwrap().extend(handled.decision.map(|decision| decision.trail.reason.code()));
        };
        let stage = Stage::new(
            world.authorizer(),
            store,
            backend,
            ORIGIN.to_owned(),
            TTL,
            Box::new(move || clock.now()),
            Box::new(log),
        );
        let stage = Arc::new(stage.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(Arc::clone(&stage), listener, std::future::pending()));
        Self { world, address, stage, decided }
    }

    /// Sends the bytes as they are, and returns what comes back; nothing, if the connection just ends.
    pub(crate) async fn bytes(&self, request: &[u8]) -> Option<String> {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        // The gateway may answer and close before it has read all.
        _ = connection.write_all(request).await;
        let mut reply = Vec::new();
        _ = connection.read_to_end(&mut reply).await;
        Some(String::from_utf8(reply).unwrap()).filter(|reply| !reply.is_empty())
    }

    /// Sends the bytes as they are.
    async fn raw(&self, request: &[u8]) -> Reply {
        let reply = self.bytes(request).await.unwrap_or_default();
        let (head, body) = reply.split_once("\r\n\r\n").expect("no HTTP came back");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Reply { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(crate) async fn send(&self, verb: &str, path: &str, headers: &[&str]) -> Reply {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let request = format!("{verb} {path} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n{headers}\r\n");
        self.raw(request.as_bytes()).await
    }

    pub(crate) async fn with_token(&self, token: &str, verb: &str, path: &str) -> Reply {
        let authorization = format!("Authorization: Bearer {}", self.world.token(token));
        self.send(verb, path, &[&authorization]).await
    }

    /// How often the authorizer was called since the last time, and what it decided.
    pub(crate) fn decided(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.decided.lock().unwrap())
    }

    pub(crate) async fn revoke(&self, token: &str) {
        let token = self.world.demo.token(token).unwrap();
        let update = self.world.store.client().update_item().table_name("edge-authorizer");
        let update = update.key(key::PK, text(&key::tenant_partition(&token.tenant)));
        let update = update.key(key::SK, text(&key::pat(token.issued.digest())));
        let update = update.update_expression("SET revoked = :now");
        update.expression_attribute_values(":now", number(self.world.clock.now().seconds())).send().await.unwrap();
    }
}

impl Reply {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The JSON without what differs from call to call.
    fn shown(&self) -> String {
        let mut json = self.json();
        if let Some(id) = json.get_mut("request_id") {
            assert_eq!(id.as_str().unwrap().len(), 32);
            *id = "…".into();
        }
        format!("{} {json:#}", self.status)
    }
}

#[tokio::test]
async fn a_good_token_reaches_the_backend_with_the_tenants_context() {
    let door = Door::open().await;
    let reply = door.with_token("sales-contacts", "GET", CONTACT).await;
    assert_snapshot!(reply.shown(), @r#"
    200 {
      "operation": "getContact",
      "method": "GET",
      "path": "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e",
      "request_id": "…",
      "context": {
        "business_id": "biz_6fa1c0d3e85b472990ab31cd",
        "client_id": "",
        "deny_reason": "insufficient_permission",
        "permissions": "contact.read contact.write",
        "roles": "sales",
        "scopes": "contact.read contact.write contact.delete",
        "token_id": "pat_demo_sales_contacts",
        "token_type": "pat",
        "user_id": "usr_58c2f6b14d0e47a99e3b7d12"
      }
    }
    "#);
}

/// [O100]: it names the API's metadata, from which a client finds its way.
#[tokio::test]
async fn every_401_is_the_same_and_points_to_the_metadata() {
    let door = Door::open().await;
    let nothing = door.send("GET", CONTACT, &[]).await;
    assert_snapshot!(nothing.shown(), @r#"
    401 {
      "error": "unauthorized",
      "message": "The bearer token is missing or not valid.",
      "request_id": "…"
    }
    "#);
    assert!(nothing.head.contains(
        "www-authenticate: bearer resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\""
    ));
    assert_eq!(door.decided(), [""; 0], "without an identity source the authorizer is not called");
    for header in ["Authorization: Basic dTpw", "Authorization: Bearer", "Authorization: Bearer a b", "Authorization:"]
    {
        assert_eq!(door.send("GET", CONTACT, &[header]).await.shown(), nothing.shown());
        assert_eq!(door.decided(), [""; 0], "the validation expression keeps `{header}` out");
    }
    for token in ["expired", "revoked", "disabled-user"] {
        assert_eq!(door.with_token(token, "GET", CONTACT).await.shown(), nothing.shown(), "{token}");
    }
    assert_eq!(door.decided(), ["expired", "revoked", "user_disabled"]);
}

/// [O101]: what is missing, and why.
#[tokio::test]
async fn a_403_says_what_the_token_asks_for_and_what_is_left_of_it() {
    let door = Door::open().await;
    // The scope is there, and the role is not.
    let role = door.with_token("sales-contacts", "DELETE", CONTACT).await;
    assert_snapshot!(role.shown(), @r#"
    403 {
      "error": "forbidden",
      "reason": "insufficient_permission",
      "message": "The token's scope, its user's role or the tenant's features do not cover this operation.",
      "scopes": "contact.read contact.write contact.delete",
      "permissions": "contact.read contact.write",
      "request_id": "…"
    }
    "#);
    let scope = door.with_token("admin-contacts", "GET", DEALS).await;
    let feature = door.with_token("globex-everything", "GET", DEALS).await;
    let suspended = door.with_token("suspended-tenant", "GET", CONTACT).await;
    assert_eq!([scope.status, feature.status, suspended.status], [403; 3]);
    assert_eq!(suspended.json()["reason"], "tenant_suspended");
    assert_eq!(door.decided(), ["role", "scope", "feature", "tenant_suspended"]);
}

#[tokio::test]
async fn what_the_api_does_not_have_gets_the_gateways_own_403_and_no_authorizer() {
    let door = Door::open().await;
    for (verb, path) in [("GET", "/"), ("GET", "/v2/contacts"), ("PUT", CONTACT), ("HEAD", CONTACT)] {
        let reply = door.with_token("admin-everything", verb, path).await;
        assert_eq!(reply.status, 403, "{verb} {path}");
        if verb != "HEAD" {
            assert_eq!(reply.body, r#"{"message":"Missing Authentication Token"}"#);
        }
    }
    assert_eq!(door.decided(), [""; 0]);
}

#[tokio::test]
async fn a_store_that_is_down_is_a_500_and_never_a_401_or_an_allow() {
    let mut door = Door::open().await;
    let other = World::new().await;
    std::mem::replace(&mut door.world.store, other.store).stop().await;
    let reply = door.with_token("admin-everything", "GET", CONTACT).await;
    assert_snapshot!(reply.shown(), @r#"
    500 {
      "error": "internal",
      "message": "The request could not be authorized. Try again later.",
      "request_id": "…"
    }
    "#);
    assert!(!reply.head.contains("www-authenticate"));
    assert_eq!(door.with_token("admin-everything", "GET", CONTACT).await.status, 500);
    // Whether a port that has just closed refuses a connection or lets it wait is the system's choice.
    let decided = door.decided();
    assert_eq!(decided.len(), 2, "a fault is not cached: {decided:?}");
    assert!(decided.iter().all(|code| ["store_unreachable", "store_timeout"].contains(code)), "{decided:?}");
}

/// [O99]: a script of any origin may read them.
#[tokio::test]
async fn preflights_and_the_metadata_are_open() {
    let door = Door::open().await;
    let preflight = door.send("OPTIONS", CONTACT, &["Origin: https://app.example.com"]).await;
    assert_eq!(preflight.status, 204);
    assert!(preflight.head.contains("access-control-allow-headers: authorization"));
    let metadata = door.send("GET", "/.well-known/oauth-protected-resource", &[]).await;
    assert_eq!((metadata.status, metadata.json()["resource"].as_str()), (200, Some(ORIGIN)));
    let scopes = metadata.json()["scopes_supported"].clone();
    assert!(scopes.as_array().unwrap().iter().all(|name| name.as_str().unwrap().ends_with(".read")), "{scopes}");
    assert_eq!(metadata.json()["authorization_servers"], serde_json::json!(["https://auth.example.com"]));
    assert!(metadata.head.contains("access-control-allow-origin: *"));
    assert_eq!(door.decided(), [""; 0]);
}

#[tokio::test]
async fn every_example_that_edge_serve_prints_does_what_it_says() {
    let door = Door::open().await;
    for example in EXAMPLES {
        let reply = match example.token {
            Some(token) => door.with_token(token, example.verb, example.path).await,
            None => door.send(example.verb, example.path, &[]).await,
        };
        assert_eq!(reply.status, example.status, "{}", example.shows);
        let command = example.command("http://127.0.0.1:8080", &door.world.demo);
        assert!(command.starts_with("curl ") && !command.contains('\n') && command.ends_with(example.path));
    }
}
