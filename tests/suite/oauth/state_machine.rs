//! Codes and families as state machines: each rule once by name, and then any sequence of them at all.

use edge_authorizer::access::identity::ClientId;
use edge_authorizer::oauth::code::{CodeRecord, IssuedCode, MAX_ATTEMPTS, NotRedeemed, Redemption};
use edge_authorizer::oauth::error::GrantProblem;
use edge_authorizer::oauth::family::{Family, NotRefreshed, REPEAT_WINDOW, RefreshLifetimes, RefreshRequest, Standing};
use edge_authorizer::oauth::grant::Grant;
use edge_authorizer::oauth::pkce::CodeChallenge;
use edge_authorizer::oauth::redirect_uri::RedirectUri;
use edge_authorizer::oauth::scope::Scopes;
use edge_authorizer::oauth::secret::SecretDigest;
use edge_authorizer::timestamp::Timestamp;
use proptest::prelude::*;

use super::support::{CHALLENGE, NOW, RESOURCE, VERIFIER, catalogue, parameters};

const LIFETIMES: RefreshLifetimes = RefreshLifetimes { idle: 1000, absolute: 3000 };
const URI: &str = "https://app.example.com/cb";

fn client(name: &str) -> ClientId {
    name.parse().unwrap()
}

fn grant() -> Grant {
    Grant {
        id: "gra_1".parse().unwrap(),
        tenant: "biz_1".parse().unwrap(),
        user: "usr_1".parse().unwrap(),
        client: client("app_1"),
        scopes: Scopes::of(["contact.read", "deal.read"], &catalogue()).unwrap(),
        resource: RESOURCE.to_owned(),
    }
}

fn code() -> CodeRecord {
    let challenge = format!("code_challenge={CHALLENGE}&code_challenge_method=S256");
    let issued = IssuedCode {
        grant: grant(),
        target: RedirectUri::parse(URI).unwrap().sole_target().unwrap(),
        challenge: CodeChallenge::of_request(&parameters(&challenge)).unwrap(),
        registered: NOW,
        refreshable: true,
        expires: NOW.plus(60),
    };
    CodeRecord { issued, attempts: 0, redeemed: None }
}

fn redeem(
    code: CodeRecord,
    who: &str,
    uri: Option<&str>,
    verifier: Option<&str>,
    at: Timestamp,
) -> Result<(), NotRedeemed> {
    code.redeem(&Redemption { client: &client(who), redirect_uri: uri, verifier }, at).map(|_| ())
}

/// [26] [28] [33] [34] [35]: what does not fit changes nothing.
#[test]
fn a_redemption_that_does_not_fit_is_refused() {
    let invalid = |problem| Err(NotRedeemed::Invalid(problem));
    let good = Some(VERIFIER);
    assert_eq!(redeem(code(), "app_1", Some(URI), good, NOW), Ok(()));
    assert_eq!(redeem(code(), "app_1", None, good, NOW.plus(59)), Ok(()));
    assert_eq!(redeem(code(), "app_1", None, good, NOW.plus(60)), invalid(GrantProblem::Expired));
    assert_eq!(redeem(code(), "app_2", None, good, NOW), invalid(GrantProblem::AnotherClient));
    let elsewhere = Some("https://app.example.com/cb2");
    assert_eq!(redeem(code(), "app_1", elsewhere, good, NOW), invalid(GrantProblem::RedirectUri));
    assert_eq!(redeem(code(), "app_1", None, None, NOW), invalid(GrantProblem::VerifierMissing));
    for bad in ["short", &"x".repeat(129), &"é".repeat(43), &VERIFIER.replace('d', "=")] {
        assert_eq!(redeem(code(), "app_1", None, Some(bad), NOW), invalid(GrantProblem::Verifier), "{bad}");
    }
    assert_eq!(redeem(code(), "app_1", None, Some(CHALLENGE), NOW), Err(NotRedeemed::WrongVerifier));
}

/// [29]: wrong verifiers are counted, and the right one is good until there were too many.
#[test]
fn wrong_verifiers_are_limited() {
    let after = |attempts| CodeRecord { attempts, ..code() };
    assert_eq!(redeem(after(MAX_ATTEMPTS - 1), "app_1", None, Some(VERIFIER), NOW), Ok(()));
    let spent = redeem(after(MAX_ATTEMPTS), "app_1", None, Some(VERIFIER), NOW);
    assert_eq!(spent, Err(NotRedeemed::Invalid(GrantProblem::Attempts)));
}

/// [30] [31]: the second redemption that is valid in itself ends the grant, however late; an invalid one does not.
#[test]
fn only_a_valid_second_redemption_is_a_replay() {
    let redeemed = || CodeRecord { redeemed: Some(NOW), ..code() };
    assert_eq!(redeem(redeemed(), "app_1", None, Some(VERIFIER), NOW), Err(NotRedeemed::Replayed(Box::new(grant()))));
    assert_eq!(
        redeem(redeemed(), "app_1", None, Some(VERIFIER), NOW.plus(600)),
        Err(NotRedeemed::Replayed(Box::new(grant())))
    );
    assert_eq!(redeem(redeemed(), "app_1", None, Some(CHALLENGE), NOW), Err(NotRedeemed::WrongVerifier));
    let other = redeem(redeemed(), "app_2", None, Some(VERIFIER), NOW);
    assert_eq!(other, Err(NotRedeemed::Invalid(GrantProblem::AnotherClient)));
}

