//! Clients that somebody else wrote run the whole flow against a running `edge serve`, from the first refusal of the API
//! to a token that is good no more.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::process::Command;

use axum::body::Body;
use edge_authorizer::local::demo::ACME;
use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, HttpRequest, HttpResponse, PkceCodeChallenge, RedirectUrl, Scope,
    TokenResponse, TokenUrl,
};
use serde_json::json;

use crate::http::{cookie, get, post_form, post_json, send};
use crate::serving::Serving;

const METHODS: &str = "none\nclient_secret_basic\nclient_secret_post\n";

/// The program that runs a client, if what it needs is installed. Under `REQUIRE_ALL=1` it must be.
#[expect(clippy::disallowed_methods, reason = "whether a test may skip is decided where it runs")]
fn installed(program: PathBuf, check: &[&str], what: &str) -> Option<Command> {
    let checked = Command::new(&program).args(check).current_dir(clients()).output();
    if checked.is_ok_and(|output| output.status.success()) {
        return Some(Command::new(program));
    }
    let required = std::env::var("REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(!required, "{what}, and REQUIRE_ALL=1");
    println!("skipped: {what}");
    None
}

/// The Python of `make venv`, which has Authlib and all that comes with it.
pub(super) fn python() -> Option<Command> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
    let missing = "`.venv` has no Authlib: `make venv` brings it";
    installed(python, &["-c", "import authlib, joserfc, requests"], missing)
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Runs a script that does all of it with each way of proving a client, and says which when it has done.
fn run(mut client: Command, script: &str) {
    let serving = Serving::start(script, &["--ttl", "0"]);
    let client = client.current_dir(clients()).arg(script);
    let output = client.args([serving.gateway(), "acme-sales@example.com", serving.text("password"), ACME]).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), METHODS);
}

/// Authlib (PyPI).
#[test]
fn authlib_runs_the_whole_flow() {
    let Some(mut python) = python() else { return };
    // Authlib refuses plain http unless it is told that this is a test.
    python.env("AUTHLIB_INSECURE_TRANSPORT", "1");
    run(python, "authlib_client.py");
}

/// oauth4webapi (npm).
#[test]
fn oauth4webapi_runs_the_whole_flow() {
    let missing = "Node.js or oauth4webapi is missing: `make clients` brings the latter";
    let check = ["--input-type=module", "--eval", "import 'oauth4webapi'"];
    let Some(node) = installed(PathBuf::from("node"), &check, missing) else { return };
    run(node, "oauth4webapi_client.mjs");
}

/// `oauth2` (crates.io), a public client. Its revocation takes https alone, so that one request is not its own.
#[tokio::test]
async fn the_oauth2_crate_runs_the_whole_flow() {
    let serving = Serving::start("oauth2-crate", &["--ttl", "0"]);
    let (api, issuer) = (serving.gateway(), serving.issuer());
    let redirect = "http://127.0.0.1:51004/callback";
    let metadata = json!({"redirect_uris": [redirect], "token_endpoint_auth_method": "none"});
    let id = post_json(&format!("{issuer}/register"), &metadata).await.text("client_id");
    let client = BasicClient::new(ClientId::new(id.clone()))
        .set_auth_uri(AuthUrl::new(format!("{issuer}/authorize")).unwrap())
        .set_token_uri(TokenUrl::new(format!("{issuer}/token")).unwrap())
        .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (link, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scopes(["contact.read", "contact.write"].map(|scope| Scope::new(scope.to_owned())))
        .add_extra_param("resource", api)
        .set_pkce_challenge(challenge)
        .url();

    let asked = get(link.as_str(), &[]).await;
    let handle = asked.parameters()["request"].clone();
    let fields =
        [("request", handle.as_str()), ("name", "acme-sales@example.com"), ("password", serving.text("password"))];
    let signed_in = post_form(&format!("{issuer}/sign-in"), &cookie(&asked), &fields).await;
    let fields = [
        ("request", handle.as_str()),
        ("tenant", ACME),
        ("scope", "contact.read"),
        ("scope", "contact.write"),
        ("decision", "allow"),
    ];
    let allowed = post_form(&format!("{issuer}/consent"), &cookie(&signed_in), &fields).await.parameters();
    assert_eq!(&allowed["state"], state.secret());

    let code = AuthorizationCode::new(allowed["code"].clone());
    let tokens = client.exchange_code(code).set_pkce_verifier(verifier).request_async(&http).await.unwrap();
    assert_eq!(calls(api, tokens.access_token().secret()).await, 200);
    let fresh = client.exchange_refresh_token(tokens.refresh_token().unwrap()).request_async(&http).await.unwrap();
    assert_eq!(calls(api, fresh.access_token().secret()).await, 200);
    let fields = [("client_id", id.as_str()), ("token", fresh.refresh_token().unwrap().secret())];
    assert_eq!(post_form(&format!("{issuer}/revoke"), "", &fields).await.status, 200);
    assert_eq!(calls(api, fresh.access_token().secret()).await, 401);
}

async fn calls(api: &str, token: &str) -> u16 {
    get(&format!("{api}/v1/contacts"), &[("authorization", &format!("Bearer {token}"))]).await.status
}

/// The crate's requests, over the client that the tests have.
async fn http(request: HttpRequest) -> Result<HttpResponse, Infallible> {
    let reply = send(request.map(Body::from)).await;
    let mut response = HttpResponse::new(reply.body.into_bytes());
    *response.status_mut() = axum::http::StatusCode::from_u16(reply.status).unwrap();
    *response.headers_mut() = reply.headers;
    Ok(response)
}
