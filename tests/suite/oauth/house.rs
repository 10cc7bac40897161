//! A whole authorization server over an embedded store: requests in at its router, answers out, a clock that a test
//! moves, and the authorizer beside it that must believe its tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoClient;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::local::demo::ACME;
use edge_authorizer::local::fill::fill;
use edge_authorizer::local::store::{TABLE, endpoint};
use edge_authorizer::oauth::access_token::Claims;
use edge_authorizer::oauth::account::{AccountName, PasswordHash};
use edge_authorizer::oauth::document::Documents;
use edge_authorizer::oauth::http::ClientAddress;
use edge_authorizer::oauth::issuer::Issuer;
use edge_authorizer::oauth::key_ring::{KeySecret, OwnKey, PrivateHalf};
use edge_authorizer::oauth::kms::KmsSigner;
use edge_authorizer::oauth::limit::Limits;
use edge_authorizer::oauth::refresh_token::RefreshTokenFormat;
use edge_authorizer::oauth::router::router;
use edge_authorizer::oauth::server::{AuthServer, NoRandomness, Surroundings};
use edge_authorizer::oauth::settings::{ClientDocuments, Lifetimes, OAuthSettings, PageSettings, Registration};
use edge_authorizer::oauth::sign_in::SignIn;
use edge_authorizer::oauth::signer::{Signer, Signing, SigningFault, TableKeys};
use edge_authorizer::oauth::signing::SigningKey;
use edge_authorizer::pages::look::Look;
use edge_authorizer::settings::Settings;
use edge_authorizer::store::client::{Endpoint, connect};
use edge_authorizer::store::oauth::OAuthStore;
use edge_authorizer::store::oauth::accounts::Membership;
use edge_authorizer::store::read::DynamoStore;
use edge_authorizer::timestamp::Timestamp;
use edge_authorizer::token::text::{MacKey, Prefix};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use super::between::Between;
use super::support::{CHALLENGE, VERIFIER};
pub(super) use crate::http::{Reply, cookie, form};
use crate::world::{TestClock, World, api};

pub(super) const ISSUER: &str = "https://auth.example.com";
pub(super) const RESOURCE: &str = "https://api.example.com";
pub(super) const URI: &str = "https://app.example.com/cb";
pub(super) const NAME: &str = "sales@example.com";
pub(super) const PASSWORD: &str = "correct horse battery staple";

/// Random bytes that differ from call to call, and are the same in every run.
pub(super) struct Nature {
    clock: TestClock,
    drawn: AtomicU64,
}

impl Surroundings for Nature {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        let drawn = self.drawn.fetch_add(1, Ordering::SeqCst);
        let stream = (0_u64..).flat_map(|block| Sha256::digest([drawn.to_be_bytes(), block.to_be_bytes()].concat()));
        bytes.iter_mut().zip(stream).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

impl Nature {
    pub(super) fn new(clock: TestClock) -> Self {
        Self { clock, drawn: AtomicU64::new(0) }
    }
}

/// A signer that can be told to fail.
struct Moody {
    signer: Arc<dyn Signer>,
    down: Arc<AtomicBool>,
}

impl Signer for Moody {
    fn sign<'a>(&'a self, claims: &'a Claims) -> Signing<'a> {
        if self.down.load(Ordering::SeqCst) {
            return Box::pin(async { Err(SigningFault::Key { key: "down".to_owned() }) });
        }
        self.signer.sign(claims)
    }
}

pub(super) struct House {
    pub(super) world: World,
    pub(super) store: OAuthStore,
    /// The same table, as decisions read it.
    decisions: DynamoStore,
    pub(super) signing_is_down: Arc<AtomicBool>,
    pub(super) authorizer: Authorizer,
    pub(super) server: Arc<AuthServer>,
    pub(super) router: Router,
}

/// What a house decides that differs from test to test.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) issuer: Option<String>,
    pub(super) registration: Option<Registration>,
    pub(super) limits: Option<Limits>,
    pub(super) sign_in: Option<SignIn>,
    pub(super) client_documents: Option<ClientDocuments>,
    /// What reaches the documents of clients; none reaches anything else than an installation's would.
    pub(super) documents: Option<Documents>,
    /// The only key, and the KMS that is asked to sign.
    pub(super) kms: Option<(aws_sdk_kms::Client, OwnKey)>,
    /// Another store than the house's own.
    pub(super) store: Option<Endpoint>,
    /// Where roles are administered, if not here.
    pub(super) roles_url: Option<String>,
    /// What may come between its reads and its transactions.
    pub(super) between: Between,
    /// Where its random bytes begin: houses in one table must not draw the same.
    pub(super) drawn: u64,
}

