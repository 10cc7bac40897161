//! The golden matrix is complete, and it is what is decided.

use std::collections::{BTreeMap, BTreeSet};

use edge_authorizer::access::requirement::Verdict;
use edge_authorizer::api::Api;
use edge_authorizer::local::demo::Demonstration;
use edge_authorizer::token::credential::TokenKind;

use super::holders::{DEMO_TOKENS, furnish, scope_sets};
use super::text::{Columns, Matrix, read, write};
use super::verdicts::{Told, told};
use crate::golden::hold;
use crate::world::{World, api};

const FILE: &str = "tests/golden-matrix.txt";
const ON_RECORD: &str = include_str!("../../golden-matrix.txt");

/// The matrix as it is on record.
pub(super) fn on_record(api: &Api, demo: &Demonstration) -> BTreeMap<(String, String, TokenKind), Told> {
    read(ON_RECORD, &Columns::of(&api.operations), &scope_sets(api, demo))
}

#[tokio::test]
async fn what_is_decided_is_what_the_golden_matrix_says() {
    let mut world = World::new().await;
    let (api, authorizer, store) = (api(), world.authorizer(), world.store.store());
    let sets = scope_sets(&api, &world.demo);
    let mut matrix = Matrix::new();
    for holder in furnish(&mut world, &api).await {
        for kind in TokenKind::ALL {
            // Each decision is asked about another operation: the answer is about all of them.
            let asked = matrix.len() % api.operations.len();
            let told = told(&authorizer, &store, holder.token(kind), kind, asked).await;
            matrix.push(((holder.section.clone(), holder.row.clone(), kind), told));
        }
    }
    // Users first: what the demonstration's own tokens are worth follows from them.
    matrix.sort_by_key(|((section, ..), _)| section == DEMO_TOKENS);
    hold(FILE, &write(&Columns::of(&api.operations), &sets, &matrix));
}

/// Read from the file alone, so that a generator that leaves something out cannot hide it.
#[test]
fn the_golden_matrix_leaves_nothing_out() {
    let api = api();
    let demo = Demonstration::public(&api.catalogue).unwrap();
    let matrix = on_record(&api, &demo);
    let mut expected = BTreeSet::new();
    let scopes = api.catalogue.names(api.catalogue.scopes()).map(str::to_owned);
    let rows: Vec<String> = scopes.chain(["no scope".to_owned()]).collect();
    for kind in TokenKind::ALL {
        for member in &demo.users {
            expected.extend(rows.iter().map(|row| (member.name.to_owned(), row.clone(), kind)));
        }
        expected.extend(demo.tokens.iter().map(|token| (DEMO_TOKENS.to_owned(), token.name.to_owned(), kind)));
    }
    let missing: Vec<_> = expected.iter().filter(|key| !matrix.contains_key(*key)).collect();
    assert!(missing.is_empty(), "not in {FILE}: {missing:?}");
    // The scopes of each token are a row for every user.
    for (token, member) in demo.tokens.iter().flat_map(|token| demo.users.iter().map(move |it| (token, it))) {
        let set = scope_sets(&api, &demo).into_iter().find(|set| set.scopes == token.record.scopes).unwrap();
        assert!(ON_RECORD.contains(&format!("  {:<19}{}", set.name, set.scopes.join(" "))), "{}", token.name);
        assert!(matrix.contains_key(&(member.name.to_owned(), set.name, TokenKind::Pat)), "{}", member.name);
    }
    for operation in &api.operations {
        let named = ON_RECORD.split_whitespace().filter(|word| *word == operation.id).count();
        assert_eq!(named, 1, "the file names `{}` {named} times", operation.id);
    }
    let mut seen = BTreeSet::new();
    for ((user, row, kind), told) in &matrix {
        match told {
            Told::Refused(code) => _ = seen.insert(code.clone()),
            Told::Each(verdicts) => {
                assert_eq!(verdicts.len(), api.operations.len(), "{user} {row} {kind:?}");
                seen.extend(verdicts.iter().map(|verdict| format!("{verdict:?}")));
            }
        }
    }
    for reason in ["Allowed", "ScopeMissing", "RoleMissing", "FeatureMissing", "TenantSuspended"] {
        assert!(seen.contains(reason), "{reason} is nowhere in {FILE}");
    }
    assert!(["expired", "revoked", "user_disabled"].iter().all(|code| seen.contains(*code)), "{seen:?}");
}

/// Lines that a reviewer can check by hand against the demonstration's roles.
#[test]
fn the_golden_matrix_says_what_the_demonstrations_roles_say() {
    let api = api();
    let matrix = on_record(&api, &Demonstration::public(&api.catalogue).unwrap());
    let allowed = |user: &str, row: &str, kind| {
        let told = &matrix[&(user.to_owned(), row.to_owned(), kind)];
        let Told::Each(verdicts) = told else { panic!("{told:?}") };
        let allowed = api.operations.iter().zip(verdicts).filter(|(_, verdict)| **verdict == Verdict::Allowed);
        allowed.map(|(operation, _)| operation.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(allowed("acme-admin", "no scope", TokenKind::Pat), [""; 0]);
    let everything = allowed("acme-admin", "[admin-everything]", TokenKind::Pat);
    assert_eq!(everything.len(), api.operations.len());
    let tasks = ["listTasks", "createTask", "searchTasks", "getTask", "updateTask", "completeTask"];
    assert_eq!(allowed("acme-sales", "task.all", TokenKind::Pat), tasks, "the user may not delete tasks, so not all");
    assert_eq!(allowed("acme-sales", "note.delete", TokenKind::AccessToken), ["deleteNote"], "an exception grants it");
    let deals = "deal.all";
    assert!(allowed("acme-sales", deals, TokenKind::Pat).contains(&"importDeals"));
    assert!(!allowed("acme-sales", deals, TokenKind::AccessToken).contains(&"importDeals"), "for PATs alone");
    assert_eq!(allowed("globex-admin", deals, TokenKind::Pat), [""; 0], "the tenant has not bought `sales`");
}
