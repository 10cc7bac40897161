//! Every hostile header as bytes on a connection to the local gateway, whatever HTTP makes of them.

use super::corpus::{authorizations, world};
use crate::gateway::Door;
use crate::vectors::vectors;
use crate::world::NOW;

#[tokio::test]
async fn no_hostile_header_gets_through_the_local_gateway_or_back_out_of_it() {
    let world = world().await;
    let values = authorizations(&world, NOW.seconds(), vectors().as_ref());
    let good = world.token("sales-contacts").to_owned();
    let door = Door::of(world).await;
    let contact = "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e";
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for value in &values {
        let head = format!("GET {contact} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n");
        let Some(reply) = door.bytes(format!("{head}Authorization: {value}\r\n\r\n").as_bytes()).await else {
            continue;
        };
        let status: u16 = reply.split(' ').nth(1).unwrap().parse().unwrap();
        // A value may hold whole lines, and leading spaces are no part of a value: what is left of it may be good.
        let left = value.split("\r\n").next().unwrap().trim();
        let is_good = left == format!("Bearer {good}") || left.starts_with("Bearer eyJ") && status == 200;
        assert!([400, 401, 431].contains(&status) || is_good, "{status} to {value:?}");
        assert!(!reply.contains(good.split_at(45).1), "{reply}");
        *statuses.entry(status).or_default() += 1;
    }
    println!("{} headers: {statuses:?}", values.len());
    assert!(statuses[&401] > 100, "{statuses:?}");
}
