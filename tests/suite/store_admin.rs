//! The operators' writes: each with its audit record or not at all, and the loser of a race is told what the winner did.

use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::access::principal::Principal;
use edge_authorizer::access::requirement::Verdict;
use edge_authorizer::access::tenant::{Features, Tenant, TenantStatus, User, UserKind, UserStatus};
use edge_authorizer::store::Store;
use edge_authorizer::store::admin::pat::{Issued, NewPat, PatEntropy, Rotated, Rotation};
use edge_authorizer::store::admin::{Admin, AdminError};
use edge_authorizer::store::client::{Endpoint, connect};
use edge_authorizer::store::read::DynamoStore;
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::credential::Credential;
use edge_authorizer::token::pat::{MacKey, PatFormat, Prefix};
use edge_authorizer::token::refusal::Refusal;

use crate::embedded::{Embedded, REGION, TABLE, at, block_on, catalogue};

const DAY: u64 = 24 * 60 * 60;

fn acme() -> TenantId {
    TenantId::parse("biz_0123456789abcdef01234567").unwrap()
}

fn sally() -> UserId {
    UserId::parse("usr_89abcdef0123456789abcdef").unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn format() -> PatFormat {
    PatFormat::new(Prefix::parse("crm").unwrap(), MacKey::new(&[7; 32]).unwrap(), None)
}

fn tenant() -> Tenant {
    Tenant {
        id: acme(),
        status: TenantStatus::Active,
        features: Features::All,
        roles: [("sales".to_owned(), names(&["contact.read", "contact.write"]))].into(),
        usage_key: None,
        max_token_seconds: None,
    }
}

fn user(roles: &[&str]) -> User {
    User {
        id: sally(),
        kind: UserKind::Person,
        status: UserStatus::Active,
        roles: names(roles),
        added: Vec::new(),
        removed: Vec::new(),
    }
}

fn entropy(byte: u8) -> PatEntropy {
    PatEntropy { secret: [byte; 24], id: [byte; 12] }
}

fn wanted(scopes: &[&str]) -> NewPat {
    NewPat { user: sally(), name: "nightly sync".to_owned(), scopes: names(scopes), life: None }
}

/// A table with a tenant and a user, made in seconds 1 and 2.
async fn furnished(store: &Embedded) -> Admin {
    let admin = store.admin();
    admin.create_table().await.unwrap();
    admin.create_tenant(&catalogue(), tenant(), &at(1)).await.unwrap();
    admin.put_user(&catalogue(), &acme(), user(&["sales"]), &at(2)).await.unwrap();
    admin
}

async fn issue(admin: &Admin, byte: u8, second: u64) -> Issued {
    let new = wanted(&["contact.read"]);
    admin.issue_pat(&catalogue(), &format(), &acme(), &new, entropy(byte), &at(second)).await.unwrap()
}

async fn rotate(admin: &Admin, id: &str, overlap: u64, byte: u8, second: u64) -> Result<Rotated, AdminError> {
    let rotation = Rotation { id: id.to_owned(), life: None, overlap };
    admin.rotate_pat(&catalogue(), &format(), &acme(), &rotation, entropy(byte), &at(second)).await
}

/// What a decision makes of a token's text.
async fn establish(store: &Embedded, text: &str, now: u64) -> Result<Principal, String> {
    let keys = || "local".to_owned();
    let endpoint = Endpoint::with_keys(REGION.to_owned(), Some(store.url.clone()), keys(), keys(), None);
    let credential = Credential::Pat(format().open(text).unwrap());
    let records = DynamoStore::new(endpoint, TABLE.to_owned()).read(&credential).await.unwrap();
    Principal::establish(&credential, records, &catalogue(), Timestamp::from_seconds(now)).map_err(|it| it.to_string())
}

async fn actions(admin: &Admin) -> Vec<String> {
    let log = admin.audit(Some(&acme()), Timestamp::default()).await.unwrap();
    log.iter().map(|entry| format!("{} {} {}", entry.by, entry.action.as_str(), entry.subject)).collect()
}

#[test]
fn an_issued_token_is_good_until_it_is_revoked_and_can_be_revoked_once() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let issued = issue(&admin, 1, 10).await;
        let text = issued.token.expose();
        assert_eq!(issued.record.expires.seconds(), 10 + 90 * DAY);
        assert!(establish(&store, text, 11).await.is_ok());

        let revoked = admin.revoke_pat(&acme(), &issued.record.id, &at(20)).await.unwrap();
        assert_eq!(revoked.revoked, Some(Timestamp::from_seconds(20)));
        let refusal = Refusal::Revoked { at: Timestamp::from_seconds(20) };
        assert_eq!(establish(&store, text, 21).await, Err(refusal.to_string()));

        let again = admin.revoke_pat(&acme(), &issued.record.id, &at(30)).await;
        let revoked_at = Timestamp::from_seconds(20);
        assert_eq!(again, Err(AdminError::AlreadyRevoked { id: issued.record.id.clone(), at: revoked_at }));
        let expected = ["tenant.create biz_0123456789abcdef01234567", "user.put usr_89abcdef0123456789abcdef"]
            .map(str::to_owned)
            .into_iter()
            .chain(["pat.issue", "pat.revoke"].map(|action| format!("{action} {}", issued.record.id)));
        assert_eq!(actions(&admin).await, expected.map(|it| format!("anna {it}")).collect::<Vec<_>>());
    });
}

