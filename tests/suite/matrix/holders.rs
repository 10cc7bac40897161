//! Who holds which token: every demonstration user with every set of scopes, as records in the store.

use edge_authorizer::access::identity::{ClientId, GrantId};
use edge_authorizer::api::Api;
use edge_authorizer::local::demo::{DemoToken, Demonstration, Member};
use edge_authorizer::local::fill::fill;
use edge_authorizer::token::credential::{GrantRecord, PatRecord, TokenKind};
use edge_authorizer::token::pat::SECRET_LENGTH;

use crate::world::{NOW, World};

/// A set of scopes, and what the file calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScopeSet {
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
}

/// No scope, each single one (each `.all` among them), and those of the demonstration's tokens, each set once.
pub(crate) fn scope_sets(api: &Api, demo: &Demonstration) -> Vec<ScopeSet> {
    let set = |name: &str, scopes: Vec<String>| ScopeSet { name: name.to_owned(), scopes };
    let single = api.catalogue.names(api.catalogue.scopes()).map(|scope| set(scope, vec![scope.to_owned()]));
    let mut sets: Vec<ScopeSet> = std::iter::once(set("no scope", Vec::new())).chain(single).collect();
    for token in &demo.tokens {
        if sets.iter().all(|known| known.scopes != token.record.scopes) {
            sets.push(set(&format!("[{}]", token.name), token.record.scopes.clone()));
        }
    }
    sets
}

/// A user with a token of each kind, which are for the same scopes.
pub(super) struct Holder {
    /// The user, or the demonstration's token.
    pub(super) section: String,
    /// The scopes, or the demonstration's token.
    pub(super) row: String,
    pat: String,
    access_token: String,
}

impl Holder {
    pub(super) fn token(&self, kind: TokenKind) -> &str {
        match kind {
            TokenKind::Pat => &self.pat,
            TokenKind::AccessToken => &self.access_token,
        }
    }

    fn new(section: &str, row: &str, token: &DemoToken, demo: &Demonstration) -> Self {
        Self {
            section: section.to_owned(),
            row: row.to_owned(),
            pat: token.issued.expose().to_owned(),
            access_token: demo.access_token(token, NOW).unwrap(),
        }
    }
}

/// The section of the demonstration's own tokens.
pub(super) const DEMO_TOKENS: &str = "the demonstration's tokens";

/// Every holder, in the order of the file. Their records are in the store from now on.
pub(super) async fn furnish(world: &mut World, api: &Api) -> Vec<Holder> {
    let demo = &mut world.demo;
    let mut holders: Vec<Holder> =
        demo.tokens.iter().map(|token| Holder::new(DEMO_TOKENS, token.name, token, demo)).collect();
    let sets = scope_sets(api, demo);
    for (member, set) in demo.users.clone().iter().flat_map(|member| sets.iter().map(move |set| (member, set))) {
        let token = token(member, &set.scopes, demo);
        holders.push(Holder::new(member.name, &set.name, &token, demo));
        demo.tokens.push(token);
    }
    fill(&world.store.client(), &world.demo).await.unwrap();
    holders
}

/// One more token of the demonstration.
fn token(member: &Member, scopes: &[String], demo: &Demonstration) -> DemoToken {
    let number = demo.tokens.len();
    let mut secret = [0; SECRET_LENGTH];
    secret[..8].copy_from_slice(&number.to_be_bytes());
    DemoToken {
        name: "matrix",
        tenant: member.tenant.clone(),
        issued: demo.settings.pats.issue(&member.tenant, &member.user.id, secret),
        record: PatRecord {
            id: format!("pat_matrix_{number}"),
            name: "a token of the matrix".to_owned(),
            user: member.user.id.clone(),
            scopes: scopes.to_vec(),
            created: NOW,
            expires: NOW.plus(3600),
            revoked: None,
            last_used: Some(NOW),
            successor: None,
        },
        grant: GrantRecord {
            id: GrantId::parse(&format!("grant_matrix_{number}")).unwrap(),
            user: member.user.id.clone(),
            client_id: ClientId::parse("client_matrix").unwrap(),
            scopes: scopes.to_vec(),
            revoked: None,
        },
    }
}
