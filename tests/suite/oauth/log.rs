//! What is never logged: tokens, codes, verifiers, passwords, cookies, handles.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::house::{House, PASSWORD, URI};
use super::support::VERIFIER;

/// A log that a test can read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// [119]: a whole flow, and the ways in which it goes wrong, in a log that holds everything.
#[tokio::test]
async fn nothing_secret_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // With one subscriber alone, `tracing` asks whichever test comes by first whether a line is wanted at all.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let watched = tracing::subscriber::set_default(subscriber);

    let house = House::new().await;
    let confidential = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post"});
    let secret = house.register(confidential).await.text("client_secret");
    let app = house.app().await;
    let (handle, cookie) = house.signed_in(&app).await;
    let code = house.code(&app).await;
    let tokens = house.redeem(&app, &code).await;
    let token = tokens.text("refresh_token");
    let next = house.refresh(&app, &token).await;
    house.world.clock.advance(60);
    assert_eq!(house.refresh(&app, &token).await.status, 400);
    assert_eq!(house.redeem(&app, &code).await.status, 400);
    house.form("/token", &cookie, &[("grant_type", "authorization_code"), ("client_secret", &secret)]).await;
    drop(watched);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for outcome in ["reused", "signed_in"] {
        assert!(log.contains(outcome), "{outcome} is not in a log of {} bytes", log.len());
    }
    let session = cookie.split_once('=').unwrap().1.to_owned();
    let (access, last) = (tokens.text("access_token"), next.text("refresh_token"));
    let secrets = [secret, handle, session, code, token, access, last, VERIFIER.to_owned(), PASSWORD.to_owned()];
    for secret in secrets {
        // Half of one is too much already.
        let half: String = secret.chars().skip(secret.len() / 2).collect();
        assert!(!log.contains(&half), "{half}");
    }
}
