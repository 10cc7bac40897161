//! The pages for people: sign-in, consent, the account, and what went wrong.
//!
//! Rendered here, without a script that anything needs. Everything that comes from a client or a person is text: the
//! templates escape it, and each value in a sentence is isolated (`<bdi>`), so that no letter of it turns the sentence
//! around.
//!
//! | file | what lives there |
//! |---|---|
//! | [`look`], [`colour`] | what an installation decides of how they look; the files that every page has |
//! | `texts` | every sentence, in one file a language |
//! | `frame` | what every page has around it |
//! | `answer`, `problem` | a page as an answer; the page of what went wrong, with the request's id |
//! | `forms` | the token of a session's forms |
//! | `app`, `scopes` | an app and what it asks for, as they are shown |
//! | `consent`, `leave`, `sign_in` | the pages on the way from an app and back; `/sign-in` without an app |
//! | `stop`, `moment` | why a page is not shown; times |
//! | `next`, `visitor` | where a sign-in leads to, and who is there |
//! | `account` | the account |
//! | `admin` | the administration of an organisation |

pub(crate) mod account;
mod admin;
pub(crate) mod answer;
pub(crate) mod app;
pub mod colour;
pub(crate) mod consent;
pub(crate) mod forms;
pub(crate) mod frame;
pub(crate) mod leave;
pub mod look;
mod moment;
pub(crate) mod next;
pub(crate) mod problem;
pub(crate) mod scopes;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
mod stop;
mod texts;
pub(crate) mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::oauth::server::AuthServer;

/// The paths of the pages that no app leads to, and of the files that all pages have.
pub(crate) fn routes() -> Router<Arc<AuthServer>> {
    Router::new()
        .merge(account::routes())
        .merge(admin::routes())
        .route("/sign-out", post(sign_out::post))
        .route("/signed-out", get(sign_out::get))
        .route(look::STYLE, get(look::style))
        .route(look::SCRIPT, get(look::script))
        .route(look::ICON, get(look::icon))
}