fn token(number: usize) -> SecretDigest {
    SecretDigest::of(&number.to_string())
}

fn request(scope: &str) -> RefreshRequest {
    RefreshRequest { scopes: Scopes::of(scope.split(' '), &catalogue()).unwrap(), resource: RESOURCE.to_owned() }
}

fn family() -> Family {
    Family::start(grant(), token(1), LIFETIMES, NOW)
}

fn rotated(family: Family, from: usize, to: usize, at: Timestamp) -> Family {
    match family.present(token(from), &client("app_1"), at).unwrap() {
        Standing::Current(rotating) => rotating.rotate(token(to), request("deal.read"), vec![1], LIFETIMES, at),
        Standing::JustUsed(_) => panic!("token {from} is not the current one"),
    }
}

fn standing(family: &Family, number: usize, at: Timestamp) -> Result<Standing, NotRefreshed> {
    family.clone().present(token(number), &client("app_1"), at)
}

/// [51] [52] [54] [55] [57]: the token before is good for the same request, until the window or the successor ends it.
#[test]
fn the_token_before_is_repeatable_until_its_successor_is_used() {
    let once = rotated(family(), 1, 2, NOW);
    assert!(matches!(standing(&once, 1, NOW.plus(REPEAT_WINDOW - 1)), Ok(Standing::JustUsed(_))));
    assert_eq!(standing(&once, 1, NOW.plus(REPEAT_WINDOW)), Err(NotRefreshed::Reused));
    let Ok(Standing::JustUsed(repeating)) = standing(&once, 1, NOW) else { panic!() };
    assert_eq!(repeating.clone().answer(&request("deal.read")), Ok(vec![1]));
    assert_eq!(repeating.answer(&request("contact.read")), Err(NotRefreshed::Reused));

    // Twice within one second: the generation tells them apart.
    let twice = rotated(once, 2, 3, NOW);
    assert_eq!(twice.generation, 3);
    assert_eq!(standing(&twice, 1, NOW), Err(NotRefreshed::Reused));
    assert!(matches!(standing(&twice, 2, NOW), Ok(Standing::JustUsed(_))));
    assert!(matches!(standing(&twice, 3, NOW), Ok(Standing::Current(_))));
}

/// [59] [61] [120]: another client ends nothing; idle and absolute ends hold, whatever the store still has.
#[test]
fn a_family_belongs_to_one_client_and_ends() {
    let other = family().present(token(1), &client("app_2"), NOW);
    assert_eq!(other, Err(NotRefreshed::Invalid(GrantProblem::AnotherClient)));
    let stolen = rotated(family(), 1, 2, NOW).present(token(1), &client("app_2"), NOW.plus(60));
    assert_eq!(stolen, Err(NotRefreshed::Invalid(GrantProblem::AnotherClient)));
    let expired = Err(NotRefreshed::Invalid(GrantProblem::Expired));
    assert!(standing(&family(), 1, NOW.plus(999)).is_ok());
    assert_eq!(standing(&family(), 1, NOW.plus(1000)), expired, "idle");
    let mut used = family();
    for generation in 1..=4 {
        used = rotated(used, generation, generation + 1, NOW.plus(700 * u64::try_from(generation).unwrap()));
    }
    assert!(standing(&used, 5, NOW.plus(2999)).is_ok());
    assert_eq!(standing(&used, 5, NOW.plus(3000)), expired, "absolute, however much it was used");
}

/// One step of anybody's: of the client, of a thief with its secrets, of another client, of the user.
#[derive(Clone, Debug)]
enum Step {
    Redeem {
        verifier: bool,
        own: bool,
    },
    /// Presents the n-th token ever issued; commits at once, or late, on what it read before.
    Refresh {
        token: usize,
        own: bool,
        scope: &'static str,
        late: bool,
    },
    CommitLate,
    End,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    // The last three are more than the user granted.
    let scope = prop::sample::select(vec![
        "contact.read",
        "deal.read",
        "contact.read deal.read",
        "contact.all",
        "deal.read contact.write",
        "contact.delete",
    ]);
    prop_oneof![
        2 => (prop::bool::weighted(0.8), prop::bool::weighted(0.9)).prop_map(|(verifier, own)| Step::Redeem { verifier, own }),
        8 => (0_usize..6, prop::bool::weighted(0.9), scope, any::<bool>())
            .prop_map(|(token, own, scope, late)| Step::Refresh { token, own, scope, late }),
        3 => Just(Step::CommitLate),
        1 => Just(Step::End),
        3 => (0_u64..40).prop_map(Step::Wait),
    ]
}

