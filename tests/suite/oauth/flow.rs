//! The whole flow, from a registration to a token that is good no more.

use edge_authorizer::access::tenant::{User, UserStatus};
use edge_authorizer::local::demo::{ACME, GLOBEX, INITECH};
use edge_authorizer::local::store::TABLE;
use edge_authorizer::oauth::account::{AccountName, PasswordHash};
use edge_authorizer::oauth::session::Identity;
use edge_authorizer::store::admin::Admin;
use edge_authorizer::store::audit::Action;
use edge_authorizer::store::key as store_key;
use edge_authorizer::store::oauth::Commit;
use edge_authorizer::store::oauth::accounts::{Membership, Password};
use edge_authorizer::store::record::text;
use serde_json::json;

use super::house::{House, ISSUER, NAME, PASSWORD, URI, cookie, form};
use crate::embedded::at;

const CONTACTS: &str = "/v1/contacts";
const CONTACT: &str = "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e";

/// [18] [93] [98] and the promise of the product: register, authorize, sign in, consent, exchange, call, refresh, revoke.
#[tokio::test]
async fn from_a_registration_to_a_revoked_token() {
    let house = House::new().await;
    let app = house.app().await;
    let (handle, cookie) = house.signed_in(&app).await;
    let fields =
        [("request", handle.as_str()), ("tenant", ACME), ("scope", "contact.read"), ("scope", "contact.delete")];
    let allowed = house.form("/consent", &cookie, &[&fields[..], &[("decision", "allow")]].concat()).await;
    assert!(allowed.header("location").starts_with(&format!("{URI}?code=crm_code_")));
    assert_eq!((allowed.parameters()["state"].as_str(), allowed.parameters()["iss"].as_str()), ("xyz", ISSUER));
    assert_eq!(allowed.header("location").matches("iss=").count(), 1);

    let tokens = house.redeem(&app, &allowed.parameters()["code"]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.header("cache-control"), "no-store");
    assert_eq!(tokens.text("scope"), "contact.read contact.delete");
    let access = tokens.text("access_token");
    assert_eq!(house.decides(&access, "GET", CONTACTS).await, "allowed");
    assert_eq!(house.decides(&access, "POST", CONTACTS).await, "scope");
    assert_eq!(house.decides(&access, "DELETE", CONTACT).await, "role", "sales may not delete, whatever was granted");

    house.world.clock.advance(901 + 30);
    assert_eq!(house.decides(&access, "GET", CONTACTS).await, "expired");
    let refreshed = house.refresh(&app, &tokens.text("refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    let access = refreshed.text("access_token");
    assert_eq!(house.decides(&access, "GET", CONTACTS).await, "allowed");

    let token = refreshed.text("refresh_token");
    let revoked = house.form("/revoke", "", &[("client_id", &app), ("token", &token)]).await;
    assert_eq!(revoked.status, 200);
    assert_eq!(house.decides(&access, "GET", CONTACTS).await, "revoked");
    assert_eq!(house.refresh(&app, &token).await.error(), "400 invalid_grant");
}

/// [1] [2] [11]: nothing is redirected before the client and its redirect URI are known.
#[tokio::test]
async fn a_request_from_nowhere_goes_nowhere() {
    let house = House::new().await;
    let app = house.app().await;
    let elsewhere = [("redirect_uri", "https://evil.example/cb")];
    for path in [
        House::authorize_path("app_unknown", &[]),
        House::authorize_path(&app, &elsewhere),
        format!("{}&client_id=x", House::authorize_path(&app, &[])),
        format!("{}&redirect_uri={URI}", House::authorize_path(&app, &[])),
        "/authorize".to_owned(),
        "/authorize?state=%ff".to_owned(),
    ] {
        let reply = house.get(&path, "").await;
        assert_eq!((reply.status, reply.header("www-authenticate")), (400, ""), "{path}");
        assert_eq!(reply.header("location"), "", "{path}");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    }
}

/// [19] [20] [98]: every other error goes to the client, with its state and the issuer.
#[tokio::test]
async fn other_errors_go_to_the_client() {
    let house = House::new().await;
    let app = house.app().await;
    for (change, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "nothing"), "invalid_scope"),
        (("resource", "https://other.example.com"), "invalid_target"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("request_uri", "https://x.example"), "request_uri_not_supported"),
        (("prompt", "none"), "login_required"),
    ] {
        let reply = house.get(&House::authorize_path(&app, &[change]), "").await;
        let parameters = reply.parameters();
        assert!(reply.header("location").starts_with(&format!("{URI}?")), "{change:?}");
        assert_eq!((parameters["error"].as_str(), parameters["state"].as_str()), (error, "xyz"));
        assert_eq!(parameters["iss"], ISSUER);
    }
    let (_, cookie) = house.signed_in(&app).await;
    let reply = house.get(&House::authorize_path(&app, &[("prompt", "none")]), &cookie).await;
    assert_eq!(reply.parameters()["error"], "consent_required");
}

