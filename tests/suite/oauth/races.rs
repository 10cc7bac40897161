//! Races, for real, against the embedded store.

use std::collections::BTreeSet;

use edge_authorizer::oauth::family::{NotRefreshed, RefreshRequest, Standing};
use edge_authorizer::oauth::secret::SecretDigest;
use edge_authorizer::oauth::settings::Lifetimes;
use edge_authorizer::store::oauth::Commit;
use futures_in_order::all;

use super::house::{House, Reply};

/// Runs futures side by side on this one thread, and gives what each came to.
mod futures_in_order {
    pub(super) async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
        let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
        std::future::poll_fn(|context| {
            let mut pending = false;
            for (future, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *output = Some(ready),
                    std::task::Poll::Pending => pending = true,
                }
            }
            if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
        })
        .await;
        running.into_iter().map(|(_, output)| output.unwrap()).collect()
    }
}

/// [30] [32]: of 50 parallel redemptions one is answered with tokens, and those are dead.
#[tokio::test]
async fn fifty_redemptions_make_one_dead_grant() {
    let house = House::new().await;
    let app = house.app().await;
    let code = house.code(&app).await;
    let replies = all((0..50).map(|_| house.redeem(&app, &code))).await;
    let (good, bad): (Vec<&Reply>, Vec<&Reply>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(good.len(), 1);
    assert!(bad.iter().all(|reply| reply.error() == "400 invalid_grant"));
    assert_eq!(house.decides(&good[0].text("access_token"), "GET", "/v1/contacts").await, "revoked");
    assert_eq!(house.refresh(&app, &good[0].text("refresh_token")).await.error(), "400 invalid_grant");
}

/// [53] [56] [121]: of 50 parallel refreshes every one gets the same usable answer, and there is one family.
#[tokio::test]
async fn fifty_refreshes_get_one_answer() {
    let house = House::new().await;
    let app = house.app().await;
    let token = house.redeem(&app, &house.code(&app).await).await.text("refresh_token");
    let replies = all((0..50).map(|_| house.refresh(&app, &token))).await;
    assert!(replies.iter().all(|reply| reply.status == 200), "{:?}", replies.iter().map(|it| it.status).max());
    let answers: BTreeSet<&str> = replies.iter().map(|reply| reply.body.as_str()).collect();
    assert_eq!(answers.len(), 1);
    assert_eq!(house.decides(&replies[0].text("access_token"), "GET", "/v1/contacts").await, "allowed");
    assert_eq!(house.refresh(&app, &replies[0].text("refresh_token")).await.status, 200);
}

/// [56] [57] [64]: what comes between the read and the write makes the write fail, and nothing is forked or revived.
#[tokio::test]
async fn a_rotation_decided_on_what_is_no_more_is_not_written() {
    let house = House::new().await;
    let app = house.app().await;
    let token = house.redeem(&app, &house.code(&app).await).await.text("refresh_token");
    let format = edge_authorizer::oauth::refresh_token::RefreshTokenFormat::new(
        &edge_authorizer::token::text::Prefix::parse("crm").unwrap(),
        edge_authorizer::token::text::MacKey::new(&[1; 32]).unwrap(),
        None,
    );
    let presented = format.open(&token).unwrap();
    let now = house.world.clock.now();
    let next = async |successor: &str| {
        let family = house.store.family(&presented.tenant, &presented.grant).await.unwrap().unwrap();
        let (client, scopes) = (family.grant.client.clone(), family.grant.scopes.clone());
        let Ok(Standing::Current(rotating)) = family.present(presented.digest(), &client, now) else { panic!() };
        let request = RefreshRequest { scopes, resource: super::house::RESOURCE.to_owned() };
        let lifetimes = Lifetimes::default().refresh;
        rotating.rotate(SecretDigest::of(successor), request, vec![1], lifetimes, now)
    };
    // Two decide on the same generation: the second write fails.
    let (one, two) = (next("one").await, next("two").await);
    assert_eq!(house.store.rotate(&one).await.unwrap(), Commit::Done);
    assert_eq!(house.store.rotate(&two).await.unwrap(), Commit::Conflict);
    let family = house.store.family(&presented.tenant, &presented.grant).await.unwrap().unwrap();
    assert_eq!((family.generation, family.current), (2, SecretDigest::of("one")));

    // The user ends the grant between the read and the write: the rotation fails.
    let client = family.grant.client.clone();
    let Ok(Standing::Current(rotating)) = family.present(SecretDigest::of("one"), &client, now) else { panic!() };
    let request = RefreshRequest { scopes: rotating.grant().scopes.clone(), resource: String::new() };
    let late = rotating.rotate(SecretDigest::of("late"), request, vec![1], Lifetimes::default().refresh, now);
    house.store.end_grant(&presented.tenant, &presented.grant, now).await.unwrap();
    assert_eq!(house.store.rotate(&late).await.unwrap(), Commit::Conflict);
    let family = house.store.family(&presented.tenant, &presented.grant).await.unwrap().unwrap();
    assert!(matches!(family.present(SecretDigest::of("one"), &client, now), Err(NotRefreshed::Invalid(_))));
}
