//! The readings that a command is about, as the command line names them.

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use edge_authorizer::api::{Api, Pack};
use edge_authorizer::policy::reading::{Reading, Readings};

use crate::failure::Failure;

/// Which readings of the gateway's behaviour are taken into account.
#[derive(Debug, Default, Args)]
pub(crate) struct ReadingArgs {
    /// Take a reading of the gateway's behaviour into account that is off.
    #[arg(long, value_name = "READING")]
    with: Vec<Named>,
    /// Leave a reading out that is on.
    #[arg(long, value_name = "READING")]
    without: Vec<Named>,
}

impl ReadingArgs {
    /// The pack of a compiled reference, proved under these readings.
    pub(crate) fn prove(&self, pack: Pack) -> Result<(Pack, Api), Failure> {
        let invalid = |error: edge_authorizer::api::PackError| Failure::Invalid(error.to_string());
        let readings: Readings = Reading::ALL.into_iter().filter(|reading| self.is_on(*reading)).collect();
        let pack = if readings == pack.menu.readings {
            pack
        } else {
            Pack::under(&readings, pack.title, pack.permissions, pack.operations).map_err(invalid)?
        };
        let api = Api::new(pack.clone()).map_err(invalid)?;
        Ok((pack, api))
    }

    fn is_on(&self, reading: Reading) -> bool {
        let names = |list: &[Named]| list.iter().any(|named| named.0 == reading);
        (reading.is_default() || names(&self.with)) && !names(&self.without)
    }
}

/// A reading, as the command line names it.
#[derive(Clone, Copy, Debug)]
struct Named(Reading);

impl ValueEnum for Named {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Named; Reading::ALL.len()] = {
            let mut all = [Named(Reading::RestRouting); Reading::ALL.len()];
            let mut at = 0;
            #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
            while at < all.len() {
                all[at] = Named(Reading::ALL[at]);
                at += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.meaning()))
    }
}
