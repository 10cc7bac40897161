//! The authorization server. Numbers in brackets are those of the list of checks; `docs/oauth.md` has the whole table.

mod redirect_uri;
mod registration;
mod request;
mod state_machine;
mod support;
mod texts;