/// The store's side of the rules: a claim and a rotation are conditional writes, and an end is for good.
struct World {
    now: Timestamp,
    code: CodeRecord,
    family: Option<Family>,
    issued: usize,
    late: Vec<(u64, Family)>,
    redemptions: usize,
    ended: bool,
    /// What the access tokens that were issued say.
    scopes: Vec<Scopes>,
}

impl World {
    fn redeem(&mut self, verifier: &str, who: &str) {
        let attempt = Redemption { client: &client(who), redirect_uri: None, verifier: Some(verifier) };
        match self.code.clone().redeem(&attempt, self.now) {
            Ok(redeemed) => {
                assert!(self.code.redeemed.is_none() && self.family.is_none(), "a code makes one family");
                self.redemptions += 1;
                self.code.redeemed = Some(self.now);
                self.issued += 1;
                self.scopes.push(redeemed.grant.scopes.clone());
                self.family = Some(Family::start(redeemed.grant, token(self.issued), LIFETIMES, self.now));
            }
            Err(NotRedeemed::WrongVerifier) => self.code.attempts += 1,
            Err(NotRedeemed::Replayed(_)) => self.end(),
            Err(NotRedeemed::Invalid(_)) => {}
        }
    }

    fn refresh(&mut self, number: usize, who: &str, scope: &str, late: bool) {
        let Some(family) = self.family.clone() else { return };
        let generation = family.generation;
        match family.present(token(number), &client(who), self.now) {
            Ok(standing) => {
                assert!(!self.ended && who == "app_1", "nothing is good after the end, nor for another client");
                // As the endpoint does it: what is beyond the grant changes nothing.
                let Ok(scopes) = grant().scopes.narrowed(Some(scope), &catalogue()) else { return };
                let request = RefreshRequest { scopes, resource: RESOURCE.to_owned() };
                match standing {
                    Standing::Current(rotating) => {
                        self.scopes.push(request.scopes.clone());
                        self.issued += 1;
                        let next = rotating.rotate(token(self.issued), request, vec![], LIFETIMES, self.now);
                        self.late.push((generation, next));
                        if !late {
                            self.commit();
                        }
                    }
                    Standing::JustUsed(repeating) => {
                        if repeating.answer(&request).is_err() {
                            self.end();
                        }
                    }
                }
            }
            Err(NotRefreshed::Reused) => self.end(),
            Err(NotRefreshed::Invalid(_)) => {}
        }
    }

    /// `generation = :read AND attribute_not_exists(revoked)`
    fn commit(&mut self) {
        let Some((read, next)) = self.late.pop() else { return };
        if !self.ended && self.family.as_ref().is_some_and(|family| family.generation == read) {
            self.family = Some(next);
        }
    }

    fn end(&mut self) {
        self.ended = true;
        if let Some(family) = &mut self.family {
            family.ended = Some(self.now);
        }
    }

    /// How many of all tokens that were ever made could go on from here.
    fn live(&self) -> usize {
        let current = |number: &usize| {
            let standing = self.family.as_ref().map(|family| standing(family, *number, self.now));
            matches!(standing, Some(Ok(Standing::Current(_))))
        };
        (0..=self.issued).filter(current).count()
    }

    /// Whether a token was issued that says more than the user granted.
    fn is_wider(&self) -> bool {
        let granted = grant().scopes;
        self.scopes.iter().flat_map(Scopes::iter).any(|name| !granted.iter().any(|held| held == name))
    }

    /// Whether an access token is good, as the authorizer decides it: its grant has a record, and that has no end.
    fn has_live_access_token(&self) -> bool {
        self.family.as_ref().is_some_and(|family| family.ended.is_none()) && !self.scopes.is_empty()
    }
}

proptest! {
    /// [30] [52] [56] [58]: whatever anybody does in whatever order, there is one family at most, no token says more
    /// than was granted, and none is good after the end.
    #[test]
    fn no_sequence_yields_two_families_or_outlives_the_end(steps in prop::collection::vec(step(), 1..60)) {
        let mut world =
            World { now: NOW, code: code(), family: None, issued: 0, late: vec![], redemptions: 0, ended: false, scopes: vec![] };
        for step in steps {
            let who = |own| if own { "app_1" } else { "app_2" };
            match step {
                Step::Redeem { verifier, own } => world.redeem(if verifier { VERIFIER } else { CHALLENGE }, who(own)),
                Step::Refresh { token, own, scope, late } => world.refresh(token, who(own), scope, late),
                Step::CommitLate => world.commit(),
                Step::End if world.family.is_some() => world.end(),
                Step::End => {}
                Step::Wait(seconds) => world.now = world.now.plus(seconds),
            }
            prop_assert!(world.redemptions <= 1);
            prop_assert!(world.live() <= usize::from(!world.ended));
            prop_assert!(!world.is_wider());
            prop_assert!(!(world.ended && world.has_live_access_token()));
        }
    }
}
