//! Authorization requests: what is read, and what is refused.

use edge_authorizer::oauth::authorization_request::{
    AuthorizationRequest, Offer, Prompt, named_client, named_target, repeatable_state,
};
use edge_authorizer::oauth::error::{ClientProblem, GrantProblem, Problem, RedirectUriProblem};
use edge_authorizer::oauth::parameters::Parameters;
use edge_authorizer::oauth::scope::Scopes;
use edge_authorizer::oauth::sign_in::SignInProblem;

use super::support::{CHALLENGE, RESOURCE, catalogue, names, parameters, public_client};
use crate::architecture::sources;
use crate::golden::file;

const URI: &str = "https://app.example.com/cb";

fn parse(text: &str) -> Result<AuthorizationRequest, Problem> {
    let (client, catalogue, defaults) = (public_client(&[URI]), catalogue(), names(&["contact.read"]));
    let offer = Offer { catalogue: &catalogue, default_scopes: &defaults, resource: RESOURCE };
    let parameters = parameters(text);
    let target = named_target(&parameters, &client)?;
    AuthorizationRequest::parse(&parameters, &client, target, &offer)
}

/// A good request with something changed or added.
fn with(change: &str) -> Result<AuthorizationRequest, Problem> {
    let name = change.split('=').next().unwrap();
    let good = format!("client_id=app_1&response_type=code&code_challenge={CHALLENGE}&code_challenge_method=S256");
    let kept: Vec<&str> = good.split('&').filter(|pair| pair.split('=').next() != Some(name)).collect();
    parse(&format!("{}&{change}", kept.join("&")))
}

/// [1] [11]: without exactly one client there is nowhere to redirect to.
#[test]
fn the_client_is_named_once() {
    let named = |text: &str| named_client(&parameters(text));
    assert_eq!(named("client_id=app_1").unwrap().as_str(), "app_1");
    assert_eq!(named(""), Err(Problem::Missing("client_id")));
    assert_eq!(named("client_id="), Err(Problem::Missing("client_id")));
    assert_eq!(named("client_id=a&client_id=a"), Err(Problem::Duplicate("client_id")));
    assert_eq!(named("client_id=%3Cscript%3E"), Err(ClientProblem::Unknown.into()));
}

/// [2] [10] [11]: a redirect URI that is left out means the only one there is; one of several must be named.
#[test]
fn the_redirect_uri_is_one_that_was_registered() {
    let target = |uris: &[&str], text: &str| named_target(&parameters(text), &public_client(uris));
    let two = [URI, "https://app.example.com/other"];
    assert_eq!(target(&[URI], "").unwrap().as_str(), URI);
    assert_eq!(target(&two, ""), Err(Problem::Invalid("redirect_uri")));
    assert_eq!(target(&two, "redirect_uri=https://app.example.com/other").unwrap().as_str(), two[1]);
    assert_eq!(target(&two, "redirect_uri=https://evil.example/"), Err(Problem::Invalid("redirect_uri")));
    let twice = format!("redirect_uri={URI}&redirect_uri={URI}");
    assert_eq!(target(&two, &twice), Err(Problem::Duplicate("redirect_uri")));
}

/// [11] [14] [15] [16] [17] [20] [23] [24] [25]: each mistake has its own error.
#[test]
fn each_mistake_is_called_by_its_name() {
    for (change, problem) in [
        ("response_type=", Problem::Missing("response_type")),
        ("response_type=token", Problem::ResponseType),
        ("response_type=id_token", Problem::ResponseType),
        ("response_type=code token", Problem::ResponseType),
        ("response_mode=fragment", Problem::Invalid("response_mode")),
        ("response_mode=form_post", Problem::Invalid("response_mode")),
        ("request=eyJ", Problem::RequestObject),
        ("request_uri=http://169.254.169.254/", Problem::RequestUri),
        ("resource=https://other.example.com", Problem::Target),
        ("resource=https://api.example.com%23x", Problem::Target),
        ("resource=https://api.example.com&resource=https://api.example.com", Problem::Target),
        ("code_challenge=", Problem::Missing("code_challenge")),
        ("code_challenge=abc", Problem::Invalid("code_challenge")),
        ("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", Problem::Invalid("code_challenge")),
        ("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", Problem::Invalid("code_challenge")),
        ("code_challenge_method=plain", Problem::Invalid("code_challenge_method")),
        ("code_challenge_method=", Problem::Invalid("code_challenge_method")),
        ("code_challenge_method=s256", Problem::Invalid("code_challenge_method")),
        ("scope=a&scope=a", Problem::Duplicate("scope")),
        ("state=a&state=", Problem::Duplicate("state")),
        ("code_challenge=a&code_challenge=a", Problem::Duplicate("code_challenge")),
        ("prompt=none login", Problem::Invalid("prompt")),
        ("scope=nothing.known", Problem::Scope),
        ("scope=member.write", Problem::Scope),
    ] {
        assert_eq!(with(change).unwrap_err(), problem, "{change}");
    }
}

