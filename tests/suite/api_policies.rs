//! The policies of `api.yaml`: proved exact, short, and shown by the commands that people use.

use std::process::{Command, Output};
use std::sync::LazyLock;

use edge_authorizer::access::permission::{Permission, PermissionSet};
use edge_authorizer::api::{Api, Pack};
use edge_authorizer::gateway::arn::MethodArn;
use edge_authorizer::gateway::response::ACCESS_DENIED;
use edge_authorizer::policy::document;
use edge_authorizer::policy::probe::{Finding, Seen, plan};
use edge_authorizer::policy::proof::check::check;
use edge_authorizer::policy::proof::length::{Bound, USUAL_ARN};
use edge_authorizer::policy::reading::{Reading, Readings};
use edge_authorizer::reference;
use edge_authorizer::token::credential::TokenKind;
use proptest::prelude::*;
use serde_json::Value;

use crate::awkward::{STAGE, findings, is_allowed};

fn pack() -> Pack {
    reference::compile(include_str!("../../api.yaml")).unwrap()
}

fn api() -> Api {
    Api::new(pack()).unwrap()
}

/// The bytes of a policy, with an ARN of usual length.
fn bytes(api: &Api, set: PermissionSet) -> usize {
    let arn = format!("{STAGE}GET/");
    let patterns = api.policies.patterns(TokenKind::Pat, set);
    document::write(&patterns, &MethodArn::parse(&arn).unwrap()).unwrap().get().len()
}

#[test]
fn every_permission_set_has_an_exact_policy() {
    let report = check(&api());
    assert!(report.is_exact(), "{:#?}", report.flaws);
    assert!(report.routes > 45, "{}", report.routes);
}

#[test]
fn it_would_be_exact_too_if_the_arn_were_decoded_after_routing_and_not_if_an_encoded_slash_were_a_slash() {
    let under = |reading| {
        let pack = pack();
        let readings = Readings::default().with(reading);
        Api::new(Pack::under(&readings, pack.title, pack.permissions, pack.operations).unwrap()).unwrap()
    };
    assert!(check(&under(Reading::DecodedAfterRouting)).is_exact());
    let report = check(&under(Reading::DecodedSlash));
    let mut served: Vec<&str> = report.flaws.iter().map(|flaw| flaw.served.as_str()).collect();
    served.sort_unstable();
    assert_eq!(
        served,
        [
            "GET /v1/companies/{id}/contacts",
            "GET /v1/contacts/{id}/activities",
            "GET /v1/contacts/{id}/deals",
            "GET /v1/contacts/{id}/notes",
        ]
    );
    assert!(report.flaws.iter().all(|flaw| flaw.witness.is_some()), "{:#?}", report.flaws);
}

#[test]
fn the_judge_of_languages_finds_nothing_in_the_policies_of_usual_tokens() {
    let api = api();
    let sets = ["contact.read", "deal.write", "contact.read deal.write task.read", "note.all", "deal.all contact.read"];
    let sets = sets.map(|names| api.catalogue.granted(names.split(' ')));
    assert_eq!(findings(&api, &sets), []);
}

#[test]
fn full_access_is_four_patterns_and_a_usual_token_stays_well_under_two_kilobytes() {
    let api = api();
    let full = api.policies.patterns(TokenKind::Pat, api.catalogue.scopes());
    assert_eq!((full.allow.len(), full.deny.len()), (4, 0));
    for names in ["contact.read", "contact.read deal.write", "contact.read company.read deal.read task.all note.write"]
    {
        let bytes = bytes(&api, api.catalogue.granted(names.split(' ')));
        assert!(bytes < 1800, "{names}: {bytes} bytes");
    }
}

/// The longest ARN of today's AWS has 195 characters before the verb: a partition of 10, a region of 14, an API's id of 10
/// and a stage's name of 128.
#[test]
fn no_policy_is_longer_than_eight_kilobytes_with_any_arn_that_aws_gives() {
    let bound = bound();
    assert!(bound.longest_arn() >= Some(195), "{:?}", bound.longest_arn());
    assert!(bound.bytes(USUAL_ARN) < 4400, "{} bytes: policies have grown", bound.bytes(USUAL_ARN));
}

