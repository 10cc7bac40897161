//! What a policy costs: the compilation of one permission set, which happens once per set and process, and what every
//! later decision pays to find it again.
//!
//! `cargo bench --no-default-features --features reference --bench policy`

#![expect(clippy::expect_used, reason = "a bench may fail loudly")]

use divan::{Bencher, black_box};
use edge_authorizer::access::catalogue::CatalogueSource;
use edge_authorizer::access::permission::PermissionSet;
use edge_authorizer::api::{Api, Pack, PackedOperation, PackedSegment};
use edge_authorizer::reference;
use edge_authorizer::token::credential::TokenKind;

fn main() {
    divan::main();
}

const TOKENS: [&str; 4] = [
    "contact.read",
    "contact.read deal.write",
    "contact.read company.read deal.read task.all note.write",
    "contact.all company.all deal.all task.all note.all activity.all",
];

#[divan::bench(args = TOKENS)]
fn compile_for_api_yaml(bencher: Bencher<'_, '_>, scopes: &str) {
    compile(bencher, &crm(), scopes);
}

#[divan::bench(args = [1, 10, 50])]
fn compile_for_500_routes(bencher: Bencher<'_, '_>, resources: usize) {
    let scopes: Vec<String> = (0..resources).map(|number| format!("r{number}.read")).collect();
    compile(bencher, &large(), &scopes.join(" "));
}

#[divan::bench]
fn find_what_is_compiled(bencher: Bencher<'_, '_>) {
    let api = crm();
    let set = granted(&api, TOKENS[2]);
    bencher.bench(|| api.policies.patterns(TokenKind::Pat, black_box(set)));
}

/// From the permission to the patterns, past the store of what is compiled.
fn compile(bencher: Bencher<'_, '_>, api: &Api, scopes: &str) {
    let set = granted(api, scopes);
    bencher.bench(|| api.policies.compile(&api.policies.covered(TokenKind::Pat, black_box(&set))));
}

fn granted(api: &Api, scopes: &str) -> PermissionSet {
    api.catalogue.granted(scopes.split(' '))
}

fn crm() -> Api {
    Api::new(reference::compile(include_str!("../api.yaml")).expect("a reference without mistakes")).expect("an API")
}

/// Fifty resources of ten routes, with a scope for each action, and each list nested in another resource.
fn large() -> Api {
    let literal = |text: &str| PackedSegment::Literal(text.to_owned());
    let mut operations = Vec::new();
    for number in 0..50 {
        let (own, next) = (format!("r{number}"), format!("r{}", (number + 1) % 50));
        let id = PackedSegment::Id { name: "id".to_owned(), prefix: format!("{own}_"), digits: 24 };
        let list = vec![literal("v1"), literal(&own)];
        let below = |path: &[PackedSegment], last: PackedSegment| [path, &[last]].concat();
        let item = below(&list, id);
        for (verb, path, resource, action) in [
            ("GET", list.clone(), &own, "read"),
            ("POST", list.clone(), &own, "write"),
            ("POST", below(&list, literal("search")), &own, "read"),
            ("POST", below(&list, literal("import")), &own, "write"),
            ("GET", item.clone(), &own, "read"),
            ("PATCH", item.clone(), &own, "write"),
            ("DELETE", item.clone(), &own, "delete"),
            ("POST", below(&item, literal("archive")), &own, "write"),
            ("GET", below(&item, literal(&next)), &next, "read"),
            ("POST", below(&item, literal(&next)), &next, "write"),
        ] {
            let alternatives = vec![vec![format!("{resource}.{action}")]];
            operations.push(PackedOperation {
                id: format!("operation{}", operations.len()),
                verb: verb.to_owned(),
                path,
                pat: alternatives.clone(),
                access_token: alternatives,
            });
        }
    }
    let scopes = (0..50).flat_map(|number| ["read", "write", "delete"].map(|action| format!("r{number}.{action}")));
    let permissions = CatalogueSource { scopes: scopes.collect(), ..CatalogueSource::default() };
    Api::new(Pack::new("large".to_owned(), permissions, operations).expect("permissions")).expect("an API")
}
