//! The account over HTTP: whose it is, that a form is sent once and by its own page, and what hostile text becomes.

use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::local::demo::{ACME, GLOBEX, INITECH};
use edge_authorizer::store::admin::Stamp;
use edge_authorizer::store::admin::audit::Action;
use edge_authorizer::store::admin::pat::{NewPat, PatEntropy};
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::pat::SECRET_LENGTH;
use regex::Regex;

use super::house::{House, ISSUER, NAME, PASSWORD, cookie, form};
use super::visiting::{field, visitor};
use crate::http::Reply;
use crate::vectors::vectors;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const CONTACTS: &str = "/v1/contacts";
const SALES: &str = "usr_58c2f6b14d0e47a99e3b7d12";

/// A page's form, sent with these fields beside those that prove it.
async fn send(house: &House, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let page = house.get(path.split('?').next().unwrap(), cookie).await;
    let proof = [field(&page, "form"), once(&page)];
    house.form(path, cookie, &[fields, &[("form", &proof[0]), ("once", &proof[1])]].concat()).await
}

/// The handle of a page's own form; the one that signs out has none.
fn once(page: &Reply) -> String {
    field(page, "once")
}

/// The text of a token that was just made.
fn text(page: &Reply) -> String {
    let token = Regex::new(r#"<code id="token">([^<]+)</code>"#).unwrap();
    token.captures(&page.body).unwrap_or_else(|| panic!("{} {}", page.status, page.body))[1].to_owned()
}

/// The id of the newest token on the page of tokens.
async fn newest(house: &House, cookie: &str) -> String {
    let page = house.get(&format!("/account/{ACME}/tokens"), cookie).await;
    Regex::new("tokens/(pat_[0-9a-f]+)/revoke").unwrap().captures(&page.body).unwrap()[1].to_owned()
}

fn page(rest: &str) -> String {
    format!("/account/{ACME}/{rest}")
}

#[tokio::test]
async fn an_account_is_of_its_person_and_in_their_organisations() {
    let house = House::new().await;
    let (mine, _) = visitor(&house).await;
    for rest in ["tokens", "tokens/new", "apps", "rights", "why", "activity"] {
        assert_eq!(house.get(&page(rest), &mine).await.status, 200, "{rest}");
        let away = house.get(&page(rest), "").await;
        assert_eq!(away.header("location"), format!("{ISSUER}/sign-in?next={}", page(rest)), "{rest}");
        for tenant in [INITECH, "biz_000000000000000000000000", "TENANT", "a%00b", "%2e%2e"] {
            assert_eq!(house.get(&format!("/account/{tenant}/{rest}"), &mine).await.status, 404, "{tenant}/{rest}");
        }
    }
    let first = house.get(&format!("/account/{GLOBEX}"), &mine).await;
    assert_eq!(first.header("location"), format!("{ISSUER}/account/{GLOBEX}/tokens"));
    // A colleague's token, and one of their own in the other organisation.
    for token in ["pat_demo_admin_everything", "pat_demo_globex_everything", "pat_000"] {
        for rest in ["rotate", "revoke"] {
            assert_eq!(house.get(&page(&format!("tokens/{token}/{rest}")), &mine).await.status, 404, "{token} {rest}");
        }
        assert_eq!(house.get(&page(&format!("why?path=/v1/contacts&token={token}")), &mine).await.status, 404);
    }
    assert!(!house.get(&page("tokens"), &mine).await.body.contains("admin_everything"));
}

#[tokio::test]
async fn a_form_is_sent_once_and_by_its_own_page() {
    let house = House::new().await;
    let (mine, _) = visitor(&house).await;
    let (others, _) = visitor(&house).await;
    let made =
        send(&house, &mine, &page("tokens/new"), &[("name", "A"), ("scope", "contact.read"), ("days", "7")]).await;
    let token = text(&made);
    assert!(!house.get(&page("tokens"), &mine).await.body.contains(&token), "the text is shown once");
    let id = newest(&house, &mine).await;
    let (rotate, revoke) = (page(&format!("tokens/{id}/rotate")), page(&format!("tokens/{id}/revoke")));
    let cases: [(&str, &[(&str, &str)]); 3] = [
        (&page("tokens/new"), &[("name", "B"), ("scope", "contact.read"), ("days", "7")]),
        (&rotate, &[("overlap", "24")]),
        (&revoke, &[]),
    ];
    for (path, fields) in cases {
        let (ours, theirs) = (house.get(path, &mine).await, house.get(path, &others).await);
        let [form_, once_] = [field(&ours, "form"), once(&ours)];
        let with = |form: &str, once: &str| {
            let proof = [("form", form.to_owned()), ("once", once.to_owned())];
            let typed = fields.iter().map(|(name, value)| (*name, (*value).to_owned()));
            typed.chain(proof).filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>()
        };
        let post = async |more: &[(&str, &str)], fields: Vec<(&str, String)>| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            house.post(path, &[&[FORM, ("cookie", mine.as_str())], more].concat(), &form(&fields)).await
        };
        assert_eq!(post(&[], with("", &once_)).await.status, 403, "{path}: no token");
        assert_eq!(post(&[], with(&field(&theirs, "form"), &once_)).await.status, 403, "{path}: a foreign token");
        assert_eq!(post(&[], with(&form_, "")).await.status, 403, "{path}: no handle");
        assert_eq!(post(&[], with(&form_, "a b")).await.status, 403, "{path}: none of ours");
        assert_eq!(post(&[("origin", "https://evil.example")], with(&form_, &once_)).await.status, 403, "{path}");
        assert_eq!(post(&[("sec-fetch-site", "cross-site")], with(&form_, &once_)).await.status, 403, "{path}");
        let sent = post(&[], with(&form_, &once_)).await;
        assert!([200, 303].contains(&sent.status), "{path} {} {}", sent.status, sent.body);
        assert_eq!(post(&[], with(&form_, &once_)).await.status, 403, "{path}: sent before");
    }
    let acme = TenantId::parse(ACME).unwrap();
    let admin = house.store.admin();
    let pats = admin.pats(&acme, Some(&UserId::parse(SALES).unwrap())).await.unwrap();
    assert_eq!(pats.iter().filter(|pat| pat.name == "B").count(), 1, "once");
    // Each change has its audit record, by who made it.
    let audit = admin.audit(Some(&acme), Timestamp::from_seconds(0)).await.unwrap();
    let mine: Vec<Action> = audit.iter().filter(|record| record.by == SALES).map(|record| record.action).collect();
    for action in [Action::PatIssue, Action::PatRotate, Action::PatRevoke] {
        assert!(mine.contains(&action), "{action:?} {mine:?}");
    }
    let activity = house.get(&page("activity"), &cookie_of(&house).await).await;
    for action in ["pat.issue", "pat.rotate", "pat.revoke"] {
        assert!(activity.body.contains(action), "{action}");
    }
}

