//! The laws of permission: never more than the scopes, never more than the user's, and what `all` means.

use std::collections::BTreeMap;

use edge_authorizer::access::catalogue::{Catalogue, CatalogueError, CatalogueSource};
use edge_authorizer::access::effective::Rights;
use edge_authorizer::access::identity::{TenantId, UserId};
use edge_authorizer::access::permission::PermissionSet;
use edge_authorizer::access::requirement::{Requirement, Verdict};
use edge_authorizer::access::tenant::{Features, Tenant, TenantStatus, User, UserKind, UserStatus};
use proptest::prelude::*;
use proptest::sample::subsequence;

const SCOPES: [&str; 8] = [
    "contact.read",
    "contact.write",
    "contact.delete",
    "contact.all",
    "deal.read",
    "deal.write",
    "deal.delete",
    "deal.all",
];
const ADMINISTRATION: [&str; 2] = ["role.write", "token.revoke"];

fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

fn source() -> CatalogueSource {
    let actions = |resource: &str| ["read", "write", "delete"].map(|action| format!("{resource}.{action}")).to_vec();
    CatalogueSource {
        scopes: names(SCOPES),
        administration: names(ADMINISTRATION),
        covers: BTreeMap::from([
            ("contact.all".to_owned(), actions("contact")),
            ("deal.all".to_owned(), actions("deal")),
        ]),
        whole: names(["contact.all", "deal.all"]),
        features: BTreeMap::from([
            ("crm".to_owned(), names(["contact.all"])),
            ("sales".to_owned(), names(["deal.all"])),
        ]),
        words: Vec::new(),
    }
}

fn catalogue() -> Catalogue {
    Catalogue::new(&source()).unwrap()
}

/// What a user with these permissions and exceptions may do, as names.
fn held(role: &[&str], added: &[&str], removed: &[&str]) -> Vec<String> {
    let catalogue = catalogue();
    let rights = rights(&catalogue, role, added, removed, Features::All);
    catalogue.names(rights.held()).map(str::to_owned).collect()
}

fn rights(catalogue: &Catalogue, role: &[&str], added: &[&str], removed: &[&str], features: Features) -> Rights {
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let tenant = Tenant {
        id: TenantId::parse("biz_1").unwrap(),
        status: TenantStatus::Active,
        features,
        roles: BTreeMap::from([("role".to_owned(), list(role))]),
        usage_key: None,
        max_token_seconds: None,
    };
    let user = User {
        id: UserId::parse("usr_1").unwrap(),
        kind: UserKind::Person,
        status: UserStatus::Active,
        roles: vec!["role".to_owned(), "a role that the tenant does not have".to_owned()],
        added: list(added),
        removed: list(removed),
    };
    Rights::of(&user, &tenant, catalogue)
}

#[test]
fn all_covers_every_action_and_the_sum_of_the_actions_is_not_all() {
    let all = ["contact.read", "contact.write", "contact.delete", "contact.all"];
    assert_eq!(held(&["contact.all"], &[], &[]), all);
    assert_eq!(held(&all[..3], &[], &[]), all[..3]);
}

#[test]
fn taking_an_action_away_takes_the_all_that_would_bring_it_back() {
    assert_eq!(held(&["contact.all"], &[], &["contact.delete"]), ["contact.read", "contact.write"]);
    assert_eq!(held(&["contact.read"], &["contact.all"], &["contact.write"]), ["contact.read", "contact.delete"]);
}

#[test]
fn taking_all_away_takes_every_action_and_nothing_of_another_resource() {
    assert_eq!(held(&["contact.all", "deal.read"], &["contact.read"], &["contact.all"]), ["deal.read"]);
}

#[test]
fn unknown_names_grant_nothing_and_take_nothing() {
    assert_eq!(held(&["contact.reed", "CONTACT.READ", "", "contact.read "], &["*"], &[]), Vec::<String>::new());
    assert_eq!(held(&["contact.read"], &[], &["contact.*"]), ["contact.read"]);
}

