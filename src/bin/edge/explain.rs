//! `edge explain`: why a token may or may not call a route. For whoever asks "why 403?".

use std::io::Read;
use std::process::ExitCode;

use clap::Args;
use edge_authorizer::access::explanation::{Explanation, Half, Need};
use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::access::principal::Principal;
use edge_authorizer::access::requirement::Verdict;
use edge_authorizer::api::Api;
use edge_authorizer::decision::{Reason, Stopped};
use edge_authorizer::policy::operation::Operation;
use edge_authorizer::policy::router::Router;
use edge_authorizer::store::admin::AdminError;
use edge_authorizer::token::credential::TokenKind;
use edge_authorizer::token::refusal::Refusal;
use edge_authorizer::why::Why;
use serde_json::{Value, json};

use crate::connection::{Connection, Keys, Opened, Reference};
use crate::failure::Failure;
use crate::host;
use crate::output::{BAD, GOOD, HEADING, Output, harmless, styled};

/// Explain why a token may or may not call a route.
///
/// The exit code is 0 if it may, and 1 if it may not. Nothing is written: the token does not count as used.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge explain --local GET /v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e       the token in the variable TOKEN
  edge explain --token - DELETE /v1/deals/deal_8f2a1c9b4d6e7f0a1b2c3d4e    … on standard input
  edge explain --tenant biz_0123456789abcdef01234567 --user usr_89abcdef0123456789abcdef \\
      --scope contact.all DELETE /v1/contacts/con_8f2a1c9b4d6e7f0a1b2c3d4e")]
pub(crate) struct Explain {
    /// The token; `-` for standard input, so that it need not stand in the shell's history.
    #[arg(long, env = "TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Without a token: the tenant,
    #[arg(long, requires = "user", help_heading = "Instead of a token")]
    tenant: Option<TenantId>,
    /// … the user,
    #[arg(long, requires = "tenant", help_heading = "Instead of a token")]
    user: Option<UserId>,
    /// … and the scopes that a token would have.
    #[arg(
        long = "scope",
        value_name = "NAME",
        value_delimiter = ',',
        requires = "tenant",
        help_heading = "Instead of a token"
    )]
    scopes: Vec<String>,
    /// An access token's, rather than a personal access token's.
    #[arg(long, requires = "tenant", help_heading = "Instead of a token")]
    oauth: bool,
    /// Route as an HTTP API does, rather than as a REST API.
    #[arg(long)]
    http_api: bool,
    /// The verb.
    verb: String,
    /// The path, as it follows the stage.
    path: String,
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    connection: Connection,
}

impl Explain {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        let api = self.reference.api()?;
        let opened = self.connection.open().await?;
        let principal = match self.principal(&api, &opened).await? {
            Ok(principal) => principal,
            Err(refusal) => return Ok(refused(&refusal, output)),
        };
        let router = if self.http_api { Router::Http } else { Router::Rest };
        let verb = self.verb.to_ascii_uppercase();
        let (path, _) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let is_alone = opened.variable("ANSWER_EACH_REQUEST").as_deref() == Some("true");
        let Why { reason, found } = Why::of(&principal, router, &verb, path, is_alone, &api);
        let Some((operation, explanation)) = found else { return Ok(no_route(&verb, path, reason, output)) };
        let told = Told { operation, principal: &principal, explanation: &explanation, reason, api: &api };
        output.show(|| told.text(), || told.json());
        Ok(exit(reason))
    }

    /// Who acts, or why nobody does.
    async fn principal(&self, api: &Api, opened: &Opened) -> Result<Result<Principal, Refusal>, Failure> {
        let (tenant, user) = match (&self.tenant, &self.user, &self.token) {
            (Some(tenant), Some(user), _) => (tenant, user),
            (_, _, Some(token)) => return self.holder(token, api, opened).await,
            _ => return Err(Failure::Usage("say whose permission: `--token`, or `--tenant` and `--user`".to_owned())),
        };
        let admin = opened.admin();
        let kind = if self.oauth { TokenKind::AccessToken } else { TokenKind::Pat };
        let (tenant, user) = match (admin.tenant(tenant).await, admin.user(tenant, user).await) {
            (Err(AdminError::NoTenant { .. }), _) => return Ok(Err(Refusal::TenantUnknown)),
            (_, Err(AdminError::NoUser { .. })) => return Ok(Err(Refusal::UserUnknown)),
            (tenant, user) => (tenant?, user?),
        };
        if let Some(unknown) = self.scopes.iter().find(|scope| api.catalogue.permission(scope).is_none()) {
            return Err(AdminError::unknown_permission(unknown, &api.catalogue).into());
        }
        let is_scope =
            |name: &String| api.catalogue.permission(name).is_some_and(|it| api.catalogue.scopes().contains(it));
        if let Some(given) = self.scopes.iter().find(|name| !is_scope(name)).cloned() {
            return Err(AdminError::NotAScope { given }.into());
        }
        Ok(Principal::supposed(tenant, user, kind, &self.scopes, &api.catalogue))
    }

    async fn holder(&self, token: &str, api: &Api, opened: &Opened) -> Result<Result<Principal, Refusal>, Failure> {
        let token = if token == "-" { read_token()? } else { token.to_owned() };
        let authorizer = opened.authorizer(api.clone(), &self.keys)?;
        match authorizer.identify(token.trim(), &opened.store(), host::now()).await {
            Ok(principal) => Ok(Ok(principal)),
            Err(Stopped::Refused(refusal)) => Ok(Err(refusal)),
            Err(Stopped::Fault(fault)) => Err(Failure::Fault(fault.to_string())),
        }
    }
}

