//! The straight line: event → bearer → credential → one read → principal → effective permission → policy → answer.
//!
//! Each step's type is the proof of the step before. What a step means is in the room that its type comes from.

use serde_json::value::RawValue;

use crate::access::permission::PermissionSet;
use crate::access::principal::Principal;
use crate::access::requirement::{Requirement, Verdict};
use crate::api::Api;
use crate::decision::{Decision, Outcome, Reason, Stopped, Trail};
use crate::gateway::answer::Answer;
use crate::gateway::arn::MethodArn;
use crate::gateway::event::{Authorization, Request};
use crate::keys::KeySets;
use crate::policy::router::Router;
use crate::settings::{Settings, SettingsError};
use crate::store::Store;
use crate::store::read::is_stale;
use crate::timestamp::Timestamp;
use crate::token::bearer::BearerToken;
use crate::token::credential::Credential;
use crate::token::jwt::compact::Compact;
use crate::token::refusal::Refusal;

/// All that decisions share: the API as compiled, the keys, the settings.
#[derive(Debug)]
pub struct Authorizer {
    api: Api,
    settings: Settings,
    /// What a WebSocket's `$connect` requires.
    connect: Requirement,
    keys: KeySets,
}

impl Authorizer {
    /// Brings an API and the settings of an installation together.
    ///
    /// # Errors
    /// [`SettingsError`] when the settings name a permission that the API does not have.
    pub fn new(api: Api, settings: Settings) -> Result<Self, SettingsError> {
        let connect = match &settings.websocket_permission {
            Some(name) => {
                Requirement::any_of(vec![PermissionSet::of(api.catalogue.permission(name).ok_or_else(|| {
                    SettingsError::Invalid {
                        variable: "WEBSOCKET_PERMISSION",
                        problem: format!("the API has no permission `{name}`"),
                    }
                })?)])
            }
            None => Requirement::default(),
        };
        Ok(Self { api, settings, connect, keys: KeySets::default() })
    }

    /// The API that is decided for.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The settings of the installation.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Fetches what is needed of issuers' keys, so that the first request finds them. Best effort.
    pub async fn warm(&self, store: &impl Store, now: Timestamp) {
        self.keys.warm(&self.settings.issuers, store, now).await;
    }

    /// Decides one event. It always has an answer: a policy, `Unauthorized`, or a fault.
    pub async fn decide(&self, event: &str, store: &impl Store, now: Timestamp) -> Decision {
        let mut trail = Trail::default();
        let outcome = match self.line(event, store, now, &mut trail).await {
            Ok(answer) => Outcome::Answer(answer),
            Err(Stopped::Refused(refusal)) => {
                trail.reason = Reason::Refused(refusal.code());
                Outcome::Unauthorized(refusal)
            }
            Err(Stopped::Fault(fault)) => {
                trail.reason = Reason::Fault(fault.code());
                Outcome::Fault(fault)
            }
        };
        Decision { outcome, trail }
    }

    async fn line(
        &self,
        event: &str,
        store: &impl Store,
        now: Timestamp,
        trail: &mut Trail,
    ) -> Result<Box<RawValue>, Stopped> {
        let request = Request::from_json(event)?;
        trail.request_id = request.request_id.as_deref().map(str::to_owned);
        let bearer = bearer(&request.authorization)?;
        let arn = request.arn()?;
        let credential = self.credential(bearer, store, now).await?;
        trail.identified(&credential);
        let principal = self.principal(&credential, store, now).await?;
        trail.established(&principal);
        if is_stale(principal.token.last_used, now) {
            store.touch(&credential, now).await;
        }
        let verdict = self.verdict(&arn, request.kind.router(), &principal, trail);
        let answer = Answer::choose(&principal, verdict, request.kind, &arn, &self.api, &self.settings);
        trail.reason = Reason::of(verdict, answer.allows())?;
        Ok(answer.write(&principal, request.kind, &arn, &self.api, &self.settings)?)
    }

    /// Whom a token stands for, as a decision would find it, and without a trace in the table.
    ///
    /// # Errors
    /// [`Stopped`], with what a decision would have stopped at.
    pub async fn identify(&self, token: &str, store: &impl Store, now: Timestamp) -> Result<Principal, Stopped> {
        let header = format!("Bearer {token}");
        let credential = self.credential(BearerToken::from_header(&header)?, store, now).await?;
        self.principal(&credential, store, now).await
    }

    async fn principal(
        &self,
        credential: &Credential,
        store: &impl Store,
        now: Timestamp,
    ) -> Result<Principal, Stopped> {
        let records = store.read(credential).await?;
        Ok(Principal::establish(credential, records, &self.api.catalogue, now)?)
    }

    /// Reads no more than a key set, and that only for a token that nothing but its signature can refute.
    async fn credential(
        &self,
        bearer: BearerToken<'_>,
        store: &impl Store,
        now: Timestamp,
    ) -> Result<Credential, Stopped> {
        let text = bearer.expose();
        if self.settings.pats.claims(text) {
            return Ok(Credential::Pat(self.settings.pats.open(text)?));
        }
        let candidate = self.settings.issuers.admit(Compact::parse(text)?, now)?;
        let key = self.keys.find(&candidate, store, now).await?.ok_or(Refusal::UnknownKey)?;
        Ok(Credential::AccessToken(candidate.prove(&key)?))
    }

    /// The verdict on the one route that was asked for: for the log, a WebSocket and simple answers, and never for the
    /// policy, which states the whole permission.
    fn verdict(
        &self,
        arn: &MethodArn<'_>,
        router: Router,
        principal: &Principal,
        trail: &mut Trail,
    ) -> Option<Verdict> {
        let requirement = match arn.verb() {
            None => &self.connect,
            Some(verb) => {
                let operation = router.route(&self.api.operations, verb, arn.path())?;
                trail.operation = Some(operation.id.clone());
                operation.requires(principal.token.kind)
            }
        };
        Some(principal.verdict(requirement))
    }
}

fn bearer<'a>(authorization: &'a Authorization<'_>) -> Result<BearerToken<'a>, Refusal> {
    match authorization {
        Authorization::Absent => Err(Refusal::NoCredentials),
        Authorization::One(value) => BearerToken::from_header(value),
        Authorization::Ambiguous => Err(Refusal::Malformed),
    }
}
