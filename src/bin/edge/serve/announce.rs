//! What `edge serve` says when it is ready: where everything is, whose tokens and accounts there are, what to try.

use edge_authorizer::access::tenant::{TenantStatus, UserStatus};
use edge_authorizer::local::auth::{Account, PASSWORD, accounts};
use edge_authorizer::local::demo::Demonstration;
use edge_authorizer::local::example::{EXAMPLES, Example};
use edge_authorizer::local::state::LocalState;
use serde_json::{Value, json};

use crate::output::table;

pub(super) fn announce(state: &LocalState, demonstration: &Demonstration, as_json: bool) {
    if as_json {
        anstream::println!("{}", line(state, demonstration));
    } else {
        anstream::println!("{}", text(state, demonstration));
    }
}

fn line(state: &LocalState, demonstration: &Demonstration) -> Value {
    let command = |example: &Example| {
        json!({
            "shows": example.shows,
            "status": example.status,
            "command": example.command(&state.gateway, demonstration),
        })
    };
    let account = |account: Account<'_>| {
        json!({
            "name": account.name.as_str(),
            "tenant": account.member.tenant,
            "user": account.member.user.id,
            "roles": account.member.user.roles,
        })
    };
    let tokens: serde_json::Map<_, _> =
        demonstration.tokens.iter().map(|it| (it.name.to_owned(), it.issued.expose().into())).collect();
    json!({
        "gateway": state.gateway,
        "authorization_server": state.authorization_server,
        "dynamodb": state.dynamodb,
        "table": state.table,
        "tokens": tokens,
        "accounts": accounts(demonstration).map(account).collect::<Vec<_>>(),
        "password": PASSWORD,
        "examples": EXAMPLES.iter().map(command).collect::<Vec<_>>(),
    })
}

fn text(state: &LocalState, demonstration: &Demonstration) -> String {
    let example = |example: &Example| {
        format!("# {}: {}\n{}\n", example.status, example.shows, example.command(&state.gateway, demonstration))
    };
    let people = accounts(demonstration).map(|account| {
        let member = account.member;
        [account.name.as_str().to_owned(), member.tenant.to_string(), member.user.roles.join(" "), note(&account)]
    });
    [
        format!("gateway               {}", state.gateway),
        format!("authorization server  {}", state.authorization_server),
        format!("dynamodb              {}, table {}", state.dynamodb, state.table),
        "\nThe demonstration's tokens are good on this machine only. Paste one of these:\n".to_owned(),
        EXAMPLES.iter().map(example).collect::<Vec<_>>().join("\n"),
        format!("Apps get theirs from the authorization server, where these people sign in with `{PASSWORD}`:\n"),
        table(["ACCOUNT", "TENANT", "ROLE", ""], &people.collect::<Vec<_>>()),
        "\nCtrl-C ends it. `edge --help` lists what else works with `--local` in another terminal.".to_owned(),
    ]
    .join("\n")
}

/// Why an account is good for nothing, if it is.
fn note(account: &Account<'_>) -> String {
    match (account.member.user.status, account.tenant_status) {
        (UserStatus::Disabled, _) => "disabled".to_owned(),
        (UserStatus::Active, TenantStatus::Suspended) => "tenant suspended".to_owned(),
        (UserStatus::Active, TenantStatus::Active) => String::new(),
    }
}
