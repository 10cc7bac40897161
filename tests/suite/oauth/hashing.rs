//! Passwords are hashed beside the runtime's one thread, a few at a time, and nobody's costs what everybody's does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use edge_authorizer::oauth::account::{PasswordHash, verify};
use edge_authorizer::oauth::server::HASHES_AT_ONCE;

use super::house::House;

/// So long is waited for what must come at once. It never takes that long, unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// While passwords are hashed, the only thread serves others: it is this very task that lets the hashing end.
#[tokio::test(flavor = "current_thread")]
async fn a_password_does_not_hold_up_the_others() {
    let house = House::new().await;
    let (end, ended) = mpsc::channel::<()>();
    let (server, started) = (Arc::clone(&house.server), Arc::new(AtomicUsize::new(0)));
    let starts = Arc::clone(&started);
    let work = move || {
        starts.fetch_add(1, Ordering::SeqCst);
        ended.recv_timeout(PATIENCE).is_ok()
    };
    let hashing = tokio::spawn(async move { server.hash(work).await });
    while started.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(house.get("/jwks.json", "").await.status, 200);
    end.send(()).unwrap();
    assert_eq!(hashing.await.unwrap(), Ok(true), "the thread was held up until the hashing had given up");
}

/// More than a few wait, so that memory and processors have a bound.
#[tokio::test(flavor = "current_thread")]
async fn passwords_wait_their_turn() {
    let house = House::new().await;
    let [running, most, done] = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..HASHES_AT_ONCE * 4)
        .map(|_| {
            let server = Arc::clone(&house.server);
            let [running, most, done] = [&running, &most, &done].map(Arc::clone);
            let work = move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Long enough for another to be seen, if it were let in.
                std::thread::sleep(Duration::from_millis(5));
                running.fetch_sub(1, Ordering::SeqCst);
                done.fetch_add(1, Ordering::SeqCst);
            };
            tokio::spawn(async move { server.hash(work).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(done.load(Ordering::SeqCst), HASHES_AT_ONCE * 4, "each had its turn");
    assert!(most.load(Ordering::SeqCst) <= HASHES_AT_ONCE);
}

/// The hash that is compared with where there is no account has the cost of a real one, and opens to nothing.
#[test]
fn nobodys_hash_costs_what_a_real_one_does() {
    let source = include_str!("../../../src/oauth/account.rs");
    let nobodys = source.split('"').find(|text| text.starts_with("$argon2id$")).unwrap();
    let real = PasswordHash::of("x", [1; 16]).unwrap();
    let cost = |phc: &str| {
        let parts: Vec<&str> = phc.split('$').collect();
        (parts[..4].join("$"), parts[4].len(), parts[5].len())
    };
    assert_eq!(cost(nobodys), cost(real.as_str()));
    assert!(verify("x", Some(&real)) && !verify("x", Some(&PasswordHash::stored(nobodys.to_owned()))));
    assert!(!verify("x", None) && !verify("", None));
}
