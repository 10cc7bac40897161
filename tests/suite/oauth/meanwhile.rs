//! A client or a user is removed while something is under way for it: what was begun does not outlive the removal, and
//! does not undo it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use edge_authorizer::access::tenant::UserStatus;
use edge_authorizer::local::demo::ACME;
use edge_authorizer::local::store::TABLE;
use edge_authorizer::oauth::client::{Client, Origin};
use edge_authorizer::oauth::document::Documents;
use edge_authorizer::store::admin::Admin;
use edge_authorizer::store::oauth::Commit;
use serde_json::json;

use super::between::Between;
use super::house::{House, Plan, URI};
use super::site::{LOOPBACK, Names, Page, Site};
use crate::embedded::at;

const HOST: &str = "app.example.com";

/// A house in which something may come between.
async fn house() -> (Arc<House>, Between) {
    let between = Between::default();
    (Arc::new(House::with(Plan { between: between.clone(), ..Plan::default() }).await), between)
}

/// The same with a client that describes itself, and the site where it does.
async fn house_and_site() -> (Arc<House>, Between, Site, String) {
    let (site, between) = (Site::named(HOST), Between::default());
    let documents = Documents::through(site.reached_by(&Names::lead_to(&[&[LOOPBACK]]), |_| true));
    let id = format!("https://{HOST}:{}/client.json", site.port);
    let document = json!({"client_id": id, "redirect_uris": [URI], "token_endpoint_auth_method": "none"});
    site.put("/client.json", Page::json(document));
    let plan = Plan { documents: Some(documents), between: between.clone(), ..Plan::default() };
    (Arc::new(House::with(plan).await), between, site, id)
}

impl House {
    async fn record(&self, client: &str) -> Option<Client> {
        self.store.client(&client.parse().unwrap()).await.unwrap()
    }

    /// Removes a client, as an operator does whose clock is a little ahead.
    async fn remove(&self, client: &str) {
        let record = self.record(client).await.unwrap();
        let later = at(self.world.clock.now().seconds() + 5).next();
        assert_eq!(self.store.withdraw_client(&record, &later).await.unwrap(), Commit::Done);
    }

    /// How many grants of a client are good.
    async fn grants_of(&self, client: &str) -> usize {
        let grants = self.store.grants(&ACME.parse().unwrap()).await.unwrap();
        grants.iter().filter(|grant| grant.client_id.as_str() == client && grant.revoked.is_none()).count()
    }
}

/// A client is removed, and a code that it has not redeemed yet is worth nothing: not while the removal runs, not
/// afterwards, and not when the same client is there anew.
#[tokio::test]
async fn a_removed_clients_code_is_worth_nothing() {
    let (house, between, _site, document) = house_and_site().await;
    let registered = house.app().await;
    for client in [&document, &registered] {
        assert_eq!(house.get(&House::authorize_path(client, &[]), "").await.status, 303);
        let (late, overtaken) = (house.code(client).await, house.code(client).await);
        let (removing, of) = (Arc::clone(&house), client.clone());
        between.happens(async move { removing.remove(&of).await });
        assert_eq!(house.redeem(client, &overtaken).await.error(), "401 invalid_client", "{client}");
        assert!(between.is_over() && house.record(client).await.is_none());
        assert_ne!(house.redeem(client, &late).await.status, 200, "{client}");

        house.world.clock.advance(1);
        assert_eq!(house.app().await, registered);
        assert_eq!(house.get(&House::authorize_path(client, &[]), "").await.status, 303, "there anew");
        assert_ne!(house.redeem(client, &late).await.status, 200, "{client}");
        assert_eq!(house.grants_of(client).await, 0, "{client}");
        let fresh = house.code(client).await;
        assert_eq!(house.redeem(client, &fresh).await.status, 200, "{client}");
    }
}

/// [62]: a user is disabled or removed between the read and the claim: there is no grant.
#[tokio::test]
async fn a_user_who_leaves_meanwhile_grants_nothing() {
    for removed in [false, true] {
        let (house, between) = house().await;
        let app = house.app().await;
        let code = house.code(&app).await;
        let sales = house.world.demo.users.iter().find(|member| member.name == "acme-sales").unwrap();
        let (tenant, user) = (sales.tenant.clone(), sales.user.id.clone());
        let admin = Admin::new(house.world.store.client(), TABLE.to_owned());
        let stamp = at(house.world.clock.now().seconds());
        between.happens(async move {
            if removed {
                admin.remove_user(&tenant, &user, &stamp).await.unwrap();
            } else {
                admin.set_user_status(&tenant, &user, UserStatus::Disabled, &stamp).await.unwrap();
            }
        });
        assert_eq!(house.redeem(&app, &code).await.error(), "400 invalid_grant");
        assert!(between.is_over());
        assert_eq!(house.grants_of(&app).await, 0);
    }
}

