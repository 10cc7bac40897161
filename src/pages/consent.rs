//! The page that asks what an app may do: for which organisation, and there, with what.

use askama::Template;

use super::app::App;
use super::frame::Frame;
use super::scopes::{Group, Worth, grouped};
use crate::access::effective::Rights;
use crate::access::tenant::{Tenant, User};
use crate::oauth::scope::Scopes;
use crate::oauth::server::AuthServer;

/// The page.
#[derive(Template)]
#[template(path = "consent.html")]
pub(crate) struct ConsentPage<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) app: App<'a>,
    /// Who is signed in.
    pub(crate) account: &'a str,
    /// The handle of the request.
    pub(crate) handle: &'a str,
    pub(crate) choice: Choice<'a>,
    /// How long a change here takes to be seen everywhere, in seconds.
    pub(crate) delay: u64,
}

/// Where the app is to act.
pub(crate) enum Choice<'a> {
    /// Nowhere, as the person can act nowhere.
    None,
    /// In one of these organisations; which one is not said yet.
    Open(Vec<&'a str>),
    /// In this one.
    Made {
        tenant: &'a str,
        /// Whether there are others to choose from.
        others: bool,
        groups: Vec<Group<'a>>,
    },
}

impl<'a> Choice<'a> {
    /// What is to be chosen by somebody who is a member there and has said that.
    pub(crate) fn of(
        server: &'a AuthServer,
        members: &'a [(Tenant, User)],
        said: Option<&str>,
        scopes: &Scopes,
    ) -> Self {
        let chosen = match members {
            [] => return Self::None,
            [only] => Some(only),
            several => several.iter().find(|(tenant, _)| Some(tenant.id.as_str()) == said),
        };
        let Some((tenant, user)) = chosen else {
            return Self::Open(members.iter().map(|(tenant, _)| tenant.id.as_str()).collect());
        };
        let rights = Rights::of(user, tenant, &server.api.catalogue);
        let groups = grouped(scopes.names(), &rights, &server.api.catalogue);
        Self::Made { tenant: tenant.id.as_str(), others: members.len() > 1, groups }
    }
}