async fn cookie_of(house: &House) -> String {
    visitor(house).await.0
}

#[tokio::test]
async fn a_tampered_field_is_refused_with_a_reason() {
    let house = House::new().await;
    let (mine, _) = visitor(&house).await;
    let long = "x".repeat(10_000);
    let listed = async || house.get(&page("tokens"), &mine).await.body.matches("/revoke\"").count();
    let before = listed().await;
    for (fields, says) in [
        (vec![("name", "A"), ("days", "7")], "Tick at least one scope"),
        (vec![("name", "A"), ("days", "7"), ("scope", "member.write")], "no scope of the API"),
        (vec![("name", "A"), ("days", "7"), ("scope", "contact.everything")], "no scope of the API"),
        (vec![("name", ""), ("days", "7"), ("scope", "contact.read")], "1 to 100 characters"),
        (vec![("name", long.as_str()), ("days", "7"), ("scope", "contact.read")], "1 to 100 characters"),
        (vec![("name", "A"), ("days", "0"), ("scope", "contact.read")], "live that long"),
        (vec![("name", "A"), ("days", "8"), ("scope", "contact.read")], "live that long"),
        (vec![("name", "A"), ("days", "18446744073709551615"), ("scope", "contact.read")], "live that long"),
        (vec![("name", "A"), ("days", "7d"), ("scope", "contact.read")], "This did not work"),
        (vec![("name", "A"), ("days", "7"), ("days", "8"), ("scope", "contact.read")], "This did not work"),
    ] {
        let refused = send(&house, &mine, &page("tokens/new"), &fields).await;
        assert!(refused.body.contains(says) && !refused.body.contains("id=\"token\""), "{says}\n{}", refused.body);
    }
    assert_eq!(listed().await, before, "none was made");
    // A form names no user and no other tenant: what it says of either is not read.
    let more = [("name", "A"), ("days", "7"), ("scope", "contact.read"), ("user", "usr_1a4e7c90d2b54f3881c6e0a7")];
    let made = send(&house, &mine, &page("tokens/new"), &[&more[..], &[("tenant", GLOBEX)]].concat()).await;
    let pat = house.server.settings.pages.pats.as_ref().unwrap().open(&text(&made)).unwrap();
    assert_eq!((pat.tenant.as_str(), pat.user.as_str()), (ACME, SALES));
    let rotated = page(&format!("tokens/{}/rotate", newest(&house, &mine).await));
    assert_eq!(send(&house, &mine, &rotated, &[("overlap", "999")]).await.status, 400);
}

