//! What the documents list is what the source has: environment variables, reason codes, fields of the log, links.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use edge_authorizer::store::admin::pat::DEFAULT_LIFE;
use edge_authorizer::store::client::DEADLINE;
use regex::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// Every source file as one text, without comments.
fn source() -> String {
    let mut folders = vec![root().join("src")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let file = fs::read_to_string(path).unwrap();
                let code = file.lines().filter(|line| !line.trim_start().starts_with("//"));
                text.extend(code.flat_map(|line| [line, "\n"]));
            }
        }
    }
    text
}

/// What a group of an expression finds in a text.
fn found(text: &str, expression: &str) -> BTreeSet<String> {
    let expression = Regex::new(expression).unwrap();
    expression.captures_iter(text).map(|captures| captures[1].to_owned()).collect()
}

/// The names in the first cells of a page's tables.
fn listed(page: &str, name: &str) -> BTreeSet<String> {
    let cells: String = found(page, r"(?m)^\| (`[^|]*`) +\|").into_iter().collect::<Vec<_>>().join(" ");
    found(&cells, &format!("`({name})`"))
}

/// Texts in capitals that no environment has: API Gateway's names for its responses, and what cargo tells a build.
const NO_VARIABLES: [&str; 6] = [
    "ACCESS_DENIED",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "CARGO_CRATE_NAME",
    "CARGO_PKG_VERSION",
    "MISSING_AUTHENTICATION_TOKEN",
];

#[test]
fn every_environment_variable_is_in_the_settings_and_no_other() {
    let source = source();
    let mut read = found(&source, r#""([A-Z][A-Z0-9]*_[A-Z0-9_]+)""#);
    read.extend(found(&source, r#"(?:(?:variable|given|required)\(|env = )"([A-Z_]+)""#));
    // The endpoint of each service that a Lambda calls has a name of its own, which is put together there.
    assert!(source.contains("AWS_ENDPOINT_URL_{service}"));
    read.extend(
        found(&source, r#"endpoint\("([A-Z]+)"\)"#).iter().map(|service| format!("AWS_ENDPOINT_URL_{service}")),
    );
    read.retain(|name| !NO_VARIABLES.contains(&name.as_str()));
    assert!(read.len() > 20, "{read:?}");
    assert_eq!(read, listed(&page("docs/settings.md"), "[A-Z_][A-Z0-9_]+"));
}

#[test]
fn the_template_sets_no_variable_that_nothing_reads() {
    let set = found(&page("template.yaml"), r"(?m)^          ([A-Z][A-Z0-9_]+): ");
    assert!(set.len() > 10, "{set:?}");
    let mut listed = listed(&page("docs/settings.md"), "[A-Z_][A-Z0-9_]+");
    // The C library reads it, and no line of ours.
    listed.insert("MALLOC_MMAP_THRESHOLD_".to_owned());
    assert!(set.is_subset(&listed), "{:?}", set.difference(&listed));
}

#[test]
fn every_parameter_of_the_template_is_on_the_deploying_page() {
    let template = page("template.yaml");
    let (_, parameters) = template.split_once("\nParameters:").unwrap();
    let (parameters, _) = parameters.split_once("\nRules:").unwrap();
    let parameters = found(parameters, r"(?m)^  ([A-Za-z]+):$");
    assert!(parameters.len() > 20, "{parameters:?}");
    let listed = listed(&page("docs/deploy.md"), "[A-Za-z]+");
    assert!(parameters.is_subset(&listed), "{:?}", parameters.difference(&listed));
}

/// The codes of the functions that name them: `fn code` of a refusal, a fault, a reason.
#[test]
fn every_reason_code_is_in_the_list_and_no_other() {
    let functions = found(&source(), r"(?s)pub fn code\(&?self\) -> &'static str \{(.*?)\n    \}");
    assert!(functions.len() >= 5, "{}", functions.len());
    let codes: BTreeSet<String> = functions.iter().flat_map(|code| found(code, r#"=> "([a-z_]+)""#)).collect();
    let reasons = page("docs/reasons.md");
    let (codes_listed, _) = reasons.split_once("## The line").unwrap();
    assert_eq!(codes, listed(codes_listed, "[a-z_]+"));
}

#[test]
fn every_field_of_the_log_is_in_the_list_and_no_other() {
    let telemetry = page("src/telemetry.rs");
    let (_, line) = telemetry.split_once("struct Line<'a> {").unwrap();
    let (line, _) = line.split_once("\n}").unwrap();
    let renamed = Regex::new(r#"(?s)#\[serde\(rename = "(\w+)"\)\]\s+\w+:"#).unwrap();
    let line = renamed.replace_all(line, "$1:");
    let fields = found(&line, r"(?m)^\s+(\w+):");
    let reasons = page("docs/reasons.md");
    let (_, fields_listed) = reasons.split_once("## The line").unwrap();
    assert_eq!(fields, listed(fields_listed, "[A-Za-z_]+"));
}

/// The numbers of the promises, wherever they are said.
#[test]
fn the_numbers_in_the_readme_are_those_of_the_program() {
    let (readme, template) = (page("README.md"), page("template.yaml"));
    let cache = found(&template, r"(?s)\n  CacheSeconds:.*?Default: (\d+)").pop_first().unwrap();
    for said in [
        format!("{cache} seconds"),
        format!("{} seconds", DEADLINE.as_secs_f64()),
        format!("{} days", DEFAULT_LIFE / 86_400),
    ] {
        assert!(readme.contains(&said), "the README does not say `{said}`");
    }
}

/// Every page, and every file or heading that it leads to.
#[test]
fn no_link_leads_nowhere() {
    static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").unwrap());
    let mut pages: Vec<PathBuf> = ["README.md", "ARCHITECTURE.md"].iter().map(|name| root().join(name)).collect();
    pages.extend(fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in LINK.captures_iter(&text).map(|captures| captures[1].to_owned()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: `{link}`", page.display());
            if !heading.is_empty() {
                let there = headings(&fs::read_to_string(&target).unwrap());
                assert!(there.contains(heading), "{}: `{link}`", page.display());
            }
        }
    }
}

/// The anchors of a page's headings, as GitHub makes them.
fn headings(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| {
        let kept =
            heading.to_lowercase().chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it)).collect::<String>();
        kept.replace(' ', "-")
    };
    headings.map(anchor).collect()
}
