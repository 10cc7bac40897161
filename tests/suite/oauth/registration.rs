//! What clients say of themselves, and how they prove who they are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_authorizer::oauth::client::{Client, PresentedClient};
use edge_authorizer::oauth::error::{ClientProblem, Problem, RedirectUriProblem};
use edge_authorizer::oauth::metadata::{ClientMetadata, GrantType};
use edge_authorizer::oauth::secret::Secret;
use serde_json::{Value, json};

use super::support::{NOW, metadata, parameters, public_client};

const URI: &str = "https://app.example.com/cb";

fn read(fields: Value) -> Result<ClientMetadata, Problem> {
    ClientMetadata::from_json(fields.to_string().as_bytes())
}

/// [69] [70] [74] [77]: what is refused, and under which name.
#[test]
fn metadata_that_contradicts_itself_is_refused_by_name() {
    let refused = |fields: Value| read(fields).unwrap_err();
    assert_eq!(refused(json!({})), RedirectUriProblem::None.into());
    assert_eq!(refused(json!({"redirect_uris": []})), RedirectUriProblem::None.into());
    assert_eq!(refused(json!({"redirect_uris": "https://app.example.com"})), RedirectUriProblem::Form.into());
    assert_eq!(refused(json!({"redirect_uris": [1]})), RedirectUriProblem::Form.into());
    assert_eq!(refused(json!({"redirect_uris": vec![URI; 21]})), RedirectUriProblem::TooMany.into());
    assert_eq!(refused(json!({"redirect_uris": ["cursor://x/y"]})), RedirectUriProblem::None.into());
    for (name, value) in [
        ("grant_types", json!(["refresh_token"])),
        ("grant_types", json!(["authorization_code", "password"])),
        ("grant_types", json!("authorization_code")),
        ("response_types", json!(["token"])),
        ("response_types", json!(["code", "token"])),
        ("response_types", json!([])),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("client_name", json!(7)),
        ("scope", json!("contact.read\n")),
        ("logo_uri", json!("http://app.example.com/logo.png")),
        ("client_uri", json!("javascript:alert(1)")),
        ("tos_uri", json!("https://user@app.example.com/")),
        ("policy_uri", json!("policy")),
    ] {
        assert_eq!(refused(json!({"redirect_uris": [URI], name: value})), Problem::Metadata(name), "{value}");
    }
    // What people might be led to is an https URL and nothing else, each of the four.
    for name in ["logo_uri", "client_uri", "tos_uri", "policy_uri"] {
        for value in ["http://a.example/x", "javascript:alert(1)", "data:image/svg+xml,x", "//a.example/x", "x"] {
            assert_eq!(refused(json!({"redirect_uris": [URI], name: value})), Problem::Metadata(name), "{value}");
        }
        for none_or_good in ["", "https://a.example/x"] {
            assert!(read(json!({"redirect_uris": [URI], name: none_or_good})).is_ok(), "{name}");
        }
    }
}

/// [68]: one URI that is of no use is no reason to turn the client away.
#[test]
fn a_mixed_list_registers_and_its_useless_part_stays_useless() {
    let uris = ["cursor://x/y", URI, "http://127.0.0.1/cb"];
    let metadata = metadata(json!({"redirect_uris": uris}));
    assert_eq!(metadata.redirect_uris.len(), 3);
    assert_eq!(metadata.target(Some("cursor://x/y")), None);
    assert!(metadata.target(Some(URI)).is_some());
}