/// Its own change and a removal that breaks off at its first step: the client has ended, and stays so.
#[tokio::test]
async fn a_change_does_not_undo_a_removal() {
    let (house, between) = house().await;
    let said = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post"});
    let registered = house.register(said.clone()).await;
    let (id, token) = (registered.text("client_id"), registered.text("registration_access_token"));
    let mut body = said;
    body["client_id"] = json!(id);
    between.happens_before("PutItem", breaks_off(&house, &between, &id));
    let put = Request::put(format!("/register/{id}")).header("authorization", format!("Bearer {token}"));
    let put = put.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap();
    assert_eq!(house.send(put).await.error(), "401 invalid_token");
    assert!(between.is_over());
    has_ended(&house, &id).await;
}

/// So does a use that would have renewed it.
#[tokio::test]
async fn a_renewal_does_not_undo_a_removal() {
    let (house, between) = house().await;
    let app = house.app().await;
    let token = house.redeem(&app, &house.code(&app).await).await.text("refresh_token");
    house.world.clock.advance(10 * 86_400);
    between.happens_before("UpdateItem", breaks_off(&house, &between, &app));
    house.refresh(&app, &token).await;
    assert!(between.is_over());
    has_ended(&house, &app).await;
}

/// And so does a registration of the very same while it is removed: the removal says that there is another now, and the
/// new one has nothing of the old.
#[tokio::test]
async fn who_registers_anew_during_a_removal_starts_anew() {
    let (house, between) = house().await;
    let app = house.app().await;
    let tokens = house.redeem(&app, &house.code(&app).await).await;
    let was = house.record(&app).await.unwrap();
    let (again, clock) = (Arc::clone(&house), house.world.clock.clone());
    between.happens_before("Query", async move {
        clock.advance(1);
        again.app().await;
    });
    let stamp = at(house.world.clock.now().seconds());
    assert_eq!(house.store.withdraw_client(&was, &stamp).await.unwrap(), Commit::Done);
    assert!(between.is_over());
    assert!(house.record(&app).await.unwrap().registered > was.registered);
    assert_eq!(house.decides(&tokens.text("access_token"), "GET", "/v1/contacts").await, "revoked");
    assert_eq!(house.redeem(&app, &house.code(&app).await).await.status, 200);
}

/// An operator vouches for a client that has been used for a while.
#[tokio::test]
async fn a_client_that_was_renewed_can_be_verified() {
    let (house, _) = house().await;
    let app = house.app().await;
    house.world.clock.advance(10 * 86_400);
    house.redeem(&app, &house.code(&app).await).await;
    let was = house.record(&app).await.unwrap();
    let origin = Origin::Operator { first_party: false, may_introspect: false };
    let is = Client { origin, expires: None, ..was.clone() };
    let stamp = at(house.world.clock.now().seconds());
    assert_eq!(house.store.vouch_for(&was, &is, &stamp).await.unwrap(), Commit::Done);
    assert_eq!(house.record(&app).await.unwrap(), is);
    // On what it was: another has vouched since.
    assert_eq!(house.store.vouch_for(&was, &is, &stamp.next()).await.unwrap(), Commit::Conflict);
}

/// A removal of which the store only makes the first step.
fn breaks_off(house: &Arc<House>, between: &Between, client: &str) -> impl Future<Output = ()> + Send + 'static {
    let (house, between, client) = (Arc::clone(house), between.clone(), client.to_owned());
    async move {
        let record = house.record(&client).await.unwrap();
        let later = at(house.world.clock.now().seconds() + 5);
        between.goes_down_after(1);
        assert!(house.store.withdraw_client(&record, &later).await.is_err());
        between.is_back();
    }
}

/// A client whose removal broke off is good for nothing, and can be removed still.
async fn has_ended(house: &House, client: &str) {
    let now = house.world.clock.now();
    assert!(house.record(client).await.unwrap().current(now).is_err());
    house.remove(client).await;
    assert!(house.record(client).await.is_none());
}
