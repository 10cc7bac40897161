//! Awkward APIs, a file each under `tests/awkward`: the verdict is right, and every witness is a request that the
//! evaluator, the router and the decision confirm.

use std::collections::BTreeMap;
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

/// The API of these operations, `GET /notes/{id}`, and what they require. `{id:con_}` is an id of 24 digits, `{id}` has no
/// form, `{path+}` is greedy.
///
/// `a.read+b.read|c.read` requires the first two scopes or the third. What follows after a space is what access tokens
/// need; without it they need the same. A scope `a.all` covers every other of `a`.
pub(crate) fn api(operations: &[(&str, &str)]) -> Api {
    declaring(scopes(operations), operations)
}

/// The scopes that these operations require, in order.
pub(crate) fn scopes(operations: &[(&str, &str)]) -> Vec<String> {
    let named = operations.iter().flat_map(|(_, required)| required.split(['|', '+', ' ']));
    let mut scopes: Vec<String> = named.map(str::to_owned).collect();
    scopes.sort();
    scopes.dedup();
    scopes
}

/// The same, with the scopes declared in this order.
pub(crate) fn declaring(scopes: Vec<String>, operations: &[(&str, &str)]) -> Api {
    under(&Readings::default(), scopes, operations)
}

/// The same, proved under these readings.
pub(crate) fn under(readings: &Readings, scopes: Vec<String>, operations: &[(&str, &str)]) -> Api {
    let below = |all: &String| {
        let resource = all.strip_suffix("all").filter(|resource| resource.ends_with('.'))?;
        let is_below = |scope: &&String| scope.starts_with(resource) && *scope != all;
        Some((all.clone(), scopes.iter().filter(is_below).cloned().collect()))
    };
    let covers: BTreeMap<String, Vec<String>> = scopes.iter().filter_map(below).collect();
    let whole = covers.keys().cloned().collect();
    let permissions = CatalogueSource { scopes, covers, whole, ..CatalogueSource::default() };
    let operations = operations.iter().map(|(route, required)| operation(route, required)).collect();
    Api::new(Pack::under(readings, "awkward".to_owned(), permissions, operations).unwrap()).unwrap()
}

/// Whether a request that ends in this, `GET/notes/1`, is let through by a policy.
pub(crate) fn is_allowed(patterns: &Patterns, request: &str) -> bool {
    Judge::of(patterns).allows(request)
}

/// A policy as the gateway holds it.
pub(crate) struct Judge(Policy);

impl Judge {
    pub(crate) fn of(patterns: &Patterns) -> Self {
        let arn = format!("{STAGE}GET/");
        let document = document::write(patterns, &MethodArn::parse(&arn).unwrap()).unwrap();
        Self(Policy::from_json(document.get()).unwrap())
    }

    pub(crate) fn allows(&self, request: &str) -> bool {
        self.0.judge(&format!("{STAGE}{request}")) == Judgement::Allowed
    }
}

/// Every set that an API's scopes can grant, if they are few; otherwise those of single ones and what is left without one.
pub(crate) fn sets(api: &Api) -> Vec<PermissionSet> {
    let every = api.catalogue.every();
    let scopes: Vec<&str> = api.catalogue.names(every).collect();
    if scopes.len() <= 7 {
        let of_bits = |bits: usize| (0..).zip(&scopes).filter(move |(at, _)| bits >> at & 1 == 1).map(|it| *it.1);
        return (0..1 << scopes.len()).map(|bits| api.catalogue.granted(of_bits(bits))).collect();
    }
    let one = scopes.iter().map(|it| api.catalogue.granted([*it]));
    let all_but_one = scopes.iter().map(|it| every.difference(api.catalogue.withdrawn([*it])));
    one.chain(all_but_one).chain([PermissionSet::EMPTY, every]).collect()
}

/// What the judge that knows only languages finds wrong with the policies of these sets, for both kinds of token.
pub(crate) fn findings(api: &Api, sets: &[PermissionSet]) -> Vec<(TokenKind, Finding)> {
    let auditor = Auditor::new(&api.operations, &api.policies.menu().readings).unwrap();
    let audit = |(kind, set): (TokenKind, &PermissionSet)| {
        let patterns = api.policies.patterns(kind, *set);
        let found = auditor.findings(&api.policies.covered(kind, set), &patterns).unwrap();
        found.into_iter().map(move |finding| (kind, finding)).collect::<Vec<_>>()
    };
    TokenKind::ALL.into_iter().flat_map(|kind| sets.iter().map(move |set| (kind, set))).flat_map(audit).collect()
}

