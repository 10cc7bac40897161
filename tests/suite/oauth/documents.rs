//! Clients that are described by a document of their own: an https URL as `client_id`.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge_authorizer::local::demo::ACME;
use edge_authorizer::oauth::client::{Client, Origin};
use edge_authorizer::oauth::document::address::is_public;
use edge_authorizer::oauth::document::url::DocumentUrl;
use edge_authorizer::oauth::document::{Documents, MAX_LENGTH};
use edge_authorizer::oauth::limit::Limits;
use edge_authorizer::oauth::settings::ClientDocuments;
use serde_json::{Value, json};

use super::house::{House, NAME, PASSWORD, Plan, Reply, URI, cookie};
use super::site::{LOOPBACK, Names, Page, Site};

const HOST: &str = "app.example.com";

/// A house that finds one site, and the address of the client's document there.
async fn house_and_site() -> (House, Site, String) {
    let site = Site::named(HOST);
    let documents = Documents::through(site.reached_by(&Names::lead_to(&[&[LOOPBACK]]), |_| true));
    let id = format!("https://{HOST}:{}/client.json", site.port);
    (House::with(Plan { documents: Some(documents), ..Plan::default() }).await, site, id)
}

fn described(id: &str) -> Value {
    json!({"client_id": id, "client_name": "Agent", "redirect_uris": [URI], "token_endpoint_auth_method": "none"})
}

fn with(id: &str, name: &str, value: Value) -> Page {
    let mut document = described(id);
    document[name] = value;
    Page::json(document)
}

async fn asks(house: &House, id: &str) -> Reply {
    house.get(&House::authorize_path(id, &[]), "").await
}

