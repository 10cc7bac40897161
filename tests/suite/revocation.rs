//! What ends at the record ends at the door: each kind of end, through the local gateway with its cache, on a clock
//! that the test moves. `docs/revocation.md` is made here.

use edge_authorizer::access::identity::TenantId;
use edge_authorizer::access::tenant::{Features, TenantStatus, UserStatus};
use edge_authorizer::local::demo::{DemoToken, GLOBEX};
use edge_authorizer::local::issuer::ISSUER;
use edge_authorizer::local::store::TABLE;
use edge_authorizer::oauth::access_token::DEFAULT_LIFETIME;
use edge_authorizer::store::admin::pat::{NewPat, PatEntropy, Rotation};
use edge_authorizer::store::admin::{Admin, Stamp};
use edge_authorizer::store::audit::Action;
use edge_authorizer::store::key;
use edge_authorizer::store::oauth::OAuthStore;
use edge_authorizer::store::record::text;
use edge_authorizer::token::issuers::DEFAULT_LEEWAY;
use edge_authorizer::token::pat::SECRET_LENGTH;

use crate::gateway::{Door, TTL};
use crate::golden;
use crate::world::{NOW, api};

const CONTACTS: &str = "/v1/contacts";
const DEALS: &str = "/v1/deals";

/// The life of a token that is watched to its end, in seconds.
const LIFE: u64 = 600;

/// What ends, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    PatRevoked,
    PatExpires,
    OverlapEnds,
    AppWithdrawn,
    AccessTokenExpires,
    UserDisabled,
    UserRemoved,
    RoleNarrowed,
    RightTaken,
    TenantSuspended,
    FeatureLost,
    KeyRetired,
}

const ENDS: [(End, &str); 12] = [
    (End::PatRevoked, "a personal access token is revoked"),
    (End::PatExpires, "a personal access token expires"),
    (End::OverlapEnds, "the overlap of a rotation ends"),
    (End::AppWithdrawn, "an app is withdrawn: its grant ends"),
    (End::AccessTokenExpires, "an access token expires"),
    (End::UserDisabled, "a user is disabled"),
    (End::UserRemoved, "a user is removed"),
    (End::RoleNarrowed, "a role loses the permission"),
    (End::RightTaken, "the permission is taken from the user"),
    (End::TenantSuspended, "a tenant is suspended"),
    (End::FeatureLost, "a tenant loses the feature"),
    (End::KeyRetired, "a signing key is marked as retired"),
];

/// How a request was refused, and how long after the end.
#[derive(Debug, PartialEq)]
struct Refused {
    after: u64,
    status: u16,
    reason: &'static str,
}

#[tokio::test]
async fn the_table_of_revocations_is_what_happens() {
    let mut table =
        "\n| what ends | last let through | then | reason | after a flush |\n|---|---|---|---|---|\n".to_owned();
    for (end, what) in ENDS {
        let cached = measure(end, false).await;
        let flushed = measure(end, true).await;
        assert_eq!((cached.status, cached.reason), (flushed.status, flushed.reason), "{what}");
        assert!(cached.after <= longest(end), "{what}: {cached:?}");
        assert!(flushed.after <= cached.after, "{what}: {flushed:?}");
        let Refused { after, status, reason } = cached;
        let at_once = if flushed.after == 0 { "at once".to_owned() } else { format!("{} s", flushed.after) };
        table += &format!("| {what} | before {after} s | {status} | `{reason}` | {at_once} |\n");
    }
    golden::hold_table("docs/revocation.md", &table);
}

/// The promise: the gateway's TTL; with it, what an access token's clock is forgiven, and how long keys are relied on.
fn longest(end: End) -> u64 {
    match end {
        End::AccessTokenExpires => TTL + DEFAULT_LEEWAY,
        End::KeyRetired => TTL + 60,
        _ => TTL,
    }
}

/// Has the gateway keep an answer in the very last second before the end, and asks every second until it is refused.
async fn measure(end: End, flush: bool) -> Refused {
    let door = Door::open().await;
    let (token, path) = end.holder(&door).await;
    let at = end.comes_at().unwrap_or(NOW.seconds());
    door.world.clock.advance(end.last_good() - NOW.seconds());
    assert_eq!(ask(&door, &token, path).await, 200, "{end:?} has not come yet");
    end.make(&door).await;
    if end == End::KeyRetired && !flush {
        // Another token, whose answer is kept while the function still relies on the keys that it has.
        door.world.clock.advance(59);
        let other = access_token(&door, demo(&door, "sales-contacts"));
        assert_eq!(ask(&door, &other, path).await, 200);
        return until_refused(&door, &other, path, at, flush).await;
    }
    if end.comes_at().is_some() {
        door.world.clock.advance(1);
    }
    until_refused(&door, &token, path, at, flush).await
}

async fn until_refused(door: &Door, token: &str, path: &str, end: u64, flush: bool) -> Refused {
    door.decided();
    for _ in 0..1000 {
        if flush {
            door.stage.flush_cache();
        }
        let status = ask(door, token, path).await;
        let decided = door.decided();
        if status != 200 {
            let after = door.world.clock.now().seconds() - end;
            return Refused { after, status, reason: decided.last().unwrap() };
        }
        door.world.clock.advance(1);
    }
    panic!("it never ended");
}

async fn ask(door: &Door, token: &str, path: &str) -> u16 {
    door.send("GET", path, &[&format!("Authorization: Bearer {token}")]).await.status
}

