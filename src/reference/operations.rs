//! The operations: every verb of every path, with the form of its parameters and what it requires.

use std::collections::BTreeMap;

use oas3::Map;
use oas3::spec::{ObjectOrReference, Operation, Parameter, ParameterIn, PathItem, Schema};

use crate::api::{PackedOperation, PackedSegment};

use super::document::Document;
use super::mistake::{Mistakes, Place, Problem};
use super::path::{self, Part};
use super::security::Schemes;

/// The gateway's method for every verb that no operation names, as its OpenAPI extensions call it.
const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

/// The fields of a path item that are no verbs (OpenAPI 3.1.1 §4.8.9.1).
const OTHER_FIELDS: [&str; 5] = ["$ref", "summary", "description", "servers", "parameters"];

/// An operation, and where it stands.
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) packed: PackedOperation,
    /// The names of the header parameters.
    pub(super) headers: Vec<String>,
}

/// Reads every operation that has no mistake; the mistakes are reported.
pub(super) fn read(document: &Document, schemes: &Schemes<'_>, mistakes: &mut Mistakes<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (path, item) in document.spec.paths.iter().flatten() {
        let reader = Reader { document, schemes, path, item, place: Place::new(path, &["paths", path]) };
        reader.read(&mut found, mistakes);
    }
    if document.spec.paths.as_ref().is_none_or(Map::is_empty) {
        mistakes.add(&Place::new("paths", &["paths"]), Problem::NoPaths);
    }
    found
}

/// Reads the operations of one path.
struct Reader<'a> {
    document: &'a Document,
    schemes: &'a Schemes<'a>,
    path: &'a str,
    item: &'a PathItem,
    place: Place,
}

impl Reader<'_> {
    fn read(&self, found: &mut Vec<Found>, mistakes: &mut Mistakes<'_>) {
        if self.item.reference.is_some() {
            mistakes.add(&self.place, Problem::PathReference);
        }
        let parts = path::parts(self.path).map_err(|problems| {
            problems.into_iter().for_each(|problem| mistakes.add(&self.place, problem));
        });
        for key in self.document.outline.at(&["paths", self.path]).into_iter().flat_map(|outline| outline.keys()) {
            match self.operation(key) {
                Ok(Some((verb, operation))) => {
                    found.extend(self.found(key, verb, &operation, parts.as_deref().ok(), mistakes));
                }
                Ok(None) => {}
                Err(problem) => mistakes.add(&self.place.under(key), problem),
            }
        }
    }

    /// The operation at a key of the path item; none at a key that holds something else.
    fn operation(&self, key: &str) -> Result<Option<(String, Operation)>, Problem> {
        let item = self.item;
        let operation = match key {
            "get" => &item.get,
            "head" => &item.head,
            "post" => &item.post,
            "put" => &item.put,
            "patch" => &item.patch,
            "delete" => &item.delete,
            "options" => return Err(Problem::Preflight),
            ANY_METHOD => return any_method(item).map(|operation| operation.map(|it| ("ANY".to_owned(), it))),
            _ if key.starts_with("x-") || OTHER_FIELDS.contains(&key) => return Ok(None),
            _ => return Err(Problem::Verb { key: key.to_owned() }),
        };
        Ok(operation.clone().map(|operation| (key.to_ascii_uppercase(), operation)))
    }

    fn found(
        &self,
        key: &str,
        verb: String,
        operation: &Operation,
        parts: Option<&[Part<'_>]>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Found> {
        let name = match &operation.operation_id {
            Some(id) => format!("{verb} {} ({id})", self.path),
            None => format!("{verb} {}", self.path),
        };
        let place = Place::new(name, &["paths", self.path, key]);
        let id = operation_id(operation, &place, mistakes);
        let security = self.security(key, operation);
        let required = self.schemes.required(security, &place.under("security"), mistakes);
        let parameters = self.parameters(operation, &place, mistakes);
        let path = self.segments(parts?, &parameters, &place, mistakes);
        let headers = parameters.iter().filter(|it| it.location == ParameterIn::Header).map(|it| it.name.clone());
        let headers = headers.collect();
        let packed = PackedOperation { id: id?, verb, path, pat: required.pat, access_token: required.access_token };
        Some(Found { place, packed, headers })
    }

    /// An operation's own security, even an empty list, goes before that of the document (OpenAPI 3.1.1 §4.8.10.1).
    fn security<'b>(&'b self, key: &str, operation: &'b Operation) -> Option<&'b [oas3::spec::SecurityRequirement]> {
        let outline = &self.document.outline;
        if outline.at(&["paths", self.path, key, "security"]).is_some() {
            Some(&operation.security)
        } else {
            outline.at(&["security"]).map(|_| self.document.spec.security.as_slice())
        }
    }

    fn segments(
        &self,
        parts: &[Part<'_>],
        parameters: &[&Parameter],
        place: &Place,
        mistakes: &mut Mistakes<'_>,
    ) -> Vec<PackedSegment> {
        let declared = self.forms(parameters, place, mistakes);
        let names: Vec<&str> = parts.iter().filter_map(Part::name).collect();
        for name in declared.keys().filter(|name| !names.contains(&name.trim_end_matches('+'))) {
            mistakes.add(&place.under("parameters"), Problem::UnusedParameter { name: name.clone() });
        }
        parts
            .iter()
            .map(|part| match *part {
                Part::Literal(text) => PackedSegment::Literal(text.to_owned()),
                Part::Parameter(name) => match declared.get(name) {
                    Some(form) => form.clone(),
                    None => {
                        mistakes.add(place, Problem::UndeclaredParameter { name: name.to_owned() });
                        PackedSegment::Parameter(name.to_owned())
                    }
                },
                Part::Greedy(name) => {
                    // API Gateway's own exports declare `{proxy+}` as `proxy`; some tools write `proxy+`.
                    if !declared.contains_key(name) && !declared.contains_key(&format!("{name}+")) {
                        mistakes.add(place, Problem::UndeclaredParameter { name: name.to_owned() });
                    }
                    PackedSegment::Greedy(name.to_owned())
                }
            })
            .collect()
    }

    /// The parameters of the path, then the operation's own, which go before those of the same name.
    fn parameters<'b>(
        &'b self,
        operation: &'b Operation,
        place: &Place,
        mistakes: &mut Mistakes<'_>,
    ) -> Vec<&'b Parameter> {
        let of_path = self.item.parameters.iter().map(|it| (it, &self.place));
        let own = operation.parameters.iter().map(|it| (it, place));
        let mut found = Vec::new();
        for (parameter, place) in of_path.chain(own) {
            match self.parameter(parameter) {
                Ok(parameter) => found.push(parameter),
                Err(problem) => mistakes.add(&place.under("parameters"), problem),
            }
        }
        found
    }

    /// The path parameters and their forms.
    fn forms(
        &self,
        parameters: &[&Parameter],
        place: &Place,
        mistakes: &mut Mistakes<'_>,
    ) -> BTreeMap<String, PackedSegment> {
        let mut forms = BTreeMap::new();
        for parameter in parameters.iter().filter(|it| it.location == ParameterIn::Path) {
            match self.form(parameter) {
                Ok(form) => drop(forms.insert(parameter.name.clone(), form)),
                Err(problem) => mistakes.add(&place.under("parameters"), problem),
            }
        }
        forms
    }

    fn parameter<'b>(&'b self, parameter: &'b ObjectOrReference<Parameter>) -> Result<&'b Parameter, Problem> {
        let components = self.document.spec.components.as_ref();
        follow(parameter, "parameters", |name| components?.parameters.get(name))
    }

    /// The form of a path parameter, as its schema states it.
    fn form(&self, parameter: &Parameter) -> Result<PackedSegment, Problem> {
        let free = PackedSegment::Parameter(parameter.name.clone());
        let Some(Schema::Object(schema)) = &parameter.schema else { return Ok(free) };
        let components = self.document.spec.components.as_ref();
        let schema = follow(schema.as_ref(), "schemas", |name| match components?.schemas.get(name)? {
            Schema::Object(schema) => Some(schema.as_ref()),
            Schema::Boolean(_) => None,
        })?;
        let form = schema.pattern.as_deref().and_then(|pattern| path::id(&parameter.name, pattern));
        Ok(form.unwrap_or(free))
    }
}

