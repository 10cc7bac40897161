//! The administration of an organisation over HTTP: who may look, that nobody grants what they do not hold, that
//! somebody remains who can administer, and that a change is shown before it is made.

use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::access::tenant::{User, UserKind, UserStatus};
use edge_authorizer::local::demo::{ACME, GLOBEX};
use edge_authorizer::oauth::account::{AccountName, PasswordHash};
use edge_authorizer::store::admin::audit::Action;
use edge_authorizer::store::admin::pat::{NewPat, PatEntropy};
use edge_authorizer::store::admin::{AdminError, Stamp};
use edge_authorizer::store::oauth::accounts::Membership;
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::pat::SECRET_LENGTH;

use super::house::{House, ISSUER, PASSWORD, Plan, cookie, form};
use super::visiting::{field, visitor};
use crate::http::Reply;

const ADMIN: &str = "usr_1a4e7c90d2b54f3881c6e0a7";
const SALES: &str = "usr_58c2f6b14d0e47a99e3b7d12";
const FORMER: &str = "usr_ee07b5c12d9a4386bf41d860";
const VIEWER: &str = "usr_9b60d3e7f1284c5aa7d4c839";

fn page(rest: &str) -> String {
    format!("/account/{ACME}/{rest}")
}

fn acme() -> TenantId {
    TenantId::parse(ACME).unwrap()
}

fn id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

fn stamp(nonce: u64) -> Stamp {
    Stamp { by: "operator".to_owned(), milliseconds: nonce, nonce }
}

/// The cookie of somebody who has just signed in as that user of the organisation.
async fn signed_in_as(house: &House, user: &str) -> String {
    let name = AccountName::parse(&format!("{user}@example.com")).unwrap();
    house.store.put_account(&name, &PasswordHash::of(PASSWORD, [3; 16]).unwrap()).await.unwrap();
    let membership = Membership { tenant: acme(), user: id(user) };
    house.store.put_membership(&name.identity(), &membership).await.unwrap();
    let asked = house.get("/sign-in", "").await;
    let fields =
        [("next", "/account"), ("form", &field(&asked, "form")), ("name", name.as_str()), ("password", PASSWORD)];
    cookie(&house.form("/sign-in", &cookie(&asked), &fields).await)
}

/// A token of that user, its id all zeros.
async fn token_of(house: &House, user: &str, scope: &str) -> String {
    let new =
        NewPat { user: id(user), name: "A".to_owned(), scopes: vec![scope.to_owned()], life: Some(7 * 24 * 3600) };
    let entropy = PatEntropy { secret: [7; SECRET_LENGTH], id: [0; 12] };
    let format = house.server.settings.pages.pats.as_ref().unwrap();
    let stamp = Stamp { milliseconds: house.world.clock.now().seconds() * 1000, ..stamp(1) };
    let admin = house.store.admin();
    let issued = admin.issue_pat(&house.server.api.catalogue, format, &acme(), &new, entropy, &stamp).await.unwrap();
    assert_eq!(issued.record.id, "pat_000000000000000000000000");
    issued.token.expose().to_owned()
}

/// What a page proposes, sent as its own form sends it.
async fn save(house: &House, cookie: &str, path: &str, query: &str, fields: &[(&str, &str)]) -> Reply {
    let shown = house.get(&format!("{path}?{query}"), cookie).await;
    let proof = [field(&shown, "form"), field(&shown, "once")];
    house.form(path, cookie, &[fields, &[("form", &proof[0]), ("once", &proof[1])]].concat()).await
}

/// What no page offers, sent with what another form of this session proves itself by.
async fn send_anyway(house: &House, cookie: &str, rest: &str, fields: &[(&str, &str)]) -> Reply {
    let other = house.get(&page("tokens/new"), cookie).await;
    let proof = [field(&other, "form"), field(&other, "once")];
    let proven = [fields, &[("form", &proof[0]), ("once", &proof[1])]].concat();
    let sent = house.form(&page(rest), cookie, &proven).await;
    assert_eq!(house.form(&page(rest), cookie, &proven).await.status, 403, "once: {rest}");
    let form_of_another = "0".repeat(64);
    let foreign = [fields, &[("form", &form_of_another), ("once", &proof[1])]].concat();
    assert_eq!(house.form(&page(rest), cookie, &foreign).await.status, 403, "a foreign token: {rest}");
    sent
}