impl House {
    pub(super) async fn new() -> Self {
        Self::with(Plan::default()).await
    }

    pub(super) async fn with(plan: Plan) -> Self {
        let world = World::new().await;
        let place = plan.store.unwrap_or_else(|| endpoint(world.store.url()));
        let client = plan.between.put_into(&patient(&connect(place.clone())));
        let decisions = DynamoStore::new(place, TABLE.to_owned());
        fill(&client, &world.demo).await.unwrap();
        let store = OAuthStore::new(client, TABLE.to_owned());
        let issuer = Issuer::parse(plan.issuer.as_deref().unwrap_or(ISSUER)).unwrap();
        let settings = OAuthSettings {
            issuer: issuer.clone(),
            resource: RESOURCE.to_owned(),
            default_scopes: vec!["contact.read".to_owned()],
            registration: plan.registration.unwrap_or(Registration::Open),
            documents: plan.client_documents.unwrap_or(ClientDocuments::Fetched),
            sign_in: plan.sign_in.unwrap_or(SignIn::Accounts),
            lifetimes: Lifetimes::default(),
            limits: plan.limits.unwrap_or_default(),
            prefix: "crm".to_owned(),
            refresh_tokens: RefreshTokenFormat::new(
                &Prefix::parse("crm").unwrap(),
                MacKey::new(&[1; 32]).unwrap(),
                None,
            ),
            pages: PageSettings {
                look: Look::new("Acme", None, None).unwrap(),
                delay: 60,
                roles_url: plan.roles_url,
                pats: Some(believing(issuer.as_str()).pats),
            },
        };
        let first = plan.kms.as_ref().map_or_else(|| key(7, world.clock.now()), |(_, key)| key.clone());
        store.put_signing_key(&issuer, &first).await.unwrap();
        people(&store, &world).await;
        let nature = Arc::new(Nature { drawn: AtomicU64::new(plan.drawn), ..Nature::new(world.clock.clone()) });
        let mut server = AuthServer::new(settings, api(), store.clone(), nature);
        let signing_is_down = Arc::new(AtomicBool::new(false));
        let signer: Arc<dyn Signer> = match plan.kms {
            Some((kms, _)) => Arc::new(KmsSigner::new(Arc::clone(&server.keys), kms)),
            None => Arc::<TableKeys>::clone(&server.keys),
        };
        server.signer = Arc::new(Moody { signer, down: Arc::clone(&signing_is_down) });
        let authorizer = Authorizer::new(api(), believing(issuer.as_str())).unwrap();
        server.documents = plan.documents.unwrap_or_default();
        let server = Arc::new(server);
        let router = router(Arc::clone(&server));
        Self { world, store, decisions, signing_is_down, authorizer, server, router }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        self.send_from("192.0.2.1", request).await
    }

