//! What is reported: texts that look like tokens, and where each was found. What is answered: which were tokens that
//! were good when the report came. The answer names a text by its digest, so that no token goes over the wire again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The most matches in one report. Each that is a token costs a transaction.
pub const MAX_MATCHES: usize = 1000;

/// The longest place that is kept, in characters: it is a stranger's text.
const MAX_PLACE: usize = 300;

/// One text that was found.
#[derive(Deserialize)]
pub struct Match {
    /// The text.
    pub token: String,
    /// What the reporter calls its pattern.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it was found; may be empty.
    #[serde(default)]
    url: String,
    /// What it was found in: `commit`, `gist_content`, `npm`, …
    #[serde(default)]
    source: String,
}

impl Match {
    /// Where it was found, as the owner of the token is told.
    pub fn place(&self) -> String {
        let place = if self.url.is_empty() { &self.source } else { &self.url };
        place.chars().filter(|it| !it.is_control()).take(MAX_PLACE).collect()
    }
}

/// A token stays out of `Debug`, and so does what may be one.
impl std::fmt::Debug for Match {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Match").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What became of one match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    token_hash: String,
    token_type: String,
    label: Label,
}

/// Whether the text was a token that was good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// It was, and is no longer.
    TruePositive,
    /// It was none, or not good any more.
    FalsePositive,
}

impl Verdict {
    /// The verdict on a match.
    pub fn on(found: &Match, label: Label) -> Self {
        let token_hash = STANDARD.encode(Sha256::digest(found.token.as_bytes()));
        Self { token_hash, token_type: found.kind.clone(), label }
    }
}