/// [71] [72] [75]: what the server does not act on is not echoed, whoever it claims to be set by.
#[test]
fn unknown_metadata_is_neither_taken_nor_echoed() {
    let metadata = metadata(json!({
        "redirect_uris": [URI], "client_id": "mine", "client_secret": "mine", "skip_consent": true, "business_id": "b",
        "role": "admin", "jwks_uri": "http://169.254.169.254/", "sector_identifier_uri": "http://10.0.0.1/",
    }));
    insta::assert_snapshot!(serde_json::to_string(&metadata).unwrap(), @r#"{"redirect_uris":["https://app.example.com/cb"],"token_endpoint_auth_method":"client_secret_basic","grant_types":["authorization_code","refresh_token"]}"#);
}

/// [73]: a name cannot rewrite the page around it.
#[test]
fn a_name_is_cleaned_before_anybody_sees_it() {
    let shown = |name: &str| metadata(json!({"redirect_uris": [URI], "client_name": name})).client_name;
    assert_eq!(shown(" Nightly\u{202e}\u{200b}  sync\n\0"), Some("Nightly sync".to_owned()));
    assert_eq!(shown("\u{200d}\u{feff}"), None);
    assert_eq!(shown(&"x".repeat(500)).unwrap().len(), 80);
    // Markup is text; the page escapes it.
    assert_eq!(shown("<b>x</b>"), Some("<b>x</b>".to_owned()));
}

#[test]
fn identical_metadata_has_one_digest_and_any_difference_another() {
    let digest = |name: &str| metadata(json!({"redirect_uris": [URI], "client_name": name})).digest();
    assert_eq!(digest("a"), digest("a"));
    assert_ne!(digest("a"), digest("b"));
}

fn secret() -> Secret {
    Secret::new("crm_secret_", [7; 32])
}

fn confidential(method: &str) -> Client {
    Client {
        metadata: metadata(json!({"redirect_uris": [URI], "token_endpoint_auth_method": method})),
        secret: Some(secret().digest()),
        ..public_client(&[URI])
    }
}

fn authenticated(client: Client, header: Option<&str>, form: &str) -> Result<(), Problem> {
    let presented = PresentedClient::of_request(header, &parameters(form))?;
    Ok(presented.authenticate(Some(client), NOW).map(|_| ())?)
}

fn basic(scheme: &str, id: &str, secret: &str) -> String {
    format!("{scheme} {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// [42] [43] [44] [46]: each client in its own way, and in no other.
#[test]
fn a_client_proves_itself_by_the_method_that_it_registered() {
    let secret = secret();
    let (right, wrong) = (basic("bAsIc", "app_1", secret.expose()), basic("Basic", "app_1", "crm_secret_x"));
    let posted = format!("client_id=app_1&client_secret={}", secret.expose());
    let basic_client = || confidential("client_secret_basic");
    let post_client = || confidential("client_secret_post");
    let refused = |problem: ClientProblem| Err(Problem::from(problem));

    assert_eq!(authenticated(basic_client(), Some(&right), ""), Ok(()));
    assert_eq!(authenticated(basic_client(), Some(&basic("Basic", "app%5F1", secret.expose())), ""), Ok(()));
    assert_eq!(authenticated(post_client(), None, &posted), Ok(()));
    assert_eq!(authenticated(public_client(&[URI]), None, "client_id=app_1"), Ok(()));

    assert_eq!(authenticated(basic_client(), Some(&wrong), ""), refused(ClientProblem::Secret));
    assert_eq!(authenticated(post_client(), None, "client_id=app_1&client_secret=x"), refused(ClientProblem::Secret));
    assert_eq!(authenticated(post_client(), None, "client_id=app_1"), refused(ClientProblem::Method));
    assert_eq!(authenticated(basic_client(), None, &posted), refused(ClientProblem::Method));
    assert_eq!(authenticated(post_client(), Some(&right), ""), refused(ClientProblem::Method));
    assert_eq!(authenticated(public_client(&[URI]), None, &posted), refused(ClientProblem::Method));
    assert_eq!(authenticated(public_client(&[URI]), Some(&right), ""), refused(ClientProblem::Method));
    assert_eq!(authenticated(basic_client(), None, ""), refused(ClientProblem::Unnamed));
    for header in ["Basic", "Basic !!!", "Basic YXBwXzE=", "Bearer x", "Basic gICAOng="] {
        assert_eq!(authenticated(basic_client(), Some(header), ""), refused(ClientProblem::Header), "{header}");
    }
    let two_ways = authenticated(basic_client(), Some(&right), &posted);
    assert_eq!(two_ways, Err(Problem::Malformed("the client authenticates in two ways at once")));
    let two_clients = authenticated(basic_client(), Some(&right), "client_id=app_2");
    assert_eq!(two_clients, Err(Problem::Malformed("the form names another client than the header")));
}

/// [45] [120]: an unknown and an expired client are refused alike, removed from the store or not.
#[test]
fn a_registration_ends_at_its_time() {
    let presented = || PresentedClient::of_request(None, &parameters("client_id=app_1")).unwrap();
    assert_eq!(presented().authenticate(None, NOW).unwrap_err(), ClientProblem::Unknown);
    let client = || public_client(&[URI]);
    assert!(presented().authenticate(Some(client()), NOW.plus(3599)).is_ok());
    assert_eq!(presented().authenticate(Some(client()), NOW.plus(3600)).unwrap_err(), ClientProblem::Expired);
}

/// [40]: a client that does not say which grant types it wants may refresh; one that says may do what it said.
#[test]
fn grant_types_are_what_was_registered() {
    assert!(metadata(json!({"redirect_uris": [URI]})).grant_types.contains(&GrantType::RefreshToken));
    let fields = json!({"redirect_uris": [URI], "grant_types": ["authorization_code"]});
    assert_eq!(metadata(fields).grant_types, [GrantType::AuthorizationCode]);
}
