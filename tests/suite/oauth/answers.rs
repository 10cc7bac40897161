//! What holds of every answer, whatever it is an answer to: nobody keeps it, it says nothing of what was sent, it is from
//! the configured issuer.

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge_authorizer::local::demo::ACME;
use serde_json::{Value, json};

use super::house::{House, ISSUER, NAME, PASSWORD, RESOURCE, Reply, URI, cookie, form};
use super::support::VERIFIER;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// What a client sends that no answer may say again.
const ECHO: &str = "crm_secret_ECHOechoECHOechoECHOechoECHOechoECHOechoE";

/// [47] [48]: every answer to a machine, good or bad, is kept by nobody; a bad one has its two members and no others, of
/// harmless characters, and nothing of the request.
#[tokio::test]
async fn nobody_keeps_an_answer_and_no_error_repeats_the_request() {
    let house = House::new().await;
    let said = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post"});
    let own = house.register(said.clone()).await;
    let (id, secret) = (own.text("client_id"), own.text("client_secret"));
    let (managed, token) = (format!("/register/{id}"), own.text("registration_access_token"));
    let manage = async |verb: &str, token: &str, body: &Value| {
        let request = Request::builder().method(verb).uri(&managed).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {token}"));
        house.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    let app = house.app().await;
    let tokens = house.redeem(&app, &house.code(&app).await).await;
    let refreshed = house.refresh(&app, &tokens.text("refresh_token")).await;
    let echoes = format!("{ECHO}\"<script>\\");
    let mine = [("client_id", id.as_str()), ("client_secret", &secret)];
    let with = |more: &[(&str, &str)]| form(&[&mine[..], more].concat());
    let mut good = vec![own, tokens, refreshed];
    for path in ["/jwks.json", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource"] {
        good.push(house.get(path, "").await);
    }
    good.push(manage("GET", &token, &Value::Null).await);
    good.push(house.post("/revoke", &[FORM], &with(&[("token", &echoes)])).await);
    for reply in &good {
        assert!((200..300).contains(&reply.status), "{} {}", reply.status, reply.body);
        assert_eq!(reply.header("cache-control"), "no-store", "{}", reply.body);
    }

    let mut bad = Vec::new();
    for path in ["/token", "/revoke", "/introspect"] {
        for (headers, body) in [
            (vec![("content-type", echoes.as_str())], String::new()),
            (vec![FORM], form(&[(&echoes, &echoes), (&echoes, &echoes)])),
            (vec![FORM], format!("{echoes}=%ff")),
            (
                vec![FORM],
                form(&[("client_id", &app), ("client_secret", ECHO), ("token", ECHO), ("grant_type", "refresh_token")]),
            ),
            (vec![FORM], form(&[("client_id", &echoes), ("token", ECHO), ("grant_type", "refresh_token")])),
            (vec![FORM, ("authorization", ECHO)], form(&[("grant_type", "refresh_token")])),
            (vec![FORM], "x".repeat(20_000)),
        ] {
            bad.push(house.post(path, &headers, &body).await);
        }
    }
    for grant in [
        vec![("grant_type", echoes.as_str())],
        vec![("grant_type", "refresh_token"), ("refresh_token", ECHO)],
        vec![("grant_type", "authorization_code"), ("code", ECHO), ("code_verifier", VERIFIER)],
        vec![("grant_type", "authorization_code"), ("code", ECHO), ("code_verifier", &echoes), ("resource", &echoes)],
    ] {
        bad.push(house.post("/token", &[FORM], &with(&grant)).await);
    }
    bad.push(house.post("/introspect", &[FORM], &with(&[("token", ECHO)])).await);
    for (name, value) in [
        ("redirect_uris", json!([echoes])),
        ("redirect_uris", json!(echoes)),
        ("client_name", json!({"x": echoes})),
        ("logo_uri", json!(echoes)),
        ("grant_types", json!([echoes])),
        ("token_endpoint_auth_method", json!(echoes)),
    ] {
        let mut body = said.clone();
        body[name] = value;
        bad.push(house.register(body.clone()).await);
        body["client_id"] = json!(id);
        bad.push(manage("PUT", &token, &body).await);
    }
    bad.push(house.post("/register", &[("content-type", "application/json")], &echoes).await);
    for verb in ["GET", "PUT", "DELETE"] {
        bad.push(manage(verb, ECHO, &said).await);
    }
    for reply in bad {
        assert!((400..500).contains(&reply.status), "{} {}", reply.status, reply.body);
        assert_eq!(reply.header("cache-control"), "no-store", "{}", reply.body);
        let members: Vec<String> = reply.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["error", "error_description"], "{}", reply.body);
        let description = reply.text("error_description");
        let harmless = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(!description.is_empty() && description.bytes().all(harmless), "{description}");
        for told in [&reply.body, &format!("{:?}", reply.headers)] {
            assert!(!told.contains("ECHO") && !told.contains("src/") && !told.contains("panicked"), "{told}");
        }
    }
}

