//! Laws of policies, on random APIs, permission sets and requests: what the gateway makes of the policy is what a
//! direct decision on the request would be.

use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::access::permission::PermissionSet;
use edge_authorizer::access::principal::Principal;
use edge_authorizer::access::tenant::{Features, Tenant, TenantStatus, User, UserKind, UserStatus};
use edge_authorizer::api::Api;
use edge_authorizer::gateway::arn::MethodArn;
use edge_authorizer::policy::compiler::Patterns;
use edge_authorizer::policy::document;
use edge_authorizer::policy::operation::{Operation, ParameterForm, Segment};
use edge_authorizer::policy::proof::check::check;
use edge_authorizer::policy::route::expand;
use edge_authorizer::policy::router::Router;
use edge_authorizer::token::credential::TokenKind;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::awkward::{STAGE, api, declaring, is_allowed};

const ID: &str = "n_0123456789abcdef01234567";
const SCOPES: [&str; 4] = ["p.a", "p.b", "p.c", "p.d"];

fn template() -> impl Strategy<Value = String> {
    let segment = select(vec!["a", "b", "ab", "{x}", "{id:n_}"]);
    let tail = select(vec!["", "", "", "/{rest+}"]);
    (prop::collection::vec(segment, 1..4), tail).prop_map(|(path, tail)| format!("/{}{tail}", path.join("/")))
}

/// Operations that a gateway can tell apart, with their scopes.
fn operations() -> impl Strategy<Value = Vec<(String, &'static str)>> {
    let verb = select(vec!["GET", "GET", "GET", "POST", "ANY"]);
    let operation = (verb, template(), select(SCOPES.to_vec()));
    prop::collection::vec(operation, 2..7).prop_map(|mut operations| {
        let shape = |path: &str| path.replace("{id:n_}", "{x}");
        operations.sort_by_key(|(verb, path, _)| (shape(path), *verb));
        operations.dedup_by_key(|(verb, path, _)| (shape(path), *verb));
        operations.into_iter().map(|(verb, path, scope)| (format!("{verb} {path}"), scope)).collect()
    })
}

/// A request of everyday segments, and sometimes one that looks like two.
fn request() -> impl Strategy<Value = (String, String)> {
    let segment = select(vec![
        "a",
        "a",
        "b",
        "b",
        "ab",
        "x",
        ID,
        ID,
        "n_",
        "n_0123456789abcdef0123",
        "n_012345678901234567890/b",
        "%61",
        ".",
        "..",
        "",
        "*",
        "a?",
        "é",
        ":",
    ]);
    let path = prop::collection::vec(segment, 1..5).prop_map(|segments| format!("/{}", segments.join("/")));
    (select(vec!["GET", "GET", "POST", "PUT"]).prop_map(str::to_owned), path)
}

fn built(operations: &[(String, &'static str)]) -> Api {
    api(&operations.iter().map(|(route, scope)| (route.as_str(), *scope)).collect::<Vec<_>>())
}

fn granted(api: &Api, scopes: &[&str]) -> PermissionSet {
    api.catalogue.granted(scopes.iter().copied())
}

fn allows(api: &Api, set: PermissionSet, (verb, path): &(String, String)) -> bool {
    is_allowed(&api.policies.patterns(TokenKind::Pat, set), &format!("{verb}{path}"))
}

fn covers(operation: &Operation, set: PermissionSet) -> bool {
    operation.pat.is_met_by(&set)
}

/// Where a request may go: what each router says, and each route that no other is more specific than.
fn reached<'a>(api: &'a Api, verb: &str, path: &str) -> Vec<Option<&'a Operation>> {
    let of_verb: Vec<_> = expand(&api.operations).into_iter().filter(|route| route.verb == verb).collect();
    let matching: Vec<_> = of_verb.iter().filter(|route| matches(&route.path.segments, path)).collect();
    let loses = |path: &[Segment]| {
        let same_kind = matching.iter().filter(|rival| is_greedy(&rival.path.segments) == is_greedy(path));
        same_kind.filter(|rival| rival.path.segments != path).any(|rival| is_as_specific(&rival.path.segments, path))
    };
    let specific = matching
        .iter()
        .filter(|route| is_greedy(&route.path.segments) == matching.iter().all(|it| is_greedy(&it.path.segments)));
    let tied = specific.filter(|route| !loses(&route.path.segments)).map(|route| api.operations.get(route.operation));
    Router::ALL.map(|router| router.route(&api.operations, verb, path)).into_iter().chain(tied).collect()
}