/// The tenant's own limit on tokens is a limit here.
#[tokio::test]
async fn a_token_lives_no_longer_than_the_organisation_lets_it() {
    let house = House::new().await;
    let (mine, _) = visitor(&house).await;
    let stamp = Stamp { by: "operator".to_owned(), milliseconds: 1, nonce: 1 };
    house.store.admin().limit_tokens(&TenantId::parse(ACME).unwrap(), Some(30 * 86_400), &stamp).await.unwrap();
    let asked = house.get(&page("tokens/new"), &mine).await;
    assert!(asked.body.contains("value=\"30\" checked") && !asked.body.contains("value=\"90\""), "{}", asked.body);
    let fields = [("name", "A"), ("days", "90"), ("scope", "contact.read")];
    assert!(send(&house, &mine, &page("tokens/new"), &fields).await.body.contains("live that long"));
}

/// Who left the browser open is asked again; what was typed comes back, also when the session has ended meanwhile.
#[tokio::test]
async fn a_token_is_made_by_who_has_just_signed_in() {
    let house = House::new().await;
    let (mine, _) = visitor(&house).await;
    let asked = house.get(&page("tokens/new"), &mine).await;
    let proof = [field(&asked, "form"), once(&asked)];
    let typed = [("name", "Überall & <b>"), ("scope", "contact.read"), ("days", "30")];
    let fields = [&typed[..], &[("form", &proof[0]), ("once", &proof[1])]].concat();
    for (later, again) in [(600, "&again=1"), (12 * 3600, "")] {
        house.world.clock.advance(later);
        assert!(house.get(&page("tokens/new"), &mine).await.header("location").contains("/sign-in?next="));
        let sent = house.form(&page("tokens/new"), &mine, &fields).await;
        let location = sent.header("location").strip_prefix(ISSUER).unwrap().to_owned();
        assert!(sent.status == 303 && location.ends_with(again), "{location}");
        let page = house.get(&location, &mine).await;
        let who = if again.is_empty() { cookie(&page) } else { mine.clone() };
        let next = field(&page, "next").replace("&#38;", "&");
        let fields = [("next", next.as_str()), ("form", &field(&page, "form")), ("name", NAME), ("password", PASSWORD)];
        let back = house.form("/sign-in", &who, &fields).await;
        let asked = house.get(back.header("location").strip_prefix(ISSUER).unwrap(), &cookie(&back)).await;
        assert_eq!(field(&asked, "name"), "Überall &#38; &#60;b&#62;");
        assert!(asked.body.contains("value=\"contact.read\" checked") && asked.body.contains("value=\"30\" checked"));
        if again.is_empty() {
            break;
        }
    }
}

/// A change of role is seen in the matrix and by the next decision.
#[tokio::test]
async fn a_changed_role_is_seen_here_and_at_the_door() {
    let house = House::new().await;
    let (mine, _) = visitor(&house).await;
    let fields = [("name", "A"), ("days", "7"), ("scope", "contact.delete")];
    let token = text(&send(&house, &mine, &page("tokens/new"), &fields).await);
    let row = async || {
        let rights = house.get(&page("rights"), &mine).await.body;
        let (_, row) = rights.split_once("<code>contact.delete</code>").unwrap();
        row.split_once("</tr>").unwrap().0.to_owned()
    };
    let door = "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e";
    assert!(row().await.contains("no role of yours grants it"));
    assert_eq!(house.decides(&token, "DELETE", door).await, "role");
    let (admin, acme) = (house.store.admin(), TenantId::parse(ACME).unwrap());
    let mut user = admin.user(&acme, &UserId::parse(SALES).unwrap()).await.unwrap();
    user.added.push("contact.delete".to_owned());
    let stamp = Stamp { by: "operator".to_owned(), milliseconds: 1, nonce: 1 };
    admin.put_user(&house.server.api.catalogue, &acme, user, &stamp).await.unwrap();
    assert!(row().await.contains("granted contact.delete"));
    assert_eq!(house.decides(&token, "DELETE", door).await, "allowed");
}

