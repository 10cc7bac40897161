//! The text of a scope: nothing but names of the catalogue comes of it, and never one that administers the tenant.

#![no_main]

use std::sync::LazyLock;

use edge_authorizer::access::catalogue::{Catalogue, CatalogueSource};
use edge_authorizer::oauth::scope::Scopes;
use libfuzzer_sys::fuzz_target;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    Catalogue::new(&CatalogueSource {
        scopes: names(&["contact.read", "contact.write", "contact.all", "deal.read"]),
        administration: names(&["member.write"]),
        covers: [("contact.all".to_owned(), names(&["contact.read", "contact.write"]))].into(),
        whole: names(&["contact.all"]),
        ..CatalogueSource::default()
    })
    .unwrap()
});

fuzz_target!(|text: &str| {
    let none: [&[String]; 2] = [&[], &[]];
    let Ok(scopes) = Scopes::requested(Some(text), none, &CATALOGUE) else { return };
    let json = serde_json::to_value(&scopes).unwrap();
    for name in json.as_array().unwrap() {
        let name = name.as_str().unwrap();
        assert!(name != "member.write" && CATALOGUE.permission(name).is_some(), "{name}");
        assert!(text.split(' ').any(|word| word == name), "nobody asked for {name}");
    }
    let narrowed = scopes.narrowed(Some(text), &CATALOGUE);
    assert!(narrowed.is_err() || narrowed.unwrap() == scopes);
});
