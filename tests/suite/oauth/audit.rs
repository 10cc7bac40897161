//! The audit log of what apps are granted: who did what, and nothing by which anybody could do it again.

use edge_authorizer::local::store::TABLE;
use edge_authorizer::oauth::client::{Client, Origin};
use edge_authorizer::oauth::metadata::ClientMetadata;
use edge_authorizer::oauth::secret::{Secret, SecretDigest};
use edge_authorizer::store::oauth::Commit;
use serde_json::json;

use super::house::{House, PASSWORD, URI};
use super::support::VERIFIER;
use crate::embedded::at;

/// Every audit record in the table, whosesoever, as the store has it.
async fn audit_records(house: &House) -> Vec<String> {
    let scan = house.world.store.client().scan().table_name(TABLE).consistent_read(true).send().await.unwrap();
    assert!(scan.last_evaluated_key.is_none(), "all of it");
    let is_audit = |item: &&std::collections::HashMap<String, _>| format!("{:?}", item["sk"]).contains("\"AUDIT#");
    scan.items().iter().filter(is_audit).map(|item| format!("{item:?}")).collect()
}

/// [119]: from a client's making to its end, with a replay and a revocation: no secret, token, code, verifier, cookie or
/// password is in a record, nor the half of one, nor its digest.
#[tokio::test]
async fn nothing_secret_is_in_the_audit_log() {
    let house = House::new().await;
    let now = house.world.clock.now().seconds();
    let secret = Secret::new("crm_secret_", [5; 32]);
    let said =
        json!({"redirect_uris": [URI], "token_endpoint_auth_method": "client_secret_post", "client_name": "Ours"});
    let ours = Client {
        id: "app_0123456789abcdef0123456789abcdef".parse().unwrap(),
        metadata: ClientMetadata::from_json(said.to_string().as_bytes()).unwrap(),
        secret: Some(secret.digest()),
        management: None,
        origin: Origin::Operator { first_party: true, may_introspect: true },
        registered: house.world.clock.now(),
        expires: None,
    };
    assert_eq!(house.store.create_client(&ours, &at(now)).await.unwrap(), Commit::Done);

    let registered = house.register(json!({"redirect_uris": [URI]})).await;
    let (handle, cookie) = house.signed_in(ours.id.as_str()).await;
    let mut secrets = vec![secret.expose().to_owned(), handle, cookie.split_once('=').unwrap().1.to_owned()];
    secrets.extend([registered.text("client_secret"), registered.text("registration_access_token")]);
    let proof = ("client_secret", secret.expose());
    let mut codes = Vec::new();
    for _ in 0..2 {
        let code = house.code(ours.id.as_str()).await;
        let fields = [("client_id", ours.id.as_str()), proof, ("grant_type", "authorization_code"), ("code", &code)];
        let tokens = house.token(&[&fields[..], &[("code_verifier", VERIFIER), ("redirect_uri", URI)]].concat()).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        secrets.extend([tokens.text("access_token"), tokens.text("refresh_token"), code.clone()]);
        codes.push((code, tokens.text("refresh_token")));
    }
    let [(code, _), (_, refresh)] = &codes[..] else { panic!() };
    let fields = [("client_id", ours.id.as_str()), proof, ("grant_type", "authorization_code"), ("code", code)];
    let replay = house.token(&[&fields[..], &[("code_verifier", VERIFIER), ("redirect_uri", URI)]].concat()).await;
    assert_eq!(replay.error(), "400 invalid_grant");
    let revoke = [("client_id", ours.id.as_str()), proof, ("token", refresh.as_str())];
    assert_eq!(house.form("/revoke", "", &revoke).await.status, 200);
    assert_eq!(house.store.withdraw_client(&ours, &at(now + 1)).await.unwrap(), Commit::Done);

    let records = audit_records(&house).await;
    for action in ["client.create", "client.remove", "grant.create", "grant.replay", "grant.revoke"] {
        assert!(records.iter().any(|record| record.contains(action)), "no {action} in {} records", records.len());
    }
    secrets.extend([VERIFIER, PASSWORD].map(str::to_owned));
    for record in &records {
        for secret in &secrets {
            let half: String = secret.chars().skip(secret.len() / 2).collect();
            let digest = SecretDigest::of(secret).to_hex();
            assert!(!record.contains(&half) && !record.contains(&digest), "{record}");
        }
        assert!(!record.contains("document") && !record.contains("eyJ"), "{record}");
    }
}
