//! Races, for real: against the embedded store, and by `ministack.rs` against another.

use std::collections::BTreeSet;
use std::sync::Arc;

use edge_authorizer::oauth::family::{NotRefreshed, RefreshRequest, Standing};
use edge_authorizer::oauth::secret::SecretDigest;
use edge_authorizer::oauth::settings::Lifetimes;
use edge_authorizer::store::audit::Action;
use edge_authorizer::store::client::Endpoint;
use edge_authorizer::store::oauth::Commit;
use futures_in_order::all;
use tokio::sync::oneshot;

use super::between::Between;
use super::house::{House, Plan, Reply};
use crate::embedded::at;

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

const TEN_YEARS: u64 = 10 * 365 * 86_400;

/// A house, what may come between its reads and its writes, and a client and a code there.
struct Race {
    house: Arc<House>,
    between: Between,
    app: String,
    code: String,
}

impl Race {
    /// In a store of its own, or in that one, where `number` keeps it apart from the others.
    async fn new(store: Option<&Endpoint>, number: u64) -> Self {
        let between = Between::default();
        let plan = Plan { store: store.cloned(), between: between.clone(), drawn: number << 32, ..Plan::default() };
        let house = Arc::new(House::with(plan).await);
        // Far ahead of the real clock, by which that store removes what has expired; and whoever comes next is not held
        // up by the attempts of those before.
        house.world.clock.advance(TEN_YEARS + 3600 * number);
        let app = house.app().await;
        let code = house.code(&app).await;
        Self { house, between, app, code }
    }

    async fn redeem(&self) -> Reply {
        self.house.redeem(&self.app, &self.code).await
    }

    async fn refresh(&self, token: &str) -> Reply {
        self.house.refresh(&self.app, token).await
    }

    /// The first refresh token of the grant.
    async fn token(&self) -> String {
        let tokens = self.redeem().await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        tokens.text("refresh_token")
    }

    /// What an answer's access token is worth.
    async fn worth(&self, answer: &Reply) -> String {
        self.house.decides(&answer.text("access_token"), "GET", "/v1/contacts").await
    }

    /// Whether nothing at all comes of an answer any more.
    async fn is_dead(&self, answer: &Reply) -> bool {
        let refreshed = self.refresh(&answer.text("refresh_token")).await;
        let ends = (self.worth(answer).await, refreshed.error());
        println!("a token and its refresh: {ends:?}");
        ends == ("revoked".to_owned(), "400 invalid_grant".to_owned())
    }
}

macro_rules! races {
    ($($name:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Race::new(None, 0).await).await;
            })*
        }

        /// Every race in that store, one after the other.
        pub(super) async fn all_of_them(store: &Endpoint) {
            let mut number = 0;
            $(
                number += 1;
                $name(Race::new(Some(store), number).await).await;
            )*
        }
    };
}

races!(
    fifty_redemptions_make_one_dead_grant,
    fifty_refreshes_get_one_answer,
    a_revocation_among_refreshes_is_the_end,
    an_old_token_that_comes_back_ends_the_family,
    two_rotations_in_one_second_keep_their_order,
    a_redemption_that_was_overtaken_is_a_replay,
    a_refresh_that_was_overtaken_by_itself_is_a_repetition,
    a_refresh_that_was_overtaken_twice_is_a_replay,
    a_rotation_that_meets_the_end_is_not_made,
    conflicts_are_waited_out,
    a_conflict_without_end_burns_nothing,
);

