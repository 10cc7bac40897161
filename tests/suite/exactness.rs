//! Policies are exact: what is not covered is never allowed, and what is covered and well-formed always is.

use edge_authorizer::access::permission::PermissionSet;
use edge_authorizer::api::Api;
use edge_authorizer::policy::compiler::PolicyCompiler;
use edge_authorizer::policy::menu::Menu;
use edge_authorizer::policy::proof::audit::{Auditor, Error};
use edge_authorizer::policy::proof::verdict::conflicts;
use edge_authorizer::token::credential::TokenKind;

use crate::awkward::{api, is_allowed};

const CRM: &[(&str, &str)] = &[
    ("GET /v1/contacts", "contact.read"),
    ("POST /v1/contacts", "contact.write"),
    ("POST /v1/contacts/search", "contact.read"),
    ("POST /v1/contacts/import", "contact.all"),
    ("GET /v1/contacts/{id:con_}", "contact.read"),
    ("PATCH /v1/contacts/{id:con_}", "contact.write"),
    ("DELETE /v1/contacts/{id:con_}", "contact.delete"),
    ("GET /v1/contacts/{id:con_}/notes", "note.read"),
    ("GET /v1/contacts/{id:con_}/deals", "deal.read"),
    ("GET /v1/deals", "deal.read"),
    ("POST /v1/deals", "deal.write"),
    ("POST /v1/deals/search", "deal.read"),
    ("GET /v1/deals/{id:deal_}", "deal.read"),
    ("PATCH /v1/deals/{id:deal_}", "deal.write"),
    ("DELETE /v1/deals/{id:deal_}", "deal.delete"),
    ("POST /v1/deals/{id:deal_}/stage", "deal.write"),
    ("GET /v1/notes", "note.read"),
    ("POST /v1/notes", "note.write"),
    ("POST /v1/notes/search", "note.read"),
    ("GET /v1/notes/{id:note_}", "note.read"),
    ("POST /v1/notes/{id:note_}/pin", "note.write"),
    ("POST /v1/notes/{id:note_}/unpin", "note.write"),
];

/// Audits the policies of some permission sets, and returns what is wrong with them.
fn faults(api: &Api, sets: impl IntoIterator<Item = PermissionSet>) -> Vec<String> {
    let auditor = Auditor::new(&api.operations, &api.policies.menu().readings).unwrap();
    let audit = |set: PermissionSet| {
        let patterns = api.policies.patterns(TokenKind::Pat, set);
        let findings = auditor.findings(&api.policies.covered(TokenKind::Pat, &set), &patterns).unwrap();
        let names = api.catalogue.names(set).collect::<Vec<_>>().join(" ");
        findings.into_iter().map(move |finding| format!("{names}: {finding:?}")).collect::<Vec<_>>()
    };
    sets.into_iter().flat_map(audit).collect()
}

#[test]
fn every_permission_set_of_a_usual_api_has_an_exact_policy() {
    let api = api(CRM);
    assert_eq!(conflicts(&api.operations, &api.catalogue, api.policies.menu()), []);
}

#[test]
fn the_judge_that_knows_only_languages_agrees_for_single_permissions_and_what_is_left_without_one() {
    let api = api(CRM);
    let every = api.catalogue.every();
    let singles = every.iter().map(PermissionSet::of);
    let all_but_one = every.iter().map(|permission| every.difference(PermissionSet::of(permission)));
    let sets: Vec<PermissionSet> = singles.chain(all_but_one).chain([PermissionSet::EMPTY, every]).collect();
    assert_eq!(faults(&api, sets), Vec::<String>::new());
}

#[test]
fn what_nothing_tames_is_not_allowed() {
    let api = api(CRM);
    let menu = Menu { denies: Vec::new(), ..api.policies.menu().clone() };
    let compiler = PolicyCompiler::new(&api.operations, menu).unwrap();
    let auditor = Auditor::new(&api.operations, &api.policies.menu().readings).unwrap();
    let contacts = api.catalogue.granted(["contact.read"]);
    let patterns = compiler.compile(&compiler.covered(TokenKind::Pat, &contacts));
    assert_eq!(patterns.allow, ["GET/v1/contacts", "POST/v1/contacts/search"], "the single contact reaches its notes");
    for permission in api.catalogue.every().iter() {
        let covered = compiler.covered(TokenKind::Pat, &PermissionSet::of(permission));
        let findings = auditor.findings(&covered, &compiler.compile(&covered)).unwrap();
        assert!(findings.iter().all(|finding| finding.error == Error::Refuses), "{findings:?}");
    }
}

