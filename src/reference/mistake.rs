//! What can be wrong with an API reference: each mistake says where, what, and what to do.

use std::fmt;

use crate::access::permission::MAX_PERMISSIONS;

use super::document::Outline;

/// One mistake in an API reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line in the file, counted from one.
    pub line: Option<u64>,
    /// The operation (`GET /v1/contacts (listContacts)`) or the part of the file; empty for the file as a whole.
    pub place: String,
    /// What is wrong there.
    pub problem: Problem,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        self.problem.fmt(f)
    }
}

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its variant and fields mean")]
pub enum Problem {
    // --- the file
    #[error("not an OpenAPI document: {message}")]
    Unreadable { message: String },
    #[error("the document says OpenAPI `{found}`, and only 3.1 is read: write `openapi: 3.1.0`")]
    OpenApiVersion { found: String },
    #[error("the document has no `x-permissions`: declare at least `syntax`, as docs/api-reference.md shows")]
    NoExtension,
    #[error("the document has no paths: an API without operations needs no authorizer")]
    NoPaths,
    #[error("{message}")]
    Pack { message: String },

    #[error("there is no server whose URL is an https origin: `servers` says where clients learn how to get a token")]
    NoServer,

    // --- permissions
    #[error(
        "`{given}` is not a syntax of permissions: write `{{resource}}` and `{{action}}` with `.`, `:` or `/` between them"
    )]
    Syntax { given: String },
    #[error("`{name}` is not a permission of the form `{syntax}`: rename it, or change `syntax` in `x-permissions`")]
    PermissionName { name: String, syntax: String },
    #[error("the scope `{name}` has no description: say in a sentence what it lets an app do, people will be asked it")]
    NoDescription { name: String },
    #[error("no scope is declared: list them in a security scheme of type `oauth2`, or in `scopes` of `x-permissions`")]
    NoScopes,
    #[error("`{name}` is declared both as a scope and in `{also}`: keep one of the two")]
    DeclaredTwice { name: String, also: String },
    #[error("`{name}` is not a declared permission{}: declare it, or correct the name", did_you_mean(.nearest.as_deref()))]
    UndeclaredPermission { name: String, nearest: Option<String> },
    #[error("`{name}` is neither a resource nor a permission{}: correct the name", did_you_mean(.nearest.as_deref()))]
    UndeclaredInFeature { name: String, nearest: Option<String> },
    #[error("no scope is a whole resource, such as `{example}`: declare one, or leave `whole` out")]
    NoWhole { example: String },
    #[error("`{scope}` and `{administration}`: no scope may imply a permission of administration, nor the reverse")]
    ImpliesAdministration { scope: String, administration: String },
    #[error(
        "the resource `{resource}` has both scopes and permissions of administration: give one of them another name"
    )]
    MixedResource { resource: String },
    #[error(
        "the permission `{name}` is in no feature, so that no tenant with a list of features could use it: add it to one"
    )]
    InNoFeature { name: String },
    #[error("`{name}` cannot name a feature: a letter or digit, then letters, digits, `_`, `-` or `.`, at most 64")]
    FeatureName { name: String },
    #[error("the document declares {count} permissions, and at most {MAX_PERMISSIONS} are possible: merge some")]
    TooManyPermissions { count: usize },

    // --- security schemes
    #[error(
        "a second scheme for the same kind of token as `{first}`: declare one `http` `bearer` scheme and one `oauth2` scheme"
    )]
    SecondScheme { first: String },

    // --- operations
    #[error(
        "`{key}` is not a verb that a gateway knows: use get, head, post, put, patch, delete or x-amazon-apigateway-any-method"
    )]
    Verb { key: String },
    #[error(
        "`options` is the browser's preflight, which carries no token: leave it out, the generated definitions answer it"
    )]
    Preflight,
    #[error("the path item is a `$ref`, which is not followed: write its operations here")]
    PathReference,
    #[error("not an operation: {message}")]
    Operation { message: String },
    #[error("there is no `operationId`: add one, logs and tables call the operation by it")]
    NoOperationId,
    #[error("the operationId `{id}` is not plain: use letters, digits, `_`, `-` and `.`, at most 128")]
    OperationId { id: String },
    #[error("the operationId `{id}` is also that of {other}: rename one of them")]
    DuplicateOperationId { id: String, other: String },
    #[error("no gateway can tell it apart from {other}: change the path or the verb of one of them")]
    SameRoute { other: String },
    #[error(
        "the parameter `{{{name}}}` stands where {other} has `{{{other_name}}}`, and a REST API takes one name a place: rename one of them"
    )]
    SiblingParameters { name: String, other_name: String, other: String },

    // --- paths
    #[error("the path does not begin with `/`: write it from the root")]
    RelativePath,
    #[error("the path has an empty segment: remove the double slash or the slash at the end")]
    EmptySegment,
    #[error("the path is the root alone, which cannot be authorized by itself: give the operation a segment")]
    RootPath,
    #[error(
        "the segment `{segment}` has the character `{character}`: a gateway's path has letters, digits, `_`, `-`, `.` and `:` only, and `*`, `?` and `$` would mean something in a policy"
    )]
    SegmentCharacter { segment: String, character: char },
    #[error("the segment `{segment}` means a directory and not a name: write the path without it")]
    DotSegment { segment: String },
    #[error(
        "the segment `{segment}` mixes text and a parameter, which no gateway routes: make the parameter a segment of its own"
    )]
    MixedSegment { segment: String },
    #[error("`{name}` cannot name a path parameter: use letters, digits, `_`, `-` and `.`")]
    ParameterName { name: String },
    #[error("the parameter `{{{name}}}` stands in the path twice: rename one of them")]
    DuplicateParameter { name: String },
    #[error("`{{{name}+}}` takes all segments that follow: make it the last one")]
    GreedyNotLast { name: String },
    #[error("the path parameter `{name}` is not declared: add it to `parameters`, with a schema that says its form")]
    UndeclaredParameter { name: String },
    #[error(
        "the path parameter `{name}` is declared and not in the path: remove it, or write `{{{name}}}` into the path"
    )]
    UnusedParameter { name: String },
    #[error("`{reference}` leads nowhere: only `#/components/{kind}/…` of this document is followed, and no circles")]
    Reference { reference: String, kind: &'static str },

    // --- security
    #[error("no security: name what it requires, such as `security: [{{ {example} }}]`")]
    NoSecurity { example: String },
    #[error("`security: []` opens it to everybody: name what it requires, such as `security: [{{ {example} }}]`")]
    Open { example: String },
    #[error("the alternative `{{}}` opens it to everybody: remove it")]
    EmptyAlternative,
    #[error("one alternative names the schemes {}, and a request carries one token: make each an alternative of its own", list(.schemes))]
    TwoSchemes { schemes: Vec<String> },
    #[error("`{scheme}` requires no scope, so that any token would do: name the scope")]
    NoScope { scheme: String },
    #[error("the security scheme `{name}` is not declared{}: declare it in `components.securitySchemes`", did_you_mean(.nearest.as_deref()))]
    UnknownScheme { name: String, nearest: Option<String> },
    #[error(
        "the security scheme `{name}` is neither `http` with `bearer` nor `oauth2`: an authorizer of bearer tokens cannot serve it"
    )]
    UnsupportedScheme { name: String },
    #[error("`{scheme}` does not declare the scope `{scope}`{}: declare it with a description, or correct the name", did_you_mean(.nearest.as_deref()))]
    UnknownScope { scheme: String, scope: String, nearest: Option<String> },
    #[error("`{name}` is a permission of administration, which no token can ask for: require a scope")]
    AdministrationRequired { name: String },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