    pub(super) async fn send_from(&self, address: &str, mut request: Request<Body>) -> Reply {
        request.extensions_mut().insert(ClientAddress(address.to_owned()));
        Reply::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    pub(super) async fn get(&self, path: &str, cookie: &str) -> Reply {
        self.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub(super) async fn form(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Reply {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie)];
        self.post(path, &headers, &form(fields)).await
    }

    pub(super) async fn register(&self, metadata: Value) -> Reply {
        self.post("/register", &[("content-type", "application/json")], &metadata.to_string()).await
    }

    /// A public client.
    pub(super) async fn app(&self) -> String {
        let metadata = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "none", "client_name": "Nightly"});
        self.register(metadata).await.text("client_id")
    }

    pub(super) fn authorize_path(client: &str, more: &[(&str, &str)]) -> String {
        let mut fields = vec![
            ("client_id", client),
            ("redirect_uri", URI),
            ("response_type", "code"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("scope", "contact.read contact.delete"),
            ("state", "xyz"),
        ];
        fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        fields.extend_from_slice(more);
        format!("/authorize?{}", form(&fields))
    }

    /// From the app's link to the consent page: the handle of the request, and the cookie of who signed in.
    pub(super) async fn signed_in(&self, client: &str) -> (String, String) {
        let asked = self.get(&Self::authorize_path(client, &[]), "").await;
        assert_eq!(asked.status, 303, "{}", asked.body);
        let (handle, cookie) = (asked.parameters()["request"].clone(), cookie(&asked));
        let fields = [("request", handle.as_str()), ("name", NAME), ("password", PASSWORD)];
        let reply = self.form("/sign-in", &cookie, &fields).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        (handle, crate::http::cookie(&reply))
    }

    /// A code that the user has granted to the app.
    pub(super) async fn code(&self, client: &str) -> String {
        let (handle, cookie) = self.signed_in(client).await;
        let fields = [
            ("request", handle.as_str()),
            ("tenant", ACME),
            ("scope", "contact.read"),
            ("scope", "contact.delete"),
            ("decision", "allow"),
        ];
        let reply = self.form("/consent", &cookie, &fields).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        reply.parameters()["code"].clone()
    }

    pub(super) async fn redeem(&self, client: &str, code: &str) -> Reply {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", URI),
        ])
        .await
    }

    pub(super) async fn refresh(&self, client: &str, token: &str) -> Reply {
        self.token(&[("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)]).await
    }

    pub(super) async fn token(&self, fields: &[(&str, &str)]) -> Reply {
        self.form("/token", "", fields).await
    }

    /// What the authorizer makes of an access token for one route.
    pub(super) async fn decides(&self, access_token: &str, verb: &str, path: &str) -> String {
        let event = json!({
            "type": "TOKEN",
            "authorizationToken": format!("Bearer {access_token}"),
            "methodArn": format!("arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/{verb}{path}"),
        });
        let now = self.world.clock.now();
        self.authorizer.decide(&event.to_string(), &self.decisions, now).await.trail.reason.code().to_owned()
    }
}

/// The client with so much time that no test hangs on how busy the machine is.
pub(super) fn patient(client: &DynamoClient) -> DynamoClient {
    let long = Duration::from_secs(120);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(long)
        .read_timeout(long)
        .operation_attempt_timeout(long)
        .operation_timeout(long)
        .build();
    DynamoClient::from_conf(client.config().to_builder().timeout_config(timeouts).build())
}

pub(super) fn key(seed: u8, not_before: Timestamp) -> OwnKey {
    let record = SigningKey::from_secret(&[seed; 32]).unwrap().record(not_before);
    OwnKey { record, private: PrivateHalf::Table(KeySecret::new([seed; 32])) }
}

/// A settings file of an authorizer that believes this issuer and nobody else.
fn believing(issuer: &str) -> Settings {
    Settings::read(|name| match name {
        "PAT_MAC_KEY" => Some("x".repeat(32)),
        "OAUTH_ISSUER" => Some(issuer.to_owned()),
        "OAUTH_AUDIENCE" => Some(RESOURCE.to_owned()),
        _ => None,
    })
    .unwrap()
}

/// One account: a member of two tenants of the demonstration, a service user in the first, and a suspended third.
async fn people(store: &OAuthStore, world: &World) {
    let name = AccountName::parse(NAME).unwrap();
    store.put_account(&name, &PasswordHash::of(PASSWORD, [3; 16]).unwrap()).await.unwrap();
    for member in ["acme-sales", "globex-admin", "initech-admin"] {
        let member = world.demo.users.iter().find(|it| it.name == member).unwrap();
        let membership = Membership { tenant: member.tenant.clone(), user: member.user.id.clone() };
        store.put_membership(&name.identity(), &membership).await.unwrap();
    }
}
