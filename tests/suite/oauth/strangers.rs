//! Clients that somebody else wrote run the whole flow against a running server.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use edge_authorizer::local::demo::ACME;
use edge_authorizer::oauth::router::serve;
use tokio::net::TcpListener;

use super::house::{House, NAME, PASSWORD, Plan};

/// A Python that has Authlib: the one of `make venv`, or none. Under `REQUIRE_ALL=1` there must be one.
#[expect(clippy::disallowed_methods, reason = "whether a test may skip is decided where it runs")]
fn python() -> Option<PathBuf> {
    let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
    let has_authlib = Command::new(&python).args(["-c", "import authlib, requests"]).output();
    if has_authlib.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    let required = std::env::var("REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(!required, "`.venv` has no Authlib (`make venv` brings it), and REQUIRE_ALL=1");
    println!("skipped: `.venv` has no Authlib; `make venv` brings it");
    None
}

/// Authlib (PyPI), with each way of proving a client: register, authorize, exchange, refresh, revoke.
#[tokio::test(flavor = "current_thread")]
async fn authlib_runs_the_whole_flow() {
    let Some(python) = python() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let house = House::with(Plan { issuer: Some(issuer.clone()), ..Plan::default() }).await;
    tokio::spawn(serve(Arc::clone(&house.server), listener, std::future::pending()));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/authlib_client.py");
    let mut command = Command::new(python);
    // Authlib refuses plain http unless it is told that this is a test.
    command.args([script, &issuer, NAME, PASSWORD, ACME]).env("AUTHLIB_INSECURE_TRANSPORT", "1");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{error}");
    let tokens: Vec<&str> = out.lines().collect();
    assert_eq!(tokens.len(), 3, "one for each way of proving a client");
    for token in tokens {
        assert_eq!(house.decides(token, "GET", "/v1/contacts").await, "revoked", "good until it was revoked");
    }
}