fn matches(template: &[Segment], path: &str) -> bool {
    let given: Vec<&str> = path.split('/').skip(1).collect();
    let fits = |(template, given): (&Segment, &&str)| match template {
        Segment::Literal(text) => text == given,
        Segment::Parameter { .. } => !given.is_empty(),
        Segment::Greedy { .. } => true,
    };
    let is_long_enough =
        if is_greedy(template) { given.len() >= template.len() } else { given.len() == template.len() };
    is_long_enough && template.iter().zip(&given).all(fits)
}

fn is_greedy(path: &[Segment]) -> bool {
    matches!(path.last(), Some(Segment::Greedy { .. }))
}

fn is_as_specific(path: &[Segment], other: &[Segment]) -> bool {
    let rank = |segment: &Segment| match segment {
        Segment::Literal(_) => 0,
        Segment::Parameter { .. } => 1,
        Segment::Greedy { .. } => 2,
    };
    path.iter().zip(other).all(|(own, other)| rank(own) <= rank(other))
}

fn is_odd(path: &str) -> bool {
    let dots = path.split('/').any(|segment| segment == "." || segment == "..");
    path.contains('%') || path.contains("//") || dots || (path.len() > 1 && path.ends_with('/'))
}

/// Whether a request has only unreserved characters and every parameter the form that the operation declares.
fn is_well_formed(operation: &Operation, path: &str) -> bool {
    let segments = path.split('/').skip(1);
    let fits = |(template, given): (&Segment, &str)| match template {
        Segment::Parameter { form: ParameterForm::Id { prefix, digits }, .. } => {
            given.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.len() == *digits)
        }
        _ => true,
    };
    let is_unreserved = |letter: char| letter.is_ascii_alphanumeric() || "._~-/".contains(letter);
    !is_odd(path) && path.chars().all(is_unreserved) && operation.path.segments.iter().zip(segments).all(fits)
}

/// A role's name, and what it grants.
type Role = (String, Vec<String>);

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

