//! What is asked: the records, the tokens and the events of the run.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use crate::child::Subject;
use crate::store::Records;

pub const REGION: &str = "eu-central-1";
pub const TABLE: &str = "edge";
pub const ISSUER: &str = "https://auth.bench.example";
pub const AUDIENCE: &str = "https://api.bench.example";
const TENANT: &str = "biz_0123456789abcdef01234567";
const USER: &str = "usr_89abcdef0123456789abcdef";
const CLIENT: &str = "client_bench";
const GRANT: &str = "gra_bench";
const KEY_ID: &str = "bench-1";

/// The key that made the personal access token below, and nothing else anywhere.
pub const MAC_KEY: &str = "the key of the benchmark, which opens nothing at all";

/// A token of [`TENANT`] and [`USER`] under [`MAC_KEY`]: `docs/performance.md` says how it was made.
const PAT: &str = "crm_pat_01tVlFjmzI67EoLD6EJMPV7GzgXQaIEljAv8ByKadRic7O7VWM4t4SLG9QaSw7ijnMJqcnktzhIKw4VOk304t5A";
/// SHA-256 of it.
const PAT_DIGEST: &str = "4339da8fb22788bccd4394fc56eb726c1458a2d6b70ba4a90ff76d88ad283904";
/// The same with one character of its random part changed, and the check value made right again.
const FORGED: &str = "crm_pat_01tVlFjmzI67EoLD6EJMPV7GzgXQaIEljAv8ByKadRic7O7VWM4t4SLG9QaSw7ijnMJka5W4u5OBQUtWE2FxBqR";

/// What the user may do and the tokens ask for: a sales person's mix.
const PERMISSIONS: [&str; 10] = [
    "contact.all",
    "contact.read",
    "contact.write",
    "contact.delete",
    "company.read",
    "company.write",
    "deal.read",
    "deal.write",
    "note.read",
    "activity.read",
];

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Pat,
    AccessToken,
    /// A personal access token with a character that there is none of.
    BadForm,
    /// One with a typo.
    BadCheckValue,
    /// One that somebody else made.
    BadMac,
}

impl Case {
    pub const ALL: [Self; 5] = [Self::Pat, Self::AccessToken, Self::BadForm, Self::BadCheckValue, Self::BadMac];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pat => "PAT",
            Self::AccessToken => "ES256 JWT",
            Self::BadForm => "refused: form",
            Self::BadCheckValue => "refused: CRC",
            Self::BadMac => "refused: MAC",
        }
    }

    /// Whether the answer is a policy; otherwise it is the error `Unauthorized`.
    pub fn is_allowed(self) -> bool {
        matches!(self, Self::Pat | Self::AccessToken)
    }
}

/// Everything that a run needs.
pub struct World {
    pub public_key: String,
    access_token: String,
    routes: Vec<String>,
}