/// Of a token the table has its digest, as a key, and no piece of the text.
#[test]
fn t27_the_table_holds_a_tokens_digest_and_nothing_of_its_text() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let tokens = [
            issue(&admin, 1, 10).await,
            rotate(&admin, &issue(&admin, 2, 11).await.record.id, DAY, 3, 12).await.unwrap().new,
        ];
        let keys = || "local".to_owned();
        let endpoint = Endpoint::with_keys(REGION.to_owned(), Some(store.url.clone()), keys(), keys(), None);
        let held = connect(endpoint).scan().table_name(TABLE).send().await.unwrap();
        let held = format!("{:?}", held.items());
        for issued in tokens {
            assert!(held.contains(&issued.token.digest().to_hex()));
            // Behind the prefix and the ids, which are no secrets.
            let secret = issued.token.expose().split_at(45).1;
            let pieces = (0..secret.len() - 8).filter_map(|from| secret.get(from..from + 8));
            assert!(pieces.clone().count() > 40 && pieces.into_iter().all(|piece| !held.contains(piece)));
        }
    });
}

#[test]
fn of_revocations_at_once_one_wins_and_the_others_are_told_so() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let id = issue(&admin, 1, 10).await.record.id;
        let tenant = acme();
        let stamps: Vec<_> = (20..28).map(at).collect();
        let attempts = stamps.iter().map(|stamp| admin.revoke_pat(&tenant, &id, stamp));
        let results = join_all(attempts).await;
        let won: Vec<_> = results.iter().filter_map(|it| it.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "{results:?}");
        let told = AdminError::AlreadyRevoked { id: id.clone(), at: won[0].revoked.unwrap() };
        assert_eq!(results.iter().filter(|it| **it == Err(told.clone())).count(), 7, "{results:?}");
        let revocations = actions(&admin).await.into_iter().filter(|it| it.contains("pat.revoke")).count();
        assert_eq!(revocations, 1, "one change, one record");
    });
}

#[test]
fn of_rotations_at_once_one_wins_and_only_its_token_exists() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let id = issue(&admin, 1, 10).await.record.id;
        let results = join_all((2..8).map(|byte| rotate(&admin, &id, DAY, byte, 20 + u64::from(byte)))).await;
        let won: Vec<_> = results.iter().filter_map(|it| it.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "{results:?}");
        let told = AdminError::AlreadyRotated { id, successor: won[0].new.record.id.clone() };
        assert!(results.iter().filter_map(|it| it.as_ref().err()).all(|error| *error == told), "{results:?}");
        assert_eq!(admin.pats(&acme(), None).await.unwrap().len(), 2);
    });
}

#[test]
fn a_rotation_never_prolongs_the_old_token() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let old = issue(&admin, 1, 0).await;
        let end = 90 * DAY;
        let rotated = rotate(&admin, &old.record.id, DAY, 2, end - 60).await.unwrap();
        assert_eq!(rotated.old.expires.seconds(), end, "the overlap would have ended a day later");
        assert_eq!(rotated.new.record.expires.seconds(), end - 60 + 90 * DAY);
        assert!(establish(&store, old.token.expose(), end - 1).await.is_ok());
        assert!(establish(&store, old.token.expose(), end).await.unwrap_err().contains("expired"));
        assert!(establish(&store, rotated.new.token.expose(), end).await.is_ok());
    });
}

#[test]
fn an_overlap_of_zero_ends_the_old_token_at_once() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let old = issue(&admin, 1, 10).await;
        let rotated = rotate(&admin, &old.record.id, 0, 2, 20).await.unwrap();
        assert!(establish(&store, old.token.expose(), 20).await.unwrap_err().contains("revoked"));
        assert!(establish(&store, rotated.new.token.expose(), 20).await.is_ok());
    });
}

#[test]
fn a_former_users_tokens_do_not_come_back_with_the_id() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let issued = issue(&admin, 1, 10).await;
        assert_eq!(
            admin.remove_user(&acme(), &sally(), &at(20)).await.unwrap(),
            std::slice::from_ref(&issued.record.id)
        );
        assert!(establish(&store, issued.token.expose(), 21).await.is_err());
        admin.put_user(&catalogue(), &acme(), user(&["sales"]), &at(30)).await.unwrap();
        assert!(establish(&store, issued.token.expose(), 31).await.unwrap_err().contains("revoked"));
        assert!(matches!(
            admin.remove_user(&acme(), &UserId::parse("nobody").unwrap(), &at(40)).await,
            Err(AdminError::NoUser { .. })
        ));
    });
}