/// [83] [84]: consent is asked for every time, and says who asks, where the answer goes, and what the role covers.
#[tokio::test]
async fn the_consent_page_says_what_is_granted() {
    let house = House::new().await;
    let uri = "http://127.0.0.1:5000/cb";
    let name = "<script>alert(1)</script>";
    let fields = json!({"redirect_uris": [uri], "token_endpoint_auth_method": "none", "client_name": name});
    let app = house.register(fields).await.text("client_id");
    let asked = house.get(&House::authorize_path(&app, &[("redirect_uri", uri)]), "").await;
    let handle = asked.parameters()["request"].clone();
    let fields = [("request", handle.as_str()), ("name", NAME), ("password", PASSWORD)];
    let signed_in = house.form("/sign-in", &cookie(&asked), &fields).await;
    let page = house.get(&format!("/consent?request={handle}"), &cookie(&signed_in)).await;
    assert_eq!(page.status, 200);
    for part in [NAME, "127.0.0.1:5000", "this computer", "registered itself", ACME, GLOBEX] {
        assert!(page.body.contains(part), "{part}\n{}", page.body);
    }
    assert!(!page.body.contains("value=\"allow\""), "for which of the two is not said yet");
    assert!(page.body.contains("&#60;script&#62;alert(1)"), "[73] a client's name is text");
    for (tenant, worth) in [(ACME, "your role does not allow it"), (GLOBEX, "You can do this today")] {
        let page = house.get(&format!("/consent?request={handle}&tenant={tenant}"), &cookie(&signed_in)).await;
        let (_, deleting) = page.body.split_once("Delete contacts. <code>contact.delete</code>").unwrap();
        let (deleting, _) = deleting.split_once("</label>").unwrap();
        assert!(deleting.contains(worth), "{tenant}: {deleting}");
        assert!(page.body.contains("value=\"allow\"") && !page.body.contains("<script>"), "{}", page.body);
    }
    let foreign = house.get(&format!("/consent?request={handle}&tenant={INITECH}"), &cookie(&signed_in)).await;
    assert!(!foreign.body.contains("value=\"allow\"") && !foreign.body.contains(INITECH), "{}", foreign.body);

    // Signed in and asked before: asked again.
    let again = house.get(&House::authorize_path(&app, &[("redirect_uri", uri)]), &cookie(&signed_in)).await;
    assert!(again.header("location").starts_with(&format!("{ISSUER}/consent?request=")));
    // [20]: and an account can be chosen again.
    let path = House::authorize_path(&app, &[("redirect_uri", uri), ("prompt", "select_account")]);
    let select = house.get(&path, &cookie(&signed_in)).await;
    assert!(select.header("location").starts_with(&format!("{ISSUER}/sign-in?request=")));
}

/// [20]: an app that wants the person to sign in again gets nothing from the sign-in that there was.
#[tokio::test]
async fn a_sign_in_that_is_asked_for_is_not_passed_over() {
    let house = House::new().await;
    let app = house.app().await;
    for prompt in ["login", "login consent", "select_account"] {
        let (_, signed_in) = house.signed_in(&app).await;
        let asked = house.get(&House::authorize_path(&app, &[("prompt", prompt)]), &signed_in).await;
        let handle = asked.parameters()["request"].clone();
        let page = format!("/consent?request={handle}");
        let past = house.get(&page, &signed_in).await;
        assert_eq!(
            (past.status, past.header("location")),
            (303, format!("{ISSUER}/sign-in?request={handle}").as_str())
        );
        let allow = [("request", handle.as_str()), ("tenant", ACME), ("scope", "contact.read"), ("decision", "allow")];
        assert_eq!(house.form("/consent", &signed_in, &allow).await.status, 403, "{prompt}");

        let fields = [("request", handle.as_str()), ("name", NAME), ("password", PASSWORD)];
        let again = cookie(&house.form("/sign-in", &signed_in, &fields).await);
        assert_eq!(house.get(&page, &again).await.status, 200, "{prompt}");
        assert!(house.form("/consent", &again, &allow).await.parameters().contains_key("code"), "{prompt}");
    }
}