#[test]
fn what_either_of_two_routes_may_get_is_refused_to_who_holds_one() {
    let api = api(&[("GET /a/{x}", "a.read"), ("GET /{y}/b", "b.read")]);
    let allowed = |scopes: &[&str], request: &str| {
        let set = api.catalogue.granted(scopes.iter().copied());
        is_allowed(&api.policies.patterns(TokenKind::Pat, set), request)
    };
    for (scopes, tied) in [(&["a.read"][..], false), (&["b.read"], false), (&["a.read", "b.read"], true)] {
        assert_eq!(allowed(scopes, "GET/a/b"), tied, "{scopes:?}");
        assert_eq!(allowed(scopes, "GET/a/1"), scopes.contains(&"a.read"), "{scopes:?}");
        assert_eq!(allowed(scopes, "GET/1/b"), scopes.contains(&"b.read"), "{scopes:?}");
    }
}

/// More sets than are kept, so that the store of what is compiled is emptied while others look into it.
#[test]
fn t71_many_threads_at_once_get_the_policies_that_one_would() {
    let api = api(CRM);
    let permissions: Vec<_> = api.catalogue.every().iter().collect();
    let of_bits = |bits: usize| (0..).zip(&permissions).filter(move |(at, _)| bits >> at & 1 == 1).map(|it| *it.1);
    let sets = (0..1 << permissions.len()).map(|bits| of_bits(bits).collect::<PermissionSet>());
    let alone = |set| (set, api.policies.compile(&api.policies.covered(TokenKind::Pat, &set)));
    let expected: Vec<_> = sets.map(alone).collect();
    assert!(2 * expected.len() > 600, "as many as are kept: {}", expected.len());
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (api, expected) = (&api, &expected);
            scope.spawn(move || {
                let wanted = TokenKind::ALL.into_iter().flat_map(|kind| expected.iter().map(move |it| (kind, it)));
                for (kind, (set, patterns)) in wanted.skip(thread * 100).take(700) {
                    assert_eq!(*api.policies.patterns(kind, *set), *patterns);
                }
            });
        }
    });
}

#[test]
fn full_access_is_a_pattern_a_verb_and_nothing_is_an_empty_policy() {
    let api = api(CRM);
    let full = api.policies.patterns(TokenKind::Pat, api.catalogue.every());
    assert_eq!(full.allow, ["DELETE/v1/*", "GET/v1/*", "PATCH/v1/*", "POST/v1/*"]);
    assert_eq!(full.deny, Vec::<String>::new());
    let nothing = api.policies.patterns(TokenKind::Pat, PermissionSet::EMPTY);
    assert_eq!((nothing.allow.len(), nothing.deny.len()), (0, 0));
}

#[test]
fn one_permission_reaches_over_several_resources() {
    let api = api(CRM);
    let deals = api.policies.patterns(TokenKind::Pat, api.catalogue.granted(["deal.read"]));
    insta::assert_snapshot!(format!("{}\n--\n{}", deals.allow.join("\n"), deals.deny.join("\n")), @r"
    GET/v1/contacts/con_????????????????????????/deals
    GET/v1/deals*
    POST/v1/deals/search
    --
    *%*
    *//*
    */.*
    */?*/
    ");
}

/// A large API: resources of ten routes each, with a scope for each action and nested reads of the next resource.
pub(crate) fn large(routes: usize) -> Vec<(String, String)> {
    let of = |number: usize| {
        let (name, next, id) = (format!("r{number}s"), format!("r{}", number + 1), format!("{{id:r{number}_}}"));
        let scope = |action: &str| format!("r{number}.{action}");
        vec![
            (format!("GET /v1/{name}"), scope("read")),
            (format!("POST /v1/{name}"), scope("write")),
            (format!("POST /v1/{name}/search"), scope("read")),
            (format!("POST /v1/{name}/import"), scope("all")),
            (format!("GET /v1/{name}/{id}"), scope("read")),
            (format!("PATCH /v1/{name}/{id}"), scope("write")),
            (format!("DELETE /v1/{name}/{id}"), scope("delete")),
            (format!("POST /v1/{name}/{id}/archive"), scope("write")),
            (format!("GET /v1/{name}/{id}/{next}s"), format!("{next}.read")),
            (format!("GET /v1/{name}/{id}/{next}s/{{n:{next}_}}"), format!("{next}.read")),
        ]
    };
    (0..).flat_map(of).take(routes).collect()
}

#[test]
fn five_hundred_routes_are_proved_and_each_set_is_compiled_once() {
    let operations = large(500);
    let api = api(&operations.iter().map(|(route, scope)| (route.as_str(), scope.as_str())).collect::<Vec<_>>());
    assert_eq!(conflicts(&api.operations, &api.catalogue, api.policies.menu()), []);
    let readers = (0..40).map(|number| format!("r{number}.read")).collect::<Vec<_>>();
    let set = api.catalogue.granted(readers.iter().map(String::as_str));
    let patterns = api.policies.patterns(TokenKind::Pat, set);
    assert!(std::sync::Arc::ptr_eq(&patterns, &api.policies.patterns(TokenKind::Pat, set)));
}
