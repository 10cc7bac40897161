//! The embedded DynamoDB: in memory or in a folder, on a loopback port, spoken to by the real SDK client.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client;
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::store::client::{Endpoint, connect};
use crate::store::read::DynamoStore;

/// The name of the table in the embedded store.
pub const TABLE: &str = "edge-authorizer";

/// The region that everything local claims to be in.
pub const REGION: &str = "eu-central-1";

/// The file of the database in a data folder.
const FILE: &str = "dynamodb.sqlite";

/// Where the records are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// In memory: gone when the store stops.
    Memory,
    /// In this folder, which is made if need be.
    Folder(PathBuf),
}

/// An embedded store that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedStoreError {
    /// The folder for the data.
    #[error("the folder `{folder}` cannot be used for the data: {problem}")]
    Folder {
        /// The folder as it was given.
        folder: String,
        /// What the file system or the database said.
        problem: String,
    },
    /// The database in memory.
    #[error("the embedded store cannot be opened: {0}")]
    Database(String),
    /// The port.
    #[error("the embedded store cannot listen on loopback: {0}")]
    Listen(#[from] std::io::Error),
}

/// A DynamoDB in this process. It ends with its value, at the latest.
#[derive(Debug)]
pub struct EmbeddedStore {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
}

impl EmbeddedStore {
    /// Opens the data and listens on a free loopback port.
    ///
    /// # Errors
    /// [`EmbeddedStoreError`] when the data cannot be opened or no port can be had.
    pub async fn start(data: &Data) -> Result<Self, EmbeddedStoreError> {
        let database = open(data)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        // The sender's end, sent or dropped, is the signal to stop.
        let shutdown = async { _ = stopped.await };
        let server = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, shutdown));
        Ok(Self { address, stop, server })
    }

    /// Where it listens, `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The real client, pointed at it.
    pub fn client(&self) -> Client {
        connect(endpoint(self.url()))
    }

    /// The table as decisions see it.
    pub fn store(&self) -> DynamoStore {
        DynamoStore::new(endpoint(self.url()), TABLE.to_owned())
    }

    /// Lets running requests finish and closes the data.
    pub async fn stop(self) {
        // Both ends may be gone already; then it has stopped.
        _ = self.stop.send(());
        _ = self.server.await;
    }
}

/// An embedded store by its address. It asks for keys and believes any.
pub fn endpoint(url: String) -> Endpoint {
    Endpoint::with_keys(REGION.to_owned(), Some(url), "local".to_owned(), "local".to_owned(), None)
}

fn open(data: &Data) -> Result<Database, EmbeddedStoreError> {
    match data {
        Data::Memory => Database::memory().map_err(|error| EmbeddedStoreError::Database(error.to_string())),
        Data::Folder(folder) => in_folder(folder)
            .map_err(|problem| EmbeddedStoreError::Folder { folder: folder.display().to_string(), problem }),
    }
}

fn in_folder(folder: &Path) -> Result<Database, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let file = folder.join(FILE);
    let file = file.to_str().ok_or("its name is not UTF-8")?;
    Database::new(file).map_err(|error| error.to_string())
}
