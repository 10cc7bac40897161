//! The API reference, compiled: OpenAPI 3.1 in, [`Pack`] out, or every mistake that stands in the way.
//!
//! The rule that everything here keeps: what the file does not say clearly is refused, and never guessed. An operation
//! without security is a mistake, and so is one whose security could be read in two ways.
//!
//! | file | what it reads |
//! |---|---|
//! | `document` | the YAML, and the line of everything in it |
//! | `permissions` | scopes and the extension `x-permissions` |
//! | `operations` | verbs, paths, parameters |
//! | `security` | what each operation requires of which token |
//! | `conflict` | operations that a gateway could not tell apart |
//! | [`definition`] | and writes, for API Gateway |
//! | [`routes`] | and prints, for people |

mod conflict;
pub mod definition;
mod document;
mod mistake;
mod operations;
mod path;
mod permissions;
pub mod routes;
mod security;

pub use mistake::{Mistake, Problem};

use crate::access::catalogue::CatalogueSource;
use crate::api::{self, Pack};

use document::Document;
use mistake::{Mistakes, Place};
use operations::Found;
use security::Schemes;

/// Compiles an API reference, YAML or JSON.
///
/// # Errors
/// All its mistakes in the order of the file, each with what to do about it.
pub fn compile(text: &str) -> Result<Pack, Vec<Mistake>> {
    let Reference { document, permissions, operations } = Reference::read(text)?;
    let title = format!("{} {}", document.spec.info.title, document.spec.info.version);
    let operations = operations.into_iter().map(|found| found.packed).collect();
    Pack::new(title, permissions, operations).map_err(|error| {
        let problem = Problem::Pack { message: error.to_string() };
        vec![Mistakes::new(&document.outline).at(&Place::extension(), problem)]
    })
}

/// An API reference without a mistake.
struct Reference {
    document: Document,
    permissions: CatalogueSource,
    operations: Vec<Found>,
}

impl Reference {
    fn read(text: &str) -> Result<Self, Vec<Mistake>> {
        let document = Document::read(text).map_err(|mistake| vec![mistake])?;
        let mut mistakes = Mistakes::new(&document.outline);
        let Some(permissions) = permissions::read(&document, &mut mistakes) else { return Err(mistakes.all()) };
        let schemes = Schemes::read(&document.spec, &permissions, &mut mistakes);
        let operations = operations::read(&document, &schemes, &mut mistakes);
        conflict::find(&operations, &mut mistakes);
        if mistakes.any() {
            return Err(mistakes.all());
        }
        Ok(Self { document, permissions, operations })
    }

    /// [`Api::reading_scopes`](crate::api::Api::reading_scopes), without the proofs that an API needs.
    fn reading_scopes(&self) -> Result<Vec<String>, Problem> {
        let packed: Vec<_> = self.operations.iter().map(|found| found.packed.clone()).collect();
        let (catalogue, operations) =
            api::resolve(&self.permissions, &packed).map_err(|error| Problem::Pack { message: error.to_string() })?;
        Ok(api::reading_scopes(&catalogue, &operations).map(str::to_owned).collect())
    }
}
