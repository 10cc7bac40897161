//! `edge serve`, as a program: what it says, what it leaves behind, what it keeps, and how a client that knows nothing
//! but the API's address gets a token there.

use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge_authorizer::local::demo::ACME;
use serde_json::{Value, json};

use crate::http::{Reply, cookie, form, get, post, post_form, post_json};
use crate::serving::{Serving, command, terminate};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:51004/callback";
const CONTACTS: &str = "/v1/contacts";

/// A client that knows the address of the API, and what it has found out since.
struct Stranger {
    api: String,
    server: Value,
    scopes: String,
    client: String,
}

impl Stranger {
    /// From the first refusal to a registration (RFC 9728 §5, RFC 8414 §3, RFC 7591 §3).
    async fn find(api: &str) -> Self {
        let refused = get(&format!("{api}{CONTACTS}"), &[]).await;
        assert_eq!(refused.status, 401);
        let challenge = refused.header("www-authenticate");
        let metadata = challenge.strip_prefix("Bearer resource_metadata=\"").unwrap().strip_suffix('"').unwrap();
        let resource = get(metadata, &[]).await;
        let well_known = metadata.strip_suffix("/.well-known/oauth-protected-resource").unwrap();
        assert_eq!(resource.text("resource"), well_known, "[99] it speaks of the URL that was asked for");
        let issuer = resource.json()["authorization_servers"][0].as_str().unwrap().to_owned();
        let server = get(&format!("{issuer}/.well-known/oauth-authorization-server"), &[]).await.json();
        assert_eq!(server["issuer"], json!(issuer), "[96]");
        let scopes = resource.json()["scopes_supported"].as_array().unwrap().clone();
        let scopes = scopes.iter().map(|scope| scope.as_str().unwrap()).collect::<Vec<_>>().join(" ");
        let mut found = Self { api: api.to_owned(), server, scopes, client: String::new() };
        let registered = post_json(found.at("registration_endpoint"), &found.registration()).await;
        assert_eq!(registered.status, 201, "{}", registered.body);
        found.client = registered.text("client_id");
        found
    }

    fn registration(&self) -> Value {
        json!({
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "none",
            "client_name": "A stranger",
            "scope": self.scopes,
        })
    }

    fn at(&self, endpoint: &str) -> &str {
        self.server[endpoint].as_str().unwrap()
    }

    /// What a person at the browser does: follows the link, signs in, allows.
    async fn code(&self, name: &str, password: &str) -> String {
        let query = form(&[
            ("client_id", &self.client),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("resource", &self.api),
        ]);
        let asked = get(&format!("{}?{query}", self.at("authorization_endpoint")), &[]).await;
        let (handle, issuer) = (asked.parameters()["request"].clone(), self.at("issuer"));
        let fields = [("request", handle.as_str()), ("name", name), ("password", password)];
        let signed_in = post_form(&format!("{issuer}/sign-in"), &cookie(&asked), &fields).await;
        assert_eq!(signed_in.status, 303, "{}", signed_in.body);
        let fields = [("request", handle.as_str()), ("tenant", ACME), ("scope", "contact.read"), ("decision", "allow")];
        let allowed = post_form(&format!("{issuer}/consent"), &cookie(&signed_in), &fields).await;
        assert_eq!(allowed.parameters()["iss"], issuer);
        allowed.parameters()["code"].clone()
    }

    async fn redeem(&self, code: &str) -> Reply {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT),
            ("resource", &self.api),
        ];
        post_form(self.at("token_endpoint"), "", &fields).await
    }

    async fn refresh(&self, token: &str) -> Reply {
        let fields = [("grant_type", "refresh_token"), ("client_id", self.client.as_str()), ("refresh_token", token)];
        post_form(self.at("token_endpoint"), "", &fields).await
    }

    async fn call(&self, token: &str) -> Reply {
        get(&format!("{}{CONTACTS}", self.api), &[("authorization", &format!("Bearer {token}"))]).await
    }
}