/// [12] [18]: empty is absent, unknown names drop out, and a registered scope is a default and not a ceiling.
#[test]
fn scopes_have_defaults_and_unknown_names_drop_out() {
    let scopes = |change: &str| with(change).unwrap().scopes.to_string();
    assert_eq!(scopes("scope="), "deal.read", "the client's default");
    assert_eq!(scopes("x="), "deal.read");
    assert_eq!(scopes("scope=offline_access"), "deal.read");
    assert_eq!(scopes("scope=contact.write contact.read openid contact.read"), "contact.read contact.write");
    let server = |asked| Scopes::requested(asked, [&[], &names(&["contact.read"])], &catalogue());
    assert_eq!(server(None).unwrap().to_string(), "contact.read", "the server's default");
}

/// [58]: a part, and never more.
#[test]
fn a_refresh_may_narrow_and_never_widen() {
    let granted = Scopes::of(["contact.all", "deal.read"], &catalogue()).unwrap();
    let narrowed = |asked: &str| granted.narrowed(Some(asked), &catalogue()).map(|scopes| scopes.to_string());
    assert_eq!(narrowed(""), Ok("contact.all deal.read".to_owned()));
    assert_eq!(narrowed("deal.read"), Ok("deal.read".to_owned()));
    assert_eq!(narrowed("contact.read"), Ok("contact.read".to_owned()), "what `all` covers is a part of it");
    let parts = Scopes::of(["contact.read", "contact.write", "contact.delete"], &catalogue()).unwrap();
    assert_eq!(parts.narrowed(Some("contact.all"), &catalogue()), Err(Problem::Scope), "the sum is not `all`");
    assert_eq!(narrowed("deal.read deal.write"), Err(Problem::Scope));
    assert_eq!(narrowed("member.write"), Err(Problem::Scope));
}

/// [13] [16] [20]: what is unknown means nothing.
#[test]
fn unknown_parameters_are_ignored() {
    assert_eq!(with("nonce=1").unwrap(), with("x=1&x=2&id_token_hint=y&max_age=0").unwrap());
    assert_eq!(with("prompt=none").unwrap().prompt, Prompt::Never);
    assert_eq!(with("prompt=consent login").unwrap().prompt, Prompt::SignIn);
    assert_eq!(with("prompt=consent").unwrap().prompt, Prompt::AsNeeded);
}

/// [22]: a state goes back byte for byte, or is refused and not repeated.
#[test]
fn a_state_goes_back_as_it_came_or_not_at_all() {
    let plain: String = (b' '..=b'~').map(char::from).collect();
    let encoded = url::form_urlencoded::Serializer::new(String::new()).append_pair("state", &plain).finish();
    assert_eq!(with(&encoded).unwrap().state, Some(plain.clone()));
    assert_eq!(repeatable_state(&parameters(&encoded)), Some(plain));
    for bad in [
        "state=%C3%A9".to_owned(),
        "state=%00".to_owned(),
        format!("state={}", "x".repeat(8192)),
        format!("state={}", "%22".repeat(2049)),
    ] {
        assert_eq!(with(&bad).unwrap_err(), Problem::Invalid("state"));
        assert_eq!(repeatable_state(&parameters(&bad)), None);
    }
    assert!(Parameters::parse(b"state=%ff").is_err(), "what is not UTF-8 is not repaired");
}

