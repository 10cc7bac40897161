//! `edge keys`: what this product's own authorization server signs access tokens with.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use edge_authorizer::keys::known::Patience;
use edge_authorizer::oauth::issuer::Issuer;
use edge_authorizer::oauth::key_ring::{KeySecret, OwnKey, PrivateHalf, Stage, stage};
use edge_authorizer::oauth::public_half::PublicHalf;
use edge_authorizer::oauth::signing::SigningKey;
use edge_authorizer::store::admin::keys::NewKey;
use edge_authorizer::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::change::{Change, Ending};
use crate::connection::{Connection, Opened};
use crate::failure::Failure;
use crate::host;
use crate::kms;
use crate::output::{Output, table};
use crate::span;

/// For how long the authorizer believes the keys that it has read, in seconds.
const BELIEVED: u64 = Patience::TABLE.fresh_for;

/// The keys that access tokens are signed with.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    List(List),
    Rotate(Rotate),
    Retire(Retire),
}

/// List an issuer's keys: which signs, and which still verify.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    connection: Connection,
}

/// Put a new key in the place of the one that signs. The first key of an issuer is made so, too.
///
/// The new key is published at once and signs later, so that everybody knows it by then. The old one verifies until the
/// last token under it has expired. Nobody is signed out, and nothing is deployed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edge keys rotate --issuer https://auth.example.com                    a new key in KMS
  edge keys rotate --issuer https://auth.example.com --kms-key ARN      one that is there
  edge keys rotate --local                                              of a running `edge serve`
  edge keys rotate --issuer https://auth.example.com --ahead 0          in an emergency; then retire the old one")]
pub(crate) struct Rotate {
    #[command(flatten)]
    whose: Whose,
    /// Use this key in KMS rather than making one: ECC_NIST_P256, SIGN_VERIFY, tagged `edge-issuer` with the issuer.
    #[arg(long, value_name = "ARN", conflicts_with_all = ["in_table", "local"])]
    kms_key: Option<String>,
    /// Keep the key in the table, private half and all: for one machine and for tests, never for a server on AWS.
    #[arg(long)]
    in_table: bool,
    /// How long the key is published before it signs.
    #[arg(long, value_name = "TIME", value_parser = span::seconds, default_value = "15m")]
    ahead: u64,
    #[command(flatten)]
    change: Change,
}

/// End a key at once: every token under it is refused within the gateway's cache TTL and a minute.
#[derive(Debug, Args)]
#[command(after_help = "\
Not for everyday: a key that was rotated ends by itself. A key in KMS stays there and costs what it costs; when its record
is retired, schedule its deletion with `aws kms schedule-key-deletion`.

Examples:
  edge keys retire NRnKzx…Q --issuer https://auth.example.com")]
pub(crate) struct Retire {
    /// The key's name, its `kid`.
    key: String,
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    ending: Ending,
}

/// Whose keys.
#[derive(Debug, Args)]
struct Whose {
    /// The authorization server [default: that of the running `edge serve`, with --local].
    #[arg(long, value_name = "URL", env = "OAUTH_ISSUER", value_parser = Issuer::parse)]
    issuer: Option<Issuer>,
}