/// The policy of who holds these roles, with a token of these scopes, where the API declares its scopes so.
fn policy(operations: &[(String, &'static str)], declared: &[&str], scopes: &[String], roles: &[Role]) -> Patterns {
    let listed: Vec<_> = operations.iter().map(|(route, scope)| (route.as_str(), *scope)).collect();
    let api = declaring(names(declared), &listed);
    api.policies.patterns(TokenKind::Pat, member(roles, scopes, &api).effective()).as_ref().clone()
}

fn member(roles: &[Role], scopes: &[String], api: &Api) -> Principal {
    let tenant = Tenant {
        id: TenantId::parse("biz_0123456789abcdef01234567").unwrap(),
        status: TenantStatus::Active,
        features: Features::All,
        roles: roles.iter().cloned().collect(),
        usage_key: None,
        max_token_seconds: None,
    };
    let user = User {
        id: UserId::parse("usr_0123456789abcdef01234567").unwrap(),
        kind: UserKind::Person,
        status: UserStatus::Active,
        roles: roles.iter().map(|(name, _)| name.clone()).collect(),
        added: Vec::new(),
        removed: Vec::new(),
    };
    Principal::supposed(tenant, user, TokenKind::Pat, scopes, &api.catalogue).unwrap()
}

/// Another order of the same: backwards, and begun elsewhere.
fn turn<T>(list: &mut [T], seed: u64) {
    list.reverse();
    if let Some(place) = seed.checked_rem(list.len().try_into().unwrap()) {
        list.rotate_left(place.try_into().unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_gateway_decides_by_the_policy_as_the_permission_decides_directly(
        operations in operations(),
        scopes in subsequence(SCOPES.to_vec(), 0..=4),
        requests in prop::collection::vec(request(), 120),
    ) {
        let api = built(&operations);
        let set = granted(&api, &scopes);
        let is_exact = check(&api).is_exact();
        let routes = expand(&api.operations);
        let menu = api.policies.menu();
        for request in requests {
            let (verb, path) = &request;
            let allowed = allows(&api, set, &request);
            let reached = reached(&api, verb, path);
            if is_odd(path) {
                let mut of_verb = routes.iter().filter(|route| route.verb == verb);
                let is_covered = of_verb.all(|route| covers(&api.operations[route.operation], set));
                prop_assert!(!allowed || is_covered, "{request:?} may reach anything");
            } else {
                let uncovered = reached.iter().flatten().find(|operation| !covers(operation, set));
                prop_assert!(!allowed || uncovered.is_none(), "{request:?} is allowed and reaches {uncovered:?}");
            }
            let agreed = reached.iter().all(|it| *it == reached[0]);
            let must = reached.iter().all(|it| it.is_some_and(|it| covers(it, set) && is_well_formed(it, path)));
            prop_assert!(allowed || !must || !agreed || !is_exact, "{request:?} is refused");
            // An answer that is not used twice is right for every API.
            let alone = is_allowed(&api.policies.patterns_for(TokenKind::Pat, set, verb, path), &format!("{verb}{path}"));
            let uncovered = reached.iter().flatten().any(|operation| !covers(operation, set));
            prop_assert!(!alone || allowed || (!is_odd(path) && !uncovered), "{request:?} is allowed on its own");
            prop_assert!(alone || !must, "{request:?} is refused on its own");
            for pattern in &api.policies.patterns_for(TokenKind::Pat, set, verb, path).allow {
                prop_assert!(menu.allows.iter().any(|allow| allow.pattern == *pattern), "{pattern} is of the request");
            }
        }
    }

    #[test]
    fn more_permission_never_allows_less(
        operations in operations(),
        scopes in subsequence(SCOPES.to_vec(), 0..=4),
        more in subsequence(SCOPES.to_vec(), 0..=4),
        requests in prop::collection::vec(request(), 60),
    ) {
        let api = built(&operations);
        let is_exact = check(&api).is_exact();
        let (less, more) = (granted(&api, &scopes), granted(&api, &more));
        for request in requests {
            let reached = reached(&api, &request.0, &request.1);
            let must_work = !reached.is_empty() && reached.iter().all(|it| it.is_some_and(|it| is_well_formed(it, &request.1)));
            let shrinks = allows(&api, less, &request) && !allows(&api, less.union(more), &request);
            prop_assert!(!(is_exact && must_work && shrinks), "{request:?}");
        }
    }

    #[test]
    fn the_order_of_routes_scopes_and_roles_changes_nothing(
        (operations, shuffled) in operations().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
        declared in Just(SCOPES.to_vec()).prop_shuffle(),
        asked in subsequence(SCOPES.to_vec(), 0..=4),
        held in prop::collection::vec(subsequence(SCOPES.to_vec(), 0..=3), 0..4),
        seed in any::<u64>(),
    ) {
        let roles: Vec<Role> = (0..).zip(&held).map(|(number, held)| (format!("role{number}"), names(held))).collect();
        let mut turned = roles.clone();
        turned.iter_mut().for_each(|(_, granted)| turn(granted, seed));
        turn(&mut turned, seed);
        let mut turned_scopes = names(&asked);
        turn(&mut turned_scopes, seed);
        let written = policy(&operations, &SCOPES, &names(&asked), &roles);
        prop_assert_eq!(written, policy(&shuffled, &declared, &turned_scopes, &turned));
    }
}

proptest! {
    #[test]
    fn no_text_of_the_request_is_in_the_policy(verb in "[A-Z]{1,8}", path in "(/.{0,40}){0,4}") {
        let patterns = Patterns { allow: vec!["GET/v1/*".to_owned()], deny: vec!["*%*".to_owned()] };
        let written = |arn: &str| document::write(&patterns, &MethodArn::parse(arn).unwrap()).unwrap().to_string();
        prop_assert_eq!(written(&format!("{STAGE}{verb}{path}")), written(&format!("{STAGE}GET/")));
    }
}
