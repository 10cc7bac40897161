//! What only a process can show: the authorizer's program is frozen between two events as Lambda freezes it, and its
//! memory stays flat whatever the store says.

use edge_authorizer::local::demo::{Seed, variables};
use edge_authorizer::local::store::TABLE;
use rustix::process::Signal;
use serde_json::Value;

use super::broken::{Broken, Fault};
use super::case::Case;
use super::{Part, event, store_cases};
use crate::function::Function;
use crate::world::{World, pack};

/// What the memory of the process may grow by, in KiB, from one round of faults to the third after it.
const GROWTH: u64 = 4 * 1024;

/// The authorizer, and the store that it has.
struct Authorizer {
    world: World,
    store: Broken,
    function: Function,
}

impl Authorizer {
    async fn start() -> Self {
        let world = World::new().await;
        let store = Broken::start(Fault::None, Part::Read.duty(&world)).await;
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let pack = folder.join(format!("faults-{}.pack", store.address.port()));
        std::fs::write(&pack, serde_json::to_string(&self::pack()).unwrap()).unwrap();
        let (settings, url) = (variables(&Seed::public()), format!("http://{}", store.address));
        let mut given: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        given.push(("API_PACK", pack.to_str().unwrap()));
        given.push(("AWS_ENDPOINT_URL_DYNAMODB", &url));
        given.push(("TABLE_NAME", TABLE));
        let function = Function::start(env!("CARGO_BIN_EXE_authorizer"), "bootstrap", &given).await;
        Self { world, store, function }
    }

    /// What the function answers to the demonstration's token.
    async fn ask(&mut self) -> Value {
        self.function.ask(event(self.world.token("admin-everything"))).await
    }
}

fn allows(answer: &Value) -> bool {
    answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
}

#[tokio::test]
async fn a_frozen_process_gives_the_right_answer_although_its_connections_died_meanwhile() {
    let mut authorizer = Authorizer::start().await;
    let answer = authorizer.ask().await;
    assert!(allows(&answer), "{answer}");
    for reset in [false, true] {
        authorizer.function.signal(Signal::STOP);
        authorizer.store.drop_connections(reset).await;
        authorizer.function.signal(Signal::CONT);
        let answer = authorizer.ask().await;
        assert!(allows(&answer), "after its connections were closed (reset: {reset}): {answer}");
    }
    // The store's place is taken by a server that takes no request, and then by the store again.
    authorizer.store.turn(Fault::HangUp { reset: true });
    authorizer.store.drop_connections(false).await;
    let answer = authorizer.ask().await;
    assert!(answer["errorMessage"].as_str().unwrap().starts_with("fault: store_"), "{answer}");
    authorizer.store.mend();
    let answer = authorizer.ask().await;
    assert!(allows(&answer), "{answer}");
}

#[tokio::test]
async fn the_memory_is_flat_whatever_the_store_says() {
    let mut authorizer = Authorizer::start().await;
    // What is no fault for ever, and what waits for the deadline, would wait here too.
    let quick = |case: &Case| case.status() == 500 && case.codes != ["store_timeout"];
    let cases = store_cases::content().into_iter().filter(quick);
    let faults: Vec<Fault> = cases.map(|case| case.fault).chain(store_cases::floods()).collect();
    let mut memory = Vec::new();
    for _ in 0..4 {
        for fault in &faults {
            authorizer.store.turn(fault.clone());
            let answer = authorizer.ask().await;
            let error = answer["errorMessage"].as_str().unwrap_or_else(|| panic!("no fault: {answer}"));
            assert!(error.starts_with("fault: "), "{error}");
        }
        memory.push(authorizer.function.memory());
    }
    assert!(memory[3] < memory[0] + GROWTH, "KiB, round by round: {memory:?}");
    authorizer.store.turn(Fault::None);
    assert!(allows(&authorizer.ask().await));
}
