//! Awkward APIs, a file each under `tests/awkward`: the verdict is right, and every witness is a request that the
//! evaluator, the router and the decision confirm.

use std::path::PathBuf;

use edge_authorizer::access::catalogue::CatalogueSource;
use edge_authorizer::access::permission::PermissionSet;
use edge_authorizer::api::{Api, Pack, PackedOperation, PackedSegment};
use edge_authorizer::gateway::arn::MethodArn;
use edge_authorizer::policy::compiler::Patterns;
use edge_authorizer::policy::document;
use edge_authorizer::policy::iam::{Judgement, Policy};
use edge_authorizer::policy::proof::audit::{Auditor, Error, Finding};
use edge_authorizer::policy::proof::check::{Witness, check};
use edge_authorizer::policy::reading::{Reading, Readings};
use edge_authorizer::policy::router::Router;
use edge_authorizer::token::credential::TokenKind;

pub(crate) const STAGE: &str = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/";

/// The API of these operations, `GET /notes/{id}`, and their scopes. `{id:con_}` is an id of 24 digits, `{id}` has no
/// form, `{path+}` is greedy.
pub(crate) fn api(operations: &[(&str, &str)]) -> Api {
    let mut scopes: Vec<String> = operations.iter().map(|(_, scope)| (*scope).to_owned()).collect();
    scopes.sort();
    scopes.dedup();
    declaring(scopes, operations)
}

/// The same, with the scopes declared in this order.
pub(crate) fn declaring(scopes: Vec<String>, operations: &[(&str, &str)]) -> Api {
    under(&Readings::default(), scopes, operations)
}

fn under(readings: &Readings, scopes: Vec<String>, operations: &[(&str, &str)]) -> Api {
    let permissions = CatalogueSource { scopes, ..CatalogueSource::default() };
    let operations = operations.iter().map(|(route, scope)| operation(route, scope)).collect();
    Api::new(Pack::under(readings, "awkward".to_owned(), permissions, operations).unwrap()).unwrap()
}

/// Whether a request that ends in this, `GET/notes/1`, is let through by a policy.
pub(crate) fn is_allowed(patterns: &Patterns, request: &str) -> bool {
    let arn = format!("{STAGE}GET/");
    let document = document::write(patterns, &MethodArn::parse(&arn).unwrap()).unwrap();
    Policy::from_json(document.get()).unwrap().judge(&format!("{STAGE}{request}")) == Judgement::Allowed
}

/// Every set of an API's permissions, if there are few; otherwise single ones and what is left without one.
pub(crate) fn sets(api: &Api) -> Vec<PermissionSet> {
    let every = api.catalogue.every();
    let permissions: Vec<_> = every.iter().collect();
    if permissions.len() <= 7 {
        let of_bits = |bits: usize| (0..).zip(&permissions).filter(move |(at, _)| bits >> at & 1 == 1).map(|it| *it.1);
        return (0..1 << permissions.len()).map(|bits| of_bits(bits).collect()).collect();
    }
    let one = permissions.iter().map(|it| PermissionSet::of(*it));
    let all_but_one = permissions.iter().map(|it| every.difference(PermissionSet::of(*it)));
    one.chain(all_but_one).chain([PermissionSet::EMPTY, every]).collect()
}

/// What the judge that knows only languages finds wrong with the policies of these sets.
pub(crate) fn findings(api: &Api, sets: &[PermissionSet]) -> Vec<Finding> {
    let auditor = Auditor::new(&api.operations, &api.policies.menu().readings).unwrap();
    let audit = |set: &PermissionSet| {
        let patterns = api.policies.patterns(TokenKind::Pat, *set);
        auditor.findings(&api.policies.covered(TokenKind::Pat, set), &patterns).unwrap()
    };
    sets.iter().flat_map(audit).collect()
}

struct Case {
    name: String,
    /// The route of which some request is refused; none for an exact API.
    refused: Option<String>,
    api: Api,
}

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/awkward");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 15, "the folder of awkward APIs is not whole: {files:?}");
    files.iter().map(case).collect()
}

fn case(file: &PathBuf) -> Case {
    let text = std::fs::read_to_string(file).unwrap();
    let verdict = text.lines().nth(1).unwrap().trim_start_matches("# ");
    let refused = verdict.strip_prefix("inexact: ").and_then(|it| it.strip_suffix(" is refused")).map(str::to_owned);
    assert!(refused.is_some() || verdict == "exact", "{file:?} has no verdict in its second line");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let operations: Vec<(&str, &str)> = lines.map(|line| line.rsplit_once(' ').unwrap()).collect();
    let operations: Vec<(&str, &str)> = operations.iter().map(|(route, scope)| (route.trim(), *scope)).collect();
    Case { name: file.file_stem().unwrap().to_string_lossy().into_owned(), refused, api: api(&operations) }
}

