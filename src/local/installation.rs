//! A local installation: the embedded store with the demonstration in it.

use crate::access::catalogue::Catalogue;
use crate::timestamp::Timestamp;

use super::demo::{DemoError, Demonstration, Seed};
use super::fill::{FillError, fill};
use super::store::{Data, EmbeddedStore, EmbeddedStoreError};

/// An embedded store that holds the demonstration.
#[derive(Debug)]
pub struct Installation {
    /// The store. It ends with this value.
    pub store: EmbeddedStore,
    /// What is in it, as it was put there.
    pub demonstration: Demonstration,
}

/// A local installation that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// The embedded store.
    #[error(transparent)]
    Store(#[from] EmbeddedStoreError),
    /// The demonstration.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// Bringing one into the other.
    #[error(transparent)]
    Fill(#[from] FillError),
}

impl Installation {
    /// Starts a store and brings the seed's demonstration into it. What is in the data already stays as it is.
    ///
    /// # Errors
    /// [`InstallationError`].
    pub async fn start(
        data: &Data,
        seed: &Seed,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<Self, InstallationError> {
        Self::holding(data, Demonstration::new(seed, catalogue, now)?).await
    }

    /// The installation of the sample events, in memory: with its tokens, whoever reads `events/` can try them.
    ///
    /// # Errors
    /// [`InstallationError`].
    pub async fn public(catalogue: &Catalogue) -> Result<Self, InstallationError> {
        Self::holding(&Data::Memory, Demonstration::public(catalogue)?).await
    }

    async fn holding(data: &Data, demonstration: Demonstration) -> Result<Self, InstallationError> {
        let store = EmbeddedStore::start(data).await?;
        fill(&store.client(), &demonstration).await?;
        Ok(Self { store, demonstration })
    }
}