/// The bound over all permission sets, which takes some seconds without optimisation.
fn bound() -> &'static Bound {
    static BOUND: LazyLock<Bound> = LazyLock::new(|| Bound::of(&api()));
    &BOUND
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn the_bound_on_their_length_is_one(sets in prop::collection::vec(any::<u64>(), 40)) {
        let api = api();
        for bits in sets {
            let permissions = (0..64).filter(|bit| bits >> bit & 1 == 1).filter_map(Permission::at);
            let closed = permissions.fold(PermissionSet::EMPTY, |set, it| set.union(api.catalogue.covered_by(it)));
            let bytes = bytes(&api, closed);
            prop_assert!(bytes <= bound().bytes(STAGE.len()), "{bytes} bytes");
        }
    }
}

#[test]
fn the_two_tokens_of_a_probe_differ_only_in_whether_odd_paths_are_denied() {
    let api = api();
    let plan = plan(&api).unwrap();
    let patterns = |names: &[String]| {
        api.policies.patterns(TokenKind::Pat, api.catalogue.granted(names.iter().map(String::as_str)))
    };
    let (wide, narrow) = (patterns(&plan.wide), patterns(&plan.narrow));
    let asked: Vec<(&str, &str)> = plan.probes.iter().map(|it| (it.reading.name(), it.path.as_str())).collect();
    let expected = [
        ("encoded-path", "/v1/%61ctivities"),
        ("encoded-path", "/v1/activities%2Fact_aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("encoded-path", "/v1/x/%2e%2e/activities"),
        ("empty-segments", "/v1//activities"),
        ("dot-segments", "/v1/x/../activities"),
        ("trailing-slash", "/v1/activities/"),
        ("decoded-after-routing", "/v1/activities/act_aaaaaaaaaaaaaaaaaaaaaaa%61"),
        ("decoded-slash", "/v1/activities/act_aaaaaaaaaaaaaaaaaaaaaa%2Fa"),
    ];
    assert_eq!(asked, expected);
    for probe in &plan.probes {
        let [sent, tidied] = [&probe.path, &probe.tidied].map(|path| format!("GET{path}"));
        assert!(is_allowed(&wide, &sent), "{sent} by the wide token");
        assert!(!is_allowed(&narrow, &sent), "{sent} by the narrow token, were the ARN to keep it");
        assert!(is_allowed(&narrow, &tidied), "{tidied} by the narrow token, were the ARN in order");
    }
    for (reading, kept, gone) in [
        (Reading::EncodedPath, Finding::Holds, Finding::Fails),
        (Reading::TrailingSlash, Finding::Holds, Finding::Fails),
        (Reading::DecodedAfterRouting, Finding::Fails, Finding::Holds),
        (Reading::DecodedSlash, Finding::Fails, Finding::Holds),
    ] {
        assert_eq!(Finding::of(reading, Seen::Reached, Seen::Refused), kept, "{reading}");
        assert_eq!(Finding::of(reading, Seen::Reached, Seen::Reached), gone, "{reading}");
        assert_eq!(Finding::of(reading, Seen::Refused, Seen::Refused), Finding::NotRouted);
        assert_eq!(Finding::of(reading, Seen::Refused, Seen::Reached), Finding::Contradiction);
        for other in [Seen::Reached, Seen::Refused, Seen::Unclear] {
            assert_eq!(Finding::of(reading, Seen::Unclear, other), Finding::Inconclusive);
            assert_eq!(Finding::of(reading, other, Seen::Unclear), Finding::Inconclusive);
        }
    }
}

/// A backend has refusals of its own, and what it refuses has reached it.
#[test]
fn only_what_the_gateway_says_itself_is_its_refusal() {
    let denied = "User is not authorized to access this resource with an explicit deny";
    let seen = |status, error_type, body: &str| Seen::of(status, error_type, body.as_bytes());
    for (status, error_type, body) in [
        (403, Some("AccessDeniedException"), ""),
        (403, Some("MissingAuthenticationTokenException:http://internal/"), "{}"),
        (400, Some("BadRequestException"), "{}"),
        (403, None, r#"{"message":"Missing Authentication Token"}"#),
        (403, None, r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#),
        (403, None, r#"{"message": "Forbidden"}"#),
        (404, None, r#"{"message":"Not Found"}"#),
        (403, None, &ACCESS_DENIED.body.replace("$context.requestId", "r1")),
    ] {
        assert_eq!(seen(status, error_type, body), Seen::Refused, "{status} {error_type:?} {body}");
    }
    for (status, error_type, body) in [
        (403, None, ""),
        (403, None, r#"{"message":"Not Found"}"#),
        (403, None, r#"{"message":"Forbidden","code":7}"#),
        (403, Some("ForbiddenException"), r#"{"error":"blocked"}"#),
        (403, None, denied),
        (400, None, r#"{"message":"no such id"}"#),
    ] {
        assert_eq!(seen(status, error_type, body), Seen::Unclear, "{status} {error_type:?} {body}");
    }
    for (status, body) in [(200, "{}"), (404, ""), (404, r#"{"message":"no such contact"}"#), (422, "{}")] {
        assert_eq!(seen(status, None, body), Seen::Reached, "{status} {body}");
    }
}

fn edge(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_edge")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn edge_check_says_that_api_yaml_is_exact_and_under_which_readings() {
    let output = edge(&["check", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json(&output);
    assert_eq!(report["exact"], true);
    assert_eq!(report["assumptions"], serde_json::json!(["decoded-after-routing", "decoded-slash"]));
}

#[test]
fn edge_policy_shows_which_routes_each_pattern_serves() {
    let output = edge(&["policy", "--scope", "contact.read", "--scope", "contact.delete", "--role", "viewer"]);
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r"
    Effective: contact.read

    Allow  GET/v1/companies/com_????????????????????????/contacts
             GET /v1/companies/{id}/contacts

    Allow  GET/v1/contacts*
             GET /v1/contacts
             GET /v1/contacts/{id}

    Allow  POST/v1/contacts/search
             POST /v1/contacts/search

    Deny   GET/v1/contacts/*/*
             GET /v1/contacts/{id}/activities
             GET /v1/contacts/{id}/deals
             GET /v1/contacts/{id}/notes

    Deny   *%*
             odd paths (encoded-path), as not all of a verb is covered

    Deny   *//*
             odd paths (empty-segments), as not all of a verb is covered

    Deny   */.*
             odd paths (dot-segments), as not all of a verb is covered

    Deny   */*/
             odd paths (trailing-slash), as not all of a verb is covered
    ");
    let unknown = edge(&["policy", "--scope", "contact.raed"]);
    assert_eq!(unknown.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean `contact.read`?"));
}

/// What lies below the second path's parameter cannot be told apart from the end of that parameter.
const INEXACT: &str = r#"
openapi: 3.1.0
info: { title: Notes, version: "1" }
paths:
  /v1/notes/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { operationId: getNote, security: [{ bearerPat: [note.read] }] }
  /v1/notes/{id}/pins/{pin}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string } }
      - { name: pin, in: path, required: true, schema: { type: string } }
    get: { operationId: getPin, security: [{ bearerPat: [pin.read] }] }
  /v1/notes/{id}/pins/{pin}/author:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string } }
      - { name: pin, in: path, required: true, schema: { type: string } }
    get: { operationId: getAuthor, security: [{ bearerPat: [author.read] }] }
components:
  securitySchemes:
    bearerPat: { type: http, scheme: bearer }
    oauth2:
      type: oauth2
      flows:
        authorizationCode:
          authorizationUrl: https://auth.example.com/authorize
          tokenUrl: https://auth.example.com/token
          scopes:
            note.read: See notes.
            note.all: Everything with notes.
            pin.read: See pins.
            pin.all: Everything with pins.
            author.read: See authors.
            author.all: Everything with authors.
x-permissions:
  syntax: "{resource}.{action}"
  whole: all
"#;

#[test]
fn an_inexact_api_is_shown_with_a_request_and_is_not_packed() {
    let folder = std::env::temp_dir().join(format!("edge-inexact-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (reference, packed) = (folder.join("api.yaml"), folder.join("api.pack.json"));
    std::fs::write(&reference, INEXACT).unwrap();
    let (reference, packed) = (reference.to_str().unwrap(), packed.to_str().unwrap());
    let output = edge(&["check", reference, "--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let flaw = &json(&output)["flaws"][0];
    assert_eq!(flaw["witness"]["wrongly"], "refused", "{flaw}");
    let refused = edge(&["pack", reference, "-o", packed]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is not exact"));
    assert!(!std::path::Path::new(packed).exists());
    std::fs::remove_dir_all(folder).unwrap();
}