#[test]
fn no_feature_named_opens_nothing_and_all_is_a_name_of_its_own() {
    let catalogue = catalogue();
    let effective = |features| {
        let rights = rights(&catalogue, &["contact.all", "deal.all"], &[], &[], features);
        catalogue.names(rights.effective(catalogue.scopes())).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(effective(Features::All), SCOPES);
    assert_eq!(effective(Features::Named(names(["sales"]))), SCOPES[4..]);
    assert_eq!(effective(Features::Named(names(["unknown", "all"]))), Vec::<String>::new());
    assert_eq!(effective(Features::Named(Vec::new())), Vec::<String>::new());
}

#[test]
fn the_first_half_that_is_missing_is_the_one_that_is_named() {
    let catalogue = catalogue();
    let requirement = Requirement::any_of(vec![catalogue.granted(["deal.delete"])]);
    let verdict = |scopes: &[&str], role: &[&str], features: &[&str]| {
        let features = Features::Named(features.iter().map(|it| (*it).to_owned()).collect());
        let rights = rights(&catalogue, role, &[], &[], features);
        Verdict::of(&requirement, catalogue.granted(scopes.iter().copied()), &rights)
    };
    assert_eq!(verdict(&["deal.all"], &["deal.delete"], &["sales"]), Verdict::Allowed);
    assert_eq!(verdict(&["deal.read"], &["deal.delete"], &["sales"]), Verdict::ScopeMissing);
    assert_eq!(verdict(&["deal.delete"], &["deal.write"], &["sales"]), Verdict::RoleMissing);
    assert_eq!(verdict(&["deal.delete"], &["deal.delete"], &["crm"]), Verdict::FeatureMissing);
    assert_eq!(verdict(&[], &[], &[]), Verdict::ScopeMissing);
}

#[test]
fn a_requirement_of_nothing_is_met_by_nobody() {
    let catalogue = catalogue();
    assert!(!Requirement::default().is_met_by(&catalogue.every()));
    assert!(!Requirement::any_of(vec![PermissionSet::EMPTY]).is_met_by(&catalogue.every()));
}

#[test]
fn a_catalogue_that_contradicts_itself_is_refused() {
    let twice = CatalogueSource { administration: names(["contact.read"]), ..source() };
    assert_eq!(Catalogue::new(&twice).unwrap_err(), CatalogueError::Duplicate { name: "contact.read".to_owned() });
    let unknown = CatalogueSource { whole: names(["contacts.all"]), ..source() };
    assert_eq!(
        Catalogue::new(&unknown).unwrap_err().to_string(),
        "`whole` names the permission `contacts.all`, which is not declared"
    );
    let many = CatalogueSource { scopes: (0..257).map(|number| format!("p{number}")).collect(), ..Default::default() };
    assert_eq!(Catalogue::new(&many).unwrap_err(), CatalogueError::TooMany { count: 257 });
}

fn some_names() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence([SCOPES.as_slice(), ADMINISTRATION.as_slice(), &["unknown.read"]].concat(), 0..=11)
}

proptest! {
    #[test]
    fn effective_is_never_more_than_the_scopes_nor_the_users_rights(
        scopes in some_names(), role in some_names(), added in some_names(), removed in some_names(),
    ) {
        let catalogue = catalogue();
        let rights = rights(&catalogue, &role, &added, &removed, Features::Named(names(["crm"])));
        let scopes = catalogue.granted(scopes);
        let effective = rights.effective(scopes);
        prop_assert!(scopes.covers(&effective));
        prop_assert!(rights.held().covers(&effective));
        prop_assert!(rights.features.covers(&effective));
        for removed in removed.into_iter().filter_map(|name| catalogue.permission(name)) {
            prop_assert!(!effective.contains(removed));
        }
    }

    #[test]
    fn every_set_stays_closed_under_covers(
        scopes in some_names(), role in some_names(), added in some_names(), removed in some_names(),
    ) {
        let catalogue = catalogue();
        let rights = rights(&catalogue, &role, &added, &removed, Features::All);
        for set in [rights.held(), rights.effective(catalogue.granted(scopes))] {
            for permission in set.iter() {
                prop_assert!(set.covers(&catalogue.covered_by(permission)));
            }
        }
    }

    #[test]
    fn more_granted_never_allows_less_and_more_removed_never_allows_more(
        scopes in some_names(), more in some_names(), role in some_names(), removed in some_names(),
    ) {
        let catalogue = catalogue();
        let held = |role: &[&str], removed: &[&str]| rights(&catalogue, role, &[], removed, Features::All).held();
        let both: Vec<&str> = role.iter().chain(&more).copied().collect();
        prop_assert!(held(&both, &removed).covers(&held(&role, &removed)));
        let removed_too: Vec<&str> = removed.iter().chain(&more).copied().collect();
        prop_assert!(held(&role, &removed).covers(&held(&role, &removed_too)));
        let rights = rights(&catalogue, &role, &[], &removed, Features::All);
        let wider: Vec<&str> = scopes.iter().chain(&more).copied().collect();
        prop_assert!(rights.effective(catalogue.granted(wider)).covers(&rights.effective(catalogue.granted(scopes))));
    }

    #[test]
    fn the_order_of_names_changes_nothing(shuffled in some_names().prop_shuffle(), removed in some_names().prop_shuffle()) {
        let mut sorted = (shuffled.clone(), removed.clone());
        sorted.0.sort_unstable();
        sorted.1.sort_unstable();
        prop_assert_eq!(held(&shuffled, &[], &removed), held(&sorted.0, &[], &sorted.1));
    }
}

/// A usage plan's API key is a secret of the tenant's.
#[test]
fn a_tenants_api_key_is_not_in_debug() {
    let tenant = Tenant {
        id: TenantId::parse("biz_1").unwrap(),
        status: TenantStatus::Active,
        features: Features::All,
        roles: BTreeMap::new(),
        usage_key: Some("secret-usage-key".to_owned()),
        max_token_seconds: None,
    };
    let shown = format!("{tenant:?}");
    assert!(shown.contains("biz_1") && !shown.contains("secret-usage-key"), "{shown}");
}
