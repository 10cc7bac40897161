//! The administration of an organisation, for those of its members who hold the permissions for it. No scope can ask
//! for these, so no token and no app ever does what these pages do.
//!
//! | file | what lives there |
//! |---|---|
//! | `members`, `member`, `member_end` | who is in it; what one may do; let one in no more |
//! | `roles`, `role`, `role_end` | its roles; what one grants; remove one |
//! | `everybody` | the tokens of all |
//! | `effect`, `rights_form` | what a change comes to, before it is made; permissions to tick |

mod effect;
mod everybody;
mod member;
mod member_end;
mod members;
mod rights_form;
mod role;
mod role_end;
mod roles;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::oauth::server::AuthServer;

/// The paths.
pub(super) fn routes() -> Router<Arc<AuthServer>> {
    Router::new()
        .route("/account/{tenant}/members", get(members::get))
        .route("/account/{tenant}/member", get(member::get).post(member::post))
        .route("/account/{tenant}/member/end", get(member_end::get).post(member_end::post))
        .route("/account/{tenant}/roles", get(roles::get))
        .route("/account/{tenant}/role", get(role::get).post(role::post))
        .route("/account/{tenant}/role/end", get(role_end::get).post(role_end::post))
        .route("/account/{tenant}/everybody", get(everybody::get))
}