/// [30] [32]: of 50 parallel redemptions one is answered with tokens, and those are dead.
async fn fifty_redemptions_make_one_dead_grant(race: Race) {
    let replies = all((0..50).map(|_| race.redeem())).await;
    let (good, bad): (Vec<&Reply>, Vec<&Reply>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(good.len(), 1, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
    assert!(bad.iter().all(|reply| reply.error() == "400 invalid_grant"));
    assert!(race.is_dead(good[0]).await);
}

/// [53] [56] [121]: of 50 parallel refreshes every one gets the same usable answer, and there is one family.
async fn fifty_refreshes_get_one_answer(race: Race) {
    let token = race.token().await;
    let replies = all((0..50).map(|_| race.refresh(&token))).await;
    assert!(replies.iter().all(|reply| reply.status == 200), "{:?}", replies.iter().map(|it| it.status).max());
    let answers: BTreeSet<&str> = replies.iter().map(|reply| reply.body.as_str()).collect();
    assert_eq!(answers.len(), 1);
    assert_eq!(race.worth(&replies[0]).await, "allowed");
    assert_eq!(race.refresh(&replies[0].text("refresh_token")).await.status, 200);
}

/// [64] [116]: whatever is under way when a grant is revoked, nothing of it is good afterwards.
async fn a_revocation_among_refreshes_is_the_end(race: Race) {
    let token = race.token().await;
    let revoke = async || race.house.form("/revoke", "", &[("client_id", &race.app), ("token", &token)]).await;
    let step = async |turn: u32| if turn == 12 { revoke().await } else { race.refresh(&token).await };
    let replies = all((0..25).map(step)).await;
    assert_eq!(replies[12].status, 200);
    for reply in replies.iter().filter(|reply| reply.status == 200 && !reply.body.is_empty()) {
        assert!(race.is_dead(reply).await);
    }
    assert_eq!(race.refresh(&token).await.error(), "400 invalid_grant");
}

/// [52] [55]: the successor was used, so the token before it is good for nothing, and that it comes back is the end.
async fn an_old_token_that_comes_back_ends_the_family(race: Race) {
    let first = race.token().await;
    let second = race.refresh(&first).await;
    let third = race.refresh(&second.text("refresh_token")).await;
    assert_eq!(race.worth(&third).await, "allowed");
    assert_eq!(race.refresh(&first).await.error(), "400 invalid_grant");
    assert!(race.is_dead(&third).await);
}

/// [57]: the clock stands still, and still each token has its place.
async fn two_rotations_in_one_second_keep_their_order(race: Race) {
    let first = race.token().await;
    let second = race.refresh(&first).await;
    let third = race.refresh(&second.text("refresh_token")).await;
    let again = race.refresh(&second.text("refresh_token")).await;
    assert_eq!((again.status, &again.body), (200, &third.body), "the one before the last may be repeated");
    assert_eq!(race.refresh(&third.text("refresh_token")).await.status, 200, "and the last one used");
    assert_eq!(race.refresh(&second.text("refresh_token")).await.error(), "400 invalid_grant");
}

/// [30] [32]: somebody redeems the code between the other's read and write. One has tokens, and they are dead.
async fn a_redemption_that_was_overtaken_is_a_replay(race: Race) {
    let (won, told) = oneshot::channel();
    let (house, app, code) = (Arc::clone(&race.house), race.app.clone(), race.code.clone());
    race.between.happens(async move { drop(won.send(house.redeem(&app, &code).await)) });
    assert_eq!(race.redeem().await.error(), "400 invalid_grant");
    let winner = told.await.unwrap();
    assert_eq!(winner.status, 200);
    assert!(race.is_dead(&winner).await);
}

/// [53] [56]: the same refresh is answered between the other's read and write: both have the same answer.
async fn a_refresh_that_was_overtaken_by_itself_is_a_repetition(race: Race) {
    let token = race.token().await;
    let (won, told) = oneshot::channel();
    let (house, app, same) = (Arc::clone(&race.house), race.app.clone(), token.clone());
    race.between.happens(async move { drop(won.send(house.refresh(&app, &same).await)) });
    let late = race.refresh(&token).await;
    assert_eq!((late.status, &late.body), (200, &told.await.unwrap().body));
    assert_eq!(race.refresh(&late.text("refresh_token")).await.status, 200);
}

/// [52] [56]: between the read and the write the family goes on by two. The late one holds an old token.
async fn a_refresh_that_was_overtaken_twice_is_a_replay(race: Race) {
    let token = race.token().await;
    let (won, told) = oneshot::channel();
    let (house, app, first) = (Arc::clone(&race.house), race.app.clone(), token.clone());
    race.between.happens(async move {
        let second = house.refresh(&app, &first).await;
        drop(won.send(house.refresh(&app, &second.text("refresh_token")).await));
    });
    assert_eq!(race.refresh(&token).await.error(), "400 invalid_grant");
    assert!(race.is_dead(&told.await.unwrap()).await);
}

/// [64] [116]: the user withdraws the grant between the read and the write.
async fn a_rotation_that_meets_the_end_is_not_made(race: Race) {
    let tokens = race.redeem().await;
    let token = tokens.text("refresh_token");
    let (house, app, same) = (Arc::clone(&race.house), race.app.clone(), token.clone());
    race.between.happens(async move {
        house.form("/revoke", "", &[("client_id", &app), ("token", &same)]).await;
    });
    assert_eq!(race.refresh(&token).await.error(), "400 invalid_grant");
    assert!(race.between.is_over() && race.is_dead(&tokens).await);
}

/// [56]: DynamoDB cancels a transaction because of another on the same record. That is no answer to anybody.
async fn conflicts_are_waited_out(race: Race) {
    race.between.conflicts(3);
    let token = race.token().await;
    assert!(race.between.is_over());
    race.between.conflicts(3);
    let refreshed = race.refresh(&token).await;
    assert!(race.between.is_over());
    assert_eq!((refreshed.status, race.worth(&refreshed).await.as_str()), (200, "allowed"));
}

/// [122]: when it does not end, the client is asked to come again, and finds everything as it was.
async fn a_conflict_without_end_burns_nothing(race: Race) {
    race.between.conflicts(usize::MAX);
    let later = race.redeem().await;
    assert_eq!((later.error().as_str(), later.header("retry-after")), ("503 temporarily_unavailable", "2"));
    race.between.conflicts(0);
    let token = race.token().await;
    race.between.conflicts(usize::MAX);
    assert_eq!(race.refresh(&token).await.error(), "503 temporarily_unavailable");
    race.between.conflicts(0);
    assert_eq!(race.refresh(&token).await.status, 200);
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
    house.store.end_grant(&presented.tenant, &presented.grant, Action::GrantRevoke, &at(now.seconds())).await.unwrap();
    assert_eq!(house.store.rotate(&late).await.unwrap(), Commit::Conflict);
    let family = house.store.family(&presented.tenant, &presented.grant).await.unwrap().unwrap();
    assert!(matches!(family.present(SecretDigest::of("one"), &client, now), Err(NotRefreshed::Invalid(_))));
}
