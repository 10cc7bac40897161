//! Where the table is, and which API its names are of: AWS, any DynamoDB endpoint, or a running `edge serve`.

use std::path::{Path, PathBuf};

use aws_config::{BehaviorVersion, Region};
use clap::Args;
use edge_authorizer::api::Api;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::flush::call::Caller;
use edge_authorizer::local::state::LocalState;
use edge_authorizer::oauth::kms;
use edge_authorizer::settings::Settings;
use edge_authorizer::store::admin::Admin;
use edge_authorizer::store::client::{Endpoint, connect, http_client};
use edge_authorizer::store::oauth::OAuthStore;
use edge_authorizer::store::read::DynamoStore;

use crate::failure::Failure;
use crate::host;
use crate::pack;

/// The file that a running `edge serve` leaves in its folder.
const STATE_FILE: &str = "local.json";

/// Where the table is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where the table is")]
pub(crate) struct Connection {
    /// The DynamoDB table.
    #[arg(long, value_name = "NAME", env = "TABLE_NAME")]
    table: Option<String>,
    /// Its region [default: as the AWS command line finds it].
    #[arg(long)]
    region: Option<String>,
    /// Another endpoint than the region's own.
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL_DYNAMODB")]
    endpoint_url: Option<String>,
    /// The profile whose credentials are used [default: as the AWS command line finds them].
    #[arg(long)]
    profile: Option<String>,
    /// The store of the `edge serve` that runs here, or whose state lies in DIR.
    #[arg(
        long,
        value_name = "DIR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ".edge",
        conflicts_with_all = ["region", "profile"],
    )]
    local: Option<PathBuf>,
}

/// The API whose names are used.
#[derive(Debug, Args)]
pub(crate) struct Reference {
    /// The API reference, or what `edge pack` made of it.
    #[arg(long, value_name = "FILE", env = "EDGE_REFERENCE", default_value = "api.yaml")]
    reference: PathBuf,
}

/// The key under which tokens are made and read.
#[derive(Debug, Args)]
#[command(next_help_heading = "The tokens' key")]
pub(crate) struct Keys {
    /// A file that holds the key; otherwise the variable PAT_MAC_KEY does, or the running `edge serve`.
    #[arg(long, value_name = "FILE")]
    mac_key_file: Option<PathBuf>,
}

/// A table that was found.
pub(crate) struct Opened {
    endpoint: Endpoint,
    table: String,
    /// Another KMS than the region's own.
    kms_url: Option<String>,
    local: Option<LocalState>,
}

impl Connection {
    /// Finds the table, its endpoint and the credentials for it. Nothing is called yet.
    pub(crate) async fn open(&self) -> Result<Opened, Failure> {
        match &self.local {
            Some(folder) => running(&folder.join(STATE_FILE)),
            None => self.on_aws().await,
        }
    }

    /// Who calls AWS, and in which region.
    pub(crate) async fn caller(&self) -> Result<Caller, Failure> {
        let Endpoint { region, credentials, .. } = self.aws().await?;
        Ok(Caller::new(region, credentials, host::clock))
    }

    async fn on_aws(&self) -> Result<Opened, Failure> {
        let table = self
            .table
            .clone()
            .ok_or_else(|| usage("say which table: `--table NAME`, or `--local` for a running `edge serve`"))?;
        let kms_url = host::variable("AWS_ENDPOINT_URL_KMS").or_else(|| host::variable("AWS_ENDPOINT_URL"));
        Ok(Opened { endpoint: self.aws().await?, table, kms_url, local: None })
    }

    async fn aws(&self) -> Result<Endpoint, Failure> {
        let mut chain = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client());
        if let Some(region) = &self.region {
            chain = chain.region(Region::new(region.clone()));
        }
        if let Some(profile) = &self.profile {
            chain = chain.profile_name(profile);
        }
        let found = chain.load().await;
        let region = found.region().map(ToString::to_string);
        let region = region.ok_or_else(|| usage("say in which region the table is: `--region eu-central-1`"))?;
        let credentials = found.credentials_provider();
        let credentials =
            credentials.ok_or_else(|| usage("there are no AWS credentials: sign in, or name a `--profile`"))?;
        let url = self.endpoint_url.clone().or_else(|| found.endpoint_url().map(str::to_owned));
        Ok(Endpoint { region, url, credentials })
    }
}

