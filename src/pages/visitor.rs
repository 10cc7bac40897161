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
    /// Where they may act today, and as whom.
    pub(super) members: Vec<(Tenant, User)>,
}

impl Visitor {
    /// Who is there; where nobody is, the way to sign in and back.
    pub(crate) async fn of(server: &AuthServer, incoming: &Incoming) -> Result<Result<Self, Response>, Failure> {
        let known = session(server, incoming, server.now()).await?;
        let Some((session, Session { signed_in: Some(signed_in), .. })) = known else {
            let sign_in = Next::to(&incoming.path, &incoming.query).sign_in();
            return Ok(Err(see_other(&server.settings.issuer.at(&sign_in))));
        };
        let members = members(server, &signed_in).await?;
        Ok(Ok(Self { session, signed_in, members }))
    }

    /// The token of this session's forms.
    pub(super) fn form(&self) -> String {
        forms::token(&self.session)
    }
}