fn any_method(item: &PathItem) -> Result<Option<Operation>, Problem> {
    let Some(value) = item.extensions.get(ANY_METHOD.trim_start_matches("x-")) else { return Ok(None) };
    let operation = serde_json::from_value(value.clone());
    operation.map(Some).map_err(|error| Problem::Operation { message: error.to_string() })
}

fn operation_id(operation: &Operation, place: &Place, mistakes: &mut Mistakes<'_>) -> Option<String> {
    let Some(id) = &operation.operation_id else {
        mistakes.add(place, Problem::NoOperationId);
        return None;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if id.is_empty() || id.len() > 128 || !id.bytes().all(plain) {
        mistakes.add(&place.under("operationId"), Problem::OperationId { id: id.clone() });
        return None;
    }
    Some(id.clone())
}

/// Follows references within the document. `oas3` follows them into other files and round in circles.
fn follow<'a, T>(
    start: &'a ObjectOrReference<T>,
    kind: &'static str,
    component: impl Fn(&str) -> Option<&'a ObjectOrReference<T>>,
) -> Result<&'a T, Problem> {
    /// More than one is rare, and a circle never ends.
    const MAX_HOPS: usize = 16;
    let mut here = start;
    for _ in 0..MAX_HOPS {
        match here {
            ObjectOrReference::Object(found) => return Ok(found),
            ObjectOrReference::Ref { ref_path, .. } => {
                let next = ref_path.strip_prefix(&format!("#/components/{kind}/")).and_then(&component);
                here = next.ok_or_else(|| Problem::Reference { reference: ref_path.clone(), kind })?;
            }
        }
    }
    let ObjectOrReference::Ref { ref_path, .. } = start else {
        return Err(Problem::Reference { reference: String::new(), kind });
    };
    Err(Problem::Reference { reference: ref_path.clone(), kind })
}
