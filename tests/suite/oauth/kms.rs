//! Keys in KMS: one that signs, and every way in which it does not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_authorizer::oauth::key_ring::{OwnKey, PrivateHalf};
use serde_json::json;

use super::house::{House, Plan, key};
use crate::kms::{FIRST, Kms, Mood, arn};
use crate::world::NOW;

const CONTACTS: &str = "/v1/contacts";

fn in_kms() -> PrivateHalf {
    PrivateHalf::Kms(arn(FIRST))
}

/// A house whose key is the first of that KMS, and whose signer asks it.
async fn house(kms: &Kms, private: PrivateHalf) -> House {
    House::with(Plan { kms: Some((kms.client(), OwnKey { private, ..key(FIRST, NOW) })), ..Plan::default() }).await
}

/// [110]: a key in KMS signs what the authorizer believes, and is asked about a digest alone.
#[tokio::test]
async fn a_key_in_kms_signs() {
    let kms = Kms::start();
    let house = house(&kms, in_kms()).await;
    let app = house.app().await;
    for _ in 0..4 {
        let tokens = house.redeem(&app, &house.code(&app).await).await;
        assert_eq!(house.decides(&tokens.text("access_token"), "GET", CONTACTS).await, "allowed");
        assert_eq!(kms.asked(), 1);
    }
    let last = kms.last();
    assert_eq!((&last["KeyId"], &last["SigningAlgorithm"]), (&json!(arn(FIRST)), &json!("ECDSA_SHA_256")));
    assert_eq!(last["MessageType"], "DIGEST");
    assert_eq!(STANDARD.decode(last["Message"].as_str().unwrap()).unwrap().len(), 32);
    let keys = house.get("/jwks.json", "").await.body;
    assert!(!keys.contains("arn:"), "where the private half is is nobody's business: {keys}");
}

/// [122]: whatever way KMS fails, the code and the refresh token are still good when it is back.
#[tokio::test]
async fn a_kms_that_fails_burns_nothing() {
    let kms = Kms::start();
    let house = house(&kms, in_kms()).await;
    let app = house.app().await;
    let mut refresh_token = house.redeem(&app, &house.code(&app).await).await.text("refresh_token");
    for mood in [Mood::Throttles, Mood::Denies, Mood::Breaks, Mood::HangsUp, Mood::Garbles, Mood::SignsWithAnother] {
        let code = house.code(&app).await;
        kms.is(mood);
        for reply in [house.redeem(&app, &code).await, house.refresh(&app, &refresh_token).await] {
            assert_eq!(reply.error(), "503 temporarily_unavailable");
            assert_eq!(reply.header("retry-after"), "2");
            assert!(!reply.body.contains("arn:") && !reply.body.contains("KMS"), "{}", reply.body);
        }
        kms.is(Mood::Signs);
        let (redeemed, refreshed) = (house.redeem(&app, &code).await, house.refresh(&app, &refresh_token).await);
        for tokens in [&redeemed, &refreshed] {
            assert_eq!(tokens.status, 200, "nothing was burned: {}", tokens.body);
            assert_eq!(house.decides(&tokens.text("access_token"), "GET", CONTACTS).await, "allowed");
        }
        refresh_token = refreshed.text("refresh_token");
    }
}

/// A server whose keys are in KMS signs with no other: one in the table is nobody's there.
#[tokio::test]
async fn a_key_in_the_table_does_not_stand_in() {
    let kms = Kms::start();
    let house = house(&kms, key(FIRST, NOW).private).await;
    let app = house.app().await;
    assert_eq!(house.redeem(&app, &house.code(&app).await).await.error(), "503 temporarily_unavailable");
    assert_eq!(kms.asked(), 0);
    let in_kms = OwnKey { private: in_kms(), ..key(FIRST, NOW) };
    house.store.put_signing_key(&house.server.settings.issuer, &in_kms).await.unwrap();
    house.world.clock.advance(60);
    assert_eq!(house.redeem(&app, &house.code(&app).await).await.status, 200);
}