/// [88] [89]: the form can choose and leave out; it can add nothing.
#[tokio::test]
async fn a_consent_form_cannot_add_anything() {
    let house = House::new().await;
    let app = house.app().await;
    let (handle, cookie) = house.signed_in(&app).await;
    for tenant in ["biz_b3380e55c9a14f0d87e26a94", "biz_000000000000000000000000", ""] {
        let fields =
            [("request", handle.as_str()), ("tenant", tenant), ("scope", "contact.read"), ("decision", "allow")];
        assert_eq!(house.form("/consent", &cookie, &fields).await.status, 403, "{tenant}");
    }
    let fields = [
        ("request", handle.as_str()),
        ("tenant", ACME),
        ("scope", "contact.read"),
        ("scope", "contact.all"),
        ("scope", "deal.read"),
        ("redirect_uri", "https://evil.example/"),
        ("client_id", "app_other"),
        ("decision", "allow"),
    ];
    let reply = house.form("/consent", &cookie, &fields).await;
    assert!(reply.header("location").starts_with(URI));
    let tokens = house.redeem(&app, &reply.parameters()["code"]).await;
    assert_eq!(tokens.text("scope"), "contact.read", "[49] what was left out is reported");
}

/// [62] [64]: what a grant is worth is decided at every decision and every refresh.
#[tokio::test]
async fn a_user_who_has_left_takes_the_grant_along() {
    let house = House::new().await;
    let app = house.app().await;
    let tokens = house.redeem(&app, &house.code(&app).await).await;
    let sales = house.world.demo.users.iter().find(|member| member.name == "acme-sales").unwrap();
    let delete = house.world.store.client().delete_item().table_name(TABLE);
    let delete = delete.key("pk", text(&store_key::tenant_partition(&sales.tenant)));
    delete.key("sk", text(&store_key::user(&sales.user.id))).send().await.unwrap();
    assert_eq!(house.decides(&tokens.text("access_token"), "GET", CONTACTS).await, "unknown_user");
    assert_eq!(house.refresh(&app, &tokens.text("refresh_token")).await.error(), "400 invalid_grant");
}

/// [62]: who is disabled gets nothing new; whose role is narrowed gets tokens that are worth what is left of it, and what
/// is given back is worth something again.
#[tokio::test]
async fn a_user_who_may_do_less_has_tokens_that_are_worth_less() {
    let house = House::new().await;
    let app = house.app().await;
    let tokens = house.redeem(&app, &house.code(&app).await).await;
    let (token, access) = (tokens.text("refresh_token"), tokens.text("access_token"));
    let sales = house.world.demo.users.iter().find(|member| member.name == "acme-sales").unwrap();
    let (tenant, user) = (&sales.tenant, &sales.user);
    let admin = Admin::new(house.world.store.client(), TABLE.to_owned());
    let now = house.world.clock.now().seconds();
    admin.set_user_status(tenant, &user.id, UserStatus::Disabled, &at(now)).await.unwrap();
    assert_eq!(house.refresh(&app, &token).await.error(), "400 invalid_grant");
    assert_eq!(house.decides(&access, "GET", CONTACTS).await, "user_disabled");

    admin.set_user_status(tenant, &user.id, UserStatus::Active, &at(now + 1)).await.unwrap();
    let again = house.refresh(&app, &token).await;
    assert_eq!(house.decides(&again.text("access_token"), "GET", CONTACTS).await, "allowed", "nothing was ended");

    let catalogue = &house.server.api.catalogue;
    let narrowed = User { removed: vec!["contact.read".to_owned()], ..user.clone() };
    admin.put_user(catalogue, tenant, narrowed, &at(now + 2)).await.unwrap();
    let less = house.refresh(&app, &again.text("refresh_token")).await;
    assert_eq!(less.status, 200, "{}", less.body);
    for token in [&again, &less] {
        assert_eq!(house.decides(&token.text("access_token"), "GET", CONTACTS).await, "role");
    }
    admin.put_user(catalogue, tenant, user.clone(), &at(now + 3)).await.unwrap();
    assert_eq!(house.decides(&less.text("access_token"), "GET", CONTACTS).await, "allowed");
}

