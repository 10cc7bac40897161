//! Who is there, on the pages that are somebody's own.

use axum::response::Response;

use super::forms;
use super::next::Next;
use crate::access::tenant::{Tenant, User};
use crate::oauth::browser::session;
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::members::members;
use crate::oauth::secret::Secret;
use crate::oauth::server::{AuthServer, Failure};
use crate::oauth::session::{Session, SignedIn};

/// Somebody who is signed in.
pub(crate) struct Visitor {
    pub(super) session: Secret,
    pub(super) signed_in: SignedIn,
    /// Whether they have just proven who they are.
    pub(super) fresh: bool,
    /// Where they may act today, and as whom.
    pub(super) members: Vec<(Tenant, User)>,
}

impl Visitor {
    /// Who is there; where nobody is, the way to sign in, and on to that page.
    pub(crate) async fn of(
        server: &AuthServer,
        incoming: &Incoming,
        next: &Next,
    ) -> Result<Result<Self, Response>, Failure> {
        let now = server.now();
        let known = session(server, incoming, now).await?;
        let fresh = known.as_ref().is_some_and(|(_, session)| session.is_fresh(now));
        let Some((session, Session { signed_in: Some(signed_in), .. })) = known else {
            return Ok(Err(see_other(&server.settings.issuer.at(&next.sign_in()))));
        };
        let members = members(server, &signed_in).await?;
        Ok(Ok(Self { session, signed_in, fresh, members }))
    }

    /// The token of this session's forms.
    pub(super) fn form(&self) -> String {
        forms::token(&self.session)
    }
}
