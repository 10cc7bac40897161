//! Small APIs written as `verb path` and the scope that is required, for the tests of policies.

use edge_authorizer::access::catalogue::CatalogueSource;
use edge_authorizer::api::{Api, Pack, PackedOperation, PackedSegment};

/// The API of these operations. `{id:con_}` is an id of 24 digits, `{id}` has no form, `{path+}` is greedy.
pub(crate) fn api(operations: &[(&str, &str)]) -> Api {
    let mut scopes: Vec<String> = operations.iter().map(|(_, scope)| (*scope).to_owned()).collect();
    scopes.sort();
    scopes.dedup();
    let permissions = CatalogueSource { scopes, ..CatalogueSource::default() };
    let operations = operations.iter().map(|(route, scope)| operation(route, scope)).collect();
    Api::new(Pack::new("awkward".to_owned(), permissions, operations).unwrap()).unwrap()
}

fn operation(route: &str, scope: &str) -> PackedOperation {
    let (verb, path) = route.split_once(' ').unwrap();
    PackedOperation {
        id: route.to_owned(),
        verb: verb.to_owned(),
        path: path.split('/').filter(|segment| !segment.is_empty()).map(segment).collect(),
        pat: vec![vec![scope.to_owned()]],
        access_token: vec![vec![scope.to_owned()]],
    }
}

fn segment(text: &str) -> PackedSegment {
    let Some(name) = text.strip_prefix('{').and_then(|it| it.strip_suffix('}')) else {
        return PackedSegment::Literal(text.to_owned());
    };
    match (name.split_once(':'), name.strip_suffix('+')) {
        (Some((name, prefix)), _) => PackedSegment::Id { name: name.to_owned(), prefix: prefix.to_owned(), digits: 24 },
        (_, Some(name)) => PackedSegment::Greedy(name.to_owned()),
        _ => PackedSegment::Parameter(name.to_owned()),
    }
}
