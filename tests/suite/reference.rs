//! The API reference: what is compiled from it, and every mistake that it is refused for.

use std::fs;
use std::path::{Path, PathBuf};

use edge_authorizer::api::{Api, Pack};
use edge_authorizer::reference::compile;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pack() -> Pack {
    let text = fs::read_to_string(root().join("api.yaml")).unwrap();
    compile(&text).unwrap_or_else(|mistakes| panic!("{}", said(&mistakes)))
}

fn said(mistakes: &[edge_authorizer::reference::Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
}

#[test]
fn the_products_reference_compiles() {
    let api = Api::new(pack()).unwrap();
    assert_eq!(api.operations.len(), 51);
    assert_eq!(api.catalogue.scopes().iter().count(), 24);
    assert_eq!(api.catalogue.administration().iter().count(), 7);
    assert_eq!(api.catalogue.granted(["contact.all"]).iter().count(), 4);
}

#[test]
fn every_mistake_is_refused_with_what_to_do() {
    let folder = root().join("tests/references");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    cases.sort();
    assert!(cases.len() > 30, "the cases have moved: {cases:?}");
    let mut different = Vec::new();
    for case in cases {
        let found = match compile(&fs::read_to_string(&case).unwrap()) {
            Ok(_) => "fine\n".to_owned(),
            Err(mistakes) => said(&mistakes),
        };
        let golden = case.with_extension("txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &found).unwrap();
        }
        if fs::read_to_string(&golden).unwrap_or_default() != found {
            different.push(format!("{}:\n{found}", case.display()));
        }
    }
    assert!(different.is_empty(), "{}\nUPDATE_GOLDEN=1 accepts these", different.join("\n"));
}
