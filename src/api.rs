//! The API, compiled: permissions and operations, as `edge pack` writes them beside the Lambda's binary.
//!
//! The API reference (`api.yaml`) is the only source of both. It is compiled ahead of time, so that no YAML is read
//! at a cold start, and another company serves its own API with the released binary.

use serde::{Deserialize, Serialize};

use crate::access::catalogue::{Catalogue, CatalogueError, CatalogueSource};
use crate::access::permission::PermissionSet;
use crate::access::requirement::Requirement;
use crate::policy::compiler::PolicyCompiler;
use crate::policy::menu::Menu;
use crate::policy::operation::{Operation, ParameterForm, PathTemplate, Segment, Verb};
#[cfg(feature = "reference")]
use crate::policy::proof;
#[cfg(feature = "reference")]
use crate::policy::reading::Readings;

/// The version of the pack's format that this program reads and writes.
const FORMAT: u32 = 2;

/// A compiled API reference, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// The version of the format; a program reads one.
    pub format: u32,
    /// `info.title` and `info.version`, for people.
    pub title: String,
    /// Every permission, and which covers which.
    pub permissions: CatalogueSource,
    /// Every operation, in the order of the reference.
    pub operations: Vec<PackedOperation>,
    /// The patterns that policies are written with, and what was proved of them.
    pub menu: Menu,
}

/// One operation in a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedOperation {
    /// `operationId`.
    pub id: String,
    /// Upper-case, or `ANY`.
    pub verb: String,
    /// The path, segment by segment.
    pub path: Vec<PackedSegment>,
    /// The alternatives for personal access tokens, each a list of permissions of which all are needed.
    pub pat: Vec<Vec<String>>,
    /// The same for access tokens.
    pub access_token: Vec<Vec<String>>,
}

/// One segment of a path in a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PackedSegment {
    /// This very text.
    Literal(String),
    /// `{name}`: any one segment.
    Parameter(String),
    /// `{name}`: one segment that is a prefix and lower-case hex digits.
    Id {
        /// The parameter's name.
        name: String,
        /// What every id begins with, `con_`.
        prefix: String,
        /// How many digits follow.
        digits: usize,
    },
    /// `{name+}`: all segments that remain, at least one.
    Greedy(String),
}