impl KeysCommand {
    pub(crate) async fn run(&self, output: Output) -> Result<ExitCode, Failure> {
        let (whose, opened) = match self {
            Self::List(List { whose, connection }) => (whose, connection.open().await?),
            Self::Rotate(Rotate { whose, change, .. }) => (whose, change.open().await?),
            Self::Retire(Retire { whose, ending, .. }) => (whose, ending.open().await?),
        };
        let issuer = whose.issuer(&opened)?;
        match self {
            Self::List(_) => {}
            Self::Rotate(args) => args.run(&opened, &issuer).await?,
            Self::Retire(args) => {
                opened.admin().retire_key(&issuer, &args.key, &args.ending.stamp()?).await?;
            }
        }
        let (keys, now) = (opened.admin().signing_keys(&issuer).await?, host::now());
        output.show_all("keys", &keys, || text(&keys, now), || keys.iter().map(|key| json(&keys, key, now)).collect());
        if let Self::Retire(args) = self {
            args.ending.flush_late(BELIEVED).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Whose {
    fn issuer(&self, opened: &Opened) -> Result<Issuer, Failure> {
        let local = opened.local_issuer().map(Issuer::parse).transpose();
        let local = local.map_err(|error| Failure::Invalid(error.to_string()))?;
        let issuer = local.or_else(|| self.issuer.clone());
        issuer.ok_or_else(|| Failure::Usage("say whose keys: `--issuer https://auth.example.com`".to_owned()))
    }
}

impl Rotate {
    async fn run(&self, opened: &Opened, issuer: &Issuer) -> Result<(), Failure> {
        let (public, private) = match opened.kms().filter(|_| !self.in_table) {
            Some(kms) => self.in_kms(&kms, issuer).await?,
            None => in_table()?,
        };
        let arn = match &private {
            PrivateHalf::Kms(arn) if self.kms_key.is_none() => Some(arn.clone()),
            PrivateHalf::Kms(_) | PrivateHalf::Table(_) => None,
        };
        let new = NewKey { public, private, ahead: self.ahead };
        match opened.admin().rotate_key(issuer, &new, &self.change.stamp()?).await {
            Ok(_) => Ok(()),
            Err(error) => {
                if let Some(arn) = arn {
                    anstream::eprintln!("a key was made in KMS and not published: go on with `--kms-key {arn}`");
                }
                Err(error.into())
            }
        }
    }

    async fn in_kms(
        &self,
        client: &aws_sdk_kms::Client,
        issuer: &Issuer,
    ) -> Result<(PublicHalf, PrivateHalf), Failure> {
        let id = match &self.kms_key {
            Some(id) => id.clone(),
            None => kms::create(client, issuer).await?,
        };
        let found = kms::find(client, &id, issuer).await?;
        Ok((found.public, PrivateHalf::Kms(found.arn)))
    }
}

/// A key of random bytes, drawn until they are one.
fn in_table() -> Result<(PublicHalf, PrivateHalf), Failure> {
    loop {
        let secret = host::key_secret()?;
        if let Ok(key) = SigningKey::from_secret(&secret) {
            return Ok((key.public().clone(), PrivateHalf::Table(KeySecret::new(secret))));
        }
    }
}

fn text(keys: &[OwnKey], now: Timestamp) -> String {
    let row = |key: &OwnKey| {
        let time = |time: Option<Timestamp>| time.map_or_else(String::new, Timestamp::to_rfc3339);
        [
            key.record.key_id.clone(),
            name_of(stage(keys, key, now)).to_owned(),
            time(key.record.not_before),
            time(key.record.retires),
            place(&key.private).to_owned(),
        ]
    };
    table(["KEY", "STATE", "SIGNS FROM", "ENDS", "PRIVATE HALF"], &sorted(keys).map(row).collect::<Vec<_>>())
}

fn json(keys: &[OwnKey], key: &OwnKey, now: Timestamp) -> Value {
    json!({
        "key": key.record.key_id,
        "state": name_of(stage(keys, key, now)),
        "signs_from": key.record.not_before.map(Timestamp::to_rfc3339),
        "ends": key.record.retires.map(Timestamp::to_rfc3339),
        "private_half": place(&key.private),
    })
}

/// The newest first.
fn sorted(keys: &[OwnKey]) -> impl Iterator<Item = &OwnKey> {
    let mut sorted: Vec<&OwnKey> = keys.iter().collect();
    sorted.sort_by_key(|key| (std::cmp::Reverse(key.record.not_before), &key.record.key_id));
    sorted.into_iter()
}

fn name_of(stage: Stage) -> &'static str {
    match stage {
        Stage::Published => "published",
        Stage::Signing => "signing",
        Stage::Verifying => "verifying",
        Stage::Retired => "retired",
    }
}

fn place(private: &PrivateHalf) -> &str {
    match private {
        PrivateHalf::Table(_) => "in the table",
        PrivateHalf::Kms(arn) => arn,
    }
}
