//! What anybody may know: the metadata of RFC 8414, the public keys, and the API's own metadata (RFC 9728).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use url::Url;

use super::told;
use crate::gateway::response::resource_metadata;
use crate::oauth::http;
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::settings::{ClientDocuments, Registration};

/// `GET /.well-known/oauth-authorization-server`. Every address is the issuer's, whatever `Host` says.
pub(in crate::oauth) async fn metadata(State(server): State<Arc<AuthServer>>) -> Response {
    let issuer = &server.settings.issuer;
    let scopes: Vec<&str> = server.api.catalogue.names(server.api.catalogue.scopes()).collect();
    let methods = ["none", "client_secret_basic", "client_secret_post"];
    let mut document = json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": issuer.at("/authorize"),
        "token_endpoint": issuer.at("/token"),
        "revocation_endpoint": issuer.at("/revoke"),
        "introspection_endpoint": issuer.at("/introspect"),
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "jwks_uri": issuer.at("/jwks.json"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": server.settings.documents == ClientDocuments::Fetched,
    });
    if let (Some(fields), true) = (document.as_object_mut(), server.settings.registration != Registration::Off) {
        fields.insert("registration_endpoint".to_owned(), Value::from(issuer.at("/register")));
    }
    http::json(StatusCode::OK, &document)
}

/// `GET /.well-known/oauth-protected-resource`: the document of the API that the tokens are for, which its own host has
/// to serve (RFC 9728 §3). A REST API's gateway does so by itself; an HTTP API's has no constant answers, and routes this
/// path here. There is none where the API is not named by its URL.
pub(in crate::oauth) async fn resource(State(server): State<Arc<AuthServer>>) -> Response {
    let settings = &server.settings;
    if !Url::parse(&settings.resource).is_ok_and(|url| url.has_host()) {
        return http::empty(StatusCode::NOT_FOUND);
    }
    let scopes: Vec<&str> = settings.default_scopes.iter().map(String::as_str).collect();
    http::json(StatusCode::OK, &resource_metadata(&settings.resource, &[settings.issuer.as_str()], &scopes))
}

/// `GET /jwks.json`: the public members of every key that is published (RFC 7517 §9.2).
pub(in crate::oauth) async fn keys(State(server): State<Arc<AuthServer>>) -> Response {
    told("jwks", StatusCode::OK, key_set(&server).await)
}

async fn key_set(server: &AuthServer) -> Result<Value, Failure> {
    let now = server.now();
    let keys = server.keys.keys(now).await?;
    let published = keys.iter().filter(|key| key.is_published(now));
    let keys: Vec<Value> = published
        .map(|key| serde_json::from_str(&key.record.jwk))
        .collect::<Result<_, _>>()
        .map_err(|_| Failure::Broken("a public key cannot be read"))?;
    Ok(json!({ "keys": keys }))
}