/// [48]: descriptions hold the characters of RFC 6749 §5.2 only, and nothing of the request.
#[test]
fn descriptions_are_of_harmless_characters() {
    let all = every_problem();
    let kinds: std::collections::BTreeSet<usize> = all.iter().map(kind).collect();
    assert!(kinds.into_iter().eq(0..KINDS), "one of each kind");
    for problem in all {
        let allowed = |byte: u8| (0x20..=0x7e).contains(&byte) && byte != b'"' && byte != b'\\';
        assert!(problem.description().bytes().all(allowed), "{problem}");
    }
}

const KINDS: usize = 27;

/// A number for each kind of problem, so that none is left out: a new one does not compile here.
fn kind(problem: &Problem) -> usize {
    match problem {
        Problem::Malformed(_) => 0,
        Problem::Missing(_) => 1,
        Problem::Duplicate(_) => 2,
        Problem::Invalid(_) => 3,
        Problem::ResponseType => 4,
        Problem::RequestObject => 5,
        Problem::RequestUri => 6,
        Problem::Scope => 7,
        Problem::Target => 8,
        Problem::Client(_) => 9,
        Problem::Grant(_) => 10,
        Problem::UnauthorizedClient => 11,
        Problem::GrantType => 12,
        Problem::RedirectUri(_) => 13,
        Problem::Metadata(_) => 14,
        Problem::Denied => 15,
        Problem::SignIn(_) => 16,
        Problem::LoginRequired => 17,
        Problem::ConsentRequired => 18,
        Problem::RegistrationToken => 19,
        Problem::RegistrationClosed => 20,
        Problem::Forbidden => 21,
        Problem::Answered => 22,
        Problem::NoSuchPage => 23,
        Problem::NoSuchMethod => 24,
        Problem::TooLarge { .. } => 25,
        Problem::TooMany { .. } => 26,
    }
}

fn every_problem() -> Vec<Problem> {
    let sources = ["src/oauth", "src/pages"].map(|folder| sources(&file(folder))).concat();
    let sources: String = sources.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    // Sentences are constants of the source, and so are names: each that stands there.
    let written = |of: &str| -> Vec<&'static str> {
        let text = regex::Regex::new(&format!(r#"Problem::{of}\(\s*"([^"]*)""#)).unwrap();
        text.captures_iter(&sources).map(|found| &*Box::leak(found[1].to_owned().into_boxed_str())).collect()
    };
    let clients = [
        ClientProblem::Unnamed,
        ClientProblem::Unknown,
        ClientProblem::Expired,
        ClientProblem::Method,
        ClientProblem::Secret,
        ClientProblem::Header,
        ClientProblem::DocumentNotFetched,
        ClientProblem::Document,
    ];
    let uris = [
        RedirectUriProblem::None,
        RedirectUriProblem::TooMany,
        RedirectUriProblem::Form,
        RedirectUriProblem::Part,
        RedirectUriProblem::Scheme,
        RedirectUriProblem::PlainHttp,
        RedirectUriProblem::Host,
        RedirectUriProblem::Query,
    ];
    let single = [
        Problem::Missing("x"),
        Problem::Duplicate("x"),
        Problem::ResponseType,
        Problem::RequestObject,
        Problem::RequestUri,
        Problem::Scope,
        Problem::Target,
        GrantProblem::Reused.into(),
        Problem::UnauthorizedClient,
        Problem::GrantType,
        Problem::Denied,
        SignInProblem::Challenge.into(),
        Problem::LoginRequired,
        Problem::ConsentRequired,
        Problem::RegistrationToken,
        Problem::RegistrationClosed,
        Problem::Forbidden,
        Problem::Answered,
        Problem::NoSuchPage,
        Problem::NoSuchMethod,
        Problem::TooLarge { limit: 1 },
        Problem::TooMany { retry_after: 1 },
    ];
    let several = [
        written("Malformed").into_iter().map(Problem::Malformed).collect::<Vec<_>>(),
        written("Invalid").into_iter().map(Problem::Invalid).collect(),
        written("Metadata").into_iter().map(Problem::Metadata).collect(),
        clients.into_iter().map(Problem::from).collect(),
        uris.into_iter().map(Problem::from).collect(),
    ];
    several.into_iter().flatten().chain(single).collect()
}

#[test]
fn a_flood_of_parameters_is_refused() {
    assert!(Parameters::parse("a=1&".repeat(288).as_bytes()).is_ok());
    assert!(Parameters::parse("a=1&".repeat(289).as_bytes()).is_err());
}