impl World {
    /// A new key, an access token of it that lives for an hour, and the routes of the product's API.
    pub fn new(pack: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).expect("a key");
        let point = key.public_key().as_ref();
        let coordinate = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        let public_key = json!({
            "kty": "EC", "crv": "P-256", "x": coordinate(1..33), "y": coordinate(33..65),
            "kid": KEY_ID, "alg": "ES256", "use": "sig",
        });
        let header = json!({"typ": "at+jwt", "alg": "ES256", "kid": KEY_ID});
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": USER, "business_id": TENANT, "client_id": CLIENT,
            "scope": PERMISSIONS.join(" "), "jti": "at_bench", "iat": now(), "exp": now() + 3600, "grant_id": GRANT,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = key.sign(&random, signed.as_bytes()).expect("a signature");
        let access_token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()));
        Self { public_key: public_key.to_string(), access_token, routes: routes(pack) }
    }

    /// The settings of a program, the store aside.
    pub fn variables(&self, subject: Subject) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("TABLE_NAME", TABLE.to_owned()),
            ("OAUTH_ISSUER", ISSUER.to_owned()),
            ("OAUTH_AUDIENCE", AUDIENCE.to_owned()),
        ];
        match subject {
            Subject::Product => variables.push(("PAT_MAC_KEY", MAC_KEY.to_owned())),
            Subject::Baseline => {
                variables.push(("ROUTES", self.routes.join(" ")));
                variables.push(("PUBLIC_KEY", self.public_key.clone()));
            }
        }
        variables
    }

    /// The records: those of the product, and the one that the baseline finds a token by.
    pub fn records(&self) -> Records {
        let tenant = format!("TENANT#{TENANT}");
        let names = || json!({"L": PERMISSIONS.map(|name| json!({"S": name}))});
        let used = json!({"N": now().to_string()});
        let mut records = Records::default();
        let role = json!({"M": {"sales": names(), "support": {"L": [{"S": "note.read"}]}}});
        records.put(&tenant, "TENANT", json!({"status": {"S": "active"}, "features": {"S": "all"}, "roles": role}));
        let roles = json!({"L": [{"S": "sales"}]});
        let user = json!({
            "kind": {"S": "person"}, "status": {"S": "active"}, "roles": roles, "added": names(), "removed": {"L": []},
        });
        records.put(&tenant, &format!("USER#{USER}"), user);
        let pat = json!({
            "id": {"S": "pat_bench"}, "name": {"S": "nightly sync"}, "user": {"S": USER}, "scopes": names(),
            "created": used, "expires": {"N": (now() + 86_400).to_string()}, "last_used": used,
        });
        records.put(&tenant, &format!("PAT#{PAT_DIGEST}"), pat);
        let grant = json!({"user": {"S": USER}, "client_id": {"S": CLIENT}, "scopes": names()});
        records.put(&tenant, &format!("GRANT#{GRANT}"), grant);
        let key = json!({"jwk": {"S": self.public_key}, "state": {"S": "active"}});
        records.put(&format!("KEY#{ISSUER}"), &format!("KEY#{KEY_ID}"), key);
        let token = json!({"tenant": {"S": TENANT}, "user": {"S": USER}, "scopes": names()});
        records.put(&format!("TOKEN#{PAT_DIGEST}"), "TOKEN", token);
        records
    }

    /// The event of a REST API's `REQUEST` authorizer.
    pub fn event(&self, case: Case) -> String {
        let token = match case {
            Case::Pat => PAT.to_owned(),
            Case::AccessToken => self.access_token.clone(),
            Case::BadForm => PAT.replacen("_pat_", "_pat_-", 1),
            Case::BadCheckValue => PAT.replacen("_pat_0", "_pat_1", 1),
            Case::BadMac => FORGED.to_owned(),
        };
        let headers = [
            ("Accept", "application/json"),
            ("authorization", &format!("Bearer {token}")),
            ("Host", "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"),
            ("User-Agent", "nightly-sync/2.3 (+https://example.com)"),
            ("X-Amzn-Trace-Id", "Root=1-6650a1b2-0123456789abcdef01234567"),
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-Port", "443"),
            ("X-Forwarded-Proto", "https"),
        ];
        let single: serde_json::Map<String, Value> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let multi: serde_json::Map<String, Value> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
        json!({
            "type": "REQUEST",
            "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e",
            "resource": "/v1/contacts/{contactId}",
            "path": "/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e",
            "httpMethod": "GET",
            "headers": single,
            "multiValueHeaders": multi,
            "queryStringParameters": {},
            "multiValueQueryStringParameters": {},
            "pathParameters": {"contactId": "con_8f2a1c9b4d6e7f0a1b2c3d4e"},
            "stageVariables": {},
            "requestContext": {
                "resourceId": "abc123", "resourcePath": "/v1/contacts/{contactId}", "httpMethod": "GET", "extendedRequestId": "JTVxYH3SliAFb3A=",
                "requestTime": "24/Nov/2026:13:50:00 +0000", "path": "/prod/v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e", "accountId": "123456789012",
                "protocol": "HTTP/1.1", "stage": "prod", "domainPrefix": "a1b2c3d4e5", "requestTimeEpoch": 1795528200000_u64,
                "requestId": "6f2d1c84-1f0e-4c6b-9a51-2f4f7f0f2d11",
                "identity": {"sourceIp": "203.0.113.7", "userAgent": "nightly-sync/2.3 (+https://example.com)"},
                "domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com", "apiId": "a1b2c3d4e5",
            },
        })
        .to_string()
    }
}

/// `VERB/path` of every operation, parameters as `*`: what the baseline's policy lists.
fn routes(pack: &str) -> Vec<String> {
    let pack: Value = serde_json::from_str(pack).expect("the pack is JSON");
    let operations = pack["operations"].as_array().expect("the pack has operations");
    let segment = |segment: &Value| segment["literal"].as_str().unwrap_or("*").to_owned();
    let path = |operation: &Value| {
        operation["path"].as_array().expect("a path").iter().map(segment).collect::<Vec<_>>().join("/")
    };
    operations.iter().map(|it| format!("{}/{}", it["verb"].as_str().expect("a verb"), path(it))).take(40).collect()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}
