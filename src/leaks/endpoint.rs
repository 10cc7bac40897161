//! `POST /leaks`: a signed report in, the tokens in it revoked, verdicts out.
//!
//! Nothing is done before the signature is right. A report may come again after a failure: what is revoked already is
//! found revoked, and the rest is done.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::report::{Label, MAX_MATCHES, Match, Verdict};
use super::signature::ReporterKeys;
use crate::flush::CacheFlush;
use crate::store::admin::{Admin, AdminError, Stamp};
use crate::token::pat::PatFormat;

/// The longest body: a thousand matches of a kilobyte.
const BODY_LIMIT: usize = 1024 * 1024;

const KEY_ID: &str = "github-public-key-identifier";
const SIGNATURE: &str = "github-public-key-signature";

/// Who reports, as the audit log will say.
const REPORTER: &str = "secret-scanning";

/// All that reports share.
pub struct Leaks {
    /// Who may report.
    pub keys: ReporterKeys,
    /// What a token of this installation is.
    pub pats: PatFormat,
    /// Where tokens are revoked.
    pub admin: Admin,
    /// What empties the gateways' caches afterwards.
    pub flush: Box<dyn CacheFlush>,
    /// The time, in milliseconds since 1970, and a random number.
    pub moment: fn() -> (u64, u64),
    /// Told of what was done, and of what went wrong; never of a token.
    pub log: fn(&str),
}

/// The router of the endpoint.
pub fn router(leaks: Arc<Leaks>) -> Router {
    Router::new().route("/leaks", post(report)).with_state(leaks)
}

async fn report(State(leaks): State<Arc<Leaks>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    if !is_signed(&leaks.keys, &parts.headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(matches) = serde_json::from_slice::<Vec<Match>>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if matches.len() > MAX_MATCHES {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let judged = leaks.judge(&matches).await;
    // Those that are revoked are to end soon, whatever became of the others.
    leaks.empty_caches(judged.revoked).await;
    let answer = judged.verdicts.map_err(|error| error.to_string());
    match answer.and_then(|verdicts| serde_json::to_string(&verdicts).map_err(|error| error.to_string())) {
        Ok(verdicts) => ([(CONTENT_TYPE, "application/json")], verdicts).into_response(),
        Err(problem) => {
            (leaks.log)(&format!("a report could not be worked through: {problem}"));
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// What came of a report.
struct Judged {
    revoked: usize,
    verdicts: Result<Vec<Verdict>, AdminError>,
}

impl Leaks {
    async fn judge(&self, matches: &[Match]) -> Judged {
        let mut labels: HashMap<&str, Label> = HashMap::new();
        let mut verdicts = Vec::with_capacity(matches.len());
        for found in matches {
            let label = match labels.get(found.token.as_str()) {
                Some(label) => *label,
                None => match self.label(found).await {
                    Ok(label) => label,
                    Err(error) => return Judged { revoked: revoked(&labels), verdicts: Err(error) },
                },
            };
            labels.insert(&found.token, label);
            verdicts.push(Verdict::on(found, label));
        }
        Judged { revoked: revoked(&labels), verdicts: Ok(verdicts) }
    }

    async fn label(&self, found: &Match) -> Result<Label, AdminError> {
        let Ok(pat) = self.pats.open(&found.token) else { return Ok(Label::FalsePositive) };
        let (milliseconds, nonce) = (self.moment)();
        let stamp = Stamp { by: REPORTER.to_owned(), milliseconds, nonce };
        let revoked = self.admin.revoke_leaked(&pat, &found.place(), &stamp).await?;
        if let Some(record) = &revoked {
            (self.log)(&format!("the token `{}` of `{}` was found in public and is revoked", record.id, pat.tenant));
        }
        Ok(if revoked.is_some() { Label::TruePositive } else { Label::FalsePositive })
    }

    async fn empty_caches(&self, revoked: usize) {
        if revoked > 0
            && let Err(error) = self.flush.flush().await
        {
            (self.log)(&error.to_string());
        }
    }
}

fn revoked(labels: &HashMap<&str, Label>) -> usize {
    labels.values().filter(|label| **label == Label::TruePositive).count()
}

fn is_signed(keys: &ReporterKeys, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (header(KEY_ID), header(SIGNATURE)) {
        (Some(key_id), Some(signature)) => keys.signed(key_id, signature, body),
        _ => false,
    }
}