impl End {
    /// When it comes, for what comes by itself.
    fn comes_at(self) -> Option<u64> {
        let life = match self {
            Self::PatExpires | Self::OverlapEnds => LIFE,
            Self::AccessTokenExpires => DEFAULT_LIFETIME,
            _ => return None,
        };
        Some(NOW.seconds() + life)
    }

    /// The last second at which the authorizer lets the token through.
    fn last_good(self) -> u64 {
        let forgiven = if self == Self::AccessTokenExpires { DEFAULT_LEEWAY } else { 0 };
        self.comes_at().map_or(NOW.seconds(), |at| at + forgiven - 1)
    }

    /// A token that is let through until then, and where.
    async fn holder(self, door: &Door) -> (String, &'static str) {
        match self {
            Self::PatExpires => (short_lived(door).await, CONTACTS),
            Self::OverlapEnds => (rotated(door).await, CONTACTS),
            Self::AppWithdrawn | Self::AccessTokenExpires | Self::KeyRetired => {
                (access_token(door, demo(door, "admin-contacts")), CONTACTS)
            }
            Self::FeatureLost => (demo(door, "globex-everything").issued.expose().to_owned(), CONTACTS),
            Self::RoleNarrowed | Self::RightTaken => (demo(door, "sales-everything").issued.expose().to_owned(), DEALS),
            _ => (demo(door, "admin-contacts").issued.expose().to_owned(), CONTACTS),
        }
    }

    /// Makes it come, as operators and the authorization server do.
    async fn make(self, door: &Door) {
        let (admin, catalogue) = (admin(door), api().catalogue);
        let token = demo(
            door,
            if matches!(self, Self::RoleNarrowed | Self::RightTaken) { "sales-everything" } else { "admin-contacts" },
        );
        let (tenant, user, stamp) = (&token.tenant, &token.record.user, stamp(door));
        match self {
            Self::PatExpires | Self::OverlapEnds | Self::AccessTokenExpires => {}
            Self::PatRevoked => drop(admin.revoke_pat(tenant, &token.record.id, &stamp).await.unwrap()),
            Self::AppWithdrawn => {
                let store = OAuthStore::new(door.world.store.client(), TABLE.to_owned());
                store.end_grant(tenant, &token.grant.id, Action::GrantRevoke, &stamp).await.unwrap();
            }
            Self::UserDisabled => {
                admin.set_user_status(tenant, user, UserStatus::Disabled, &stamp).await.unwrap();
            }
            Self::UserRemoved => drop(admin.remove_user(tenant, user, &stamp).await.unwrap()),
            Self::RoleNarrowed => {
                let narrow = ["contact.read".to_owned()];
                admin.put_role(&catalogue, tenant, "sales", &narrow, &stamp).await.unwrap();
            }
            Self::RightTaken => {
                let mut user = admin.user(tenant, user).await.unwrap();
                user.removed.push("deal.read".to_owned());
                admin.put_user(&catalogue, tenant, user, &stamp).await.unwrap();
            }
            Self::TenantSuspended => {
                admin.set_tenant_status(tenant, TenantStatus::Suspended, &stamp).await.unwrap();
            }
            Self::FeatureLost => {
                let globex = TenantId::parse(GLOBEX).unwrap();
                let none = Features::Named(Vec::new());
                admin.set_features(&catalogue, &globex, none, &stamp).await.unwrap();
            }
            Self::KeyRetired => retire(door).await,
        }
    }
}

fn admin(door: &Door) -> Admin {
    Admin::new(door.world.store.client(), TABLE.to_owned())
}

fn stamp(door: &Door) -> Stamp {
    Stamp { by: "anna".to_owned(), milliseconds: door.world.clock.now().seconds() * 1000, nonce: 7 }
}

fn demo<'a>(door: &'a Door, name: &str) -> &'a DemoToken {
    door.world.demo.token(name).unwrap()
}

fn access_token(door: &Door, token: &DemoToken) -> String {
    door.world.demo.access_token(token, door.world.clock.now()).unwrap()
}

async fn short_lived(door: &Door) -> String {
    let (holder, format) = (demo(door, "admin-contacts"), &door.world.demo.settings.pats);
    let new = NewPat {
        user: holder.record.user.clone(),
        name: "short".to_owned(),
        scopes: vec!["contact.read".to_owned()],
        life: Some(LIFE),
    };
    let issued = admin(door).issue_pat(&api().catalogue, format, &holder.tenant, &new, entropy(), &stamp(door)).await;
    issued.unwrap().token.expose().to_owned()
}

/// The old token of a rotation.
async fn rotated(door: &Door) -> String {
    let (old, format) = (demo(door, "admin-contacts"), &door.world.demo.settings.pats);
    let rotation = Rotation { id: old.record.id.clone(), life: None, overlap: LIFE };
    let admin = admin(door);
    admin.rotate_pat(&api().catalogue, format, &old.tenant, &rotation, entropy(), &stamp(door)).await.unwrap();
    old.issued.expose().to_owned()
}

fn entropy() -> PatEntropy {
    PatEntropy { secret: [5; SECRET_LENGTH], id: [5; 12] }
}

async fn retire(door: &Door) {
    let update = door.world.store.client().update_item().table_name(TABLE);
    let update = update.key(key::PK, text(&key::key_partition(ISSUER)));
    let update = update.key(key::SK, text(&key::public_key(&door.world.demo.key.key_id)));
    let update = update.update_expression("SET #state = :retired").expression_attribute_names("#state", "state");
    update.expression_attribute_values(":retired", text("retired")).send().await.unwrap();
}
