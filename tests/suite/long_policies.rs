//! A policy that is longer than the gateway accepts is a fault, and how long policies can get is known beforehand.

use edge_authorizer::gateway::arn::MethodArn;
use edge_authorizer::policy::compiler::Patterns;
use edge_authorizer::policy::document::{self, MAX_LENGTH};
use edge_authorizer::policy::proof::length::Bound;
use edge_authorizer::token::credential::TokenKind;

use crate::awkward::{STAGE, api};
use crate::exactness::large;

#[test]
fn a_policy_of_more_than_eight_kilobytes_is_a_fault() {
    let arn = format!("{STAGE}GET/");
    let written = |patterns: usize| {
        let allow = (0..patterns).map(|number| format!("GET/v1/resource{number:03}")).collect();
        document::write(&Patterns { allow, deny: Vec::new() }, &MethodArn::parse(&arn).unwrap())
    };
    assert!(written(80).unwrap().get().len() <= MAX_LENGTH);
    let error = written(120).unwrap_err();
    assert!(error.to_string().contains("longer than the gateway accepts"), "{error}");
}

/// Where there are too many sets to look at, each route counts with the most that it can cost.
#[test]
fn the_bound_for_a_large_api_is_one_and_says_that_it_cannot_promise_eight_kilobytes() {
    let operations = large(500);
    let api = api(&operations.iter().map(|(route, scope)| (route.as_str(), scope.as_str())).collect::<Vec<_>>());
    let bound = Bound::of(&api);
    assert!(!bound.fits());
    for resources in [1, 5, 25] {
        let scopes: Vec<String> = (0..resources).map(|number| format!("r{}.read", 2 * number)).collect();
        let set = api.catalogue.granted(scopes.iter().map(String::as_str));
        let patterns = api.policies.patterns(TokenKind::Pat, set);
        let resources = patterns.allow.iter().chain(&patterns.deny);
        let bytes: usize = resources.map(|pattern| STAGE.len() + pattern.len() + 3).sum();
        assert!(bytes <= bound.bytes(STAGE.len()), "{bytes} bytes");
    }
}