#[test]
fn the_verdict_is_right_and_the_judge_of_languages_agrees_for_every_set() {
    for case in cases() {
        let report = check(&case.api);
        let found = findings(&case.api, &sets(&case.api));
        assert_eq!(report.is_exact(), case.refused.is_none(), "{}: {report:#?}", case.name);
        assert_eq!(found.is_empty(), case.refused.is_none(), "{}: {found:?}", case.name);
        let allowed: Vec<&Finding> = found.iter().filter(|finding| finding.error == Error::Allows).collect();
        assert!(allowed.is_empty(), "{} fails open: {allowed:?}", case.name);
    }
}

#[test]
fn every_witness_is_confirmed_by_the_evaluator_the_router_and_the_decision() {
    for case in cases() {
        let Some(refused) = &case.refused else { continue };
        let flaws = check(&case.api).flaws;
        let witnesses: Vec<&Witness> = flaws.iter().filter_map(|flaw| flaw.witness.as_ref()).collect();
        assert_eq!(witnesses.len(), flaws.len(), "{}: a flaw without a witness: {flaws:#?}", case.name);
        assert!(witnesses.iter().any(|witness| &witness.route == refused), "{}: {witnesses:#?}", case.name);
        for flaw in &flaws {
            let witness = flaw.witness.as_ref().unwrap();
            let set = case.api.catalogue.granted(flaw.permissions.iter().map(String::as_str));
            let patterns = case.api.policies.patterns(flaw.kind, set);
            assert!(!is_allowed(&patterns, &format!("{}{}", witness.verb, witness.path)), "{witness:?}");
            assert_eq!(witness.error, Error::Refuses);
            let is_covered = |router: Router| {
                let reached = router.route(&case.api.operations, &witness.verb, &witness.path).unwrap();
                reached.requires(flaw.kind).is_met_by(&set)
            };
            assert!(Router::ALL.into_iter().any(is_covered), "{witness:?} is not covered at all");
        }
    }
}

/// Where the ARN is decoded after routing, the text of a literal in it does not say that the literal was reached: what
/// the other route requires is required, in every policy and in an answer for the one request.
#[test]
fn a_decoded_arn_is_no_sign_of_the_literal_in_it() {
    for reading in [Reading::DecodedAfterRouting, Reading::DecodedSlash] {
        for (literal, other, request) in [
            ("GET /notes/search", "GET /notes/{id}", "/notes/search"),
            ("GET /files/a/b", "GET /files/{path+}", "/files/a/b"),
        ] {
            let scopes = ["literal".to_owned(), "other".to_owned()].to_vec();
            let api = under(&Readings::default().with(reading), scopes, &[(literal, "literal"), (other, "other")]);
            for (held, expected) in
                [(["literal"].as_slice(), false), (&["other"], false), (&["literal", "other"], true)]
            {
                let set = api.catalogue.granted(held.iter().copied());
                let whole = api.policies.patterns(TokenKind::Pat, set);
                let own = api.policies.patterns_for(TokenKind::Pat, set, "GET", request);
                for patterns in [whole, own] {
                    let allowed = is_allowed(&patterns, &format!("GET{request}"));
                    assert_eq!(allowed, expected, "{reading:?} {request} {held:?} {patterns:?}");
                }
            }
        }
    }
}

fn operation(route: &str, scope: &str) -> PackedOperation {
    let (verb, path) = route.split_once(' ').unwrap();
    PackedOperation {
        id: route.to_owned(),
        verb: verb.to_owned(),
        path: path.split('/').filter(|segment| !segment.is_empty()).map(segment).collect(),
        pat: vec![vec![scope.to_owned()]],
        access_token: vec![vec![scope.to_owned()]],
    }
}

fn segment(text: &str) -> PackedSegment {
    let Some(name) = text.strip_prefix('{').and_then(|it| it.strip_suffix('}')) else {
        return PackedSegment::Literal(text.to_owned());
    };
    match (name.split_once(':'), name.strip_suffix('+')) {
        (Some((name, prefix)), _) => PackedSegment::Id { name: name.to_owned(), prefix: prefix.to_owned(), digits: 24 },
        (_, Some(name)) => PackedSegment::Greedy(name.to_owned()),
        _ => PackedSegment::Parameter(name.to_owned()),
    }
}
