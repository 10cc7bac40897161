//! The API reference: what is compiled from it, what is generated from it, and every mistake that it is refused for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use edge_authorizer::api::{Api, Pack};
use edge_authorizer::gateway::response::{
    ACCESS_DENIED, GatewayResponse, IDENTITY_VALIDATION_EXPRESSION, RESOURCE_METADATA_PATH, UNAUTHORIZED,
};
use edge_authorizer::local::demo;
use edge_authorizer::policy::router::Router;
use edge_authorizer::reference::definition::{self, GatewayKind, TemplateNames};
use edge_authorizer::reference::routes::{Route, Table, table};
use edge_authorizer::reference::{Mistake, compile};
use edge_authorizer::token::bearer::BearerToken;
use proptest::prelude::*;
use serde_json::Value;

use crate::golden::differs;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn compiled(path: &str) -> Pack {
    compile(&read(path)).unwrap_or_else(|mistakes| panic!("{}", said(&mistakes)))
}

fn said(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
}

fn document(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap()
}

/// Verb and path of every operation of an OpenAPI document, read without the compiler.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for verb in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            found.insert((verb.to_ascii_uppercase(), path.clone()));
        }
    }
    found
}

#[test]
fn the_products_reference_compiles() {
    let api = Api::new(compiled("api.yaml")).unwrap();
    assert_eq!(api.catalogue.scopes().iter().count(), 24);
    assert_eq!(api.catalogue.administration().iter().count(), 7);
    let whole = api.catalogue.names(api.catalogue.granted(["contact.all"])).collect::<Vec<_>>();
    assert_eq!(whole, ["contact.read", "contact.write", "contact.delete", "contact.all"]);
}

#[test]
fn every_route_of_the_file_is_in_the_table_and_the_other_way_round() {
    let pack = compiled("api.yaml");
    let api = Api::new(pack.clone()).unwrap();
    let rows = table(&pack, &api, &demo::roles(&api.catalogue));
    let listed: BTreeSet<_> = rows.iter().map(|row| (row.verb.clone(), row.path.clone())).collect();
    assert_eq!(listed, operations(&document("api.yaml")));
    assert_eq!(listed.len(), rows.len());
    assert!(
        !differs(&root().join("tests/routes.txt"), &Table(&rows).to_string()),
        "the routes have changed:\n{}\nUPDATE_GOLDEN=1 accepts them",
        Table(&rows)
    );
}

#[test]
fn every_operation_is_reached_by_a_request_for_it() {
    let pack = compiled("api.yaml");
    let api = Api::new(pack.clone()).unwrap();
    let rows = table(&pack, &api, &BTreeMap::new());
    for Route { verb, path, operation, .. } in rows {
        let path = path.replace("{id}", "con_8f2a1c9b4d6e7f0a1b2c3d4e");
        let reached = Router::Rest.route(&api.operations, &verb, &path).map(|it| it.id.clone());
        assert_eq!(reached, Some(operation), "{verb} {path}");
    }
}

/// The product's published table: what each kind of request requires.
#[test]
fn every_operation_requires_what_the_product_promises() {
    let inner = BTreeMap::from([
        ("contacts", "contact"),
        ("companies", "company"),
        ("deals", "deal"),
        ("tasks", "task"),
        ("notes", "note"),
        ("activities", "activity"),
    ]);
    let mut only_pats = Vec::new();
    let pack = compiled("api.yaml");
    for row in table(&pack, &Api::new(pack.clone()).unwrap(), &BTreeMap::new()) {
        let segments: Vec<&str> = row.path.split('/').skip(2).collect();
        let action = match (row.verb.as_str(), segments.as_slice()) {
            ("GET", _) | ("POST", [_, "search"]) => "read",
            ("POST", [_, "import" | "merge" | "reassign"]) => "all",
            ("POST", [_] | [_, "{id}", _]) | ("PATCH", [_, "{id}"]) => "write",
            ("DELETE", [_, "{id}"]) => "delete",
            other => panic!("not in the product's table: {other:?}"),
        };
        let resource = segments.iter().rev().find_map(|segment| inner.get(segment)).unwrap();
        let required = vec![vec![format!("{resource}.{action}")]];
        assert_eq!(row.pat, required, "{} {}", row.verb, row.path);
        if row.access_token.is_empty() {
            only_pats.push(row.operation);
        } else {
            assert_eq!(row.access_token, required, "{} {}", row.verb, row.path);
        }
    }
    assert_eq!(only_pats, ["importContacts", "importDeals", "importNotes", "importActivities"]);
}

