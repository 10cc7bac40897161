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
use edge_authorizer::policy::reading::{Reading, Readings};
use edge_authorizer::token::credential::TokenKind;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::awkward::{Judge, STAGE, declaring, under};
use crate::policy_laws_gateway::{Outcome, outcomes};

const ID: &str = "n_0123456789abcdef01234567";
const SCOPES: [&str; 5] = ["p.a", "p.b", "q.a", "q.b", "q.all"];

/// What an operation requires: mostly one scope, sometimes one of several or several at once, or another of each kind of
/// token.
fn required() -> impl Strategy<Value = String> {
    let one = select(vec!["p.a", "p.a", "p.b", "p.b", "q.a", "q.b", "q.all", "p.a|q.a", "p.a+p.b", "p.b+q.a|q.all"]);
    let other = prop_oneof![Just(None), Just(None), one.clone().prop_map(Some)];
    (one, other).prop_map(|(pat, other)| other.map_or(pat.to_owned(), |other| format!("{pat} {other}")))
}

fn template() -> impl Strategy<Value = String> {
    let segment = select(vec!["a", "b", "ab", "{x}", "{id:n_}"]);
    let tail = select(vec!["", "", "", "/{rest+}"]);
    (prop::collection::vec(segment, 1..4), tail).prop_map(|(path, tail)| format!("/{}{tail}", path.join("/")))
}