/// [37]: what stands in a URL of an endpoint for machines is not read: it is in logs and histories.
#[tokio::test]
async fn what_stands_in_the_url_is_not_read() {
    let house = House::new().await;
    let app = house.app().await;
    let code = house.code(&app).await;
    let all = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", &app),
        ("code", &code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", URI),
    ]);
    let get = house.get(&format!("/token?{all}"), "").await;
    assert_eq!((get.status, get.header("allow"), get.body.as_str()), (405, "POST", ""));
    for verb in ["HEAD", "PUT", "DELETE", "PATCH"] {
        let request = Request::builder().method(verb).uri(format!("/token?{all}")).header(FORM.0, FORM.1);
        assert_eq!(house.send(request.body(Body::from(all.clone())).unwrap()).await.status, 405, "{verb}");
    }
    for body in ["", "x=1", "grant_type=authorization_code"] {
        let reply = house.post(&format!("/token?{all}"), &[FORM], body).await;
        assert_ne!(reply.status, 200, "{body}: {}", reply.body);
    }
    let missing = all.replace(&format!("code={code}&"), "");
    let reply = house.post(&format!("/token?{all}"), &[FORM], &missing).await;
    assert_eq!(reply.error(), "400 invalid_request", "not half of it either");
    let tokens = house.post("/token?grant_type=password&client_id=app_0&code=x", &[FORM], &all).await;
    assert_eq!(tokens.status, 200, "nor held against what was sent: {}", tokens.body);

    let access = tokens.text("access_token");
    let revoke = form(&[("client_id", &app), ("token", &access)]);
    assert_ne!(house.post(&format!("/revoke?{revoke}"), &[FORM], "").await.status, 200);
    assert_eq!(house.decides(&access, "GET", "/v1/contacts").await, "allowed");
}

/// Whom an answer at the redirect URI is from, each time that it says so.
fn issuers(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 303, "{}", reply.body);
    let location = url::Url::parse(reply.header("location")).unwrap();
    assert!(reply.header("location").starts_with(&format!("{URI}?")), "{location}");
    location.query_pairs().filter(|(name, _)| name == "iss").map(|(_, value)| value.into_owned()).collect()
}

/// [98]: every answer at the redirect URI says once, and byte for byte, whom it is from: a code, a denial, and each error.
#[tokio::test]
async fn every_authorization_response_names_the_issuer_once() {
    let house = House::new().await;
    let app = house.app().await;
    let (_, signed_in) = house.signed_in(&app).await;
    let mut answers = Vec::new();
    for change in [
        ("response_type", "token"),
        ("response_type", ""),
        ("response_mode", "fragment"),
        ("scope", "nothing"),
        ("resource", "https://other.example.com"),
        ("code_challenge", ""),
        ("code_challenge_method", "plain"),
        ("request", "x"),
        ("request_uri", "https://x.example"),
        ("state", "\u{e9}"),
        ("prompt", "none"),
        ("prompt", "none login"),
        // It is not taken over from the request.
        ("iss", "https://evil.example"),
    ] {
        let more = [change, ("prompt", if change.0 == "iss" { "none" } else { "" })];
        let more = if change.0 == "prompt" { &more[..1] } else { &more[..] };
        for cookie in ["", &signed_in] {
            answers.push(house.get(&House::authorize_path(&app, more), cookie).await);
        }
    }
    assert!(answers.iter().all(|reply| reply.parameters().contains_key("error")));
    for decision in ["allow", "deny"] {
        let (handle, cookie) = house.signed_in(&app).await;
        let fields =
            [("request", handle.as_str()), ("tenant", ACME), ("scope", "contact.read"), ("decision", decision)];
        let answer = house.form("/consent", &cookie, &fields).await;
        assert!(answer.parameters().contains_key(if decision == "allow" { "code" } else { "error" }));
        answers.push(answer);
    }
    for reply in answers {
        assert_eq!(issuers(&reply), [ISSUER], "{}", reply.header("location"));
    }
}

