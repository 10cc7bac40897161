//! `edge policy`: the policy that a permission set is compiled to, and which routes each pattern serves.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use edge_authorizer::access::catalogue::Catalogue;
use edge_authorizer::access::permission::PermissionSet;
use edge_authorizer::api::Api;
use edge_authorizer::local::demo;
use edge_authorizer::nearest::nearest;
use edge_authorizer::policy::compiler::Patterns;
use edge_authorizer::policy::proof::odd_reading;
use edge_authorizer::policy::route::expand;
use edge_authorizer::policy::route_set::RouteSet;
use edge_authorizer::token::credential::TokenKind;
use serde_json::json;

use crate::failure::Failure;
use crate::output::print;
use crate::pack::compiled;

/// Print the policy for a token's scopes, within a role.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge policy --scope contact.read --scope deal.write --role sales     both halves, as a decision takes them
  edge policy --scope contact.all --permission contact.read            a role of your own, by its permissions
  edge policy --scope note.read --token access-token --json            the other kind of token")]
pub(crate) struct PolicyArgs {
    /// A scope of the token.
    #[arg(long = "scope", required = true, value_name = "PERMISSION")]
    scopes: Vec<String>,
    /// A role of the demonstration data; without role and permission the user may everything.
    #[arg(long = "role", value_name = "NAME")]
    roles: Vec<String>,
    /// A permission of the user.
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
    /// The kind of the token.
    #[arg(long, value_enum, default_value = "pat")]
    token: Kind,
    /// The API reference: OpenAPI 3.1, YAML or JSON.
    #[arg(long, default_value = "api.yaml", value_name = "FILE")]
    reference: PathBuf,
}

/// The kinds of tokens, as the command line names them.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Pat,
    AccessToken,
}

pub(crate) fn run(args: &PolicyArgs, json: bool) -> Result<ExitCode, Failure> {
    let api = Api::new(compiled(&args.reference)?).map_err(|error| Failure::Invalid(error.to_string()))?;
    let effective = granted(&args.scopes, &api.catalogue)?.intersection(args.held(&api.catalogue)?);
    let kind = match args.token {
        Kind::Pat => TokenKind::Pat,
        Kind::AccessToken => TokenKind::AccessToken,
    };
    let patterns = api.policies.patterns(kind, effective);
    if json {
        let permissions: Vec<&str> = api.catalogue.names(effective).collect();
        let allow: Vec<_> = patterns
            .allow
            .iter()
            .map(|it| json!({"pattern": it, "serves": served(&api, kind, effective, it)}))
            .collect();
        let deny: Vec<_> = patterns
            .deny
            .iter()
            .map(|it| json!({"pattern": it, "refuses": refused(&api, kind, effective, it)}))
            .collect();
        print(&format!("{}\n", json!({"permissions": permissions, "allow": allow, "deny": deny})));
    } else {
        print(&text(&api, kind, effective, &patterns));
    }
    Ok(ExitCode::SUCCESS)
}

impl PolicyArgs {
    /// What the user holds: the roles' permissions and the named ones, or everything if none of either is named.
    fn held(&self, catalogue: &Catalogue) -> Result<PermissionSet, Failure> {
        if self.roles.is_empty() && self.permissions.is_empty() {
            return Ok(catalogue.every());
        }
        let roles = demo::roles(catalogue);
        let mut names = self.permissions.clone();
        for role in &self.roles {
            let known = roles.keys().cloned().collect::<Vec<_>>().join(", ");
            let permissions = roles.get(role).ok_or_else(|| {
                Failure::Invalid(format!("no role `{role}` in the demonstration data, which has {known}; name the role's permissions with --permission"))
            })?;
            names.extend(permissions.iter().cloned());
        }
        granted(&names, catalogue)
    }
}

fn granted(names: &[String], catalogue: &Catalogue) -> Result<PermissionSet, Failure> {
    let known: Vec<&str> = catalogue.names(catalogue.every()).collect();
    for name in names {
        if catalogue.permission(name).is_none() {
            let hint = nearest(name, known.iter().copied()).map(|it| format!(": did you mean `{it}`?"));
            return Err(Failure::Invalid(format!(
                "no permission `{name}` in the API reference{}",
                hint.unwrap_or_default()
            )));
        }
    }
    Ok(catalogue.granted(names.iter().map(String::as_str)))
}

fn text(api: &Api, kind: TokenKind, effective: PermissionSet, patterns: &Patterns) -> String {
    let permissions = api.catalogue.names(effective).collect::<Vec<_>>().join(" ");
    let mut text = format!("Effective: {}\n", if permissions.is_empty() { "nothing" } else { &permissions });
    for pattern in &patterns.allow {
        text.push_str(&format!("\nAllow  {pattern}\n"));
        for route in served(api, kind, effective, pattern) {
            text.push_str(&format!("         {route}\n"));
        }
    }
    for pattern in &patterns.deny {
        text.push_str(&format!("\nDeny   {pattern}\n"));
        for route in refused(api, kind, effective, pattern) {
            text.push_str(&format!("         {route}\n"));
        }
    }
    text
}

/// What a Deny is there for: the routes that are not covered and that it tames, or odd paths.
fn refused(api: &Api, kind: TokenKind, effective: PermissionSet, pattern: &str) -> Vec<String> {
    let menu = api.policies.menu();
    if let Some(reading) = odd_reading(pattern) {
        return vec![format!("odd paths ({reading}), as not all of a verb is covered")];
    }
    let covered = api.policies.covered(kind, &effective);
    let facts = menu.denies.iter().filter(|deny| deny.patterns.iter().any(|it| it == pattern));
    let mut tamed = RouteSet::default();
    facts.for_each(|deny| tamed.add(&deny.tames.minus(&covered)));
    names(api, &tamed)
}

/// The covered routes that a pattern serves.
fn served(api: &Api, kind: TokenKind, effective: PermissionSet, pattern: &str) -> Vec<String> {
    let covered = api.policies.covered(kind, &effective);
    let facts = api.policies.menu().allows.iter().find(|allow| allow.pattern == pattern);
    let serves = facts.map(|allow| allow.serves.and(&covered)).unwrap_or_default();
    names(api, &serves)
}

fn names(api: &Api, set: &RouteSet) -> Vec<String> {
    let routes = expand(&api.operations);
    set.iter().filter_map(|at| routes.get(at)).map(|route| format!("{} {}", route.verb, route.path)).collect()
}
