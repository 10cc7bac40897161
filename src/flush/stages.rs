//! The stages whose caches are flushed, and the calls that do it: `FlushStageAuthorizersCache` for REST APIs,
//! `ResetAuthorizersCache` for HTTP APIs. (The gateway caches no answer for a WebSocket.)

use super::call::{Call, Caller};
use super::{CacheFlush, FlushFailed, Flushing};

/// Which API it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ApiKind {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
}

/// A stage of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayStage {
    kind: ApiKind,
    api: String,
    stage: String,
}

/// A stage that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no ARN of a stage, as `arn:aws:apigateway:eu-central-1::/restapis/a1b2c3d4e5/stages/prod` is")]
pub struct InvalidStage(String);

impl GatewayStage {
    /// Reads the ARNs of stages, separated by commas: `…::/restapis/<id>/stages/<name>` for a REST API, `…::/apis/…`
    /// for an HTTP API.
    ///
    /// # Errors
    /// [`InvalidStage`].
    pub fn list(text: &str) -> Result<Vec<Self>, InvalidStage> {
        let named = text.split(',').map(str::trim).filter(|arn| !arn.is_empty());
        named.map(|arn| Self::from_arn(arn).ok_or_else(|| InvalidStage(arn.to_owned()))).collect()
    }

    fn from_arn(arn: &str) -> Option<Self> {
        let (head, path) = arn.split_once("::/")?;
        let [_arn, _partition, "apigateway", _region] = head.split(':').collect::<Vec<_>>()[..] else { return None };
        let [apis, api, "stages", stage] = path.split('/').collect::<Vec<_>>()[..] else { return None };
        let kind = match apis {
            "restapis" => ApiKind::Rest,
            "apis" => ApiKind::Http,
            _ => return None,
        };
        let is_stage = is_plain(stage) || kind == ApiKind::Http && stage == "$default";
        (is_plain(api) && is_stage).then(|| Self { kind, api: api.to_owned(), stage: stage.to_owned() })
    }

    /// The path of its authorizers' cache.
    fn path(&self) -> String {
        let apis = match self.kind {
            ApiKind::Rest => "restapis",
            ApiKind::Http => "v2/apis",
        };
        format!("/{apis}/{}/stages/{}/cache/authorizers", self.api, self.stage.replace('$', "%24"))
    }
}

/// Whether it can stand in a path as it is.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it))
}

/// The configured stages of an installation.
#[derive(Clone, Debug)]
pub struct Stages {
    caller: Caller,
    stages: Vec<GatewayStage>,
    /// Where the service is, `https://apigateway.<region>.amazonaws.com`.
    endpoint: String,
}

impl Stages {
    /// Those stages; `endpoint` is where API Gateway's own API is.
    pub fn new(caller: Caller, stages: Vec<GatewayStage>, endpoint: String) -> Self {
        Self { caller, stages, endpoint }
    }

    /// Flushes each, and tells of every one that failed: one stage that is gone must not save the others' caches.
    async fn flush_each(&self) -> Result<(), FlushFailed> {
        let mut failed = Vec::new();
        for stage in &self.stages {
            let call = Call {
                service: "apigateway",
                method: "DELETE",
                url: format!("{}{}", self.endpoint, stage.path()),
                headers: &[],
                body: String::new(),
            };
            if let Err(problem) = self.caller.call(call).await {
                failed.push(format!("{}/{}: {problem}", stage.api, stage.stage));
            }
        }
        if failed.is_empty() { Ok(()) } else { Err(FlushFailed(failed.join("; "))) }
    }
}

impl CacheFlush for Stages {
    fn flush(&self) -> Flushing<'_> {
        Box::pin(self.flush_each())
    }
}