#[test]
fn another_syntax_of_scopes_compiles_to_the_same_rules() {
    let pack = compiled("tests/references/fine-colons.yaml");
    insta::assert_snapshot!(Table(&table(&pack, &Api::new(pack.clone()).unwrap(), &BTreeMap::new())), @r"
    verb  path                         personal access token                                access token  roles  operation
    GET   /contacts                    contacts:read                                        -                    listContacts
    ANY   /contacts/{contact}/{rest+}  contacts:write and contacts:read, or contacts:admin  -                    anythingElse
    ");
    let api = Api::new(pack).unwrap();
    let granted = |name| api.catalogue.names(api.catalogue.granted([name])).collect::<Vec<_>>();
    assert_eq!(granted("contacts:admin"), ["contacts:read", "contacts:write", "contacts:admin"]);
    assert_eq!(granted("contacts:write"), ["contacts:read", "contacts:write"]);
    assert_eq!(granted("contacts.read"), Vec::<&str>::new());
}

#[test]
fn the_example_of_the_documentation_compiles() {
    let text = read("docs/api-reference.md");
    let example = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let pack = compile(example).unwrap_or_else(|mistakes| panic!("{}", said(&mistakes)));
    assert_eq!(pack.permissions.whole, ["orders:full"]);
}

#[test]
fn every_mistake_is_refused_with_what_to_do() {
    let folder = root().join("tests/references");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    cases.sort();
    assert!(cases.len() > 60, "the cases have moved: {cases:?}");
    let mut different = Vec::new();
    for case in cases {
        let found = match compile(&fs::read_to_string(&case).unwrap()) {
            Ok(_) => "fine\n".to_owned(),
            Err(mistakes) => said(&mistakes),
        };
        let named_fine = case.file_name().unwrap().to_string_lossy().starts_with("fine");
        assert_eq!(found == "fine\n", named_fine, "{}", case.display());
        if differs(&case.with_extension("txt"), &found) {
            different.push(format!("{}:\n{found}", case.display()));
        }
    }
    assert!(different.is_empty(), "{}\nUPDATE_GOLDEN=1 accepts these", different.join("\n"));
}

#[test]
fn the_gateways_definitions_are_those_of_the_reference() {
    for (kind, file) in [(GatewayKind::Rest, "deploy/rest-api.yaml"), (GatewayKind::Http, "deploy/http-api.yaml")] {
        let text = definition::write(&read("api.yaml"), kind, &TemplateNames::default()).unwrap();
        assert!(!differs(&root().join(file), &text), "{file} is stale: `make routes` writes it again");
    }
}

#[test]
fn in_a_definition_only_preflights_and_the_resources_metadata_are_open() {
    for file in ["deploy/rest-api.yaml", "deploy/http-api.yaml"] {
        let definition = document(file);
        let mut guarded = BTreeSet::new();
        for (verb, path) in operations(&definition) {
            if verb == "FN::IF" {
                // An HTTP API has no constant answers: the authorization server has this one, where there is one.
                assert_eq!(path, RESOURCE_METADATA_PATH);
                assert_eq!(definition["paths"][&path]["Fn::If"][1]["get"]["security"], serde_json::json!([]));
                continue;
            }
            let operation = &definition["paths"][&path][verb.to_ascii_lowercase()];
            if operation["security"] == serde_json::json!([{ "authorizer": [] }]) {
                guarded.insert((verb, path));
            } else {
                assert_eq!(operation["x-amazon-apigateway-integration"]["type"], "mock", "{verb} {path}");
                assert!(verb == "OPTIONS" || path == RESOURCE_METADATA_PATH, "{file}: {verb} {path} is open");
            }
        }
        assert_eq!(guarded, operations(&document("api.yaml")), "{file}");
    }
}

/// [O99]: the metadata stand where the 401 says.
#[test]
fn what_a_401_points_to_is_served() {
    let definition = document("deploy/rest-api.yaml");
    let response = &definition["paths"][RESOURCE_METADATA_PATH]["get"]["x-amazon-apigateway-integration"]["responses"];
    let body = response["default"]["responseTemplates"]["application/json"].as_str().unwrap();
    let metadata: Value = serde_json::from_str(body).unwrap();
    let challenge = &definition["x-amazon-apigateway-gateway-responses"]["UNAUTHORIZED"]["responseParameters"];
    assert_eq!(
        challenge["gatewayresponse.header.WWW-Authenticate"],
        format!("'Bearer resource_metadata=\"{}{RESOURCE_METADATA_PATH}\"'", metadata["resource"].as_str().unwrap())
    );
    assert_eq!(metadata["authorization_servers"], serde_json::json!(["https://auth.example.com"]));
    let reading = ["contact", "company", "deal", "task", "note", "activity"].map(|it| format!("{it}.read"));
    assert_eq!(metadata["scopes_supported"], serde_json::json!(reading), "[O99] as little as is of any use");
}

/// [O99]: an HTTP API has no constant answers.
#[test]
fn an_http_api_asks_the_authorization_server_for_its_metadata() {
    let item = document("deploy/http-api.yaml")["paths"][RESOURCE_METADATA_PATH]["Fn::If"].clone();
    assert_eq!(
        (&item[0], &item[2]),
        (&serde_json::json!("HasAuthServer"), &serde_json::json!({"Ref": "AWS::NoValue"}))
    );
    let integration = &item[1]["get"]["x-amazon-apigateway-integration"];
    assert_eq!(integration["uri"], serde_json::json!({"Fn::Sub": "${AuthServer.Arn}"}));
    assert_eq!((&integration["type"], &integration["payloadFormatVersion"]), (&"aws_proxy".into(), &"2.0".into()));
    let nobody = TemplateNames { auth_server: None, ..TemplateNames::default() };
    let text = definition::write(&read("api.yaml"), GatewayKind::Http, &nobody).unwrap();
    assert!(!text.contains(RESOURCE_METADATA_PATH), "without an authorization server there is nobody to ask");
}

#[test]
fn a_reference_without_a_server_has_no_rest_definition() {
    let text = read("tests/references/fine.yaml");
    let refused = definition::write(&text, GatewayKind::Rest, &TemplateNames::default()).unwrap_err();
    insta::assert_snapshot!(said(&refused), @"servers: there is no server whose URL is an https origin: `servers` says where clients learn how to get a token");
    definition::write(&text, GatewayKind::Http, &TemplateNames::default()).unwrap();
}

#[test]
fn the_refusals_that_the_reference_describes_are_the_ones_that_the_gateway_sends() {
    let reference = document("api.yaml");
    let described = |name: &str| reference["components"]["responses"][name]["content"]["application/json"].clone();
    for (response, name) in [(UNAUTHORIZED, "Unauthorized"), (ACCESS_DENIED, "Forbidden")] {
        let GatewayResponse { body, .. } = response;
        let body: Value = serde_json::from_str(body).unwrap();
        let example = described(name)["example"].clone();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(&body), keys(&example), "{name}");
        assert_eq!((&body["error"], &body["message"]), (&example["error"], &example["message"]), "{name}");
    }
}

proptest! {
    /// What the gateway lets through to the authorizer and what the authorizer takes are one language, but for the
    /// length, so that no good token dies at the gateway.
    #[test]
    fn the_gateways_validation_expression_accepts_what_the_authorizer_accepts(
        header in "([Bb][Ee][Aa][Rr][Ee][Rr]|Basic|bear er|) {0,3}[-A-Za-z0-9._~+/=, \"é]{0,12}[=]{0,2} {0,2}",
    ) {
        let expression = regex::Regex::new(IDENTITY_VALIDATION_EXPRESSION).unwrap();
        prop_assert_eq!(expression.is_match(&header), BearerToken::from_header(&header).is_ok(), "{:?}", header);
    }
}
