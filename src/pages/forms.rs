//! Whether a form is one of ours: it comes from our origin, and carries a token that follows from the session.
//!
//! The session's secret is in a cookie that no script reads, so nobody else can make the token; what is stored of the
//! session is another digest of the secret, so nobody who reads the table can either. On the way from an app, the
//! request's handle does this: it is found in the session's own partition alone.

use crate::oauth::browser::same_origin;
use crate::oauth::error::Problem;
use crate::oauth::http::Incoming;
use crate::oauth::parameters::Parameters;
use crate::oauth::secret::{Secret, SecretDigest};
use crate::oauth::server::{AuthServer, Failure};

/// The token of a session's forms.
pub(crate) fn token(session: &Secret) -> String {
    digest(session).to_hex()
}

/// The form of a request, from our origin.
///
/// # Errors
/// [`Problem::Forbidden`] for another site's.
pub(crate) fn read(server: &AuthServer, incoming: &Incoming) -> Result<Parameters, Failure> {
    same_origin(&server.settings.issuer, incoming)?;
    Ok(incoming.form()?)
}

/// Whether the form has the session's token, in its field `form`.
pub(crate) fn is_of(session: &Secret, form: &Parameters) -> Result<bool, Problem> {
    let presented = form.one("form")?.and_then(SecretDigest::from_hex);
    Ok(presented.is_some_and(|presented| presented == digest(session)))
}

fn digest(session: &Secret) -> SecretDigest {
    SecretDigest::of(&format!("form of {}", session.expose()))
}