/// Operations that a gateway can tell apart, with what they require.
fn operations() -> impl Strategy<Value = Vec<(String, String)>> {
    let verb = select(vec!["GET", "GET", "GET", "POST", "ANY"]);
    let operation = (verb, template(), required());
    prop::collection::vec(operation, 2..7).prop_map(|mut operations| {
        let shape = |path: &str| path.replace("{id:n_}", "{x}");
        operations.sort_by_key(|(verb, path, _)| (shape(path), *verb));
        operations.dedup_by_key(|(verb, path, _)| (shape(path), *verb));
        operations.into_iter().map(|(verb, path, required)| (format!("{verb} {path}"), required)).collect()
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
        "a%2Fb",
        "%2E%2e",
        "n_0123456789abcdef0123%2Fa",
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

/// Readings of which each is on or off, and as often as not those that usually are.
fn readings() -> impl Strategy<Value = Readings> {
    let any = prop::collection::vec(any::<bool>(), Reading::ALL.len()).prop_map(|is_on| {
        Reading::ALL.into_iter().zip(is_on).filter(|(_, is_on)| *is_on).map(|(reading, _)| reading).collect()
    });
    prop_oneof![Just(Readings::default()), any]
}

fn kind() -> impl Strategy<Value = TokenKind> {
    select(TokenKind::ALL.to_vec())
}

fn built(readings: &Readings, operations: &[(String, String)]) -> Api {
    under(readings, names(&SCOPES), &listed(operations))
}

fn listed(operations: &[(String, String)]) -> Vec<(&str, &str)> {
    operations.iter().map(|(route, required)| (route.as_str(), required.as_str())).collect()
}

fn granted(api: &Api, scopes: &[&str]) -> PermissionSet {
    api.catalogue.granted(scopes.iter().copied())
}

/// Whether some reading routes such a path otherwise than it looks.
fn is_odd(readings: &Readings, path: &str) -> bool {
    let is_so = |reading| match reading {
        Reading::EncodedPath => path.contains('%'),
        Reading::EmptySegments => path.contains("//"),
        Reading::DotSegments => path.split('/').any(|segment| segment == "." || segment == ".."),
        Reading::TrailingSlash => path.len() > 1 && path.ends_with('/'),
        _ => false,
    };
    readings.iter().any(is_so)
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
    !is_odd(&Readings::default(), path)
        && path.chars().all(is_unreserved)
        && operation.path.segments.iter().zip(segments).all(fits)
}

/// A role's name, and what it grants.
type Role = (String, Vec<String>);

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

/// The policy of who holds these roles, with a token of these scopes, where the API declares its scopes so.
fn policy(operations: &[(String, String)], declared: &[&str], scopes: &[String], roles: &[Role]) -> Patterns {
    let api = declaring(names(declared), &listed(operations));
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
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever a gateway makes of a request under the enabled readings: what it allows by the policy is what the
    /// permission covers.
    #[test]
    fn the_gateway_decides_by_the_policy_as_the_permission_decides_directly(
        (readings, kind) in (readings(), kind()),
        operations in operations(),
        scopes in subsequence(SCOPES.to_vec(), 0..=SCOPES.len()),
        requests in prop::collection::vec(request(), 120),
    ) {
        let api = built(&readings, &operations);
        let set = granted(&api, &scopes);
        let is_exact = check(&api).is_exact();
        let policy = Judge::of(&api.policies.patterns(kind, set));
        let covers = |operation: &Operation| operation.requires(kind).is_met_by(&set);
        // Where the ARN is decoded, another request may come to the same.
        let is_alone = !readings.has(Reading::DecodedAfterRouting) && !readings.has(Reading::DecodedSlash);
        for (verb, path) in &requests {
            let outcomes = outcomes(&api.operations, &readings, verb, path);
            for (request, reached) in &outcomes {
                let is_covered = reached.is_none_or(covers);
                prop_assert!(!policy.allows(request) || is_covered, "{request:?} is allowed and reaches {reached:?}");
                // An answer that is not used twice is right for every API.
                let alone = api.policies.patterns_for(kind, set, verb, request.strip_prefix(verb.as_str()).unwrap());
                let alone = Judge::of(&alone).allows(request);
                prop_assert!(!alone || is_covered, "{request:?} is allowed on its own and reaches {reached:?}");
            }
            let agreed = outcomes.iter().all(|it| *it == outcomes[0]);
            let is_for = |(_, reached): &Outcome<'_>| reached.is_some_and(|it| covers(it) && is_well_formed(it, path));
            let must = !outcomes.is_empty() && outcomes.iter().all(is_for);
            let request = format!("{verb}{path}");
            prop_assert!(!must || !agreed || !is_exact || policy.allows(&request), "{request:?} is refused");
            let alone = Judge::of(&api.policies.patterns_for(kind, set, verb, path));
            prop_assert!(!must || !is_alone || alone.allows(&request), "{request:?} is refused on its own");
        }
    }

    /// It holds for whatever must work, and for odd paths.
    #[test]
    fn more_permission_never_allows_less(
        (readings, kind) in (readings(), kind()),
        operations in operations(),
        scopes in subsequence(SCOPES.to_vec(), 0..=SCOPES.len()),
        more in subsequence(SCOPES.to_vec(), 0..=SCOPES.len()),
        requests in prop::collection::vec(request(), 60),
    ) {
        let api = built(&readings, &operations);
        let is_exact = check(&api).is_exact();
        let less = granted(&api, &scopes);
        let more = less.union(granted(&api, &more));
        let [less, more] = [less, more].map(|set| Judge::of(&api.policies.patterns(kind, set)));
        for (verb, path) in &requests {
            let outcomes = outcomes(&api.operations, &readings, verb, path);
            let works = |(_, reached): &Outcome<'_>| reached.is_some_and(|it| is_well_formed(it, path));
            let must = is_exact && !outcomes.is_empty() && outcomes.iter().all(works) && outcomes.iter().all(|it| *it == outcomes[0]);
            let request = format!("{verb}{path}");
            let shrinks = less.allows(&request) && !more.allows(&request);
            prop_assert!(!shrinks || !(must || is_odd(&readings, path)), "{request:?}");
        }
    }

    /// What is written is the menu's and the stage's: two requests of one token get the same text, letter for letter.
    #[test]
    fn no_text_of_the_request_is_in_the_policy(
        (operations, kind) in (operations(), kind()),
        scopes in subsequence(SCOPES.to_vec(), 0..=SCOPES.len()),
        (verb, path) in ("[A-Z]{1,8}", "(/.{0,40}){0,4}"),
        likely in request(),
    ) {
        let api = built(&Readings::default(), &operations);
        let set = granted(&api, &scopes);
        let whole = api.policies.patterns(kind, set);
        let written = |arn: &str| document::write(&whole, &MethodArn::parse(arn).unwrap()).unwrap().to_string();
        prop_assert_eq!(written(&format!("{STAGE}{verb}{path}")), written(&format!("{STAGE}GET/")));
        let menu = api.policies.menu();
        for (verb, path) in [(verb, path), likely] {
            let own = api.policies.patterns_for(kind, set, &verb, &path);
            for pattern in &own.allow {
                prop_assert!(menu.allows.iter().any(|allow| allow.pattern == *pattern), "{pattern} is of the request");
            }
            prop_assert!(own.deny.is_empty() || own.deny == whole.deny, "{own:?}");
        }
    }

    #[test]
    fn the_order_of_routes_scopes_and_roles_changes_nothing(
        (operations, shuffled) in operations().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
        declared in Just(SCOPES.to_vec()).prop_shuffle(),
        asked in subsequence(SCOPES.to_vec(), 0..=SCOPES.len()),
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
