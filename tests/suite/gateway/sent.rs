//! What of a client's request counts, and what of it reaches the backend.

use edge_authorizer::local::gateway::Backend;
use insta::assert_snapshot;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{CONTACT, CONTACTS, Door};
use crate::world::World;

/// [O111]: whoever writes it, it is one header, or it is none.
#[tokio::test]
async fn header_names_and_the_scheme_are_read_in_any_case_and_two_values_are_none() {
    let door = Door::open().await;
    let token = door.world.token("admin-everything").to_owned();
    for header in [format!("AUTHORIZATION: bearer {token}"), format!("authorization: BEARER   {token}")] {
        assert_eq!(door.send("GET", CONTACT, &[&header]).await.status, 200, "{header}");
    }
    let header = format!("Authorization: Bearer {token}");
    assert_eq!(door.send("GET", CONTACT, &[&header, &header]).await.status, 401);
    assert_eq!(door.send("GET", CONTACT, &[&header, "Authorization: Basic dTpw"]).await.status, 401);
    let utf8 = "X-Name: Zoë";
    assert_eq!(door.send("GET", CONTACT, &[&header, utf8]).await.status, 200, "an unrelated header changes nothing");
}

#[tokio::test]
async fn the_verb_that_is_judged_is_the_verb_that_is_served() {
    let door = Door::open().await;
    let token = format!("Authorization: Bearer {}", door.world.token("sales-contacts"));
    let reply = door.send("GET", CONTACT, &[&token, "X-HTTP-Method-Override: DELETE"]).await;
    assert_eq!(reply.status, 403);
    let reply = door.send("DELETE", CONTACT, &[&token, "X-HTTP-Method-Override: GET"]).await;
    assert_eq!((reply.status, reply.json()["method"].as_str()), (200, Some("GET")));
}

#[tokio::test]
async fn an_upstream_receives_the_context_and_no_copy_of_it_that_a_client_sent() {
    // The upstream answers with the head that it received.
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let backend = Backend::upstream(&format!("http://{}", upstream.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (mut connection, _) = upstream.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(connection.read_u8().await.unwrap());
        }
        let answer = format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n", head.len());
        connection.write_all(&[answer.as_bytes(), &head].concat()).await.unwrap();
    });
    let door = Door::with(World::new().await, backend).await;
    let token = format!("Authorization: Bearer {}", door.world.token("viewer-everything"));
    let forged = ["X-Authorizer-Business-Id: biz_forged", "x_authorizer_user-id: usr_forged", "X-Authorizer-New: x"];
    let headers = [&[token.as_str(), "Version: 2026-06-01"], forged.as_slice()].concat();
    let reply = door.send("GET", &format!("{CONTACT}?a=%2F"), &headers).await;
    assert_eq!(reply.status, 201);
    let received = reply.body.to_lowercase();
    assert!(received.starts_with(&format!("get {CONTACT}?a=%2f http/1.1\r\n").to_lowercase()), "{received}");
    assert!(received.contains("version: 2026-06-01"));
    let mut context: Vec<&str> = received.lines().filter(|line| line.contains("authorizer")).collect();
    context.sort_unstable();
    assert_snapshot!(context.join("\n"), @r"
    x-authorizer-business-id: biz_6fa1c0d3e85b472990ab31cd
    x-authorizer-client-id: 
    x-authorizer-deny-reason: insufficient_permission
    x-authorizer-permissions: contact.read company.read deal.read task.read note.read activity.read
    x-authorizer-roles: viewer
    x-authorizer-scopes: contact.read contact.write contact.delete contact.all company.read company.write company.delete company.all deal.read deal.write deal.delete deal.all task.read task.write task.delete task.all note.read note.write note.delete note.all activity.read activity.write activity.delete activity.all
    x-authorizer-token-id: pat_demo_viewer_everything
    x-authorizer-token-type: pat
    x-authorizer-user-id: usr_9b60d3e7f1284c5aa7d4c839
    ");
}

/// [O111]: a token is a header. In a query or a form it is no token, and beside one it changes nothing.
#[tokio::test]
async fn a_token_in_a_query_or_a_form_is_none() {
    let door = Door::open().await;
    let token = door.world.token("sales-contacts").to_owned();
    let query = format!("{CONTACTS}?access_token={token}");
    assert_eq!(door.send("GET", &query, &[]).await.status, 401);
    let form = format!("access_token={token}");
    let length = form.len();
    let request = format!(
        "POST {CONTACTS} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
    );
    assert_eq!(door.raw(request.as_bytes()).await.status, 401);
    let refused = door.send("GET", &query, &["Authorization: Bearer nothing"]).await;
    assert_eq!(refused.status, 401);
    assert!(!refused.body.contains(&token));
}
