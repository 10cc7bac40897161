//! What a running `edge serve` leaves in `.edge/local.json`, so that the other commands find it with `--local`.
//!
//! The file holds the local key of the tokens and the tokens themselves, so only its owner may read it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Where the file is, seen from the working directory.
pub const PATH: &str = ".edge/local.json";

/// A running local installation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalState {
    /// The process that serves it.
    pub pid: u32,
    /// The local gateway, `http://127.0.0.1:<port>`.
    pub gateway: String,
    /// The authorization server, `http://127.0.0.1:<port>`: the issuer of its tokens.
    pub authorization_server: String,
    /// The embedded DynamoDB, `http://127.0.0.1:<port>`.
    pub dynamodb: String,
    /// The region that clients name.
    pub region: String,
    /// The table.
    pub table: String,
    /// The authorizer's settings, as its environment would hold them: the key of its tokens among them.
    pub settings: BTreeMap<String, String>,
}

impl LocalState {
    /// Writes the file, readable by its owner only.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        private_file(path, serde_json::to_string_pretty(self)?.as_bytes())
    }

    /// Reads the file.
    ///
    /// # Errors
    /// When there is none, or it is not one that this program wrote.
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
    }
}

/// The key stays out of `Debug`.
impl std::fmt::Debug for LocalState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalState").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

/// Writes a file that only its owner can read, from its first byte on.
///
/// # Errors
/// When it cannot be written.
pub fn private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    // A file that stands there already keeps its permissions when it is opened: so it is replaced.
    let unfinished = path.with_extension("new");
    _ = std::fs::remove_file(&unfinished);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(content)?;
    std::fs::rename(&unfinished, path)
}
