//! What an operation requires: OpenAPI's `security`, where alternatives are OR and the scopes within one are AND.
//!
//! A request carries one token of one kind, so that each alternative names one scheme and at least one of its scopes.

use std::collections::BTreeMap;

use oas3::Spec;
use oas3::spec::{ObjectOrReference, SecurityRequirement, SecurityScheme};

use crate::access::catalogue::CatalogueSource;
use crate::token::credential::TokenKind;

use super::mistake::{Mistakes, Place, Problem};
use super::permissions::declared_by;
use crate::nearest::nearest;

/// The security schemes of a document, by name.
pub(super) struct Schemes<'a> {
    by_name: BTreeMap<&'a str, Scheme>,
    administration: &'a [String],
}

struct Scheme {
    /// None for a scheme that no bearer token satisfies.
    kind: Option<TokenKind>,
    scopes: Vec<String>,
}

/// What one operation requires of each kind of token.
#[derive(Default)]
pub(super) struct Required {
    pub(super) pat: Vec<Vec<String>>,
    pub(super) access_token: Vec<Vec<String>>,
}

impl<'a> Schemes<'a> {
    pub(super) fn read(spec: &'a Spec, permissions: &'a CatalogueSource, mistakes: &mut Mistakes<'_>) -> Self {
        let declared = spec.components.as_ref().map(|components| &components.security_schemes);
        let mut by_name: BTreeMap<&str, Scheme> = BTreeMap::new();
        for (name, scheme) in declared.into_iter().flatten() {
            let scheme = Scheme::read(scheme, permissions);
            let same_kind = |it: &(&&str, &Scheme)| scheme.kind.is_some() && it.1.kind == scheme.kind;
            if let Some((first, _)) = by_name.iter().find(same_kind) {
                let place =
                    Place::new(format!("components.securitySchemes.{name}"), &["components", "securitySchemes", name]);
                mistakes.add(&place, Problem::SecondScheme { first: (*first).to_owned() });
            }
            by_name.insert(name, scheme);
        }
        Self { by_name, administration: &permissions.administration }
    }

    /// Reads the security of one operation; none stands for an operation that has none and inherits none.
    pub(super) fn required(
        &self,
        security: Option<&[SecurityRequirement]>,
        place: &Place,
        mistakes: &mut Mistakes<'_>,
    ) -> Required {
        let mut required = Required::default();
        match security {
            None => mistakes.add(place, Problem::NoSecurity { example: self.example() }),
            Some([]) => mistakes.add(place, Problem::Open { example: self.example() }),
            Some(alternatives) => {
                for alternative in alternatives {
                    match self.alternative(alternative) {
                        Ok((TokenKind::Pat, scopes)) => required.pat.push(scopes),
                        Ok((TokenKind::AccessToken, scopes)) => required.access_token.push(scopes),
                        Err(problem) => mistakes.add(place, problem),
                    }
                }
            }
        }
        required
    }

    fn alternative(&self, alternative: &SecurityRequirement) -> Result<(TokenKind, Vec<String>), Problem> {
        let mut named = alternative.0.iter();
        let (name, scopes) = match (named.next(), named.next()) {
            (None, _) => return Err(Problem::EmptyAlternative),
            (Some(_), Some(_)) => return Err(Problem::TwoSchemes { schemes: alternative.0.keys().cloned().collect() }),
            (Some(only), None) => only,
        };
        let scheme = self.by_name.get(name.as_str()).ok_or_else(|| Problem::UnknownScheme {
            name: name.clone(),
            nearest: nearest(name, self.by_name.keys().copied()).map(str::to_owned),
        })?;
        let kind = scheme.kind.ok_or_else(|| Problem::UnsupportedScheme { name: name.clone() })?;
        if scopes.is_empty() {
            return Err(Problem::NoScope { scheme: name.clone() });
        }
        scopes.iter().try_for_each(|scope| self.declared(name, scheme, scope))?;
        Ok((kind, scopes.clone()))
    }

    fn declared(&self, name: &str, scheme: &Scheme, scope: &String) -> Result<(), Problem> {
        if scheme.scopes.contains(scope) {
            return Ok(());
        }
        if self.administration.contains(scope) {
            return Err(Problem::AdministrationRequired { name: scope.clone() });
        }
        let nearest = nearest(scope, scheme.scopes.iter().map(String::as_str)).map(str::to_owned);
        Err(Problem::UnknownScope { scheme: name.to_owned(), scope: scope.clone(), nearest })
    }

    /// An alternative as it could stand in this document.
    fn example(&self) -> String {
        self.by_name
            .iter()
            .find_map(|(name, scheme)| Some(format!("{name}: [{}]", scheme.kind.and(scheme.scopes.first())?)))
            .unwrap_or_else(|| "bearerPat: [contact.read]".to_owned())
    }
}

impl Scheme {
    fn read(scheme: &ObjectOrReference<SecurityScheme>, permissions: &CatalogueSource) -> Self {
        match scheme {
            ObjectOrReference::Object(SecurityScheme::Http { scheme, .. }) if scheme.eq_ignore_ascii_case("bearer") => {
                Self { kind: Some(TokenKind::Pat), scopes: permissions.scopes.clone() }
            }
            ObjectOrReference::Object(SecurityScheme::OAuth2 { flows, .. }) => {
                let scopes = declared_by(flows).flat_map(|(_, scopes)| scopes.keys().cloned()).collect();
                Self { kind: Some(TokenKind::AccessToken), scopes }
            }
            ObjectOrReference::Object(_) | ObjectOrReference::Ref { .. } => Self { kind: None, scopes: Vec::new() },
        }
    }
}