/// A pack that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It is not the JSON of a pack.
    #[error("the pack is not readable: {0}")]
    Json(#[from] serde_json::Error),
    /// It was written by another version.
    #[error("the pack has the format {found}, and this program reads {FORMAT}: write it again with `edge pack`")]
    Format {
        /// The format that it says.
        found: u32,
    },
    /// Its permissions contradict each other.
    #[error("{0}")]
    Catalogue(#[from] CatalogueError),
    /// An operation requires what is nowhere declared.
    #[error("the operation `{operation}` requires `{permission}`, which the pack does not declare")]
    UnknownPermission {
        /// The operation's id.
        operation: String,
        /// What it requires.
        permission: String,
    },
    /// Operations and patterns are not of one reference.
    #[error("the pack's patterns were proved for other operations: write it again with `edge pack`")]
    ForeignMenu,
}

impl Pack {
    /// A pack in this program's format, with the facts that its policies will rest on: proved here.
    ///
    /// # Errors
    /// [`PackError`] when the names of the operations and the permissions contradict each other.
    #[cfg(feature = "reference")]
    pub fn new(
        title: String,
        permissions: CatalogueSource,
        operations: Vec<PackedOperation>,
    ) -> Result<Self, PackError> {
        Self::under(&Readings::default(), title, permissions, operations)
    }

    /// The same, proved under other readings of the gateway's behaviour.
    ///
    /// # Errors
    /// [`PackError`] when the names of the operations and the permissions contradict each other.
    #[cfg(feature = "reference")]
    pub fn under(
        readings: &Readings,
        title: String,
        permissions: CatalogueSource,
        operations: Vec<PackedOperation>,
    ) -> Result<Self, PackError> {
        let (catalogue, resolved) = resolve(&permissions, &operations)?;
        let menu = proof::menu(&resolved, &catalogue, readings);
        Ok(Self { format: FORMAT, title, permissions, operations, menu })
    }
}

/// The API as a decision uses it.
#[derive(Clone, Debug)]
pub struct Api {
    /// Every permission, by name and by bit.
    pub catalogue: Catalogue,
    /// Every operation, in the order of the reference.
    pub operations: Vec<Operation>,
    /// The policies of its permission sets.
    pub policies: PolicyCompiler,
}

impl Api {
    /// Reads a pack's JSON.
    ///
    /// # Errors
    /// [`PackError`] when it was not written by `edge pack` of this format.
    pub fn from_json(json: &str) -> Result<Self, PackError> {
        Self::new(serde_json::from_str(json)?)
    }

    /// Takes a pack's names apart into bits.
    ///
    /// # Errors
    /// [`PackError`] when its names contradict each other.
    pub fn new(pack: Pack) -> Result<Self, PackError> {
        if pack.format != FORMAT {
            return Err(PackError::Format { found: pack.format });
        }
        let (catalogue, operations) = resolve(&pack.permissions, &pack.operations)?;
        let policies = PolicyCompiler::new(&operations, pack.menu).ok_or(PackError::ForeignMenu)?;
        Ok(Self { catalogue, operations, policies })
    }

    /// The scopes by which an access token may read everything and change nothing: what a client gets that asks for
    /// nothing in particular.
    pub fn reading_scopes(&self) -> impl Iterator<Item = &str> {
        reading_scopes(&self.catalogue, &self.operations)
    }
}

/// What the operations that read require of an access token, by the first of their alternatives.
pub(crate) fn reading_scopes<'a>(catalogue: &'a Catalogue, operations: &[Operation]) -> impl Iterator<Item = &'a str> {
    let reading = operations.iter().filter(|operation| operation.verb == Verb::Only("GET".to_owned()));
    let first = reading.filter_map(|operation| operation.access_token.alternatives().first());
    let scopes = first.fold(PermissionSet::default(), |all, needed| all.union(*needed));
    catalogue.names(scopes.intersection(catalogue.scopes()))
}

pub(crate) fn resolve(
    permissions: &CatalogueSource,
    operations: &[PackedOperation],
) -> Result<(Catalogue, Vec<Operation>), PackError> {
    let catalogue = Catalogue::new(permissions)?;
    let operations = operations.iter().map(|packed| operation(packed, &catalogue)).collect::<Result<_, _>>()?;
    Ok((catalogue, operations))
}

fn operation(packed: &PackedOperation, catalogue: &Catalogue) -> Result<Operation, PackError> {
    let verb = if packed.verb == "ANY" { Verb::Any } else { Verb::Only(packed.verb.clone()) };
    let segments = packed.path.iter().cloned().map(segment).collect();
    Ok(Operation {
        pat: requirement(&packed.id, packed.pat.clone(), catalogue)?,
        access_token: requirement(&packed.id, packed.access_token.clone(), catalogue)?,
        id: packed.id.clone(),
        verb,
        path: PathTemplate { segments },
    })
}

fn segment(packed: PackedSegment) -> Segment {
    match packed {
        PackedSegment::Literal(text) => Segment::Literal(text),
        PackedSegment::Parameter(name) => Segment::Parameter { name, form: ParameterForm::Free },
        PackedSegment::Id { name, prefix, digits } => {
            Segment::Parameter { name, form: ParameterForm::Id { prefix, digits } }
        }
        PackedSegment::Greedy(name) => Segment::Greedy { name },
    }
}

fn requirement(
    operation: &str,
    alternatives: Vec<Vec<String>>,
    catalogue: &Catalogue,
) -> Result<Requirement, PackError> {
    let resolve = |name: String| {
        catalogue
            .permission(&name)
            .ok_or_else(|| PackError::UnknownPermission { operation: operation.to_owned(), permission: name })
    };
    let set = |names: Vec<String>| names.into_iter().map(resolve).collect::<Result<PermissionSet, _>>();
    alternatives.into_iter().map(set).collect::<Result<_, _>>().map(Requirement::any_of)
}