fn running(state: &Path) -> Result<Opened, Failure> {
    let local = LocalState::read(state).map_err(|error| {
        let hint = "start `edge serve` first, or name its folder with `--local=DIR`";
        Failure::Invalid(format!("`{}` cannot be read: {error}: {hint}", state.display()))
    })?;
    // The embedded store takes any credentials.
    let keys = || "local".to_owned();
    let endpoint = Endpoint::with_keys(local.region.clone(), Some(local.dynamodb.clone()), keys(), keys(), None);
    Ok(Opened { endpoint, table: local.table.clone(), kms_url: None, local: Some(local) })
}

impl Opened {
    /// The table, for changing it.
    pub(crate) fn admin(&self) -> Admin {
        Admin::new(connect(self.endpoint.clone()), self.table.clone())
    }

    /// The table, as decisions see it.
    pub(crate) fn store(&self) -> DynamoStore {
        DynamoStore::new(self.endpoint.clone(), self.table.clone())
    }

    /// The table, as the authorization server sees it.
    pub(crate) fn clients(&self) -> OAuthStore {
        OAuthStore::new(connect(self.endpoint.clone()), self.table.clone())
    }

    /// A setting of the installation: here, or as the running `edge serve` has it.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        match &self.local {
            Some(local) => local.settings.get(name).cloned(),
            None => host::variable(name),
        }
    }

    /// KMS, in the region of the table; none where everything is on this machine.
    pub(crate) fn kms(&self) -> Option<aws_sdk_kms::Client> {
        match self.local {
            Some(_) => None,
            None => Some(kms::connect(Endpoint { url: self.kms_url.clone(), ..self.endpoint.clone() })),
        }
    }

    /// The issuer of the running `edge serve`.
    pub(crate) fn local_issuer(&self) -> Option<&str> {
        self.local.as_ref().map(|local| local.authorization_server.as_str())
    }

    /// The table's name.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// The settings of the installation: its environment variables, here or as the running `edge serve` has them.
    pub(crate) fn settings(&self, keys: &Keys) -> Result<Settings, Failure> {
        let file = keys.mac_key_file.as_deref().map(secret).transpose()?;
        let variable = |name: &str| match &file {
            Some(key) if name == "PAT_MAC_KEY" => Some(key.clone()),
            Some(_) | None => self.variable(name),
        };
        Settings::read(variable).map_err(|error| {
            let hint = "set it as the authorizer has it, or use `--mac-key-file`, or `--local`";
            Failure::Usage(format!("{error}: {hint}"))
        })
    }

    /// The authorizer of the installation.
    pub(crate) fn authorizer(&self, api: Api, keys: &Keys) -> Result<Authorizer, Failure> {
        Authorizer::new(api, self.settings(keys)?).map_err(|error| Failure::Invalid(error.to_string()))
    }
}

impl Reference {
    /// Reads the API.
    pub(crate) fn api(&self) -> Result<Api, Failure> {
        let invalid = |error: edge_authorizer::api::PackError| Failure::Invalid(error.to_string());
        if self.reference.extension().is_some_and(|extension| extension == "json") {
            return Api::from_json(&pack::read(&self.reference)?).map_err(invalid);
        }
        Api::new(pack::compiled(&self.reference)?).map_err(invalid)
    }
}

/// The content of a file, without the line end that editors put there.
fn secret(file: &Path) -> Result<String, Failure> {
    Ok(pack::read(file)?.trim_end_matches(['\r', '\n']).to_owned())
}

fn usage(message: &str) -> Failure {
    Failure::Usage(message.to_owned())
}
