//! The permissions: the scopes that the security schemes declare, and what `x-permissions` says about them.
//!
//! OpenAPI has a place for the scopes and their descriptions, the `oauth2` scheme, and none for the rest: how a name
//! is read, which permission covers which, what a tenant's features open, what only roles may hold.

use std::collections::BTreeMap;

use oas3::Map;
use oas3::spec::{Flows, ObjectOrReference, SecurityScheme};
use serde::Deserialize;

use crate::access::catalogue::{CatalogueSource, PermissionWords};
use crate::access::permission::MAX_PERMISSIONS;
use crate::access::tenant::is_name;

use super::document::Document;
use super::mistake::{Mistakes, Place, Problem};
use crate::nearest::nearest;

/// The longest name of a permission: names travel in the answer's context, which has a size.
const MAX_NAME_LENGTH: usize = 64;

/// The extension `x-permissions`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extension {
    /// `{resource}.{action}`, or the two the other way round, with `.`, `:` or `/` between them.
    syntax: String,
    /// The action whose permission covers every action of its resource.
    whole: Option<String>,
    /// Further permissions that a permission covers.
    #[serde(default)]
    implies: Map<String, Vec<String>>,
    /// Scopes that no `oauth2` scheme declares, with their descriptions: for APIs or operations for PATs only.
    #[serde(default)]
    scopes: Map<String, String>,
    /// For a feature of a tenant, the resources or permissions that it opens.
    features: Option<Map<String, Vec<String>>>,
    /// Permissions to administer the tenant itself, with their descriptions.
    #[serde(default)]
    administration: Map<String, String>,
}

/// Reads every permission of a document; none if it does not say how their names are read.
pub(super) fn read(document: &Document, mistakes: &mut Mistakes<'_>) -> Option<CatalogueSource> {
    let extension = &document.extension;
    let place = Place::extension();
    let Some(syntax) = Syntax::parse(&extension.syntax) else {
        mistakes.add(&place.under("syntax"), Problem::Syntax { given: extension.syntax.clone() });
        return None;
    };
    let scopes = scopes(document, &syntax, mistakes);
    let administration = administration(extension, &scopes, &syntax, mistakes);
    let mut catalogue = CatalogueSource { scopes, administration, ..CatalogueSource::default() };
    cover_wholes(extension, &syntax, &mut catalogue, mistakes);
    cover_implied(extension, &mut catalogue, mistakes);
    catalogue.features = features(extension, &syntax, &catalogue, mistakes);
    catalogue.words = words(document, &syntax, &catalogue);
    let count = catalogue.scopes.len() + catalogue.administration.len();
    if count > MAX_PERMISSIONS {
        mistakes.add(&place, Problem::TooManyPermissions { count });
    }
    Some(catalogue)
}

/// The scopes that a flow of an `oauth2` scheme declares, with the keys that lead to each flow.
pub(super) fn declared_by(flows: &Flows) -> impl Iterator<Item = (&'static str, &Map<String, String>)> {
    [
        ("implicit", flows.implicit.as_ref().map(|flow| &flow.scopes)),
        ("password", flows.password.as_ref().map(|flow| &flow.scopes)),
        ("clientCredentials", flows.client_credentials.as_ref().map(|flow| &flow.scopes)),
        ("authorizationCode", flows.authorization_code.as_ref().map(|flow| &flow.scopes)),
    ]
    .into_iter()
    .filter_map(|(name, scopes)| Some((name, scopes?)))
}