fn read_token() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map(|_| text).map_err(|error| Failure::Invalid(format!("standard input cannot be read: {error}")))
}

fn refused(refusal: &Refusal, output: Output) -> ExitCode {
    output.show(
        || format!("{}  {}  {refusal}", styled(BAD, "unauthorized"), refusal.code()),
        || json!({ "outcome": "unauthorized", "reason": refusal.code(), "why": refusal.to_string() }),
    );
    ExitCode::FAILURE
}

fn no_route(verb: &str, path: &str, reason: Reason, output: Output) -> ExitCode {
    let but = if reason == Reason::NoRoute { "" } else { ", and the policy would let it through" };
    output.show(
        || format!("{}  {}  the API has no {verb} {path}{but}", styled(BAD, reason.outcome()), reason.code()),
        || json!({ "outcome": reason.outcome(), "reason": reason.code() }),
    );
    exit(reason)
}

fn exit(reason: Reason) -> ExitCode {
    ExitCode::from(u8::from(reason.outcome() != "allow"))
}

/// An explanation with what it is about, to be told.
struct Told<'a> {
    operation: &'a Operation,
    principal: &'a Principal,
    explanation: &'a Explanation,
    reason: Reason,
    api: &'a Api,
}

impl Told<'_> {
    fn text(&self) -> String {
        let Self { operation, principal, explanation, reason, .. } = self;
        let style = if *reason == Reason::Allowed { GOOD } else { BAD };
        let mut text = format!(
            "{}  {}  {}\n\n{} {} ({}), as {} of {}{}\n",
            styled(style, reason.outcome()),
            reason.code(),
            because(explanation.verdict, *reason),
            styled(HEADING, &operation.verb.to_string()),
            styled(HEADING, &operation.path.to_string()),
            operation.id,
            principal.user.id,
            principal.tenant.id,
            token(principal).map(|id| format!(" with {id}")).unwrap_or_default(),
        );
        for (number, needs) in explanation.alternatives.iter().enumerate() {
            text += if number == 0 { "requires" } else { "or" };
            text += "\n";
            text += &needs.iter().map(need_text).collect::<String>();
        }
        if explanation.alternatives.is_empty() {
            text += &format!("is closed to tokens of the kind {}\n", principal.token.kind.as_str());
        }
        for role in &explanation.unknown_roles {
            text += &format!("the user holds the role `{role}`, which the tenant does not have: it grants nothing\n");
        }
        text
    }

    fn json(&self) -> Value {
        let Self { operation, principal, explanation, reason, api } = self;
        let names = |set| api.catalogue.names(set).collect::<Vec<_>>();
        let alternative = |needs: &Vec<Need>| needs.iter().map(need_json).collect::<Value>();
        json!({
            "outcome": reason.outcome(),
            "reason": reason.code(),
            "operation": operation.id,
            "route": format!("{} {}", operation.verb, operation.path),
            "tenant": principal.tenant.id,
            "user": principal.user.id,
            "token_id": token(principal),
            "token_type": principal.token.kind.as_str(),
            "scopes": names(principal.token.scopes),
            "roles": principal.user.roles,
            "unknown_roles": explanation.unknown_roles,
            "permissions": names(principal.effective()),
            "requires": explanation.alternatives.iter().map(alternative).collect::<Value>(),
        })
    }
}

/// The id of the token; a supposed one has none.
fn token(principal: &Principal) -> Option<String> {
    Some(&principal.token.id).filter(|id| !id.is_empty()).map(|id| harmless(id))
}

fn because(verdict: Verdict, reason: Reason) -> &'static str {
    match verdict {
        Verdict::Allowed if reason == Reason::Path => {
            "scope, role and features cover it, and the path is not written as the policy lets it through"
        }
        Verdict::Allowed => "scope, role and features cover it",
        Verdict::ScopeMissing => "the token's scopes do not cover it",
        Verdict::RoleMissing => "the token's scope is there, and the user's role is not",
        Verdict::FeatureMissing => "scope and role are there, and the tenant's feature is not",
        Verdict::TenantSuspended => "the tenant is suspended",
    }
}

fn need_text(need: &Need) -> String {
    let line = |name: &str, half: &Half, missing: String| {
        let (mark, why) = match half.holds {
            true => (styled(GOOD, "yes"), half.through.join(", ")),
            false => (styled(BAD, "no "), missing),
        };
        format!("    {name:8} {mark}  {why}\n")
    };
    let taken = match need.taken.as_slice() {
        [] => "no role of the user grants it".to_owned(),
        taken => format!("taken from the user: {}", taken.join(", ")),
    };
    let closed = match need.opened_by.as_slice() {
        [] => "no feature opens it".to_owned(),
        openers => format!("the tenant lacks the feature {}", openers.join(" or ")),
    };
    let head = format!("  {}\n", styled(HEADING, &need.permission));
    head + &line("scope", &need.scope, "no scope of the token covers it".to_owned())
        + &line("role", &need.held, taken)
        + &line("feature", &need.feature, closed)
}

fn need_json(need: &Need) -> Value {
    let half = |half: &Half| json!({ "holds": half.holds, "through": half.through });
    json!({
        "permission": need.permission,
        "scope": half(&need.scope),
        "role": half(&need.held),
        "taken": need.taken,
        "feature": half(&need.feature),
        "opened_by": need.opened_by,
    })
}
