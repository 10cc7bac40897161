//! What the gateway keeps of an answer, and for how long.

use super::{CONTACT, CONTACTS, DEALS, Door, TTL};

#[tokio::test]
async fn one_answer_is_right_for_two_routes_within_one_ttl() {
    let door = Door::open().await;
    for _ in 0..2 {
        assert_eq!(door.with_token("sales-contacts", "GET", CONTACT).await.status, 200);
        assert_eq!(door.with_token("sales-contacts", "DELETE", CONTACT).await.status, 403);
        assert_eq!(door.with_token("sales-contacts", "POST", CONTACTS).await.status, 200);
        assert_eq!(door.with_token("sales-contacts", "GET", DEALS).await.status, 403);
    }
    assert_eq!(door.decided(), ["allowed"], "one call, eight requests");
}

#[tokio::test]
async fn what_ends_at_the_record_ends_at_the_door_within_the_ttl() {
    let door = Door::open().await;
    assert_eq!(door.with_token("admin-contacts", "GET", CONTACT).await.status, 200);
    door.revoke("admin-contacts").await;
    door.world.clock.advance(TTL - 1);
    assert_eq!(door.with_token("admin-contacts", "GET", CONTACT).await.status, 200, "the answer is still cached");
    door.world.clock.advance(1);
    assert_eq!(door.with_token("admin-contacts", "GET", CONTACT).await.status, 401);
    assert_eq!(door.decided(), ["allowed", "revoked"]);
}

#[tokio::test]
async fn flushing_the_cache_ends_it_at_once() {
    let door = Door::open().await;
    assert_eq!(door.with_token("admin-contacts", "GET", CONTACT).await.status, 200);
    door.revoke("admin-contacts").await;
    door.stage.flush_cache();
    assert_eq!(door.with_token("admin-contacts", "GET", CONTACT).await.status, 401);
}

#[tokio::test]
async fn denies_are_cached_and_errors_are_not() {
    let door = Door::open().await;
    for _ in 0..2 {
        assert_eq!(door.with_token("suspended-tenant", "GET", CONTACT).await.status, 403);
    }
    assert_eq!(door.decided(), ["tenant_suspended"], "a deny is an answer");
    for _ in 0..2 {
        assert_eq!(door.with_token("expired", "GET", CONTACT).await.status, 401);
    }
    assert_eq!(door.decided(), ["expired", "expired"], "a refusal is an error");
}