fn scopes(document: &Document, syntax: &Syntax, mistakes: &mut Mistakes<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut declare = |name: &str, description: &str, place: &Place, mistakes: &mut Mistakes<'_>| {
        if description.trim().is_empty() {
            mistakes.add(place, Problem::NoDescription { name: name.to_owned() });
        }
        if syntax.split(name).is_none() {
            mistakes.add(place, syntax.refuses(name));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    for (scheme, flows) in oauth2_schemes(document) {
        for (flow, scopes) in declared_by(flows) {
            let keys = ["components", "securitySchemes", scheme, "flows", flow, "scopes"];
            let place = Place::new(format!("components.securitySchemes.{scheme}"), &keys);
            for (name, description) in scopes {
                declare(name, description, &place.under(name), mistakes);
            }
        }
    }
    let place = Place::extension().under("scopes");
    for (name, description) in &document.extension.scopes {
        let also =
            oauth2_schemes(document).find(|(_, flows)| declared_by(flows).any(|(_, scopes)| scopes.contains_key(name)));
        if let Some((scheme, _)) = also {
            mistakes.add(&place.under(name), twice(name, &format!("components.securitySchemes.{scheme}")));
        }
        declare(name, description, &place.under(name), mistakes);
    }
    if names.is_empty() {
        mistakes.add(&Place::new("components.securitySchemes", &["components", "securitySchemes"]), Problem::NoScopes);
    }
    names
}

fn oauth2_schemes(document: &Document) -> impl Iterator<Item = (&str, &Flows)> {
    let schemes = document.spec.components.as_ref().map(|components| &components.security_schemes);
    schemes.into_iter().flatten().filter_map(|(name, scheme)| match scheme {
        ObjectOrReference::Object(SecurityScheme::OAuth2 { flows, .. }) => Some((name.as_str(), flows)),
        ObjectOrReference::Object(_) | ObjectOrReference::Ref { .. } => None,
    })
}

fn administration(
    extension: &Extension,
    scopes: &[String],
    syntax: &Syntax,
    mistakes: &mut Mistakes<'_>,
) -> Vec<String> {
    let place = Place::extension().under("administration");
    for name in extension.administration.keys() {
        let place = place.under(name);
        let Some((resource, _)) = syntax.split(name) else {
            mistakes.add(&place, syntax.refuses(name));
            continue;
        };
        if scopes.contains(name) {
            mistakes.add(&place, twice(name, "x-permissions.administration"));
        } else if scopes.iter().any(|scope| syntax.resource(scope) == Some(resource)) {
            mistakes.add(&place, Problem::MixedResource { resource: resource.to_owned() });
        }
    }
    extension.administration.keys().filter(|name| !scopes.contains(name)).cloned().collect()
}

/// Gives each whole resource all the actions of its resource.
fn cover_wholes(extension: &Extension, syntax: &Syntax, catalogue: &mut CatalogueSource, mistakes: &mut Mistakes<'_>) {
    let Some(whole) = &extension.whole else { return };
    for name in &catalogue.scopes {
        let Some((resource, action)) = syntax.split(name) else { continue };
        if action == whole {
            let parts = catalogue.scopes.iter().filter(|it| *it != name && syntax.resource(it) == Some(resource));
            catalogue.covers.insert(name.clone(), parts.cloned().collect());
            catalogue.whole.push(name.clone());
        }
    }
    if catalogue.whole.is_empty() {
        let example = syntax.join("contact", whole);
        mistakes.add(&Place::extension().under("whole"), Problem::NoWhole { example });
    }
}

fn cover_implied(extension: &Extension, catalogue: &mut CatalogueSource, mistakes: &mut Mistakes<'_>) {
    let place = Place::extension().under("implies");
    for (name, implied) in &extension.implies {
        let place = place.under(name);
        for named in std::iter::once(name).chain(implied) {
            if !is_declared(catalogue, named) {
                mistakes.add(&place, undeclared(catalogue, named));
            }
        }
        for other in implied {
            let crosses = catalogue.scopes.contains(name) != catalogue.scopes.contains(other);
            if crosses && is_declared(catalogue, name) && is_declared(catalogue, other) {
                let (scope, administration) =
                    if catalogue.scopes.contains(name) { (name, other) } else { (other, name) };
                let (scope, administration) = (scope.clone(), administration.clone());
                mistakes.add(&place, Problem::ImpliesAdministration { scope, administration });
            }
        }
        catalogue.covers.entry(name.clone()).or_default().extend(implied.iter().cloned());
    }
}

fn features(
    extension: &Extension,
    syntax: &Syntax,
    catalogue: &CatalogueSource,
    mistakes: &mut Mistakes<'_>,
) -> BTreeMap<String, Vec<String>> {
    let Some(declared) = &extension.features else { return BTreeMap::new() };
    let place = Place::extension().under("features");
    let mut features = BTreeMap::new();
    for (feature, entries) in declared {
        let place = place.under(feature);
        if !is_name(feature) {
            mistakes.add(&place, Problem::FeatureName { name: feature.clone() });
        }
        let opened: Vec<String> =
            entries.iter().flat_map(|entry| opened_by(entry, syntax, catalogue, &place, mistakes)).collect();
        features.insert(feature.clone(), opened);
    }
    for name in &catalogue.scopes {
        if !features.values().flatten().any(|opened| opened == name) {
            mistakes.add(&place, Problem::InNoFeature { name: name.clone() });
        }
    }
    features
}

/// The scopes of a resource, or the one scope of that name.
fn opened_by(
    entry: &str,
    syntax: &Syntax,
    catalogue: &CatalogueSource,
    place: &Place,
    mistakes: &mut Mistakes<'_>,
) -> Vec<String> {
    let opened: Vec<String> = catalogue
        .scopes
        .iter()
        .filter(|scope| *scope == entry || syntax.resource(scope) == Some(entry))
        .cloned()
        .collect();
    if opened.is_empty() {
        let resources = catalogue.scopes.iter().filter_map(|scope| syntax.resource(scope));
        let nearest = nearest(entry, resources.chain(catalogue.scopes.iter().map(String::as_str))).map(str::to_owned);
        mistakes.add(place, Problem::UndeclaredInFeature { name: entry.to_owned(), nearest });
    }
    opened
}

/// What people are told of each permission; of two flows that declare a scope, the first one's words.
fn words(document: &Document, syntax: &Syntax, catalogue: &CatalogueSource) -> Vec<PermissionWords> {
    let flows = || oauth2_schemes(document).flat_map(|(_, flows)| declared_by(flows)).map(|(_, scopes)| scopes);
    let extension = [&document.extension.scopes, &document.extension.administration];
    let described = |name: &String| flows().chain(extension).find_map(|declared| declared.get(name));
    let names = catalogue.scopes.iter().chain(&catalogue.administration);
    let words = names.filter_map(|name| {
        let (resource, action) = syntax.split(name)?;
        let [resource, action] = [resource, action].map(str::to_owned);
        Some(PermissionWords { name: name.clone(), resource, action, description: described(name)?.trim().to_owned() })
    });
    words.collect()
}

fn is_declared(catalogue: &CatalogueSource, name: &String) -> bool {
    catalogue.scopes.contains(name) || catalogue.administration.contains(name)
}

fn undeclared(catalogue: &CatalogueSource, name: &str) -> Problem {
    let names = catalogue.scopes.iter().chain(&catalogue.administration).map(String::as_str);
    Problem::UndeclaredPermission { name: name.to_owned(), nearest: nearest(name, names).map(str::to_owned) }
}

fn twice(name: &str, also: &str) -> Problem {
    Problem::DeclaredTwice { name: name.to_owned(), also: also.to_owned() }
}

/// How the name of a permission is read.
struct Syntax {
    text: String,
    separator: char,
    resource_first: bool,
}

impl Syntax {
    fn parse(text: &str) -> Option<Self> {
        let (separator, resource_first) = match text.strip_prefix("{resource}") {
            Some(rest) => (rest.strip_suffix("{action}")?, true),
            None => (text.strip_prefix("{action}")?.strip_suffix("{resource}")?, false),
        };
        let separator = separator.parse().ok().filter(|separator| ['.', ':', '/'].contains(separator))?;
        Some(Self { text: text.to_owned(), separator, resource_first })
    }

    /// Resource and action. A resource may have separators of its own, an action has none.
    fn split<'a>(&self, name: &'a str) -> Option<(&'a str, &'a str)> {
        let (resource, action) = if self.resource_first {
            name.rsplit_once(self.separator)?
        } else {
            name.split_once(self.separator).map(|(action, resource)| (resource, action))?
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let good = |text: &str, extra: &[u8]| {
            text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
                && text.bytes().all(|byte| plain(byte) || extra.contains(&byte))
        };
        (name.len() <= MAX_NAME_LENGTH && good(resource, b".:/") && good(action, b"")).then_some((resource, action))
    }

    fn resource<'a>(&self, name: &'a str) -> Option<&'a str> {
        self.split(name).map(|(resource, _)| resource)
    }

    fn join(&self, resource: &str, action: &str) -> String {
        self.text.replace("{resource}", resource).replace("{action}", action)
    }

    fn refuses(&self, name: &str) -> Problem {
        Problem::PermissionName { name: name.to_owned(), syntax: self.text.clone() }
    }
}
