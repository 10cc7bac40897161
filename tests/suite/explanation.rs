//! Explanations say what the decision says, for every user, scope, kind of token and operation of the demonstration.

use edge_authorizer::access::explanation::{Explanation, Need, explain};
use edge_authorizer::access::principal::Principal;
use edge_authorizer::access::requirement::Verdict;
use edge_authorizer::access::tenant::UserStatus;
use edge_authorizer::local::demo::Demonstration;
use edge_authorizer::token::credential::TokenKind;

use crate::matrix::scope_sets;
use crate::world::api;

#[test]
fn the_halves_of_an_explanation_come_to_its_verdict() {
    let api = api();
    let demo = Demonstration::public(&api.catalogue).unwrap();
    let scopes: Vec<Vec<String>> = scope_sets(&api, &demo).into_iter().map(|set| set.scopes).collect();
    let mut seen = [0; 5];
    for member in demo.users.iter().filter(|member| member.user.status == UserStatus::Active) {
        let tenant = demo.tenants.iter().find(|tenant| tenant.id == member.tenant).unwrap();
        for (scopes, kind) in scopes.iter().flat_map(|scopes| TokenKind::ALL.map(|kind| (scopes, kind))) {
            let user = member.user.clone();
            let principal = Principal::supposed(tenant.clone(), user, kind, scopes, &api.catalogue).unwrap();
            for operation in &api.operations {
                let requirement = operation.requires(kind);
                let explanation = explain(requirement, &principal, &api.catalogue);
                assert_eq!(explanation.verdict, principal.verdict(requirement));
                assert_eq!(
                    explanation.verdict == Verdict::Allowed,
                    requirement.is_met_by(&principal.effective()),
                    "{} {scopes:?} {}",
                    member.name,
                    operation.id
                );
                check(&explanation);
                seen[place(explanation.verdict)] += 1;
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 50), "each verdict is among the cases: {seen:?}");
}

/// The verdict follows from what is shown, and what is shown to hold is shown to hold through something.
fn check(explanation: &Explanation) {
    let some = |holds: fn(&Need) -> bool| explanation.alternatives.iter().any(|needs| needs.iter().all(holds));
    match explanation.verdict {
        Verdict::Allowed => assert!(some(|need| need.scope.holds && need.held.holds && need.feature.holds)),
        Verdict::ScopeMissing => assert!(!some(|need| need.scope.holds)),
        Verdict::RoleMissing => {
            assert!(some(|need| need.scope.holds) && !some(|need| need.scope.holds && need.held.holds));
        }
        Verdict::FeatureMissing => assert!(some(|need| need.scope.holds && need.held.holds && !need.feature.holds)),
        Verdict::TenantSuspended => {}
    }
    for need in explanation.alternatives.iter().flatten() {
        for half in [&need.scope, &need.feature] {
            assert_eq!(half.holds, !half.through.is_empty(), "{need:?}");
        }
        assert_eq!(need.held.holds, !need.held.through.is_empty() && need.taken.is_empty(), "{need:?}");
    }
}

fn place(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Allowed => 0,
        Verdict::ScopeMissing => 1,
        Verdict::RoleMissing => 2,
        Verdict::FeatureMissing => 3,
        Verdict::TenantSuspended => 4,
    }
}
