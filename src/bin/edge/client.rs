//! `edge client`: the apps that an operator makes or vouches for. All others register themselves.
//!
//! A secret is printed once, alone on standard output, so that `SECRET=$(edge client create …)` does what one hopes.
//! All that is to be said of it goes to standard error.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use edge_authorizer::access::identity::ClientId;
use edge_authorizer::oauth::client::{Client, Origin};
use edge_authorizer::oauth::metadata::{AuthenticationMethod, ClientMetadata};
use edge_authorizer::oauth::secret::Secret;
use edge_authorizer::store::admin::AdminError;
use edge_authorizer::store::oauth::{Commit, OAuthStore};
use edge_authorizer::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::change::{Change, Ending};
use crate::connection::{Connection, Reference};
use crate::failure::Failure;
use crate::host;
use crate::output::{Output, harmless, sheet, table};

/// The apps that an operator makes or vouches for.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    Create(Create),
    List(List),
    Show(Named),
    Verify(Verify),
    Remove(Remove),
}

/// Make a client and print its secret, this once.
#[derive(Debug, Args)]
#[command(after_help = "\
A client that only asks what tokens are worth (`--may-introspect`) needs no redirect URI.

Examples:
  SECRET=$(edge client create --name \"Reports\" --redirect-uri https://reports.example.com/callback)
  edge client create --name \"Our own app\" --first-party --redirect-uri https://app.example.com/callback
  edge client create --name \"Gateway\" --may-introspect")]
pub(crate) struct Create {
    /// What people read when they are asked.
    #[arg(long)]
    name: String,
    /// Where answers may go.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// How it proves itself.
    #[arg(long, value_enum, default_value_t = Proof::Basic)]
    auth: Proof,
    /// A scope that it gets when it asks for none; it may ask for others.
    #[arg(long = "scope", value_name = "NAME", value_delimiter = ',')]
    scopes: Vec<String>,
    /// It is the operator's own app.
    #[arg(long)]
    first_party: bool,
    /// It may ask what tokens are worth, of any client.
    #[arg(long)]
    may_introspect: bool,
    #[command(flatten)]
    reference: Reference,
    #[command(flatten)]
    change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Proof {
    /// `client_secret_basic`: a secret in the `Authorization` header.
    Basic,
    /// `client_secret_post`: a secret in the form.
    Post,
    /// Not at all: an app that cannot keep a secret.
    None,
}

/// List the clients that operators made or verified.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    connection: Connection,
}

/// Show a client, also one that registered itself.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The client's id.
    id: ClientId,
    #[command(flatten)]
    connection: Connection,
}

/// Vouch for a client that registered itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Whoever verifies a client has made sure that its redirect URIs are those of the app that it says it is. From then on its
registration does not expire, and people are not told that it registered itself. They are still asked.

Examples:
  edge client verify app_0123456789abcdef0123456789abcdef")]
pub(crate) struct Verify {
    /// The client's id.
    id: ClientId,
    #[command(flatten)]
    change: Change,
}

/// Remove a client and end what it was granted: its tokens are refused within the gateway's cache TTL.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge client remove app_0123456789abcdef0123456789abcdef")]
pub(crate) struct Remove {
    /// The client's id.
    id: ClientId,
    #[command(flatten)]
    ending: Ending,
}

impl ClientCommand {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Create(args) => args.run(output).await?,
            Self::List(args) => {
                let clients = args.connection.open().await?.clients().operators_clients().await?;
                output.show_all("clients", &clients, || clients_text(&clients), || clients.iter().map(json).collect());
            }
            Self::Show(args) => {
                let client = find(&args.connection.open().await?.clients(), &args.id).await?;
                output.show(|| text(&client), || json(&client));
            }
            Self::Verify(args) => args.run(output).await?,
            Self::Remove(args) => args.run(output).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    async fn run(&self, output: Output) -> Result<(), Failure> {
        let opened = self.change.open().await?;
        let stamp = self.change.stamp()?;
        let metadata = self.metadata()?;
        let label = format!("{}_secret_", opened.variable("PAT_PREFIX").unwrap_or_else(|| "crm".to_owned()));
        let secret = match self.auth {
            Proof::None => None,
            Proof::Basic | Proof::Post => Some(Secret::new(&label, host::random()?)),
        };
        let client = Client {
            id: new_id(host::random()?)?,
            metadata,
            secret: secret.as_ref().map(Secret::digest),
            management: None,
            origin: Origin::Operator { first_party: self.first_party, may_introspect: self.may_introspect },
            registered: stamp.now(),
            expires: None,
        };
        if opened.clients().create_client(&client, &stamp).await? != Commit::Done {
            return Err(Failure::Fault("the client was not made: try again".to_owned()));
        }
        let shown = secret.as_ref().map(Secret::expose);
        match (output, shown) {
            (Output::Json, _) => output.show(String::new, || json!({ "client": json(&client), "secret": shown })),
            (Output::Text, Some(secret)) => {
                output.show(|| secret.to_owned(), || Value::Null);
                anstream::eprintln!("the secret of {}: keep it, it is not shown again", client.id);
            }
            (Output::Text, None) => output.show(|| text(&client), || Value::Null),
        }
        Ok(())
    }

