//! A person at one of their organisations, and the forms that they send there.
//!
//! A form carries the token of the session and a handle that is good once, so that sending it twice does it once.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::HOME;
use crate::access::effective::Rights;
use crate::access::tenant::{Tenant, User};
use crate::oauth::error::Problem;
use crate::oauth::http::{Incoming, see_other};
use crate::oauth::parameters::Parameters;
use crate::oauth::secret::Secret;
use crate::oauth::server::AuthServer;
use crate::pages::answer::show;
use crate::pages::forms;
use crate::pages::frame::{Frame, Place as Shown, Tab};
use crate::pages::next::Next;
use crate::pages::stop::Stop;
use crate::pages::visitor::Visitor;
use crate::store::admin::delegated::DelegatedAdmin;
use crate::store::oauth::Commit;

/// The fields of a form that prove it, and are nothing that somebody typed.
pub(in crate::pages) const PROOF: [&str; 2] = ["form", "once"];

/// Somebody there.
pub(in crate::pages) struct Place {
    pub(in crate::pages) visitor: Visitor,
    pub(in crate::pages) tenant: Tenant,
    pub(in crate::pages) user: User,
}

/// A page's form, to be sent once.
pub(in crate::pages) struct Once {
    pub(in crate::pages) form: String,
    pub(in crate::pages) once: String,
}

impl Place {
    /// Who asks for a page.
    pub(in crate::pages) async fn of(server: &AuthServer, incoming: &Incoming, tenant: &str) -> Result<Self, Stop> {
        Self::there(server, incoming, tenant, &Next::to(&incoming.path, &incoming.query)).await
    }

    /// Who sends a form, and what is in it. What was typed survives a session that has ended meanwhile: it comes back
    /// with the page.
    pub(in crate::pages) async fn sent(
        server: &AuthServer,
        incoming: &Incoming,
        tenant: &str,
    ) -> Result<(Self, Parameters), Stop> {
        let form = forms::read(server, incoming)?;
        let next = Next::to(&incoming.path, &form.without(&PROOF).encoded());
        let place = Self::there(server, incoming, tenant, &next).await?;
        if !forms::is_of(&place.visitor.session, &form)? {
            return Err(Problem::Forbidden.into());
        }
        let once = form.one("once")?.and_then(Secret::presented).ok_or(Problem::Forbidden)?;
        let spent = server.store.spend_form(place.visitor.session.digest(), once.digest(), server.now()).await?;
        if spent == Commit::Done { Ok((place, form)) } else { Err(Problem::Forbidden.into()) }
    }

    /// Who sends a form of the administration, with all these permissions and having just proven who they are.
    pub(in crate::pages) async fn changing(
        server: &AuthServer,
        incoming: &Incoming,
        tenant: &str,
        needs: [&str; 2],
    ) -> Result<(Self, Parameters), Stop> {
        let (place, form) = Self::sent(server, incoming, tenant).await?;
        for permission in needs {
            place.needs(server, permission)?;
        }
        place.fresh(server, &Next::to(&incoming.path, &form.without(&PROOF).encoded()))?;
        Ok((place, form))
    }

    async fn there(server: &AuthServer, incoming: &Incoming, tenant: &str, next: &Next) -> Result<Self, Stop> {
        let visitor = Visitor::of(server, incoming, next).await?.map_err(Stop::go)?;
        let found = visitor.members.iter().find(|(it, _)| it.id.as_str() == tenant);
        let (tenant, user) =
            found.cloned().filter(|_| server.settings.pages.pats.is_some()).ok_or(Problem::NoSuchPage)?;
        Ok(Self { visitor, tenant, user })
    }

    /// Who has not just proven who they are does so first, and comes back to the path.
    pub(in crate::pages) fn fresh(&self, server: &AuthServer, next: &Next) -> Result<(), Stop> {
        if self.visitor.fresh {
            return Ok(());
        }
        Err(Stop::go(see_other(&server.settings.issuer.at(&next.sign_in_again()))))
    }

    /// What the person may do here.
    pub(in crate::pages) fn rights(&self, server: &AuthServer) -> Rights {
        Rights::of(&self.user, &self.tenant, &server.api.catalogue)
    }

    /// Whether they hold that permission of administration here.
    pub(in crate::pages) fn holds(&self, server: &AuthServer, permission: &str) -> bool {
        let held = self.rights(server).held();
        server.api.catalogue.permission(permission).is_some_and(|it| held.contains(it))
    }

    /// What only those see who hold that permission; for everybody else there is no such page.
    pub(in crate::pages) fn needs(&self, server: &AuthServer, permission: &str) -> Result<(), Stop> {
        if self.holds(server, permission) { Ok(()) } else { Err(Problem::NoSuchPage.into()) }
    }

    /// The table, as they may change it.
    pub(in crate::pages) fn delegated(&self, server: &AuthServer) -> DelegatedAdmin {
        server.store.admin().on_behalf_of(self.user.id.clone(), server.api.catalogue.clone())
    }

    /// The frame of a page here.
    pub(in crate::pages) fn frame<'a>(&'a self, server: &'a AuthServer, tab: Tab) -> Frame<'a> {
        let place = Shown {
            tenant: self.tenant.id.as_str(),
            others: self.visitor.members.len() > 1,
            tab,
            tabs: Tab::ALL.iter().filter(|it| it.needs.is_none_or(|needs| self.holds(server, needs))).collect(),
            delay: server.settings.pages.delay,
        };
        Frame { place: Some(place), ..Frame::for_visitor(server, &self.visitor) }
    }

    /// A form to be sent once.
    pub(in crate::pages) fn once(&self, server: &AuthServer) -> Result<Once, Stop> {
        Ok(Once { form: self.visitor.form(), once: server.secret("once")?.expose().to_owned() })
    }

    /// The way to another page here.
    pub(in crate::pages) fn way_to(&self, server: &AuthServer, page: &str) -> Response {
        see_other(&server.settings.issuer.at(&format!("{HOME}/{}/{page}", self.tenant.id)))
    }
}

/// Empties the local gateway's cache, if there is one: what has ended, ends there at once.
pub(in crate::pages) async fn ended(server: &AuthServer) {
    if let Err(error) = server.flush.flush().await {
        tracing::info!(endpoint = "account", outcome = "not_flushed", reason = %error, "oauth");
    }
}

/// A page as it is.
pub(in crate::pages) fn page(page: &impl Template) -> Response {
    show(StatusCode::OK, page)
}
