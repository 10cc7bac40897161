//! Policies are exact: what is not covered is never allowed, and what is covered and well-formed always is.

use edge_authorizer::access::permission::PermissionSet;
use edge_authorizer::policy::compiler::PolicyCompiler;
use edge_authorizer::policy::iam::wildcard;
use edge_authorizer::policy::menu::{Allow, Menu};
use edge_authorizer::policy::proof::audit::{Auditor, Error};
use edge_authorizer::policy::proof::check::check;
use edge_authorizer::policy::proof::verdict::conflicts;
use edge_authorizer::policy::reading::Reading;
use edge_authorizer::token::credential::TokenKind;

use crate::awkward::{api, findings, is_allowed, scopes, sets, under};

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

#[test]
fn every_permission_set_of_a_usual_api_has_an_exact_policy() {
    let api = api(CRM);
    assert_eq!(conflicts(&api.operations, &api.catalogue, api.policies.menu()), []);
}

#[test]
fn the_judge_that_knows_only_languages_agrees_for_single_permissions_and_what_is_left_without_one() {
    let api = api(CRM);
    assert_eq!(findings(&api, &sets(&api)), []);
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
    */*/
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
    let judged = [vec!["r0.read"], vec!["r0.read", "r1.write", "r2.all"], vec!["r7.delete"]];
    let judged: Vec<PermissionSet> = judged.into_iter().map(|names| api.catalogue.granted(names)).collect();
    assert_eq!(findings(&api, &judged), [], "the judge that knows only languages");
}

/// The same with one route that cannot be told apart from what lies below another resource's list.
#[test]
fn among_five_hundred_routes_the_one_that_is_ambiguous_is_found() {
    let mut operations = large(498);
    operations.push(("GET /v1/files/{path+}".to_owned(), "file.read".to_owned()));
    operations.push(("GET /v1/files/{id}/meta".to_owned(), "meta.read".to_owned()));
    let api = api(&operations.iter().map(|(route, scope)| (route.as_str(), scope.as_str())).collect::<Vec<_>>());
    let report = check(&api);
    let (greedy, deeper) = ("GET /v1/files/{path+}", "GET /v1/files/{id}/meta");
    let pairs: Vec<(&str, &str)> = report.flaws.iter().map(|it| (it.served.as_str(), it.exposed.as_str())).collect();
    assert!(pairs.iter().all(|pair| [(greedy, deeper), (deeper, greedy)].contains(pair)), "{pairs:?}");
    let flaw = report.flaws.iter().find(|flaw| flaw.served == greedy).unwrap();
    let witness = flaw.witness.as_ref().unwrap();
    let set = api.catalogue.granted(flaw.permissions.iter().map(String::as_str));
    let request = format!("{}{}", witness.verb, witness.path);
    assert!(!is_allowed(&api.policies.patterns(TokenKind::Pat, set), &request), "{witness:?}");
    assert!(is_allowed(&api.policies.patterns(TokenKind::Pat, set), "GET/v1/files/a"));
}

/// What a token may do with one verb is not less because it may do something with another as well.
#[test]
fn more_permission_takes_no_odd_path_away() {
    let operations = [("GET /users", "u.list"), ("GET /users/{name}", "u.read"), ("PATCH /users/{name}", "u.write")];
    let api = api(&operations);
    let odd = "PATCH/users/alice%40example.com";
    for scopes in [vec!["u.write"], vec!["u.write", "u.read"], vec!["u.write", "u.list"]] {
        let patterns = api.policies.patterns(TokenKind::Pat, api.catalogue.granted(scopes.iter().copied()));
        assert!(is_allowed(&patterns, odd), "{scopes:?} {patterns:?}");
        assert!(!is_allowed(&patterns, "GET/users/alice%40example.com"), "{scopes:?} {patterns:?}");
    }
}

/// An API of which nothing could be proved allows nothing, however it is asked: nothing is known of its odd paths either.
#[test]
fn what_was_not_proved_allows_no_single_request() {
    let proved = api(&[("GET /users/{id}", "u"), ("GET /admin", "a")]);
    let menu = proved.policies.menu();
    let unproved = |allow: &Allow| Allow { pattern: allow.pattern.clone(), ..Allow::default() };
    let allows = menu.allows.iter().take(menu.routes).map(unproved).collect();
    let nothing = Menu { readings: menu.readings.clone(), routes: menu.routes, allows, ..Menu::default() };
    let compiler = PolicyCompiler::new(&proved.operations, nothing).unwrap();
    let held = proved.catalogue.granted(["u"]);
    for path in ["/users/..%2fadmin", "/users/x", "/admin", "/users/x/"] {
        let own = compiler.patterns_for(TokenKind::Pat, held, "GET", path);
        assert!(!is_allowed(&own, &format!("GET{path}")), "{path}");
    }
}

/// Each way to route, on its own: whose permission a request needs, and that no other will do.
#[test]
fn each_way_to_route_has_its_own_order() {
    let greedy_or_parameter = [("GET /a/{rest+}", "g"), ("GET /{x}/b", "p")].as_slice();
    let named_greedy_or_any = [("GET /a/{rest+}", "g"), ("ANY /{x}/b", "p")].as_slice();
    let named_or_literal = [("GET /a/{x}", "p"), ("ANY /a/b", "l")].as_slice();
    let tied = [("GET /a/{x}", "p"), ("GET /{y}/b", "q")].as_slice();
    let (rest, http) = (Reading::RestRouting, Reading::HttpRouting);
    for (readings, operations, needed) in [
        (vec![rest], greedy_or_parameter, vec!["g"]),
        (vec![http], greedy_or_parameter, vec!["p"]),
        (vec![rest, http], greedy_or_parameter, vec!["g", "p"]),
        (vec![rest], named_greedy_or_any, vec!["g"]),
        (vec![http], named_greedy_or_any, vec!["p"]),
        (vec![Reading::HttpVerbFirst], named_greedy_or_any, vec!["g", "p"]),
        (vec![rest], named_or_literal, vec!["l"]),
        (vec![http], named_or_literal, vec!["l"]),
        (vec![Reading::HttpVerbFirst], named_or_literal, vec!["p"]),
        (vec![rest, Reading::HttpTies], tied, vec!["p"]),
        (vec![http], tied, vec!["p"]),
        (vec![http, Reading::HttpTies], tied, vec!["p", "q"]),
    ] {
        let api = under(&readings.iter().copied().collect(), scopes(operations), operations);
        for set in sets(&api) {
            let held: Vec<&str> = api.catalogue.names(set).collect();
            let may = needed.iter().all(|scope| held.contains(scope));
            let [whole, own] = [
                api.policies.patterns(TokenKind::Pat, set),
                api.policies.patterns_for(TokenKind::Pat, set, "GET", "/a/b"),
            ];
            assert!(may || !is_allowed(&whole, "GET/a/b"), "{readings:?} {operations:?} {held:?}");
            assert_eq!(is_allowed(&own, "GET/a/b"), may, "{readings:?} {operations:?} {held:?}");
        }
    }
}

/// Both cross slashes and colons, there is no class and no escape, and nothing but the whole text counts.
#[test]
fn patterns_match_as_iam_matches_them() {
    for (pattern, text, expected) in [
        ("GET/a/*", "GET/a/b/c:d", true),
        ("GET/a/*", "GET/a/", true),
        ("GET/a/*", "GET/a", false),
        ("GET/?/b", "GET///b", true),
        ("GET/??", "GET/a/", true),
        ("GET/?", "GET/", false),
        ("GET/?", "GET/é", true),
        ("*/b*c", "GET/a/b/b/c", true),
        ("*/b?c", "GET/a/b/bxc", true),
        ("*/b", "GET/a/b/c", false),
        ("GET/[ab]", "GET/a", false),
        ("GET/\\*", "GET/*", false),
        ("GET/a", "GET/a/", false),
        ("**", "", true),
        ("", "a", false),
    ] {
        assert_eq!(wildcard(pattern, text), expected, "{pattern} {text}");
    }
}
