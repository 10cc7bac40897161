//! Policies are exact: what is not covered is never allowed, and what is covered and well-formed always is.

use edge_authorizer::access::permission::PermissionSet;
use edge_authorizer::api::Api;
use edge_authorizer::policy::proof::audit::Auditor;
use edge_authorizer::policy::proof::verdict::conflicts;
use edge_authorizer::token::credential::TokenKind;

use crate::awkward::api;

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
