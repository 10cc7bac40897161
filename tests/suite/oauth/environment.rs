//! The variables of an authorization server: what is taken, and what stops it, by name and without a secret.

use edge_authorizer::oauth::settings::{ClientDocuments, OAuthSettings, Registration};
use edge_authorizer::oauth::sign_in::SignIn;
use edge_authorizer::settings::SettingsError;

use crate::world::api;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const LEAST: [(&str, &str); 3] = [
    ("OAUTH_ISSUER", "https://auth.example.com"),
    ("OAUTH_AUDIENCE", "https://api.example.com"),
    ("REFRESH_MAC_KEY", KEY),
];

fn read(more: &[(&str, &str)]) -> Result<OAuthSettings, SettingsError> {
    let find = |name: &str| more.iter().chain(&LEAST).find(|(it, _)| *it == name).map(|(_, text)| (*text).to_owned());
    OAuthSettings::read(find, &api())
}

#[test]
fn what_is_not_said_has_a_default() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.issuer.as_str(), "https://auth.example.com");
    assert_eq!((settings.registration, settings.prefix.as_str()), (Registration::Open, "crm"));
    assert_eq!(settings.documents, ClientDocuments::Fetched);
    assert!(matches!(settings.sign_in, SignIn::Accounts));
    assert_eq!((settings.lifetimes.code, settings.lifetimes.access), (60, 900));
    assert!(settings.default_scopes.contains(&"contact.read".to_owned()), "{:?}", settings.default_scopes);
    assert!(settings.default_scopes.iter().all(|name| name.ends_with(".read")), "{:?}", settings.default_scopes);
    // Empty is not said: templates write every variable.
    let empty = ["REGISTRATION", "DEFAULT_SCOPES", "LIMITS", "ACCESS_TOKEN_SECONDS", "REFRESH_MAC_KEY_PREVIOUS"];
    assert!(read(&empty.map(|name| (name, ""))).is_ok());
}

#[test]
fn what_is_said_is_taken() {
    let settings = read(&[
        ("REGISTRATION", "token"),
        ("REGISTRATION_TOKEN", "let me in"),
        ("CLIENT_DOCUMENTS", "off"),
        ("SIGN_IN", r#"{"provider":{"issuer":"https://login.example.com","client_id":"edge"}}"#),
        ("DEFAULT_SCOPES", "deal.read  deal.write"),
        ("ACCESS_TOKEN_SECONDS", "300"),
        ("REFRESH_IDLE_DAYS", "7"),
        ("REFRESH_DAYS", "90"),
        ("REGISTRATION_DAYS", "30"),
        ("LIMITS", "register=5/60 sign-in-by-account=3/600"),
        ("PAT_PREFIX", "acme"),
        ("REFRESH_MAC_KEY_PREVIOUS", "none"),
    ])
    .unwrap();
    assert!(matches!(settings.registration, Registration::Token(_)));
    assert_eq!(settings.documents, ClientDocuments::Off);
    assert!(matches!(settings.sign_in, SignIn::Provider(_)));
    assert_eq!(settings.default_scopes, ["deal.read", "deal.write"]);
    let lives = settings.lifetimes;
    assert_eq!((lives.access, lives.refresh.idle, lives.refresh.absolute), (300, 7 * 86_400, 90 * 86_400));
    assert_eq!(lives.registration, 30 * 86_400);
    assert_eq!((settings.limits.register.most, settings.limits.register.seconds), (5, 60));
    assert_eq!(settings.limits.sign_in_by_account.most, 3);
    assert_eq!(settings.limits.sign_in_by_address.most, 60, "the others stay");
    assert_eq!(settings.prefix, "acme");
}

#[test]
fn what_cannot_be_used_stops_it_by_name() {
    for (name, text, said) in [
        ("OAUTH_ISSUER", "", "is not set"),
        ("OAUTH_ISSUER", "http://auth.example.com", "is not an issuer"),
        ("OAUTH_ISSUER", "https://auth.example.com/", "is not an issuer"),
        ("OAUTH_AUDIENCE", "", "is not set"),
        ("OAUTH_AUDIENCE", "https://ä.example", "printable ASCII"),
        ("REFRESH_MAC_KEY", "", "is not set"),
        ("REFRESH_MAC_KEY", "too-short-secret", "bytes"),
        ("REFRESH_MAC_KEY_PREVIOUS", "too-short-secret", "bytes"),
        ("PAT_PREFIX", "A_B", "prefix"),
        ("REGISTRATION", "closed", "neither `open` nor `token` nor `off`"),
        ("REGISTRATION", "token", "REGISTRATION_TOKEN"),
        ("SIGN_IN", "accounts", "expected value"),
        ("SIGN_IN", r#"{"provider":{"issuer":"https://login.example.com"}}"#, "client_id"),
        ("CLIENT_DOCUMENTS", "on", "neither `fetched` nor `off`"),
        ("DEFAULT_SCOPES", "contact.raed", "has no scope `contact.raed`"),
        ("DEFAULT_SCOPES", "member.write", "has no scope `member.write`"),
        ("ACCESS_TOKEN_SECONDS", "3601", "from 60 to 3600"),
        ("ACCESS_TOKEN_SECONDS", "15m", "from 60 to 3600"),
        ("REFRESH_IDLE_DAYS", "0", "from 1 to 3650"),
        ("REFRESH_DAYS", "-1", "from 1 to 3650"),
        ("REGISTRATION_DAYS", "4000", "from 1 to 3650"),
        ("LIMITS", "register=5", "`register=5` is not a limit"),
        ("LIMITS", "register=0/60", "is not a limit"),
        ("LIMITS", "redister=5/60", "sign-in-by-account"),
    ] {
        let error = read(&[(name, text)]).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains(name), "{name}={text}: {error}");
        assert!(!error.contains("too-short-secret"), "{error}");
    }
}