/// A part of the file: how people call it, and the keys that lead to it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) name: String,
    keys: Vec<String>,
}

impl Place {
    pub(super) fn new(name: impl Into<String>, keys: &[&str]) -> Self {
        Self { name: name.into(), keys: keys.iter().map(|key| (*key).to_owned()).collect() }
    }

    /// The extension that declares how permissions are read.
    pub(super) fn extension() -> Self {
        Self::new("x-permissions", &["x-permissions"])
    }

    /// A key below this place, for the line; people call it the same.
    pub(super) fn under(&self, key: &str) -> Self {
        let mut keys = self.keys.clone();
        keys.push(key.to_owned());
        Self { name: self.name.clone(), keys }
    }
}

/// The mistakes found so far.
pub(super) struct Mistakes<'a> {
    outline: &'a Outline,
    found: Vec<Mistake>,
}

impl<'a> Mistakes<'a> {
    pub(super) fn new(outline: &'a Outline) -> Self {
        Self { outline, found: Vec::new() }
    }

    pub(super) fn add(&mut self, place: &Place, problem: Problem) {
        let mistake = self.at(place, problem);
        // A mistake in a path is a mistake of each of its operations, and is said once.
        if !self.found.contains(&mistake) {
            self.found.push(mistake);
        }
    }

    pub(super) fn at(&self, place: &Place, problem: Problem) -> Mistake {
        self.outline.mistake(&place.keys, &place.name, problem)
    }

    pub(super) fn any(&self) -> bool {
        !self.found.is_empty()
    }

    /// All of them, in the order of the file.
    pub(super) fn all(mut self) -> Vec<Mistake> {
        self.found.sort_by_key(|mistake| mistake.line);
        self.found
    }
}