#[test]
fn what_cannot_be_changed_leaves_neither_a_change_nor_an_audit_record() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let before = actions(&admin).await;
        let catalogue = catalogue();
        let unknown = admin.put_role(&catalogue, &acme(), "sales", &names(&["contact.raed"]), &at(10)).await;
        let nearest = Some("contact.read".to_owned());
        assert_eq!(unknown, Err(AdminError::UnknownPermission { given: "contact.raed".to_owned(), nearest }));
        let held = admin.remove_role(&acme(), "sales", &at(10)).await;
        assert_eq!(held, Err(AdminError::RoleHeld { role: "sales".to_owned(), users: vec![sally().to_string()] }));
        let twice = admin.create_tenant(&catalogue, tenant(), &at(10)).await;
        assert_eq!(twice, Err(AdminError::TenantExists { tenant: acme().to_string() }));
        let no_role = admin.put_user(&catalogue, &acme(), user(&["sale"]), &at(10)).await;
        assert!(matches!(no_role, Err(AdminError::NoRole { nearest: Some(nearest), .. }) if nearest == "sales"));
        let admin_scope = wanted(&["role.write"]);
        let refused = admin.issue_pat(&catalogue, &format(), &acme(), &admin_scope, entropy(1), &at(10)).await;
        assert_eq!(refused.unwrap_err(), AdminError::NotAScope { given: "role.write".to_owned() });
        assert_eq!(admin.tenant(&acme()).await.unwrap(), tenant());
        assert_eq!(actions(&admin).await, before);
    });
}

#[test]
fn a_tenants_maximum_bounds_every_new_token() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let old = issue(&admin, 1, 10).await;
        admin.limit_tokens(&acme(), Some(30 * DAY), &at(20)).await.unwrap();
        assert_eq!(issue(&admin, 2, 30).await.record.expires.seconds(), 30 + 30 * DAY);
        let rotated = rotate(&admin, &old.record.id, DAY, 3, 40).await.unwrap();
        assert_eq!(rotated.new.record.expires.seconds(), 40 + 30 * DAY);
        let long = NewPat { life: Some(31 * DAY), ..wanted(&["contact.read"]) };
        let refused = admin.issue_pat(&catalogue(), &format(), &acme(), &long, entropy(4), &at(50)).await;
        assert!(matches!(refused, Err(AdminError::LifeTooLong { .. })), "{refused:?}");
    });
}

#[test]
fn an_issued_token_is_returned_with_what_its_user_may_not_do() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let new = wanted(&["contact.all", "contact.read"]);
        let issued = admin.issue_pat(&catalogue(), &format(), &acme(), &new, entropy(1), &at(10)).await.unwrap();
        let [short] = issued.shortfalls.as_slice() else { panic!("{:?}", issued.shortfalls) };
        assert_eq!((short.scope.as_str(), short.verdict), ("contact.all", Verdict::RoleMissing));
        assert_eq!(short.remains, ["contact.read", "contact.write"]);
    });
}

#[test]
fn a_change_leaves_attributes_of_others_alone() {
    let store = Embedded::start();
    block_on(async {
        let admin = furnished(&store).await;
        let keys = || "local".to_owned();
        let client = connect(Endpoint::with_keys(REGION.to_owned(), Some(store.url.clone()), keys(), keys(), None));
        let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let key = |request: aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder| {
            request.table_name(TABLE).key("pk", text(&format!("TENANT#{}", acme()))).key("sk", text("TENANT"))
        };
        let update = key(client.update_item()).update_expression("SET tier = :tier");
        update.expression_attribute_values(":tier", text("gold")).send().await.unwrap();
        admin.set_tenant_status(&acme(), TenantStatus::Suspended, &at(10)).await.unwrap();
        let item = client.get_item().table_name(TABLE).key("pk", text(&format!("TENANT#{}", acme())));
        let item = item.key("sk", text("TENANT")).send().await.unwrap().item.unwrap();
        assert_eq!((&item["tier"], &item["status"]), (&text("gold"), &text("suspended")));
        let log = admin.audit(Some(&acme()), Timestamp::default()).await.unwrap();
        let changes = &log.last().unwrap().changes;
        assert_eq!(changes.keys().collect::<Vec<_>>(), ["status"]);
        assert_eq!(changes["status"].before, Some(text("active")));
        assert_eq!(changes["status"].after, Some(text("suspended")));
    });
}

/// Runs the futures at once, on one thread.
async fn join_all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(context) {
                *done = Some(value);
            }
        }
        match done.iter().all(Option::is_some) {
            true => std::task::Poll::Ready(done.iter_mut().filter_map(Option::take).collect()),
            false => std::task::Poll::Pending,
        }
    })
    .await
}
