//! What happens when the store or a key set breaks: never an allow, never a 401, an answer in time, and the next good
//! request as if nothing had been. `docs/faults.md` is made here.

pub(crate) mod broken;
mod case;
mod http;
mod key_cases;
mod process;
mod store_cases;

use std::sync::Arc;
use std::time::{Duration, Instant};

use edge_authorizer::authorize::Authorizer;
use edge_authorizer::decision::{Decision, Outcome};
use edge_authorizer::keys::known::RETRY_PAUSE;
use edge_authorizer::local::demo::{self, ACME, Seed};
use edge_authorizer::local::store::{TABLE, endpoint};
use edge_authorizer::settings::Settings;
use edge_authorizer::store::read::DynamoStore;
use edge_authorizer::timestamp::Timestamp;
use serde_json::json;
use tokio::sync::Semaphore;

use self::broken::{Broken, Duty, Fault};
use self::case::Case;
use crate::golden;
use crate::tokens::{self, AUDIENCE, with};
use crate::world::{NOW, World, api};

/// What a busy machine may add to a time.
const SLACK: Duration = Duration::from_secs(2);

/// So many faults are tried out at once: each waits more than it works.
const AT_ONCE: usize = 8;

const ISSUER: &str = "https://login.example.com";

/// What breaks.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Read,
    LastUse,
    TableKeys,
    WebKeys,
}

#[tokio::test]
async fn the_table_of_faults_is_what_happens() {
    let world = Arc::new(World::new().await);
    let parts = [
        ("The store: the connection", Part::Read, store_cases::transport()),
        ("The store: its answers", Part::Read, store_cases::answers()),
        ("The store: what its answers say", Part::Read, store_cases::content()),
        ("The store: what is best effort", Part::LastUse, store_cases::last_use()),
        ("Key sets in the table", Part::TableKeys, key_cases::table()),
        ("Key sets of other issuers", Part::WebKeys, key_cases::web()),
    ];
    let (mut table, mut trials) = (String::new(), Vec::new());
    for (title, part, cases) in parts {
        table +=
            &format!("\n### {title}\n\n| what happens | answer | reason | within | then |\n|---|---|---|---|---|\n");
        for case in cases {
            table += &case.line();
            // Whoever writes `last_used` keeps all others from doing so for an hour: those have a world each.
            let world = if part == Part::LastUse { Arc::new(World::new().await) } else { Arc::clone(&world) };
            trials.push((world, part, case));
        }
    }
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let running = trials.into_iter().map(|(world, part, case)| {
        let turns = Arc::clone(&turns);
        tokio::spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            try_out(&world, part, &case).await
        })
    });
    let running: Vec<_> = running.collect();
    let mut wrong = Vec::new();
    for trial in running {
        wrong.extend(trial.await.unwrap().err());
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    golden::hold_table("docs/faults.md", &table);
}

async fn try_out(world: &World, part: Part, case: &Case) -> Result<(), String> {
    let mut broken = Broken::start(case.fault.clone(), part.duty(world)).await;
    let store = if part == Part::WebKeys { world.store.store() } else { store_at(&broken) };
    let authorizer = part.authorizer(&broken);
    let event = event(&part.token(world));
    let start = Instant::now();
    let decision = authorizer.decide(&event, &store, NOW).await;
    let time = start.elapsed();
    let wrong = |what: String| Err(format!("{}: {what}: {decision:?}", case.what));
    if !case.codes.contains(&decision.trail.reason.code()) || status(&decision) != case.status() {
        return wrong(format!("{} instead of {:?}", decision.trail.reason.code(), case.codes));
    }
    if let Outcome::Fault(fault) = &decision.outcome {
        let told = fault.to_string();
        if told.len() > 400 || told.contains("PAT#0") || told.contains("secret") {
            return wrong("the log is told what the answer held".to_owned());
        }
    }
    if time > case.bound.time() + SLACK {
        return wrong(format!("it took {time:?}"));
    }
    if broken.met() == 0 && !matches!(case.fault, Fault::Refuse | Fault::NoConnection) {
        return wrong("the fault was not met".to_owned());
    }
    broken.mend();
    let pause = if matches!(part, Part::TableKeys | Part::WebKeys) { RETRY_PAUSE } else { 0 };
    let next = authorizer.decide(&event, &store, NOW.plus(pause)).await;
    if status(&next) != 200 { wrong(format!("and then {next:?}")) } else { Ok(()) }
}

/// What the gateway answers.
fn status(decision: &Decision) -> u16 {
    match decision.outcome {
        Outcome::Answer(_) if decision.trail.reason.code() == "allowed" => 200,
        Outcome::Answer(_) => 403,
        Outcome::Unauthorized(_) => 401,
        Outcome::Fault(_) => 500,
    }
}

impl Part {
    fn duty(self, world: &World) -> Duty {
        let to = world.store.url().strip_prefix("http://").unwrap().parse().unwrap();
        match self {
            Self::Read => Duty::Forward { to, operation: "BatchGetItem" },
            Self::LastUse => Duty::Forward { to, operation: "UpdateItem" },
            Self::TableKeys => Duty::Forward { to, operation: "Query" },
            Self::WebKeys => Duty::Say(http::response("200 OK", "application/json", &key_cases::document())),
        }
    }

    fn authorizer(self, broken: &Broken) -> Authorizer {
        let mut variables = demo::variables(&Seed::public());
        if self == Self::WebKeys {
            let url = format!("http://{}/jwks.json", broken.address);
            let issuer = json!([{
                "issuer": ISSUER, "audience": AUDIENCE, "algorithms": ["ES256"], "keys": {"url": url}, "user": "sub",
                "tenants": {"only": [ACME]}, "grant": "none",
            }]);
            variables.insert("TOKEN_ISSUERS", issuer.to_string());
            variables.insert("TOKEN_ISSUERS_HTTP", "loopback".to_owned());
        }
        Authorizer::new(api(), Settings::read(|name| variables.get(name).cloned()).unwrap()).unwrap()
    }

    fn token(self, world: &World) -> String {
        let token = world.demo.token("admin-everything").unwrap();
        match self {
            Self::Read | Self::LastUse => token.issued.expose().to_owned(),
            Self::TableKeys => world.demo.access_token(token, NOW).unwrap(),
            Self::WebKeys => strangers_token(token.record.user.as_str(), NOW),
        }
    }
}

/// A token of the issuer whose keys are on the web.
fn strangers_token(user: &str, now: Timestamp) -> String {
    let times = with(with(tokens::claims(), "iat", json!(now)), "exp", json!(now.plus(900)));
    let who = with(with(times, "business_id", json!(ACME)), "sub", json!(user));
    tokens::token(&tokens::header(), &with(who, "iss", json!(ISSUER)))
}

pub(crate) fn store_at(broken: &Broken) -> DynamoStore {
    DynamoStore::new(endpoint(format!("http://{}", broken.address)), TABLE.to_owned())
}

fn event(token: &str) -> String {
    let arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/GET/v1/contacts";
    json!({"type": "TOKEN", "methodArn": arn, "authorizationToken": format!("Bearer {token}")}).to_string()
}