struct Case {
    name: String,
    /// The route of which some request is refused; none for an exact API.
    refused: Option<String>,
    /// For which kinds of token that is so.
    kinds: Vec<TokenKind>,
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
    let inexact = verdict.strip_prefix("inexact: ").and_then(|it| it.split_once(" is refused"));
    assert!(inexact.is_some() || verdict == "exact", "{file:?} has no verdict in its second line");
    let is_meant =
        |kind: &TokenKind| inexact.is_some_and(|(_, of)| of.is_empty() || of == format!(" to {}", kind.as_str()));
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    Case {
        name: file.file_stem().unwrap().to_string_lossy().into_owned(),
        refused: inexact.map(|(route, _)| route.to_owned()),
        kinds: TokenKind::ALL.into_iter().filter(is_meant).collect(),
        api: api(&lines.iter().map(|line| parted(line)).collect::<Vec<_>>()),
    }
}

/// `GET /notes/{id}` and what it requires, for one kind of token or for each.
fn parted(line: &str) -> (&str, &str) {
    let (at, _) = line.match_indices(' ').nth(1).unwrap();
    let (route, required) = line.split_at(at);
    (route, required.trim())
}

#[test]
fn the_verdict_is_right_and_the_judge_of_languages_agrees_for_every_set() {
    for case in cases() {
        let report = check(&case.api);
        let found = findings(&case.api, &sets(&case.api));
        for kind in TokenKind::ALL {
            let is_flawed = found.iter().any(|(of, _)| *of == kind);
            assert_eq!(is_flawed, case.kinds.contains(&kind), "{}: {found:?}", case.name);
        }
        // Of a pair of routes the report names one kind of token.
        assert!(report.flaws.iter().all(|flaw| case.kinds.contains(&flaw.kind)), "{}: {report:#?}", case.name);
        assert_eq!(report.is_exact(), case.refused.is_none(), "{}: {report:#?}", case.name);
        let allowed: Vec<_> = found.iter().filter(|(_, finding)| finding.error == Error::Allows).collect();
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
        let below = ("GET /notes/{id}/pins", "GET /notes/{id}", "/notes/x/pins");
        let apis = [
            ("GET /notes/search", "GET /notes/{id}", "/notes/search"),
            ("GET /files/a/b", "GET /files/{path+}", "/files/a/b"),
        ];
        for (literal, other, request) in
            apis.into_iter().chain(Some(below).filter(|_| reading == Reading::DecodedSlash))
        {
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

/// A greedy parameter takes what lies below its path. Whether nothing, or an empty segment, lies below it is open, and so
/// such a request is refused to whoever may not do all that it could be: where the readings that make it odd are off, too.
#[test]
fn an_empty_beginning_of_a_greedy_parameter_may_reach_it_or_what_is_less_specific() {
    let scopes = ["any", "file", "one"].map(str::to_owned).to_vec();
    let readings = Readings::default().without(Reading::TrailingSlash).without(Reading::EmptySegments);
    for (readings, is_odd) in [(Readings::default(), true), (readings, false)] {
        let operations = [("GET /{any+}", "any"), ("GET /files/{path+}", "file"), ("GET /other/{id}", "one")];
        let api = under(&readings, scopes.clone(), &operations);
        for (held, expected) in [
            (["any"].as_slice(), false),
            (&["file"], false),
            (&["any", "one"], false),
            (&["file", "one"], false),
            (&["any", "file"], !is_odd),
            (&["any", "file", "one"], true),
        ] {
            let set = api.catalogue.granted(held.iter().copied());
            for request in ["/files/", "/files//", "/files//a", "/files//a/"] {
                let own = api.policies.patterns_for(TokenKind::Pat, set, "GET", request);
                let whole = api.policies.patterns(TokenKind::Pat, set);
                let allowed = [whole, own].map(|patterns| is_allowed(&patterns, &format!("GET{request}")));
                assert!(expected || allowed == [false; 2], "{readings:?} {request} {held:?}");
                assert!(!expected || allowed[1], "{readings:?} {request} {held:?}");
            }
        }
    }
}

fn operation(route: &str, required: &str) -> PackedOperation {
    let (verb, path) = route.split_once(' ').unwrap();
    let alternatives = |text: &str| -> Vec<Vec<String>> {
        text.split('|').map(|all| all.split('+').map(str::to_owned).collect()).collect()
    };
    let (pat, access_token) = required.split_once(' ').unwrap_or((required, required));
    PackedOperation {
        id: route.to_owned(),
        verb: verb.to_owned(),
        path: path.split('/').filter(|segment| !segment.is_empty()).map(segment).collect(),
        pat: alternatives(pat),
        access_token: alternatives(access_token.trim()),
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
