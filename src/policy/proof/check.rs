//! The report on an API: exact for every permission set, or the requests that show why not.
//!
//! Nothing is reported that was not seen: for each conflict the policy is compiled, the request is found by the
//! judge that knows only languages, and the evaluator confirms it on the document that the gateway would get.

use std::collections::HashSet;

use crate::api::Api;
use crate::gateway::arn::MethodArn;
use crate::policy::document;
use crate::policy::iam::{Judgement, Policy};
use crate::policy::operation::{ParameterForm, Segment};
use crate::policy::reading::Readings;
use crate::policy::route::{Route, expand};
use crate::token::credential::TokenKind;

use super::audit::{Auditor, Error, Finding};
use super::verdict::{Conflict, conflicts};

/// How many conflicts are shown with a request. One mistake in an API often makes many.
const SHOWN: usize = 12;

/// The ARN before the verb, for documents that are only looked at.
const STAGE: &str = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/";

/// The way out that is always there.
const EACH_REQUEST: &str = "answer for one request at a time (`ANSWER_EACH_REQUEST`, and no cached answers)";

/// What was proved of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Under which readings.
    pub readings: Readings,
    /// How many routes it has.
    pub routes: usize,
    /// What is not exact; empty if every permission set has an exact policy, for both kinds of token.
    pub flaws: Vec<Flaw>,
    /// How many more conflicts there are, like those shown.
    pub not_shown: usize,
}

/// A permission set without an exact policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// For which kind of token.
    pub kind: TokenKind,
    /// The permissions, by name.
    pub permissions: Vec<String>,
    /// The route that is covered, `GET /v1/notes/{id}`.
    pub served: String,
    /// The route that is not, and cannot be told apart.
    pub exposed: String,
    /// The request that shows it, confirmed on the policy; none if the proof was not decided.
    pub witness: Option<Witness>,
    /// How to mend the API reference.
    pub advice: String,
}

/// A request that a policy gets wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Whether it is wrongly allowed, or wrongly refused.
    pub error: Error,
    /// The route that it reaches.
    pub route: String,
    /// Its verb.
    pub verb: String,
    /// Its path.
    pub path: String,
}

impl Report {
    /// Whether every permission set has an exact policy.
    pub fn is_exact(&self) -> bool {
        self.flaws.is_empty()
    }
}

/// Proves an API, or finds what is wrong with it.
pub fn check(api: &Api) -> Report {
    let routes = expand(&api.operations);
    let menu = api.policies.menu();
    let mut found = conflicts(&api.operations, &api.catalogue, menu);
    let mut pairs = HashSet::new();
    found.retain(|conflict| pairs.insert((conflict.served, conflict.exposed)));
    let checker = Checker { api, routes: &routes, auditor: Auditor::new(&api.operations, &menu.readings).ok() };
    let flaws: Vec<Flaw> = found.iter().take(SHOWN).map(|conflict| checker.flaw(conflict)).collect();
    let not_shown = found.len() - flaws.len();
    Report { readings: menu.readings.clone(), routes: routes.len(), flaws, not_shown }
}

struct Checker<'a> {
    api: &'a Api,
    routes: &'a [Route<'a>],
    auditor: Option<Auditor>,
}

impl Checker<'_> {
    fn flaw(&self, conflict: &Conflict) -> Flaw {
        Flaw {
            kind: conflict.kind,
            permissions: self.api.catalogue.names(conflict.permissions).map(str::to_owned).collect(),
            served: self.name(conflict.served),
            exposed: self.name(conflict.exposed),
            witness: self.witness(conflict),
            advice: self.advice(conflict),
        }
    }

    /// A request that the compiled policy gets wrong, by the judge of languages and by the evaluator alike.
    fn witness(&self, conflict: &Conflict) -> Option<Witness> {
        let policies = &self.api.policies;
        let patterns = policies.patterns(conflict.kind, conflict.permissions);
        let covered = policies.covered(conflict.kind, &conflict.permissions);
        let findings = self.auditor.as_ref()?.findings(&covered, &patterns).ok()?;
        let arn = format!("{STAGE}GET/");
        let document = document::write(&patterns, &MethodArn::parse(&arn).ok()?).ok()?;
        let policy = Policy::from_json(document.get()).ok()?;
        findings.iter().find(|finding| is_confirmed(finding, &policy)).and_then(|finding| self.shown(finding))
    }

    fn shown(&self, finding: &Finding) -> Option<Witness> {
        let at_slash = finding.request.find('/').unwrap_or(finding.request.len());
        let (verb, path) = finding.request.split_at_checked(at_slash)?;
        let route = self.name(finding.route);
        Some(Witness { error: finding.error, route, verb: verb.to_owned(), path: path.to_owned() })
    }

    fn name(&self, route: usize) -> String {
        self.routes.get(route).map(|route| format!("{} {}", route.verb, route.path)).unwrap_or_default()
    }

    fn advice(&self, conflict: &Conflict) -> String {
        let free: Vec<String> =
            [conflict.served, conflict.exposed].iter().flat_map(|route| self.free_parameters(*route)).collect();
        match free.first() {
            Some(first) => format!(
                "give the path parameter `{first}` its form (a pattern like `^note_[0-9a-f]{{24}}$`), \
                 require one permission for both operations, or {EACH_REQUEST}"
            ),
            None => {
                format!("require one permission for both operations, give one of them another path, or {EACH_REQUEST}")
            }
        }
    }

    fn free_parameters(&self, route: usize) -> Vec<String> {
        let Some(route) = self.routes.get(route) else { return Vec::new() };
        let free = |segment: &Segment| match segment {
            Segment::Parameter { name, form: ParameterForm::Free } => Some(name.clone()),
            _ => None,
        };
        route.path.segments.iter().filter_map(free).collect()
    }
}

fn is_confirmed(finding: &Finding, policy: &Policy) -> bool {
    let is_allowed = policy.judge(&format!("{STAGE}{}", finding.request)) == Judgement::Allowed;
    is_allowed == (finding.error == Error::Allows)
}
