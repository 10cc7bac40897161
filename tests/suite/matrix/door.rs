//! The local gateway tells every request of the golden matrix what the file says: in one lifetime of its cache, so
//! that each token is decided once and all else is judged by the kept policy, and in any order of the requests.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use edge_authorizer::access::requirement::Verdict;
use edge_authorizer::local::gateway::{Backend, Handled, Stage};
use edge_authorizer::policy::operation::Operation;
use edge_authorizer::token::credential::TokenKind;
use serde_json::Value;

use super::golden::on_record;
use super::holders::{Holder, furnish};
use super::verdicts::Told;
use crate::world::{World, api, well_formed_path};

/// One cell of the matrix: a token, an operation, and what the file says.
struct Cell<'a> {
    token: &'a str,
    operation: &'a Operation,
    status: u16,
    reason: Option<&'static str>,
}

#[tokio::test]
async fn the_local_gateway_tells_every_request_what_the_matrix_says() {
    let mut world = World::new().await;
    let api = api();
    let told = on_record(&api, &world.demo);
    let holders = furnish(&mut world, &api).await;
    let decided = Arc::new(Mutex::new(0));
    let stage = stage(&world, Arc::clone(&decided));
    let mut cells = cells(&holders, &told, &api.operations);
    assert_eq!(cells.len(), holders.len() * TokenKind::ALL.len() * api.operations.len());
    cells.sort_by_cached_key(|cell| order(1, cell));
    in_one_lifetime(&stage, &cells, &decided).await;
    // In another order every token is decided for another operation first. A few requests of each are enough to see
    // that this makes no difference.
    stage.flush_cache();
    cells.retain(|cell| cell.status != 401);
    cells.sort_by_cached_key(|cell| order(2, cell));
    cells.truncate(cells.len() / 6);
    in_one_lifetime(&stage, &cells, &decided).await;
}

/// Asks for one cell after the other while the clock stands still.
async fn in_one_lifetime(stage: &Stage, cells: &[Cell<'_>], decided: &Mutex<usize>) {
    for cell in cells {
        assert_eq!(answer(stage, cell).await, (cell.status, cell.reason.map(str::to_owned)), "{}", cell.operation.id);
    }
    let (refused, kept): (Vec<_>, Vec<_>) = cells.iter().partition(|cell| cell.status == 401);
    let tokens: HashSet<&str> = kept.iter().map(|cell| cell.token).collect();
    let decided = std::mem::take(&mut *decided.lock().unwrap());
    assert_eq!(decided, tokens.len() + refused.len(), "one decision a token, and one a refusal");
}

fn stage(world: &World, decided: Arc<Mutex<usize>>) -> Stage {
    let clock = world.clock.clone();
    let log = move |handled: &Handled<'_>| *decided.lock().unwrap() += usize::from(handled.decision.is_some());
    Stage::new(
        world.authorizer(),
        world.store.store(),
        Backend::that_shows(),
        "https://api.example.com".to_owned(),
        60,
        Box::new(move || clock.now()),
        Box::new(log),
    )
    .unwrap()
}

fn cells<'a>(
    holders: &'a [Holder],
    told: &BTreeMap<(String, String, TokenKind), Told>,
    operations: &'a [Operation],
) -> Vec<Cell<'a>> {
    let mut cells = Vec::new();
    for (holder, kind) in holders.iter().flat_map(|holder| TokenKind::ALL.map(|kind| (holder, kind))) {
        let told = &told[&(holder.section.clone(), holder.row.clone(), kind)];
        for (place, operation) in operations.iter().enumerate() {
            let (status, reason) = match told {
                Told::Refused(_) => (401, None),
                Told::Each(verdicts) => match verdicts[place] {
                    Verdict::Allowed => (200, None),
                    Verdict::TenantSuspended => (403, Some("tenant_suspended")),
                    _ => (403, Some("insufficient_permission")),
                },
            };
            cells.push(Cell { token: holder.token(kind), operation, status, reason });
        }
    }
    cells
}

/// A place that looks random and is the same each time.
fn order(seed: u64, cell: &Cell<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, cell.token, &cell.operation.id).hash(&mut hasher);
    hasher.finish()
}

/// The status, and the reason that a 403 gives.
async fn answer(stage: &Stage, cell: &Cell<'_>) -> (u16, Option<String>) {
    let request = Request::builder()
        .method(cell.operation.verb.to_string().as_str())
        .uri(well_formed_path(&cell.operation.path))
        .header("Authorization", format!("Bearer {}", cell.token))
        .body(Body::empty())
        .unwrap();
    let response = stage.handle(request).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    if status == 200 {
        assert_eq!(body["operation"].as_str(), Some(cell.operation.id.as_str()));
    }
    (status, body["reason"].as_str().map(str::to_owned))
}