    /// What the client says of itself, by the rules of a registration.
    fn metadata(&self) -> Result<ClientMetadata, Failure> {
        if self.may_introspect && self.auth == Proof::None {
            return Err(Failure::Usage("a client that may introspect must prove itself: not `--auth none`".to_owned()));
        }
        let catalogue = self.reference.api()?.catalogue;
        for name in &self.scopes {
            let known = catalogue.permission(name).is_some_and(|it| catalogue.scopes().contains(it));
            if !known {
                return Err(AdminError::unknown_permission(name, &catalogue).into());
            }
        }
        let method = match self.auth {
            Proof::Basic => "client_secret_basic",
            Proof::Post => "client_secret_post",
            Proof::None => "none",
        };
        // The rules want somewhere to send people; a client that only introspects has no people.
        let only_introspects = self.may_introspect && self.redirect_uris.is_empty();
        let uris =
            if only_introspects { vec!["https://unused.example.com/".to_owned()] } else { self.redirect_uris.clone() };
        let said = json!({
            "client_name": self.name,
            "redirect_uris": uris,
            "token_endpoint_auth_method": method,
            "scope": Some(self.scopes.join(" ")).filter(|scope| !scope.is_empty()),
        });
        let mut metadata = ClientMetadata::from_json(said.to_string().as_bytes())
            .map_err(|problem| Failure::Invalid(problem.to_string()))?;
        if metadata.client_name.is_none() {
            return Err(Failure::Invalid("people could not read that name".to_owned()));
        }
        if only_introspects {
            metadata.redirect_uris.clear();
        }
        Ok(metadata)
    }
}

impl Verify {
    async fn run(&self, output: Output) -> Result<(), Failure> {
        let store = self.change.open().await?.clients();
        let was = find(&store, &self.id).await?;
        match was.origin {
            Origin::SelfRegistered => {}
            Origin::Document { .. } => {
                let problem = "describes itself in a document of its own, which may change any day";
                return Err(Failure::Invalid(format!("the client `{}` {problem}", self.id)));
            }
            Origin::Operator { .. } => {
                return Err(Failure::Invalid(format!("the client `{}` is verified already", self.id)));
            }
        }
        if was.clone().current(host::now()).is_err() {
            return Err(Failure::Invalid(format!("the registration of `{}` has expired", self.id)));
        }
        let origin = Origin::Operator { first_party: false, may_introspect: false };
        let is = Client { origin, expires: None, ..was.clone() };
        if store.vouch_for(&was, &is, &self.change.stamp()?).await? != Commit::Done {
            return Err(Failure::Invalid(format!(
                "the client `{}` was changed meanwhile: look, and try again",
                self.id
            )));
        }
        output.show(|| text(&is), || json(&is));
        Ok(())
    }
}

impl Remove {
    async fn run(&self, output: Output) -> Result<(), Failure> {
        let store = self.ending.open().await?.clients();
        let client = find(&store, &self.id).await?;
        let withdrawn = store.withdraw_client(&client, &self.ending.stamp()?).await;
        // Grants may have ended before it failed.
        self.ending.flush().await?;
        if withdrawn? != Commit::Done {
            return Err(Failure::Invalid(format!(
                "the client `{}` was removed or registered anew meanwhile: look, and try again",
                self.id
            )));
        }
        let text = || format!("the client `{}` is removed, and what it was granted has ended", self.id);
        output.show(text, || json!({ "removed": self.id }));
        Ok(())
    }
}

async fn find(store: &OAuthStore, id: &ClientId) -> Result<Client, Failure> {
    let client = store.client(id).await?;
    client.ok_or_else(|| Failure::Invalid(format!("there is no client `{id}`")))
}

fn new_id(random: [u8; 16]) -> Result<ClientId, Failure> {
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    ClientId::parse(&format!("app_{digits}")).map_err(|error| Failure::Fault(error.to_string()))
}

fn kind(client: &Client) -> &'static str {
    match client.origin {
        Origin::SelfRegistered => "registered itself",
        Origin::Document { .. } => "describes itself",
        Origin::Operator { first_party: true, .. } => "first party",
        Origin::Operator { first_party: false, .. } => "verified",
    }
}

fn proof(client: &Client) -> &'static str {
    match client.metadata.token_endpoint_auth_method {
        AuthenticationMethod::None => "none",
        AuthenticationMethod::Basic => "client_secret_basic",
        AuthenticationMethod::Post => "client_secret_post",
    }
}

fn name(client: &Client) -> String {
    harmless(client.metadata.client_name.as_deref().unwrap_or_default())
}

fn uris(client: &Client) -> Vec<&str> {
    client.metadata.redirect_uris.iter().map(|uri| uri.as_str()).collect()
}

fn text(client: &Client) -> String {
    sheet(&[
        ("client", client.id.to_string()),
        ("name", name(client)),
        ("kind", kind(client).to_owned()),
        ("proves itself by", proof(client).to_owned()),
        ("redirect URIs", uris(client).join(" ")),
        ("default scopes", client.metadata.scope.clone().unwrap_or_default()),
        ("may introspect", if client.may_introspect() { "yes".to_owned() } else { String::new() }),
        ("registered", client.registered.to_rfc3339()),
        ("expires", client.expires.map(Timestamp::to_rfc3339).unwrap_or_default()),
    ])
}

fn json(client: &Client) -> Value {
    json!({
        "id": client.id,
        "name": client.metadata.client_name,
        "kind": kind(client),
        "token_endpoint_auth_method": proof(client),
        "redirect_uris": uris(client),
        "scope": client.metadata.scope,
        "may_introspect": client.may_introspect(),
        "registered": client.registered.to_rfc3339(),
        "expires": client.expires.map(Timestamp::to_rfc3339),
    })
}

fn clients_text(clients: &[Client]) -> String {
    let row =
        |client: &Client| [client.id.to_string(), kind(client).to_owned(), proof(client).to_owned(), name(client)];
    table(["CLIENT", "KIND", "PROVES ITSELF BY", "NAME"], &clients.iter().map(row).collect::<Vec<_>>())
}