/// Disconnecting an app ends all of its grants and nobody else's.
#[tokio::test]
async fn a_disconnected_app_has_nothing_left() {
    let house = House::new().await;
    let (app, other) = (house.app().await, other_app(&house).await);
    let mut tokens = Vec::new();
    for client in [&app, &app, &other] {
        tokens.push(house.redeem(client, &house.code(client).await).await);
    }
    let (mine, _) = visitor(&house).await;
    let apps = house.get(&page("apps"), &mine).await;
    assert!(apps.body.contains("Nightly") && apps.body.contains("Other"), "{}", apps.body);
    let path = page("apps/disconnect");
    let asked = house.get(&format!("{path}?client={app}"), &mine).await;
    let fields = [("client", app.as_str()), ("form", &field(&asked, "form")), ("once", &once(&asked))];
    assert_eq!(house.form(&path, &cookie_of(&house).await, &fields).await.status, 403, "another session's form");
    assert_eq!(house.form(&path, &mine, &fields).await.status, 303);
    assert_eq!(house.form(&path, &mine, &fields).await.status, 403, "once");
    let reasons = ["revoked", "revoked", "allowed"];
    for (token, reason) in tokens.iter().zip(reasons) {
        assert_eq!(house.decides(&token.text("access_token"), "GET", CONTACTS).await, reason);
    }
    let apps = house.get(&page("apps"), &mine).await;
    assert!(!apps.body.contains("Nightly") && apps.body.contains("Other"), "{}", apps.body);
    assert_eq!(house.get(&format!("{path}?client={app}"), &mine).await.status, 404);
}

async fn other_app(house: &House) -> String {
    let metadata = serde_json::json!({
        "redirect_uris": [super::house::URI], "token_endpoint_auth_method": "none", "client_name": "Other"
    });
    house.register(metadata).await.text("client_id")
}

/// Hostile names are text, wherever they are shown, or refused with a reason.
#[tokio::test]
async fn hostile_names_are_text() {
    let house = House::new().await;
    let (mine, _) = visitor(&house).await;
    let mut names = vectors().map(|vectors| vectors.naughty_strings()).unwrap_or_default();
    names.extend(
        ["\u{202e}gnissecorp", "a\u{2066}b", "</bdi><script>alert(1)</script>", "{{ 7*7 }}"].map(str::to_owned),
    );
    names.push("x".repeat(10_000));
    let (acme, format) = (TenantId::parse(ACME).unwrap(), house.server.settings.pages.pats.as_ref().unwrap());
    let mut kept = 0;
    for (number, name) in names.iter().enumerate() {
        // Every one is kept or refused by the store; some, the worst among them, also come by the form.
        if number % 40 == 0 || number + 6 > names.len() {
            let fields = [("name", name.as_str()), ("days", "7"), ("scope", "contact.read")];
            let answer = send(&house, &mine, &page("tokens/new"), &fields).await;
            let refused = answer.body.contains("1 to 100 characters");
            assert!(answer.status == 200 && (refused != answer.body.contains("id=\"token\"")), "{name:?}");
            sound(&answer, name);
        }
        let new = NewPat {
            user: UserId::parse(SALES).unwrap(),
            name: name.clone(),
            scopes: vec!["contact.read".to_owned()],
            life: Some(86_400),
        };
        let number = u64::try_from(number).unwrap();
        let mut entropy = PatEntropy { secret: [7; SECRET_LENGTH], id: [0; 12] };
        for (at, byte) in number.to_be_bytes().into_iter().enumerate() {
            (entropy.secret[at], entropy.id[at]) = (byte, byte);
        }
        let stamp = Stamp { by: name.clone(), milliseconds: house.world.clock.now().seconds() * 1000, nonce: number };
        let made =
            house.store.admin().issue_pat(&house.server.api.catalogue, format, &acme, &new, entropy, &stamp).await;
        kept += usize::from(made.is_ok());
    }
    assert!(kept > 4, "{kept}");
    for rest in ["tokens", "why", "activity"] {
        let listed = house.get(&page(rest), &mine).await;
        assert_eq!(listed.status, 200);
        sound(&listed, rest);
    }
}

/// Nothing that was put in became markup: every tag is one that the templates have, without a handler.
fn sound(page: &Reply, case: &str) {
    let (tags, quoted) = (Regex::new(r"<(/?[a-zA-Z!][^\s>]*)([^>]*)>").unwrap(), Regex::new(r#""[^"]*""#).unwrap());
    let own = [
        "!doctype", "a", "bdi", "body", "button", "caption", "code", "dd", "div", "dl", "dt", "fieldset", "footer",
        "form", "h1", "h2", "head", "header", "html", "img", "input", "label", "legend", "li", "link", "main", "meta",
        "nav", "option", "p", "pre", "script", "select", "span", "strong", "table", "tbody", "td", "th", "thead",
        "time", "title", "tr", "ul",
    ];
    for tag in tags.captures_iter(&page.body) {
        let name = tag[1].trim_start_matches('/').to_lowercase();
        assert!(own.contains(&name.as_str()), "{case:?}: <{name}>");
        let attributes = quoted.replace_all(&tag[2], "").to_lowercase();
        assert!(!attributes.contains(" on"), "{case:?}: {attributes}");
        assert!(name != "script" || tag[2].is_empty() || tag[2].contains("src=\"/pages.js?"), "{case:?}");
    }
    assert_eq!(page.body.matches("<script").count(), 1, "{case:?}");
}