/// [81] [82]: the whole flow, the document fetched once; the access token names the URL as its client.
#[tokio::test]
async fn a_document_is_a_client() {
    let (house, site, id) = house_and_site().await;
    let grants = json!(["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"]);
    site.put("/client.json", with(&id, "grant_types", grants));
    let metadata = house.get("/.well-known/oauth-authorization-server", "").await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], true);

    let asked = asks(&house, &id).await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    let handle = asked.parameters()["request"].clone();
    let fields = [("request", handle.as_str()), ("name", NAME), ("password", PASSWORD)];
    let signed_in = house.form("/sign-in", &cookie(&asked), &fields).await;
    let page = house.get(&format!("/consent?request={handle}"), &cookie(&signed_in)).await;
    for part in ["Agent", &format!("{HOST}:{}", site.port), "described itself"] {
        assert!(page.body.contains(part), "{part}\n{}", page.body);
    }
    let tokens = house.redeem(&id, &house.code(&id).await).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let access = tokens.text("access_token");
    assert_eq!(house.decides(&access, "GET", "/v1/contacts").await, "allowed");
    let claims = URL_SAFE_NO_PAD.decode(access.split('.').nth(1).unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&claims).unwrap()["client_id"], id);
    assert_eq!(site.asked.lock().unwrap().as_slice(), [format!("GET /client.json HTTP/1.1 {HOST}:{}", site.port)]);

    // A refresh does not depend on the client's server, and nobody has a secret here.
    site.put("/client.json", Page { status: 500, ..Page::json("") });
    house.world.clock.advance(7 * 24 * 3600);
    let refreshed = house.refresh(&id, &tokens.text("refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    let token = refreshed.text("refresh_token");
    let secret =
        [("grant_type", "refresh_token"), ("client_id", &id), ("client_secret", "x"), ("refresh_token", &token)];
    assert_eq!(house.token(&secret).await.error(), "401 invalid_client");
    assert_eq!(house.refresh(&format!("{id}2"), &token).await.error(), "400 invalid_grant");
    let revoked = house.form("/revoke", "", &[("client_id", &id), ("token", &token)]).await;
    assert_eq!(revoked.status, 200);
    assert_eq!(house.decides(&refreshed.text("access_token"), "GET", "/v1/contacts").await, "revoked");
    assert_eq!(site.asked(), 1);
}

/// [82]: what is no address of a document names no client, and nothing is fetched.
#[tokio::test]
async fn a_client_id_that_is_no_documents_address_is_unknown() {
    let (house, site, _) = house_and_site().await;
    for good in ["https://app.example.com/c", "https://app.example.com:8443/a/b.json", "https://app.example.co.uk/c"] {
        assert_eq!(DocumentUrl::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "http://app.example.com/c",
        "https://app.example.com",
        "https://app.example.com/",
        "https://app.example.com/./c",
        "https://app.example.com/a/../c",
        "https://app.example.com/a/%2e%2e/c",
        "https://app.example.com/a/%2E",
        "https://app.example.com/c#x",
        "https://app.example.com/c#",
        "https://app.example.com/c?x=1",
        "https://user@app.example.com/c",
        "https://user:pass@app.example.com/c",
        "https://@app.example.com/c",
        "https://APP.example.com/c",
        "HTTPS://app.example.com/c",
        "https://app.example.com:443/c",
        "https:/app.example.com/c",
        "https:app.example.com/c",
        "https://app.example.com\\c",
        "https://localhost/c",
        "https://co.uk/c",
        "https://127.0.0.1/c",
        "https://2130706433/c",
        "https://0x7f.1/c",
        "https://[::1]/c",
        "https://[::ffff:169.254.169.254]/c",
        "https://app.example.com/\u{e9}",
        "https://auth.example.com/client.json",
        "https://auth.example.com:8443/client.json",
        &format!("https://app.example.com/{}", "x".repeat(300)),
    ] {
        let reply = asks(&house, bad).await;
        assert_eq!((reply.status, reply.header("location")), (400, ""), "{bad}");
        assert_eq!(reply.header("www-authenticate"), "", "no browser is asked for a password");
        assert_eq!(house.refresh(bad, "x").await.error(), "401 invalid_client", "{bad}");
    }
    assert_eq!(site.connections.load(Ordering::SeqCst), 0);
}

/// [82]: a document that is not acceptable is refused each time, and the moment that it is good it is taken.
#[tokio::test]
async fn a_bad_document_is_refused_and_the_refusal_is_not_kept() {
    let (house, site, id) = house_and_site().await;
    let long = " ".repeat(MAX_LENGTH);
    let twice = format!(r#"{{"client_id":"{id}","client_id":"{id}","redirect_uris":["{URI}"]}}"#);
    let elsewhere = format!("https://{HOST}:{}/other.json", site.port);
    site.put("/other.json", Page::json(described(&id)));
    let redirect = |status| Page { status, ..Page::json(described(&id)) }.with("location", &elsewhere);
    let cases = [
        ("404", Page { status: 404, ..Page::json(described(&id)) }),
        ("500", Page { status: 500, ..Page::json(described(&id)) }),
        ("201", Page { status: 201, ..Page::json(described(&id)) }),
        ("a redirect", redirect(302)),
        ("a lasting redirect", redirect(308)),
        ("another client", with(&id, "client_id", json!(elsewhere))),
        ("no client", with(&id, "client_id", Value::Null)),
        ("a longer address", with(&id, "client_id", json!(format!("{id}/")))),
        ("too long", Page::json(format!("{}{long}", described(&id)))),
        ("a secret", with(&id, "client_secret", json!("s"))),
        ("a secret's end", with(&id, "client_secret_expires_at", json!(0))),
        ("basic", with(&id, "token_endpoint_auth_method", json!("client_secret_basic"))),
        ("a key", with(&id, "token_endpoint_auth_method", json!("private_key_jwt"))),
        ("html", Page::json(described(&id)).with("content-type", "text/html")),
        ("no type", Page::json(described(&id)).with("content-type", "")),
        ("compressed", Page::json(described(&id)).with("content-encoding", "gzip")),
        ("no object", Page::json("[]")),
        ("no JSON", Page::json("<html>")),
        ("a name twice", Page::json(twice)),
        ("javascript", with(&id, "redirect_uris", json!(["javascript:alert(1)"]))),
        ("nowhere to go", with(&id, "redirect_uris", json!([]))),
        ("implicit", with(&id, "grant_types", json!(["implicit"]))),
    ];
    for (number, (case, page)) in cases.into_iter().enumerate() {
        site.put("/client.json", page);
        let reply = asks(&house, &id).await;
        assert_eq!((reply.status, reply.header("location")), (400, ""), "{case}\n{}", reply.body);
        assert!(reply.body.contains("metadata document"), "{case}");
        assert_eq!(site.asked(), number + 1, "{case}: one question, and no redirect followed");
    }
    for good in ["application/json; charset=utf-8", "application/vnd.client+json"] {
        site.put("/client.json", Page::json(described(&id)).with("content-type", good));
        assert_eq!(asks(&house, &id).await.status, 303, "{good}");
        house.world.clock.advance(24 * 3600);
    }
}

/// [82]: which addresses are the internet at large.
#[test]
fn only_public_addresses_are_public() {
    for inside in [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::7f00:1",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "3fff:fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "1fff::1",
    ] {
        assert!(!is_public(inside.parse().unwrap()), "{inside}");
    }
    for outside in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "126.0.0.1",
        "128.0.0.1",
        "169.253.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "192.167.0.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "2001:200::1",
        "2a00::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "3fff:1000::1",
    ] {
        assert!(is_public(outside.parse().unwrap()), "{outside}");
    }
}

/// [82]: a name that leads inside, with any of its addresses, is not gone to; and a name is looked up once, so that a
/// second answer that leads elsewhere comes too late.
#[tokio::test]
async fn a_name_is_resolved_once_and_leads_to_public_addresses_alone() {
    let site = Site::named(HOST);
    let id = format!("https://{HOST}:{}/client.json", site.port);
    site.put("/client.json", Page::json(described(&id)));
    let inside: IpAddr = "10.0.0.1".parse().unwrap();
    let only_loopback = |address: IpAddr| address == LOOPBACK;
    let url = DocumentUrl::parse(&id).unwrap();

    // The very rule of an installation: this machine is nowhere to go.
    let real = Documents::through(site.reached_by(&Names::lead_to(&[&[LOOPBACK]]), is_public));
    assert!(real.fetch(&url).await.is_err());
    let mixed = Documents::through(site.reached_by(&Names::lead_to(&[&[LOOPBACK, inside]]), only_loopback));
    assert!(mixed.fetch(&url).await.is_err());
    let nowhere = Documents::through(site.reached_by(&Names::lead_to(&[&[]]), only_loopback));
    assert!(nowhere.fetch(&url).await.is_err());
    assert_eq!(site.connections.load(Ordering::SeqCst), 0);

    let rebound = Names::lead_to(&[&[LOOPBACK], &[inside]]);
    let documents = Documents::through(site.reached_by(&rebound, only_loopback));
    assert!(documents.fetch(&url).await.is_ok());
    assert_eq!(rebound.asked.load(Ordering::SeqCst), 1);
    assert!(documents.fetch(&url).await.is_err(), "a new connection is a new look-up, and a new check");
    assert_eq!((rebound.asked.load(Ordering::SeqCst), site.connections.load(Ordering::SeqCst)), (2, 1));

    // The name is the one that the certificate is for.
    let other = DocumentUrl::parse(&format!("https://other.example.com:{}/client.json", site.port)).unwrap();
    let documents = Documents::through(site.reached_by(&Names::lead_to(&[&[LOOPBACK]]), only_loopback));
    assert!(documents.fetch(&other).await.is_err());
    assert_eq!(site.asked(), 1);
}

/// [82]: a server that never ends its answer is waited for three seconds.
#[tokio::test]
async fn an_endless_document_is_given_up() {
    let (house, site, id) = house_and_site().await;
    site.put("/client.json", Page { endless: true, ..Page::json(described(&id)) });
    assert_eq!(asks(&house, &id).await.status, 400);
}

/// [82]: a document is kept as long as it asks for, but for ten minutes at least and a day at most.
#[tokio::test]
async fn a_document_is_kept_within_bounds() {
    for (cache_control, kept) in [
        (None, 3600),
        (Some("max-age=1800"), 1800),
        (Some("public, Max-Age=1800"), 1800),
        (Some("max-age=0"), 600),
        (Some("no-store"), 600),
        (Some("no-cache, max-age=9999"), 600),
        (Some("max-age=nonsense"), 600),
        (Some("max-age=99999999"), 24 * 3600),
    ] {
        let (house, site, id) = house_and_site().await;
        let page = Page::json(described(&id));
        site.put("/client.json", cache_control.map_or(page.clone(), |value| page.with("cache-control", value)));
        for (after, fetches) in [(0, 1), (kept - 1, 1), (1, 2)] {
            house.world.clock.advance(after);
            assert_eq!(asks(&house, &id).await.status, 303);
            assert_eq!(site.asked(), fetches, "{cache_control:?} after {after}");
        }
    }
}

/// [82]: who asked while the document was fresh may answer, and goes nowhere that it no longer names.
#[tokio::test]
async fn a_pending_request_survives_its_documents_end() {
    let (house, site, id) = house_and_site().await;
    site.put("/client.json", Page::json(described(&id)).with("cache-control", "no-store"));
    assert_eq!(asks(&house, &id).await.status, 303);
    house.world.clock.advance(599);
    let (handle, cookie) = house.signed_in(&id).await;
    house.world.clock.advance(500);
    let fields = [("request", handle.as_str()), ("tenant", ACME), ("scope", "contact.read"), ("decision", "allow")];
    assert_eq!(house.form("/consent", &cookie, &fields).await.status, 303);

    assert_eq!(asks(&house, &id).await.status, 303, "fetched anew");
    house.world.clock.advance(300);
    let (handle, cookie) = house.signed_in(&id).await;
    house.world.clock.advance(300);
    site.put("/client.json", with(&id, "redirect_uris", json!(["https://app.example.com/new"])));
    assert_eq!(asks(&house, &id).await.status, 400, "the document has moved on");
    let fields = [("request", handle.as_str()), ("tenant", ACME), ("scope", "contact.read"), ("decision", "allow")];
    assert_eq!(house.form("/consent", &cookie, &fields).await.status, 400);
}

/// [82]: fetches are limited by address, whatever comes of them.
#[tokio::test]
async fn fetches_are_limited() {
    let (house, _, id) = house_and_site().await;
    for _ in 0..60 {
        assert_eq!(asks(&house, &id).await.status, 400);
    }
    house.world.clock.advance(60);
    let refused = asks(&house, &id).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 3600);
}

/// [82]: what all may have fetched together is for documents that are not known yet: one that is asked again is not
/// refused for what others did.
#[tokio::test]
async fn a_known_document_is_not_counted_with_the_others() {
    let mut limits = Limits::default();
    (limits.document.most, limits.document_by_address.most) = (1, 3);
    let site = Site::named(HOST);
    let documents = Documents::through(site.reached_by(&Names::lead_to(&[&[LOOPBACK]]), |_| true));
    let house = House::with(Plan { documents: Some(documents), limits: Some(limits), ..Plan::default() }).await;
    let id = |name: &str| format!("https://{HOST}:{}/{name}.json", site.port);
    for name in ["known", "other"] {
        site.put(&format!("/{name}.json"), Page::json(described(&id(name))).with("cache-control", "no-store"));
    }
    for fetches in 1..=2 {
        assert_eq!((asks(&house, &id("known")).await.status, site.asked()), (303, fetches));
        house.world.clock.advance(600);
    }
    assert_eq!((asks(&house, &id("other")).await.status, site.asked()), (429, 2), "a new one");
    assert_eq!(asks(&house, &id("known")).await.status, 429, "the third of this address");
}

/// [74] [75]: what a client says where its logo, its terms and its keys are: nobody goes there, neither this server nor, by
/// its pages, the person's browser.
#[tokio::test]
async fn what_a_client_points_to_is_not_fetched_and_not_shown() {
    let (house, site, id) = house_and_site().await;
    let mut document = described(&id);
    for name in ["logo_uri", "client_uri", "tos_uri", "policy_uri", "jwks_uri", "sector_identifier_uri"] {
        document[name] = json!(format!("https://{HOST}:{}/pointed-to/{name}", site.port));
    }
    let mut registration = document.clone();
    registration.as_object_mut().unwrap().remove("client_id");
    site.put("/client.json", Page::json(document.clone()));
    let registered = house.register(registration).await;
    assert_eq!(registered.status, 201, "{}", registered.body);
    for client in [&id, &registered.text("client_id")] {
        let asked = asks(&house, client).await;
        let handle = asked.parameters()["request"].clone();
        let sign_in = house.get(&format!("/sign-in?request={handle}"), &cookie(&asked)).await;
        let fields = [("request", handle.as_str()), ("name", NAME), ("password", PASSWORD)];
        let signed_in = house.form("/sign-in", &cookie(&asked), &fields).await;
        let consent = house.get(&format!("/consent?request={handle}"), &cookie(&signed_in)).await;
        for page in [sign_in, consent] {
            assert!(page.status == 200 && page.body.contains("Agent"));
            assert!(!page.body.contains("pointed-to"), "{}", page.body);
        }
        assert_eq!(house.redeem(client, &house.code(client).await).await.status, 200);
        assert_eq!(site.asked(), 1, "its document alone, once");
    }
    let connections = site.connections.load(Ordering::SeqCst);
    assert_eq!((connections, site.asked.lock().unwrap().iter().any(|line| line.contains("pointed-to"))), (1, false));
}

/// A document that an operator vouches for is the client as it stood then, and is not fetched.
#[tokio::test]
async fn a_document_that_an_operator_vouches_for_is_not_fetched() {
    let (house, site, id) = house_and_site().await;
    site.put("/client.json", Page::json(described(&id)));
    assert_eq!(asks(&house, &id).await.status, 303);
    let client = house.store.client(&id.parse().unwrap()).await.unwrap().unwrap();
    let origin = Origin::Operator { first_party: false, may_introspect: false };
    let vouched = Client { origin, expires: None, ..client };
    house.store.replace_client(&vouched, house.world.clock.now()).await.unwrap();
    site.put("/client.json", with(&id, "redirect_uris", json!(["https://app.example.com/new"])));
    house.world.clock.advance(30 * 24 * 3600);
    assert_eq!((asks(&house, &id).await.status, site.asked()), (303, 1));
}

/// An installation may do without.
#[tokio::test]
async fn documents_can_be_turned_off() {
    let plan = Plan { client_documents: Some(ClientDocuments::Off), ..Plan::default() };
    let house = House::with(plan).await;
    let metadata = house.get("/.well-known/oauth-authorization-server", "").await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], false);
    let id = "https://app.example.com/client.json";
    assert_eq!(asks(&house, id).await.status, 400);
    assert_eq!(house.refresh(id, "x").await.error(), "401 invalid_client");
}