/// [102]: whatever a request says of the host it was sent to, from the first document to the token's claims everything is
/// the configured issuer's.
#[tokio::test]
async fn a_spoofed_host_changes_nothing() {
    let house = House::new().await;
    let spoofed = |request: axum::http::request::Builder| {
        let request = request.header("host", "evil.example").header("x-forwarded-host", "evil.example");
        let request = request.header("forwarded", "host=evil.example;proto=http").header("x-forwarded-proto", "http");
        request.header("x-forwarded-port", "666").header("x-original-host", "evil.example")
    };
    let get = async |path: &str, cookie: &str| {
        house.send(spoofed(Request::get(path)).header("cookie", cookie).body(Body::empty()).unwrap()).await
    };
    let post = async |path: &str, cookie: &str, media_type: &str, body: String| {
        let request = spoofed(Request::post(path)).header("cookie", cookie).header("content-type", media_type);
        house.send(request.body(Body::from(body)).unwrap()).await
    };
    let said = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post"});
    let own = post("/register", "", "application/json", said.to_string()).await;
    let public = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "none"});
    let app = post("/register", "", "application/json", public.to_string()).await.text("client_id");
    assert!(own.text("registration_client_uri").starts_with(&format!("{ISSUER}/register/")));
    let mut seen = vec![own];
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource", "/jwks.json"] {
        seen.push(get(path, "").await);
    }
    for path in ["/account", "/sign-in", "/nothing", "/authorize"] {
        seen.push(get(path, "").await);
    }
    let asked = get(&House::authorize_path(&app, &[]), "").await;
    let (handle, anonymous) = (asked.parameters()["request"].clone(), cookie(&asked));
    let fields = [("request", handle.as_str()), ("name", NAME), ("password", PASSWORD)];
    let signed_in = post("/sign-in", &anonymous, FORM.1, form(&fields)).await;
    for reply in [&asked, &signed_in] {
        assert!(reply.header("location").starts_with(&format!("{ISSUER}/")), "{}", reply.header("location"));
        assert!(reply.header("set-cookie").ends_with("; Secure") && !reply.header("set-cookie").contains("omain"));
    }
    let mine = cookie(&signed_in);
    seen.push(get(&format!("/consent?request={handle}"), &mine).await);
    let fields = [("request", handle.as_str()), ("tenant", ACME), ("scope", "contact.read"), ("decision", "allow")];
    let allowed = post("/consent", &mine, FORM.1, form(&fields)).await;
    assert_eq!(issuers(&allowed), [ISSUER]);
    let code = allowed.parameters()["code"].clone();
    let fields =
        [("grant_type", "authorization_code"), ("client_id", &app), ("code", &code), ("code_verifier", VERIFIER)];
    let tokens = post("/token", "", FORM.1, form(&fields)).await;
    let claims = URL_SAFE_NO_PAD.decode(tokens.text("access_token").split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(ISSUER), Some(RESOURCE)));
    seen.extend([asked, signed_in, allowed, tokens]);
    for reply in seen {
        let told = format!("{:?} {}", reply.headers, reply.body);
        assert!(!told.contains("evil") && !told.contains("http://auth"), "{told}");
    }
}