/// Somebody who administers, and holds of the API's own permissions no more than reading contacts.
async fn lesser(house: &House) -> String {
    let admin = house.store.admin();
    let catalogue = &house.server.api.catalogue;
    let names = ["member.read", "member.write", "role.read", "role.write", "contact.read"].map(str::to_owned);
    admin.put_role(catalogue, &acme(), "lead", &names, &stamp(1)).await.unwrap();
    let user = User {
        id: id("usr_lead"),
        kind: UserKind::Person,
        status: UserStatus::Active,
        roles: vec!["lead".to_owned()],
        added: Vec::new(),
        removed: Vec::new(),
    };
    admin.put_user(catalogue, &acme(), user, &stamp(2)).await.unwrap();
    signed_in_as(house, "usr_lead").await
}

#[tokio::test]
async fn only_who_administers_sees_the_administration() {
    let house = House::new().await;
    let (viewer, admin) = (signed_in_as(&house, VIEWER).await, signed_in_as(&house, ADMIN).await);
    let role = "role?name=sales";
    let member = format!("member?user={SALES}");
    let end = format!("member/end?how=disable&user={SALES}");
    for rest in ["members", &member, &end, "roles", role, "role/end?name=sync", "everybody"] {
        assert_eq!(house.get(&page(rest), &viewer).await.status, 404, "{rest}");
        assert_eq!(house.get(&page(rest), &admin).await.status, 200, "{rest}");
        // The admin of one organisation is nobody in another.
        let elsewhere = format!("/account/{GLOBEX}/{rest}");
        assert_eq!(house.get(&elsewhere, &admin).await.status, 404, "{elsewhere}");
        assert!(house.get(&page(rest), "").await.header("location").starts_with(&format!("{ISSUER}/sign-in?next=")));
    }
    // Who may see the members and change none is offered no change.
    let (sales, _) = visitor(&house).await;
    let seen = house.get(&page("members"), &sales).await;
    assert!(seen.status == 200 && !seen.body.contains("how="), "{}", seen.body);
    let seen = house.get(&page(&member), &sales).await;
    assert!(seen.status == 200 && !seen.body.contains("See what it comes to"), "{}", seen.body);
    // What a role grants is not theirs to see, so no change to it either, however it is asked for.
    let preview = format!("member?edited=1&role=admin&user={VIEWER}");
    for rest in [&preview, &end, "role?name=admin", "role?name=admin&edited=1", "role/end?name=sync"] {
        assert_eq!(house.get(&page(rest), &sales).await.status, 404, "{rest}");
    }
    assert!(!house.get(&page("tokens"), &viewer).await.body.contains("/members\""));
    assert!(house.get(&page("tokens"), &admin).await.body.contains("/members\""));
    for rest in ["member?user=usr_nobody", "member?user=%00", "role?name=a+b", "role/end?name=nobodys", "role"] {
        let status = house.get(&page(rest), &admin).await.status;
        assert!([400, 404].contains(&status), "{rest}: {status}");
    }
}

