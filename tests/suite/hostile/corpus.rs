//! All that is hostile, as events, with what must not be said of each.

use edge_authorizer::gateway::event::EventKind;
use edge_authorizer::local::fill::fill;
use serde_json::Value;

use super::{events, headers, tokens};
use crate::events::samples::samples;
use crate::events::shape::{Call, FORMS};
use crate::tokens::{at, key};
use crate::vectors::Vectors;
use crate::world::World;

/// A piece of a token shorter than this could be any word.
const TELLING: usize = 20;

/// An event that must not be let through.
pub(super) struct Hostile {
    pub(super) event: Vec<u8>,
    /// What is in it and must not be in anything that is said of it.
    pub(super) secrets: Vec<String>,
}

/// A world that also believes the tests' own key, so that a forger can sign whatever it likes.
pub(super) async fn world() -> World {
    let mut world = World::new().await;
    world.demo.key = key(1).record(at(0));
    fill(&world.store.client(), &world.demo).await.unwrap();
    world
}

/// An access token that is let through: what the forgeries differ from, by one thing each.
pub(super) fn good_access_token(world: &World, now: u64) -> String {
    let of = world.demo.token("admin-everything").unwrap();
    crate::tokens::token(&crate::tokens::header(), &tokens::good_claims(of, now))
}

/// Values of `Authorization`: our own, and naughty strings as a whole value and as a token.
pub(super) fn authorizations(world: &World, now: u64, vectors: Option<&Vectors>) -> Vec<String> {
    let of = world.demo.token("admin-everything").unwrap();
    let mut values = headers::values(world.token("sales-contacts"));
    values.extend(headers::values(&good_access_token(world, now)));
    values.extend(tokens::forged(of, now).iter().map(|token| format!("Bearer {token}")));
    for string in vectors.iter().flat_map(|vectors| vectors.naughty_strings()) {
        values.extend([format!("Bearer {string}"), format!("Bearer crm_pat_{string}"), string]);
    }
    values
}

/// Every hostile event; what strangers bring only where their vectors are there.
pub(super) fn corpus(world: &World, now: u64, vectors: Option<&Vectors>) -> Vec<Hostile> {
    let good = world.token("sales-contacts");
    let of = world.demo.token("admin-everything").unwrap();
    let mut corpus = Vec::new();
    for value in authorizations(world, now, vectors) {
        let call = Call { authorization: vec![value.clone()], ..Call::with_token("") };
        for (form, _) in FORMS {
            corpus.push(Hostile::new(call.event(form).to_string().into_bytes(), &[&value]));
        }
    }
    for sample in samples(&world.demo).iter().filter(|sample| !sample.file.contains("-allowed")) {
        corpus.push(Hostile::new(sample.event.to_string().into_bytes(), &authorization(&sample.event)));
    }
    for event in events::routes(good).into_iter().chain(events::misplaced(good)) {
        corpus.push(Hostile::new(event.to_string().into_bytes(), &[good]));
    }
    if let Some(vectors) = vectors {
        for (number, token) in tokens::strange(of, now, vectors).iter().enumerate() {
            let (form, _) = FORMS[number % FORMS.len()];
            corpus.push(Hostile::new(Call::with_token(token).event(form).to_string().into_bytes(), &[token]));
        }
        let ended = world.token("revoked");
        corpus.extend(events::documents(good, ended, vectors).into_iter().map(|it| Hostile::new(it, &[good, ended])));
    }
    corpus
}

/// The values of `Authorization` in a sample.
fn authorization(event: &Value) -> Vec<&str> {
    let header = |name: &str| event["headers"][name].as_str();
    [event["authorizationToken"].as_str(), header("Authorization"), header("authorization")]
        .into_iter()
        .flatten()
        .collect()
}

impl Hostile {
    /// Of each value, every piece between spaces and dots that is long enough to be told. The ids of the tenant and the
    /// user, which a token of ours begins with, may be known; so only what follows them is taken of it.
    fn new(event: Vec<u8>, values: &[&str]) -> Self {
        let pieces = values.iter().flat_map(|value| value.split([' ', '.', ',', '\r', '\n', '"', '\'']));
        let behind_ids = |piece: &str| match piece.char_indices().nth(45) {
            Some((place, _)) if piece.starts_with("crm_pat_") => piece.split_at(place).1.to_owned(),
            _ => piece.to_owned(),
        };
        let secrets = pieces.map(behind_ids).filter(|piece| piece.len() >= TELLING).collect();
        Self { event, secrets }
    }

    /// Holds that nothing of what must not be said is said, as it stands or as JSON would write it.
    pub(super) fn assert_unsaid(&self, said: &str) {
        for secret in &self.secrets {
            let escaped = serde_json::to_string(secret).unwrap();
            let escaped = escaped.trim_matches('"');
            let line = said.lines().find(|line| line.contains(secret.as_str()) || line.contains(escaped));
            assert!(line.is_none(), "`{secret}` is in: {line:?}");
        }
    }

    /// The ARN that the event asks about, if it is one.
    pub(super) fn arn(&self) -> Option<String> {
        let event: Value = serde_json::from_slice(&self.event).ok()?;
        let arn = event.get("methodArn").or(event.get("routeArn"))?;
        arn.as_str().map(str::to_owned)
    }
}

/// Every form of event.
pub(super) fn forms() -> impl Iterator<Item = EventKind> {
    FORMS.into_iter().map(|(form, _)| form)
}