/// The name of an account of the demonstration, and everybody's password.
fn account<'a>(serving: &'a Serving, who: &'a str) -> (&'a str, &'a str) {
    let accounts = serving.said["accounts"].as_array().unwrap();
    let name = accounts.iter().filter_map(|account| account["name"].as_str()).find(|name| name.starts_with(who));
    (name.unwrap(), serving.text("password"))
}

/// [99] [100]: nothing is configured but the address of the API.
#[tokio::test]
async fn a_client_finds_its_way_from_the_first_refusal_to_an_answer() {
    let serving = Serving::start("serve-stranger", &["--ttl", "0"]);
    let stranger = Stranger::find(serving.gateway()).await;
    let (name, password) = account(&serving, "acme-sales");
    let tokens = stranger.redeem(&stranger.code(name, password).await).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let answer = stranger.call(&tokens.text("access_token")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let context = answer.json()["context"].clone();
    assert_eq!((&context["business_id"], &context["client_id"]), (&json!(ACME), &json!(stranger.client)));
    assert_eq!(context["scopes"], "contact.read");

    let revoked = [("client_id", stranger.client.as_str()), ("token", &tokens.text("refresh_token"))];
    assert_eq!(post_form(stranger.at("revocation_endpoint"), "", &revoked).await.status, 200);
    assert_eq!(stranger.call(&tokens.text("access_token")).await.status, 401);
}

/// With `--data`, clients, grants and keys are still there after an end and a new start, and nothing is left behind.
#[tokio::test]
async fn what_is_kept_is_kept_and_the_rest_is_gone() {
    let data = ["--data", "data", "--ttl", "0"];
    let serving = Serving::start("serve-data", &data);
    let state = serving.folder.join(".edge/local.json");
    let stranger = Stranger::find(serving.gateway()).await;
    let (name, password) = account(&serving, "acme-viewer");
    let tokens = stranger.redeem(&stranger.code(name, password).await).await;
    let keys = get(stranger.at("jwks_uri"), &[]).await.body;
    assert!(state.exists());
    let ports = [serving.gateway(), serving.issuer()].map(|url| url.rsplit(':').next().unwrap().to_owned());
    assert_eq!(serving.end().code(), Some(0));
    assert!(!state.exists(), "the state of what has ended is gone");

    let again = [&data[..], &["--port", &ports[0], "--auth-port", &ports[1]]].concat();
    let serving = Serving::start("serve-data", &again);
    assert_eq!(get(stranger.at("jwks_uri"), &[]).await.body, keys);
    assert_eq!(stranger.call(&tokens.text("access_token")).await.status, 200);
    let refreshed = stranger.refresh(&tokens.text("refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    assert_eq!(stranger.call(&refreshed.text("access_token")).await.status, 200);
    serving.end();
    std::fs::remove_dir_all(state.parent().unwrap().parent().unwrap().join("data")).unwrap();
}

/// [79]: who may register is decided locally as it is on AWS.
#[tokio::test]
async fn registration_is_closed_on_demand() {
    let serving = Serving::start("serve-registration", &["--registration", "off"]);
    let metadata = get(&format!("{}/.well-known/oauth-authorization-server", serving.issuer()), &[]).await;
    assert_eq!(metadata.json()["registration_endpoint"], Value::Null);
    let refused = post_json(&format!("{}/register", serving.issuer()), &json!({"redirect_uris": [REDIRECT]})).await;
    assert_eq!(refused.error(), "403 access_denied");
    for (mode, problem) in [("token", "REGISTRATION_TOKEN"), ("sometimes", "neither `open` nor `token` nor `off`")] {
        let refused = command(&serving.folder, &["--registration", mode]).output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(2) && said.contains(problem), "{said}");
    }
}

/// What people read: where everything is, what to try, who can sign in.
#[test]
fn it_says_where_everything_is() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve-text");
    std::fs::create_dir_all(&folder).unwrap();
    let mut child = command(&folder, &[]).stdout(Stdio::piped()).spawn().unwrap();
    // The announcement is one write, and the last line of it is this.
    let mut said = String::new();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    while !said.contains("Ctrl-C ends it.") {
        assert_ne!(std::io::BufRead::read_line(&mut output, &mut said).unwrap(), 0, "{said}");
    }
    terminate(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let people = said.split("\n\n").find(|part| part.starts_with("ACCOUNT")).unwrap();
    insta::assert_snapshot!(people, @r"
    ACCOUNT                    TENANT                        ROLE
    acme-admin@example.com     biz_6fa1c0d3e85b472990ab31cd  admin
    acme-sales@example.com     biz_6fa1c0d3e85b472990ab31cd  sales
    acme-viewer@example.com    biz_6fa1c0d3e85b472990ab31cd  viewer
    acme-former@example.com    biz_6fa1c0d3e85b472990ab31cd  sales   disabled
    globex-admin@example.com   biz_0d9be27741f6430ca8d25e13  admin
    initech-admin@example.com  biz_b3380e55c9a14f0d87e26a94  admin   tenant suspended
    ");
    for line in ["gateway               http://127.0.0.1:", "authorization server  http://127.0.0.1:"] {
        assert!(said.contains(line), "{said}");
    }
}

/// A port that is taken is named, with the option that chooses another.
#[test]
fn a_port_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve-taken");
    std::fs::create_dir_all(&folder).unwrap();
    for option in ["--port", "--auth-port"] {
        let refused = command(&folder, &[option, &port]).output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(4));
        assert!(said.contains(&format!("choose another port with `{option}`")), "{said}");
    }
}

/// `edge` against what runs: its exit code, and what it says.
fn edge(serving: &Serving, arguments: &[&str]) -> (Option<i32>, Value) {
    let mut edge = std::process::Command::new(env!("CARGO_BIN_EXE_edge"));
    edge.env_clear().env("EDGE_OPERATOR", "anna").env("EDGE_REFERENCE", serving.folder.join("api.json"));
    let output = edge.current_dir(&serving.folder).args(arguments).args(["--local", "--json"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), serde_json::from_str::<Value>(&said).unwrap_or(json!(said)))
}

/// [118]: a client that the operator made for it asks what tokens are worth, over HTTP, and nobody else does.
#[tokio::test]
async fn an_introspecting_client_asks_what_tokens_are_worth() {
    let serving = Serving::start("serve-introspection", &["--ttl", "0"]);
    let make = |arguments: &[&str]| {
        let (code, made) = edge(&serving, &[&["client", "create", "--name", "Gateway"], arguments].concat());
        assert_eq!(code, Some(0), "{made}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&made["client"]["id"]), text(&made["secret"]))
    };
    let stranger = Stranger::find(serving.gateway()).await;
    let ask = async |(id, secret): &(String, String), token: &str| {
        let proof = STANDARD.encode(format!("{id}:{secret}"));
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        let headers = [form_type, ("authorization", &format!("Basic {proof}"))];
        post(stranger.at("introspection_endpoint"), &headers, &form(&[("token", token)])).await
    };
    let gateway = make(&["--may-introspect"]);
    let (name, password) = account(&serving, "acme-sales");
    let tokens = stranger.redeem(&stranger.code(name, password).await).await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let told = ask(&gateway, &access).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let worth = told.json();
    assert_eq!((&worth["active"], &worth["scope"]), (&json!(true), &json!("contact.read")));
    assert_eq!((&worth["client_id"], &worth["business_id"]), (&json!(stranger.client), &json!(ACME)));
    assert_eq!(ask(&gateway, &refresh).await.json()["active"], true);
    assert_eq!(ask(&gateway, "crm_rt_nonsense").await.json(), json!({"active": false}));

    let ordinary = make(&["--redirect-uri", "https://reports.example.com/callback"]);
    assert_eq!(ask(&ordinary, &access).await.error(), "403 access_denied");
    let (id, _) = &gateway;
    assert_eq!(ask(&(id.clone(), "wrong".to_owned()), &access).await.error(), "401 invalid_client");
    let public = [("client_id", stranger.client.as_str()), ("token", &access)];
    assert_eq!(post_form(stranger.at("introspection_endpoint"), "", &public).await.error(), "403 access_denied");

    let (_, grants) = edge(&serving, &["grant", "list", "--tenant", ACME, "--client", &stranger.client]);
    let grant = grants[0]["id"].as_str().unwrap();
    assert_eq!(edge(&serving, &["grant", "revoke", grant, "--tenant", ACME]).0, Some(0));
    for token in [&access, &refresh] {
        assert_eq!(ask(&gateway, token).await.json(), json!({"active": false}), "and nothing else is told");
    }
    assert_eq!(edge(&serving, &["client", "remove", id]).0, Some(0));
    assert_eq!(ask(&gateway, &access).await.error(), "401 invalid_client", "it is removed");
}

/// What a user let an app do can be seen and withdrawn by an operator, and the audit log has all of it.
#[tokio::test]
async fn an_operator_sees_and_withdraws_a_grant() {
    let serving = Serving::start("serve-grants", &["--ttl", "0"]);
    let edge = |arguments: &[&str]| edge(&serving, arguments);
    let stranger = Stranger::find(serving.gateway()).await;
    let (name, password) = account(&serving, "acme-sales");
    let tokens = stranger.redeem(&stranger.code(name, password).await).await;
    let (_, grants) = edge(&["grant", "list", "--tenant", ACME, "--client", &stranger.client]);
    let (grant, user) = (grants[0]["id"].as_str().unwrap(), grants[0]["user"].as_str().unwrap());
    assert_eq!((&grants[0]["state"], &grants[0]["scopes"]), (&json!("active"), &json!(["contact.read"])));

    assert_eq!(edge(&["client", "show", &stranger.client]).1["kind"], "registered itself");
    assert_eq!(edge(&["client", "verify", &stranger.client]).1["kind"], "verified");
    let again = post_json(&format!("{}/register", serving.issuer()), &stranger.registration()).await;
    assert_eq!(again.text("client_id"), stranger.client);
    assert_eq!(edge(&["client", "show", &stranger.client]).1["kind"], "verified", "whoever registers the same again");

    assert_eq!(edge(&["grant", "revoke", grant, "--tenant", ACME]).1["state"], "ended");
    assert_eq!(stranger.call(&tokens.text("access_token")).await.status, 401);
    assert_eq!(stranger.refresh(&tokens.text("refresh_token")).await.error(), "400 invalid_grant");
    assert_eq!(edge(&["grant", "revoke", grant, "--tenant", ACME]).0, Some(3), "it has ended already");
    let told = |log: &Value| -> Vec<String> {
        let line = |it: &Value| format!("{} by {}", it["action"].as_str().unwrap(), it["by"].as_str().unwrap());
        log.as_array().unwrap().iter().map(line).collect()
    };
    let log = edge(&["audit", "--tenant", ACME, "--subject", grant]).1;
    assert_eq!(told(&log), [format!("grant.create by {user}"), "grant.revoke by anna".to_owned()]);

    let second = stranger.redeem(&stranger.code(name, password).await).await;
    assert_eq!(stranger.call(&second.text("access_token")).await.status, 200);
    assert_eq!(edge(&["client", "remove", &stranger.client]).0, Some(0));
    assert_eq!(stranger.call(&second.text("access_token")).await.status, 401);
    assert_eq!(stranger.refresh(&second.text("refresh_token")).await.error(), "401 invalid_client");
    assert_eq!(told(&edge(&["audit"]).1), ["client.verify by anna", "client.remove by anna"]);
}
