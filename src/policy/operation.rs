//! The operations of the API reference: verb, path, and what each requires for each kind of token.

use std::fmt;

use crate::access::requirement::Requirement;
use crate::token::credential::TokenKind;

/// One operation of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `operationId`.
    pub id: String,
    /// Which requests to the path it is for.
    pub verb: Verb,
    /// Where it is.
    pub path: PathTemplate,
    /// For personal access tokens (scheme `bearerPat`).
    pub pat: Requirement,
    /// For access tokens (scheme `oauth2`).
    pub access_token: Requirement,
}

impl Operation {
    /// What the operation requires of a token of that kind.
    pub fn requires(&self, kind: TokenKind) -> &Requirement {
        match kind {
            TokenKind::Pat => &self.pat,
            TokenKind::AccessToken => &self.access_token,
        }
    }
}

/// The verb of an operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// One verb, upper-case.
    Only(String),
    /// The gateway's `ANY`: every verb that no operation on the same path names.
    Any,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only(verb) => verb.fmt(f),
            Self::Any => f.write_str("ANY"),
        }
    }
}

/// The path of an operation, `/v1/contacts/{id}/notes`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathTemplate {
    /// From the left; the root has none.
    pub segments: Vec<Segment>,
}

/// One segment of a path template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Text that stands for itself.
    Literal(String),
    /// `{name}`: one segment.
    Parameter {
        /// The parameter's name.
        name: String,
        /// What its values look like.
        form: ParameterForm,
    },
    /// `{name+}`: one or more segments.
    Greedy {
        /// The parameter's name.
        name: String,
    },
}

/// What the values of a path parameter look like, as the API reference declares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParameterForm {
    /// Any segment.
    Free,
    /// A literal and then exactly that many lower-case hex digits: `con_` and 24.
    Id {
        /// What each value begins with.
        prefix: String,
        /// How many digits follow.
        digits: usize,
    },
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            return f.write_str("/");
        }
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{text}")?,
                Segment::Parameter { name, .. } => write!(f, "/{{{name}}}")?,
                Segment::Greedy { name } => write!(f, "/{{{name}+}}")?,
            }
        }
        Ok(())
    }
}
