//! The keys in their order: whatever operators do, and in whatever order, a token verifies until it expires, unless
//! somebody ended its key.

use edge_authorizer::oauth::key_ring::{
    KeySecret, LONGEST_ACCESS_TOKEN, NotRetired, OwnKey, PrivateHalf, Stage, begins, retired, signing, stage,
    superseded,
};
use edge_authorizer::oauth::public_half::PublicHalf;
use edge_authorizer::oauth::signing::SigningKey;
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::key_record::{KeyRecord, KeyState};
use proptest::prelude::*;

use super::support::NOW;

const AHEAD: u64 = 900;

/// A key that is put in the place of those that are there, as `edge keys rotate` does it.
fn rotated(keys: &[OwnKey], seed: u8, now: Timestamp, ahead: u64) -> Vec<OwnKey> {
    let from = begins(keys, now, ahead);
    let changed = superseded(keys, from, now);
    let current = |old: &OwnKey| changed.iter().find(|it| it.record.key_id == old.record.key_id).unwrap_or(old).clone();
    keys.iter().map(current).chain([named(seed, from)]).collect()
}

/// A key of which only its name and its times matter.
fn named(seed: u8, from: Timestamp) -> OwnKey {
    let key_id = format!("key-{seed}");
    let record =
        KeyRecord { key_id, jwk: String::new(), state: KeyState::Active, not_before: Some(from), retires: None };
    OwnKey { record, private: PrivateHalf::Table(KeySecret::new([171; 32])) }
}

#[test]
fn a_rotation_overlaps() {
    let first = rotated(&[], 1, NOW, AHEAD);
    assert_eq!(first, [named(1, NOW)], "the first key signs at once");
    let two = rotated(&first, 2, NOW, AHEAD);
    let begin = NOW.plus(AHEAD);
    assert_eq!(two[1].record.not_before, Some(begin));
    let end = two[0].record.retires.unwrap();
    assert!(end >= begin.plus(LONGEST_ACCESS_TOKEN), "the last token of the old key is good until it expires");
    for (now, stages) in [
        (NOW, [Stage::Signing, Stage::Published]),
        (begin, [Stage::Verifying, Stage::Signing]),
        (Timestamp::from_seconds(end.seconds() - 1), [Stage::Verifying, Stage::Signing]),
        (end, [Stage::Retired, Stage::Signing]),
    ] {
        assert_eq!([stage(&two, &two[0], now), stage(&two, &two[1], now)], stages, "{now}");
    }
    assert!(two[0].forgotten(NOW) > Some(end) && two[1].forgotten(NOW).is_none());
    // Once more before the second has begun: it never will.
    let three = rotated(&two, 3, NOW.plus(60), 0);
    assert_eq!(stage(&three, &three[1], begin), Stage::Retired);
    assert_eq!(stage(&three, &three[2], NOW.plus(60)), Stage::Signing);
}

#[test]
fn the_last_key_stays() {
    let one = rotated(&[], 1, NOW, AHEAD);
    let (first, second) = (named(1, NOW).record.key_id, named(2, NOW).record.key_id);
    assert_eq!(retired(&one, "x", NOW), Err(NotRetired::Unknown { key: "x".to_owned() }));
    assert_eq!(retired(&one, &first, NOW), Err(NotRetired::Last { key: first.clone() }));
    let two = rotated(&one, 2, NOW, AHEAD);
    assert_eq!(retired(&two, &first, NOW), Err(NotRetired::Last { key: first.clone() }), "the new one signs not yet");
    let ended = retired(&two, &first, NOW.plus(AHEAD)).unwrap();
    assert_eq!(ended.record.state, KeyState::Retired);
    assert_eq!(
        retired(&two, &second, NOW),
        Err(NotRetired::Last { key: second.clone() }),
        "the old one makes way for it"
    );
    let three = rotated(&two, 3, NOW, AHEAD);
    assert!(retired(&three, &second, NOW).is_err(), "it never began, and is retired already");
    let again = retired(&[ended, two[1].clone()], &first, NOW.plus(AHEAD));
    assert_eq!(again, Err(NotRetired::Already { key: first }));
}

/// A key as KMS gives it: the one form of a P-256 key, and no other.
#[test]
fn a_public_key_of_kms_has_one_form() {
    let signing = SigningKey::from_secret(&[7; 32]).unwrap();
    let jwk: serde_json::Value = serde_json::from_str(&signing.public().jwk()).unwrap();
    let coordinate = |name: &str| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()
    };
    let info = super::ecdsa::bytes("3059301306072a8648ce3d020106082a8648ce3d030107034200");
    let der = [&info[..], &[4], &coordinate("x"), &coordinate("y")].concat();
    assert_eq!(PublicHalf::of_info(&der).as_ref(), Some(signing.public()));
    for at in 0..27 {
        let mut other = der.clone();
        other[at] ^= 1;
        assert_eq!(PublicHalf::of_info(&other), None, "{at}");
    }
    assert_eq!(PublicHalf::of_info(&der[..der.len() - 1]), None);
    assert_eq!(PublicHalf::of_info(&[&der[..], &[0]].concat()), None);
}

#[derive(Clone, Debug)]
enum Deed {
    Wait(u64),
    Rotate(u64),
    Retire(prop::sample::Index),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        3 => (0..5000_u64).prop_map(Deed::Wait),
        2 => prop_oneof![Just(0), Just(AHEAD), 0..2000_u64].prop_map(Deed::Rotate),
        1 => any::<prop::sample::Index>().prop_map(Deed::Retire),
    ];
    prop::collection::vec(deed, 1..40)
}

proptest! {
    /// [109]: whatever is done, something signs once there is a key, and a token of a key that nobody ended verifies until it
    /// expires. What signs is published before it does.
    #[test]
    fn whatever_is_done_tokens_are_signed_and_verify(deeds in deeds(), life in 60..=LONGEST_ACCESS_TOKEN) {
        let (mut now, mut keys) = (NOW, rotated(&[], 1, NOW, AHEAD));
        let mut issued: Vec<(String, Timestamp)> = Vec::new();
        for (number, deed) in deeds.into_iter().enumerate() {
            match deed {
                Deed::Wait(seconds) => now = now.plus(seconds),
                Deed::Rotate(ahead) => keys = rotated(&keys, u8::try_from(number + 2).unwrap(), now, ahead),
                Deed::Retire(index) => {
                    let key_id = index.get(&keys).record.key_id.clone();
                    if let Ok(ended) = retired(&keys, &key_id, now) {
                        issued.retain(|(key, _)| *key != key_id);
                        keys.retain(|it| it.record.key_id != key_id);
                        keys.push(ended);
                    }
                }
            }
            let key = signing(&keys, now, now.plus(life));
            prop_assert!(key.is_some(), "nothing signs at {now}: {keys:#?}");
            issued.push((key.unwrap().record.key_id.clone(), now.plus(life)));
            for (key_id, expires) in issued.iter().filter(|(_, expires)| now < *expires) {
                let key = keys.iter().find(|it| it.record.key_id == *key_id).unwrap();
                let begun = key.record.not_before.is_none_or(|at| at <= now);
                prop_assert!(key.is_published(now) && begun, "a token until {expires}, at {now}: {key:#?}");
            }
        }
    }
}

/// `Debug` shows no secret.
#[test]
fn a_keys_secret_is_not_shown() {
    let shown = format!("{:?}", named(1, NOW));
    assert!(shown.ends_with("Table(KeySecret { .. }) }"), "{shown}");
}
