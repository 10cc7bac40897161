//! The store stops answering, at each call of a request in turn: nothing is burned, and nobody is told to try again what
//! would end their grant.

use super::between::Between;
use super::house::{House, Plan};

/// Longer than the limits of attempts count, and long enough that a registration is renewed by the next use.
const TEN_DAYS: u64 = 10 * 86_400;

async fn house() -> (House, Between) {
    let between = Between::default();
    (House::with(Plan { between: between.clone(), ..Plan::default() }).await, between)
}

/// [30] [122]: an exchange that is told to come again finds its code as it was. One whose code was claimed has its tokens,
/// whatever fails afterwards.
#[tokio::test]
async fn a_store_that_fails_anywhere_burns_no_code() {
    let (house, between) = house().await;
    let app = house.app().await;
    let mut told = Vec::new();
    for answered in 0.. {
        house.world.clock.advance(TEN_DAYS);
        let code = house.code(&app).await;
        between.asked();
        between.goes_down_after(answered);
        let first = house.redeem(&app, &code).await;
        between.is_back();
        let calls = between.asked();
        let tokens = if first.status == 200 {
            first
        } else {
            assert_eq!(first.error(), "503 temporarily_unavailable", "{calls:?}");
            house.redeem(&app, &code).await
        };
        assert_eq!(tokens.status, 200, "after {calls:?}: {}", tokens.body);
        assert_eq!(house.decides(&tokens.text("access_token"), "GET", "/v1/contacts").await, "allowed", "{calls:?}");
        told.push(calls.len());
        if calls.len() <= answered {
            assert!(calls.contains(&"UpdateItem".to_owned()), "the registration was to be renewed: {calls:?}");
            break;
        }
    }
    assert!(told.len() > 6, "{told:?}");
}

/// [54] [122]: a refresh that is told to come again is answered then.
#[tokio::test]
async fn a_store_that_fails_anywhere_burns_no_refresh_token() {
    let (house, between) = house().await;
    let app = house.app().await;
    let mut token = house.redeem(&app, &house.code(&app).await).await.text("refresh_token");
    for answered in 0.. {
        house.world.clock.advance(TEN_DAYS);
        between.asked();
        between.goes_down_after(answered);
        let first = house.refresh(&app, &token).await;
        between.is_back();
        let calls = between.asked();
        let tokens = if first.status == 200 { first } else { house.refresh(&app, &token).await };
        assert_eq!(tokens.status, 200, "after {calls:?}: {}", tokens.body);
        assert_eq!(house.decides(&tokens.text("access_token"), "GET", "/v1/contacts").await, "allowed", "{calls:?}");
        token = tokens.text("refresh_token");
        if calls.len() <= answered {
            break;
        }
    }
}

/// [45]: a registration that could not be renewed is renewed by the next use.
#[tokio::test]
async fn a_renewal_that_failed_is_made_up_for() {
    let (house, between) = house().await;
    let app = house.app().await;
    let expires = async || house.store.client(&app.parse().unwrap()).await.unwrap().unwrap().expires.unwrap();
    let before = expires().await;
    house.world.clock.advance(TEN_DAYS);
    let code = house.code(&app).await;
    between.asked();
    between.goes_down_after(0);
    // The last call is the renewal: all but it are answered.
    house.redeem(&app, &code).await;
    between.is_back();
    let calls = {
        between.asked();
        let tokens = house.redeem(&app, &code).await;
        assert!(expires().await > before, "{}", tokens.body);
        between.asked().iter().position(|call| call == "UpdateItem").unwrap()
    };
    house.world.clock.advance(TEN_DAYS);
    let (code, before) = (house.code(&app).await, expires().await);
    between.goes_down_after(calls);
    let tokens = house.redeem(&app, &code).await;
    between.is_back();
    assert_eq!((tokens.status, expires().await), (200, before));
    assert_eq!(house.refresh(&app, &tokens.text("refresh_token")).await.status, 200);
    assert!(expires().await > before);
}
