//! Names as operators type them, held against what there is: a name that nothing knows is refused, the nearest named.

use super::AdminError;
use crate::access::catalogue::Catalogue;
use crate::access::tenant::{Features, is_name};
use crate::nearest::nearest;

/// Permissions that a role may hold, each once, in the catalogue's order.
pub(super) fn permissions(catalogue: &Catalogue, names: &[String]) -> Result<Vec<String>, AdminError> {
    for name in names {
        if catalogue.permission(name).is_none() {
            return Err(AdminError::unknown_permission(name, catalogue));
        }
    }
    Ok(catalogue
        .names(catalogue.every())
        .filter(|known| names.iter().any(|it| it == known))
        .map(str::to_owned)
        .collect())
}

/// Scopes that a token may carry, each once, in the catalogue's order.
pub(super) fn scopes(catalogue: &Catalogue, names: &[String]) -> Result<Vec<String>, AdminError> {
    let names = permissions(catalogue, names)?;
    let is_scope = |name: &String| catalogue.permission(name).is_some_and(|it| catalogue.scopes().contains(it));
    match names.iter().find(|name| !is_scope(name)) {
        Some(name) => Err(AdminError::NotAScope { given: name.clone() }),
        None if names.is_empty() => Err(AdminError::NoScope),
        None => Ok(names),
    }
}

/// Features that the API knows, each once, sorted.
pub(super) fn features(catalogue: &Catalogue, features: Features) -> Result<Features, AdminError> {
    let Features::Named(mut names) = features else { return Ok(Features::All) };
    for name in &names {
        if !catalogue.features().any(|(known, _)| known == name) {
            let nearest = nearest(name, catalogue.features().map(|(known, _)| known)).map(str::to_owned);
            return Err(AdminError::UnknownFeature { given: name.clone(), nearest });
        }
    }
    names.sort();
    names.dedup();
    Ok(Features::Named(names))
}

/// A name for a role.
pub(super) fn role(name: &str) -> Result<(), AdminError> {
    if is_name(name) { Ok(()) } else { Err(AdminError::InvalidName { given: name.to_owned() }) }
}
