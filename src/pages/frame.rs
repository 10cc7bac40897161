//! What every page has around it: whose it is, who is signed in, where help is.

use super::look::Look;
use super::texts::{self, Filled};
use super::visitor::Visitor;
use crate::access::administration::{MEMBER_READ, ROLE_READ, TOKEN_READ};
use crate::oauth::server::AuthServer;

/// The frame of a page.
pub(crate) struct Frame<'a> {
    pub(super) look: &'a Look,
    pub(super) person: Option<Person<'a>>,
    pub(super) place: Option<Place<'a>>,
}

/// The organisation that a page is about, and which of its pages it is.
pub(super) struct Place<'a> {
    pub(super) tenant: &'a str,
    /// Whether there are others to go to.
    pub(super) others: bool,
    pub(super) tab: Tab,
    /// Those that are theirs to see.
    pub(super) tabs: Vec<&'static TabWords>,
    /// How long a change takes to be seen everywhere, in seconds.
    pub(super) delay: u64,
}

/// The pages of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Tokens,
    Apps,
    Rights,
    Why,
    Activity,
    Members,
    Roles,
    Everybody,
}

/// Where a page of an organisation lies, what it is called, and the permission that it needs.
pub(super) struct TabWords {
    pub(super) tab: Tab,
    pub(super) path: &'static str,
    pub(super) title: &'static str,
    pub(super) needs: Option<&'static str>,
}

impl Tab {
    /// Every one.
    pub(super) const ALL: [TabWords; 8] = [
        TabWords { tab: Self::Tokens, path: "tokens", title: "tokens.title", needs: None },
        TabWords { tab: Self::Apps, path: "apps", title: "apps.title", needs: None },
        TabWords { tab: Self::Rights, path: "rights", title: "rights.title", needs: None },
        TabWords { tab: Self::Why, path: "why", title: "why.title", needs: None },
        TabWords { tab: Self::Activity, path: "activity", title: "activity.title", needs: None },
        TabWords { tab: Self::Members, path: "members", title: "members.title", needs: Some(MEMBER_READ) },
        TabWords { tab: Self::Roles, path: "roles", title: "roles.title", needs: Some(ROLE_READ) },
        TabWords { tab: Self::Everybody, path: "everybody", title: "everybody.title", needs: Some(TOKEN_READ) },
    ];
}

/// Who is signed in, on the pages that say so.
pub(super) struct Person<'a> {
    pub(super) name: &'a str,
    /// The token of the form that signs out.
    pub(super) form: String,
}

impl<'a> Frame<'a> {
    /// The frame of a page that is nobody's own.
    pub(crate) fn of(server: &'a AuthServer) -> Self {
        Self { look: &server.settings.pages.look, person: None, place: None }
    }

    /// The frame of a page of somebody who is signed in.
    pub(crate) fn for_visitor(server: &'a AuthServer, visitor: &'a Visitor) -> Self {
        let person = Person { name: visitor.signed_in.shown(), form: visitor.form() };
        Self { person: Some(person), ..Self::of(server) }
    }

    /// A sentence.
    pub(super) fn say(&self, name: &'static str) -> &'static str {
        texts::say(name)
    }

    /// A sentence with places.
    pub(super) fn fill(&self, name: &'static str) -> Filled {
        texts::fill(name)
    }
}
