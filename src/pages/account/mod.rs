//! The account: what a person has let in, and what they may do themselves, in each of their organisations.
//!
//! | file | what lives there |
//! |---|---|
//! | `home` | which organisation? |
//! | `place` | a person at one of their organisations, and the forms that they send there |
//! | `tokens`, `token_new`, `token_end` | personal access tokens: listed; made and replaced; revoked |
//! | `apps` | the apps that they let in |
//! | `rights` | what they may do, and where each right comes from |
//! | `why` | why a request is refused |
//! | `activity` | what was changed, by them and of theirs |

mod activity;
mod apps;
mod home;
pub(super) mod place;
mod rights;
mod token_end;
mod token_new;
pub(super) mod tokens;
mod why;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::oauth::server::AuthServer;

/// The account's first page; every other lies under it.
pub(super) const HOME: &str = "/account";

/// The paths.
pub(super) fn routes() -> Router<Arc<AuthServer>> {
    Router::new()
        .route(HOME, get(home::get))
        .route("/account/{tenant}", get(home::first))
        .route("/account/{tenant}/tokens", get(tokens::list))
        .route("/account/{tenant}/tokens/new", get(token_new::ask).post(token_new::make))
        .route("/account/{tenant}/tokens/{token}/rotate", get(token_new::ask_again).post(token_new::replace))
        .route("/account/{tenant}/tokens/{token}/revoke", get(token_end::ask).post(token_end::revoke))
        .route("/account/{tenant}/apps", get(apps::list))
        .route("/account/{tenant}/apps/disconnect", get(apps::ask).post(apps::disconnect))
        .route("/account/{tenant}/rights", get(rights::get))
        .route("/account/{tenant}/why", get(why::get))
        .route("/account/{tenant}/activity", get(activity::get))
}