/// [62]: a user's id comes back, and what was granted under it does not; nor does a code become a grant meanwhile.
#[tokio::test]
async fn what_a_removed_user_granted_ends_for_good() {
    let house = House::new().await;
    let app = house.app().await;
    let tokens = house.redeem(&app, &house.code(&app).await).await;
    let late = house.code(&app).await;
    let sales = house.world.demo.users.iter().find(|member| member.name == "acme-sales").unwrap();
    let admin = Admin::new(house.world.store.client(), TABLE.to_owned());
    let now = house.world.clock.now().seconds();
    let ended = admin.remove_user(&sales.tenant, &sales.user.id, &at(now)).await.unwrap();
    assert_eq!(ended.iter().filter(|id| id.starts_with("gra_")).count(), 1, "{ended:?}");
    assert_eq!(house.redeem(&app, &late).await.error(), "400 invalid_grant");

    // Somebody else of that id.
    admin.put_user(&house.server.api.catalogue, &sales.tenant, sales.user.clone(), &at(now + 1)).await.unwrap();
    assert_eq!(house.decides(&tokens.text("access_token"), "GET", CONTACTS).await, "revoked");
    assert_eq!(house.refresh(&app, &tokens.text("refresh_token")).await.error(), "400 invalid_grant");
    let log = admin.audit(Some(&sales.tenant), house.world.clock.now()).await.unwrap();
    let told = |id: &String| log.iter().any(|it| it.action == Action::GrantRevoke && it.subject == *id);
    assert!(ended.iter().filter(|id| !id.starts_with("pat_")).all(told), "{ended:?} {log:?}");
}

/// [62]: who was removed signs in and is a member no more, though somebody has the user's id again; and other tenants'
/// members they stay.
#[tokio::test]
async fn an_account_is_no_member_when_its_user_is_removed() {
    let house = House::new().await;
    let sales = house.world.demo.users.iter().find(|member| member.name == "acme-sales").unwrap();
    let admin = Admin::new(house.world.store.client(), TABLE.to_owned());
    let now = house.world.clock.now().seconds();
    let name = AccountName::parse("second@example.com").unwrap();
    let (membership, password) = (
        Membership { tenant: sales.tenant.clone(), user: sales.user.id.clone() },
        Password::First(PasswordHash::of(PASSWORD, [4; 16]).unwrap()),
    );
    assert_eq!(house.store.give_account(&name, &membership, &password, &at(now)).await.unwrap(), Commit::Done);
    let identities = [AccountName::parse(NAME).unwrap().identity(), name.identity()];
    let tenants = async |identity: &Identity| {
        house.store.memberships(identity).await.unwrap().into_iter().map(|it| it.tenant.to_string()).collect::<Vec<_>>()
    };
    for identity in &identities {
        assert!(tenants(identity).await.contains(&ACME.to_owned()));
    }
    admin.remove_user(&sales.tenant, &sales.user.id, &at(now + 1)).await.unwrap();
    admin.put_user(&house.server.api.catalogue, &sales.tenant, sales.user.clone(), &at(now + 2)).await.unwrap();
    for identity in &identities {
        assert!(!tenants(identity).await.contains(&ACME.to_owned()), "{identity:?}");
    }
    assert!(tenants(&identities[0]).await.contains(&GLOBEX.to_owned()));
}

/// `POST /authorize` is the same request, and still gets the browser's cookie.
#[tokio::test]
async fn a_request_may_come_as_a_form() {
    let house = House::new().await;
    let fields = [("client_id", "app_1"), ("state", "a b&c")];
    let reply = house.form("/authorize", "", &fields).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, format!("{ISSUER}/authorize?{}", form(&fields)).as_str())
    );
    // Sent on it would be more than a gateway passes.
    let long = [("client_id", "app_1"), ("state", &*"\"".repeat(4000))];
    assert_eq!(house.form("/authorize", "", &long).await.status, 413);
}
