//! Which requests are sent twice, and when: those that change nothing, once, where a kept connection has swallowed one.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use edge_authorizer::keys::fetch::{self, KEY_SET};
use url::Url;

use super::{Server, ask, change, client, closes, ok, post, stays};

/// Lets the server's close arrive, so that it lies there when the connection is used again.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_not_used() {
    let server = Server::start(vec![closes(&[&ok("1")]), stays(&[&ok("2")])]).await;
    let client = client();
    ask(&client, &server).await.unwrap();
    a_while().await;
    assert_eq!(ask(&client, &server).await, Ok((200, "2".to_owned())));
    assert_eq!(server.requests(), [0, 1]);
    // Nothing was sent on it, so that is no repetition.
    let server = Server::start(vec![closes(&[&ok("1")]), stays(&[&ok("2")])]).await;
    change(&client, &server).await.unwrap();
    a_while().await;
    assert_eq!(change(&client, &server).await, Ok((200, "2".to_owned())));
    assert_eq!(server.requests(), [0, 1]);
}

#[tokio::test]
async fn a_request_that_a_kept_connection_swallows_is_sent_once_more_and_no_more() {
    // The first connection takes a second request and closes; so does the new one.
    let server = Server::start(vec![closes(&[&ok("1"), ""]), closes(&[""]), stays(&[&ok("3")])]).await;
    let client = client();
    ask(&client, &server).await.unwrap();
    ask(&client, &server).await.unwrap_err();
    assert_eq!(server.requests(), [0, 0, 1]);

    let server = Server::start(vec![closes(&[&ok("1"), ""]), stays(&[&ok("2")])]).await;
    ask(&client, &server).await.unwrap();
    assert_eq!(ask(&client, &server).await, Ok((200, "2".to_owned())));
    assert_eq!(server.requests(), [0, 0, 1]);
}

#[tokio::test]
async fn two_kept_connections_that_swallow_cost_one_repetition_too() {
    let script = || closes(&[&ok("1"), ""]);
    let server = Server::start(vec![script(), script(), stays(&[&ok("2")])]).await;
    let client = client();
    let (first, second) = tokio::join!(ask(&client, &server), ask(&client, &server));
    first.unwrap();
    second.unwrap();
    assert_eq!(ask(&client, &server).await, Ok((200, "2".to_owned())));
    assert_eq!(server.requests().len(), 4);
    assert_eq!(server.requests().last(), Some(&2));
}

#[tokio::test]
async fn a_new_connection_that_closes_is_not_tried_again() {
    let server = Server::start(vec![closes(&[""]), stays(&[&ok("2")])]).await;
    ask(&client(), &server).await.unwrap_err();
    assert_eq!(server.requests(), [0]);
}

#[tokio::test]
async fn what_began_to_be_answered_is_not_sent_again() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    let half_of_chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n";
    let half_of_a_head = "HTTP/1.1 200 OK\r\ncontent-le";
    let no_length = "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n";
    for broken in [half, half_of_chunks, "this is no HTTP\r\n\r\n", no_length, half_of_a_head, "H"] {
        let server = Server::start(vec![closes(&[&ok("1"), broken]), stays(&[&ok("2")])]).await;
        let client = client();
        ask(&client, &server).await.unwrap();
        ask(&client, &server).await.unwrap_err();
        assert_eq!(server.requests(), [0, 0], "{broken}");
    }
}

#[tokio::test]
async fn a_connection_whose_request_was_given_up_is_not_used_again() {
    // The answer to the first request comes when nobody waits for it any more.
    let server = Server::start(vec![stays(&["", &ok("late")]), stays(&[&ok("2")])]).await;
    let client = client();
    tokio::time::timeout(Duration::from_millis(50), ask(&client, &server)).await.unwrap_err();
    assert_eq!(ask(&client, &server).await, Ok((200, "2".to_owned())));
    assert_eq!(server.requests(), [0, 1]);
}

#[tokio::test]
async fn a_request_of_which_nothing_is_said_is_sent_once() {
    let server = Server::start(vec![closes(&[&ok("1"), ""]), stays(&[&ok("2")])]).await;
    let client = client();
    change(&client, &server).await.unwrap();
    change(&client, &server).await.unwrap_err();
    assert_eq!(server.requests(), [0, 0], "it may have been carried out");
}

/// A document is read twice without harm. What is posted, a code for a token say, may be worth something only once.
#[tokio::test]
async fn a_document_is_fetched_again_and_a_question_by_post_is_not_asked_again() {
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let scripts = || vec![closes(&[json, ""]), stays(&[json])];
    let (server, http) = (Server::start(scripts()).await, SharedHttpConnector::new(client()));
    let url = Url::parse(&format!("http://{}/", server.address)).unwrap();
    for _ in 0..2 {
        fetch::document(&http, &url, &KEY_SET).await.unwrap();
    }
    assert_eq!(server.requests(), [0, 0, 1]);
    let server = Server::start(scripts()).await;
    fetch::answer(&http, post(&server), &KEY_SET).await.unwrap();
    fetch::answer(&http, post(&server), &KEY_SET).await.unwrap_err();
    assert_eq!(server.requests(), [0, 0]);
}
