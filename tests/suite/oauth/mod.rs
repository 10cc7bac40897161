//! The authorization server. Numbers in brackets are those of the list of checks; `docs/oauth.md` has the whole table.

mod between;
mod browser;
mod checks;
mod documents;
mod ecdsa;
mod environment;
mod flow;
mod house;
mod key_ring;
mod kms;
mod lambda;
mod locally;
mod log;
mod managing;
mod ministack;
mod races;
mod redirect_uri;
mod registering;
mod registration;
mod request;
mod site;
mod state_machine;
mod strangers;
mod support;
mod texts;
mod token;
