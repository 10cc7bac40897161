//! What the tests of the authorization server share.

use edge_authorizer::access::catalogue::{Catalogue, CatalogueSource};
use edge_authorizer::oauth::client::{Client, Origin};
use edge_authorizer::oauth::metadata::ClientMetadata;
use edge_authorizer::oauth::parameters::Parameters;
use edge_authorizer::timestamp::Timestamp;

pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
pub(super) const RESOURCE: &str = "https://api.example.com";

/// The verifier and the challenge of RFC 7636, appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(super) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn catalogue() -> Catalogue {
    let all = names(&["contact.read", "contact.write", "contact.delete"]);
    Catalogue::new(&CatalogueSource {
        scopes: names(&["contact.read", "contact.write", "contact.delete", "contact.all", "deal.read"]),
        administration: names(&["member.write"]),
        covers: [("contact.all".to_owned(), all)].into(),
        whole: names(&["contact.all"]),
        ..CatalogueSource::default()
    })
    .unwrap()
}

pub(super) fn metadata(json: serde_json::Value) -> ClientMetadata {
    ClientMetadata::from_json(json.to_string().as_bytes()).unwrap()
}

pub(super) fn public_client(redirect_uris: &[&str]) -> Client {
    Client {
        id: "app_1".parse().unwrap(),
        metadata: metadata(serde_json::json!({
            "redirect_uris": redirect_uris, "token_endpoint_auth_method": "none", "scope": "deal.read"
        })),
        secret: None,
        management: None,
        origin: Origin::SelfRegistered,
        registered: NOW,
        expires: Some(NOW.plus(3600)),
    }
}

pub(super) fn parameters(text: &str) -> Parameters {
    Parameters::parse(text.as_bytes()).unwrap()
}