#[tokio::test]
async fn a_role_is_shown_with_what_it_comes_to_and_then_changed() {
    let house = House::new().await;
    let admin = signed_in_as(&house, ADMIN).await;
    let was = house.store.admin().tenant(&acme()).await.unwrap().roles["sales"].clone();
    let more: Vec<(&str, &str)> = was.iter().map(|it| ("permission", it.as_str())).collect();
    let fields = [&more[..], &[("permission", "contact.delete"), ("name", "sales"), ("edited", "1")]].concat();
    let query = form(&fields);
    let shown = house.get(&page(&format!("role?{query}")), &admin).await;
    let effects = shown.body.split("Whom it makes a difference to").nth(1).unwrap().split("</table>").next().unwrap();
    assert!(effects.contains(SALES) && effects.contains("contact.delete") && !effects.contains(VIEWER), "{effects}");
    assert_eq!(house.store.admin().tenant(&acme()).await.unwrap().roles["sales"], was, "shown is not made");

    let token = token_of(&house, SALES, "contact.delete").await;
    let door = "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e";
    assert_eq!(house.decides(&token, "DELETE", door).await, "role");
    let saved = save(&house, &admin, &page("role"), &query, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(house.decides(&token, "DELETE", door).await, "allowed");
    let audit = house.store.admin().audit(Some(&acme()), Timestamp::from_seconds(0)).await.unwrap();
    assert!(audit.iter().any(|it| it.action == Action::RolePut && it.by == ADMIN));
}

#[tokio::test]
async fn nobody_grants_what_they_do_not_hold() {
    let house = House::new().await;
    let lead = lesser(&house).await;
    let tenant = house.store.admin().tenant(&acme()).await.unwrap();
    let users = house.store.admin().users(&acme()).await.unwrap();
    // By a role of their own, by another's, by an exception, by giving somebody a role, by ending an exception, by
    // letting somebody back in; to themselves or to others.
    let cases: [(&str, &[(&str, &str)]); 8] = [
        // To who is not let in today, and under an exception that may end.
        ("member", &[("user", FORMER), ("role", "admin")]),
        ("member", &[("user", VIEWER), ("role", "viewer"), ("added", "note.delete"), ("removed", "note.delete")]),
        ("role", &[("name", "lead"), ("permission", "contact.read"), ("permission", "contact.delete")]),
        ("role", &[("name", "fresh"), ("permission", "audit.read")]),
        ("member", &[("user", "usr_lead"), ("role", "lead"), ("added", "deal.all")]),
        ("member", &[("user", VIEWER), ("role", "admin")]),
        ("member", &[("user", SALES), ("role", "sales"), ("added", "note.delete")]),
        ("member/end", &[("user", FORMER), ("how", "enable")]),
    ];
    for (rest, fields) in cases {
        let fields = [fields, &[("edited", "1")]].concat();
        let query = form(&fields);
        let shown = house.get(&page(&format!("{rest}?{query}")), &lead).await;
        assert!(shown.body.contains("Nobody grants what they do not hold"), "{fields:?}\n{}", shown.body);
        let answer = send_anyway(&house, &lead, rest, &fields).await;
        assert!(answer.status == 200 && answer.body.contains("Nobody grants"), "{fields:?}\n{}", answer.body);
    }
    assert_eq!(house.store.admin().tenant(&acme()).await.unwrap(), tenant);
    assert_eq!(house.store.admin().users(&acme()).await.unwrap(), users);
    // What they hold they grant, and what anybody holds they take.
    let fields = [("user", VIEWER), ("added", "contact.read"), ("edited", "1")];
    let saved = save(&house, &lead, &page("member"), &form(&fields), &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let viewer = house.store.admin().user(&acme(), &id(VIEWER)).await.unwrap();
    assert_eq!((viewer.roles, viewer.added), (Vec::new(), vec!["contact.read".to_owned()]));
}

#[tokio::test]
async fn somebody_remains_who_can_administer() {
    let house = House::new().await;
    let admin = signed_in_as(&house, ADMIN).await;
    for (rest, fields) in [
        ("member/end", vec![("user", ADMIN), ("how", "disable")]),
        ("member/end", vec![("user", ADMIN), ("how", "remove")]),
        ("member", vec![("user", ADMIN), ("role", "sales"), ("edited", "1")]),
        ("member", vec![("user", ADMIN), ("role", "admin"), ("removed", "member.write"), ("edited", "1")]),
        ("role", vec![("name", "admin"), ("permission", "contact.all"), ("edited", "1")]),
        // Whoever can change and not see cannot change anything back.
        (
            "role",
            vec![("name", "admin"), ("permission", "member.write"), ("permission", "role.write"), ("edited", "1")],
        ),
    ] {
        let shown = house.get(&page(&format!("{rest}?{}", form(&fields))), &admin).await;
        assert!(shown.body.contains("Nobody would be left"), "{fields:?}\n{}", shown.body);
        let sent = send_anyway(&house, &admin, rest, &fields).await;
        assert!(sent.status == 200 && sent.body.contains("Nobody would be left"), "{fields:?}\n{}", sent.body);
    }
    // With another who can, the first may go.
    let fields = [("user", SALES), ("role", "admin"), ("edited", "1")];
    let saved = save(&house, &admin, &page("member"), &form(&fields), &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let fields = [("user", ADMIN), ("how", "remove")];
    let saved = save(&house, &admin, &page("member/end"), &form(&fields), &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(house.get(&page("members"), &admin).await.status, 404, "and is nobody here any more");
}

/// Two who would each remove the other at the same moment: one of them stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_remove_each_other_one_remains() {
    let house = House::new().await;
    let catalogue = house.server.api.catalogue.clone();
    for round in 0..10_u64 {
        let admin = house.store.admin();
        for user in [ADMIN, SALES] {
            let user = User {
                id: id(user),
                kind: UserKind::Person,
                status: UserStatus::Active,
                roles: vec!["admin".to_owned()],
                added: Vec::new(),
                removed: Vec::new(),
            };
            let nonce = round * 10 + u64::from(user.id == id(SALES));
            admin.put_user(&catalogue, &acme(), user.clone(), &stamp(1_000 + nonce)).await.unwrap();
            let enabled = admin.set_user_status(&acme(), &user.id, UserStatus::Active, &stamp(2_000 + nonce)).await;
            assert!(matches!(enabled, Ok(_) | Err(AdminError::UserAlready { .. })), "{enabled:?}");
        }
        let (one, other) = (
            admin.clone().on_behalf_of(id(ADMIN), catalogue.clone()),
            admin.clone().on_behalf_of(id(SALES), catalogue.clone()),
        );
        let (sales, boss, acme) = (id(SALES), id(ADMIN), acme());
        let (first, second) = (stamp(3_000 + round), stamp(4_000 + round));
        let (one, other) = tokio::join!(
            one.set_user_status(&acme, &sales, UserStatus::Disabled, &first),
            other.set_user_status(&acme, &boss, UserStatus::Disabled, &second),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    }
}

#[tokio::test]
async fn anybodys_token_is_revoked_by_who_may() {
    let house = House::new().await;
    let admin = signed_in_as(&house, ADMIN).await;
    let (sales, _) = visitor(&house).await;
    let listed = house.get(&page("everybody"), &admin).await;
    assert!(listed.body.contains("pat_demo_viewer_everything") && listed.body.contains(VIEWER), "{}", listed.body);
    assert!(!listed.body.contains("pat_demo_globex_everything"));
    let token = token_of(&house, VIEWER, "contact.read").await;
    let path = page("tokens/pat_000000000000000000000000/revoke");
    assert!(!house.get(&page("everybody"), &admin).await.body.contains(&token));
    assert_eq!(house.get(&path, &sales).await.status, 404);
    assert_eq!(house.decides(&token, "GET", "/v1/contacts").await, "allowed");
    let revoked = save(&house, &admin, &path, "", &[]).await;
    assert_eq!(revoked.header("location"), format!("{ISSUER}{}", page("everybody")));
    assert_eq!(house.decides(&token, "GET", "/v1/contacts").await, "revoked");
}

/// Where the host product owns the roles they are shown, with where to go, and not changed.
#[tokio::test]
async fn roles_of_the_host_product_are_read_only_here() {
    let house =
        House::with(Plan { roles_url: Some("https://crm.example.com/team".to_owned()), ..Plan::default() }).await;
    let admin = signed_in_as(&house, ADMIN).await;
    let (admin_, read) = (house.store.admin(), ["contact.read".to_owned()]);
    admin_.put_role(&house.server.api.catalogue, &acme(), "spare", &read, &stamp(1)).await.unwrap();
    let before = admin_.tenant(&acme()).await.unwrap();
    for (rest, fields) in [
        ("role", vec![("name", "sales"), ("edited", "1")]),
        ("member", vec![("user", SALES), ("edited", "1")]),
        ("role/end", vec![("name", "spare")]),
    ] {
        let shown = house.get(&page(&format!("{rest}?{}", form(&fields))), &admin).await;
        let leads_there = shown.body.contains("https://crm.example.com/team");
        assert!(leads_there || (rest, shown.status) == ("role/end", 404), "{rest} {}", shown.body);
        let sent = send_anyway(&house, &admin, rest, &fields).await;
        assert!([403, 404].contains(&sent.status), "{rest} {}", sent.status);
    }
    assert_eq!(house.store.admin().tenant(&acme()).await.unwrap(), before);
}
