//! What `make bench` measures the product against: a Lambda authorizer as the usual examples write one.
//!
//! `lambda_runtime` and the AWS SDK with their defaults, the official event types, `jsonwebtoken`, one `GetItem` for the
//! token's record and one for its user, and a policy through structs. It is written to be plain and correct, not to be
//! slow: nothing is done twice, the clients are made once and shared, and a release build is stripped.

use std::collections::HashMap;

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerPolicy, ApiGatewayCustomAuthorizerRequestTypeRequest, ApiGatewayCustomAuthorizerResponse,
};
use aws_lambda_events::iam::{IamPolicyEffect, IamPolicyStatement};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What an access token says.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    business_id: String,
    grant_id: String,
    scope: String,
}

/// What the backend receives.
#[derive(Default, Serialize, Deserialize)]
struct Context {
    business_id: String,
    user_id: String,
    scopes: String,
    permissions: String,
}

struct Authorizer {
    client: Client,
    table: String,
    routes: Vec<String>,
    key: DecodingKey,
    validation: Validation,
}

type Item = HashMap<String, AttributeValue>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_from_env().await;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[std::env::var("OAUTH_AUDIENCE")?]);
    validation.set_issuer(&[std::env::var("OAUTH_ISSUER")?]);
    let authorizer = Authorizer {
        client: Client::new(&config),
        table: std::env::var("TABLE_NAME")?,
        routes: std::env::var("ROUTES")?.split(' ').map(str::to_owned).collect(),
        key: DecodingKey::from_jwk(&serde_json::from_str(&std::env::var("PUBLIC_KEY")?)?)?,
        validation,
    };
    let authorizer = &authorizer;
    lambda_runtime::run(service_fn(
        move |event: LambdaEvent<ApiGatewayCustomAuthorizerRequestTypeRequest>| async move {
            authorizer.decide(event.payload).await
        },
    ))
    .await
}

impl Authorizer {
    async fn decide(
        &self,
        event: ApiGatewayCustomAuthorizerRequestTypeRequest,
    ) -> Result<ApiGatewayCustomAuthorizerResponse<Context>, Error> {
        let header = event.headers.get("authorization").and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or("Unauthorized")?;
        let arn = event.method_arn.ok_or("no method")?;
        let (tenant, user, scopes) =
            if token.contains("_pat_") { self.pat(token).await? } else { self.access_token(token).await? };
        let item = self.item(&format!("TENANT#{tenant}"), &format!("USER#{user}")).await?.ok_or("Unauthorized")?;
        let held = list(&item, "added");
        let permissions: Vec<&str> = scopes.split(' ').filter(|scope| held.iter().any(|it| it == scope)).collect();
        let context = Context { business_id: tenant, permissions: permissions.join(" "), user_id: user, scopes };
        Ok(self.answer(&arn, context))
    }

    async fn pat(&self, token: &str) -> Result<(String, String, String), Error> {
        let digest = hex::encode(Sha256::digest(token));
        let item = self.item(&format!("TOKEN#{digest}"), "TOKEN").await?.ok_or("Unauthorized")?;
        Ok((text(&item, "tenant")?, text(&item, "user")?, list(&item, "scopes").join(" ")))
    }

    async fn access_token(&self, token: &str) -> Result<(String, String, String), Error> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation).map_err(|_| "Unauthorized")?;
        let Claims { sub, business_id, grant_id, scope } = claims.claims;
        self.item(&format!("TENANT#{business_id}"), &format!("GRANT#{grant_id}")).await?.ok_or("Unauthorized")?;
        Ok((business_id, sub, scope))
    }

    async fn item(&self, pk: &str, sk: &str) -> Result<Option<Item>, Error> {
        let call = self.client.get_item().table_name(&self.table).consistent_read(true);
        let call = call.key("pk", AttributeValue::S(pk.to_owned())).key("sk", AttributeValue::S(sk.to_owned()));
        Ok(call.send().await?.item)
    }

    fn answer(&self, arn: &str, context: Context) -> ApiGatewayCustomAuthorizerResponse<Context> {
        let stage = arn.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        let mut statement = IamPolicyStatement::default();
        statement.action = vec!["execute-api:Invoke".to_owned()];
        statement.effect = IamPolicyEffect::Allow;
        statement.resource = self.routes.iter().map(|route| format!("{stage}/{route}")).collect();
        let mut policy = ApiGatewayCustomAuthorizerPolicy::default();
        policy.version = Some("2012-10-17".to_owned());
        policy.statement = vec![statement];
        let mut answer = ApiGatewayCustomAuthorizerResponse::default();
        answer.principal_id = Some(context.user_id.clone());
        answer.policy_document = policy;
        answer.context = context;
        answer
    }
}

fn text(item: &Item, name: &str) -> Result<String, Error> {
    let text = item.get(name).and_then(|value| value.as_s().ok()).ok_or("a broken record")?;
    Ok(text.clone())
}

fn list(item: &Item, name: &str) -> Vec<String> {
    let list = item.get(name).and_then(|value| value.as_l().ok());
    list.into_iter().flatten().filter_map(|value| value.as_s().ok().cloned()).collect()
}
