//! The OAuth 2.1 authorization server: apps and agents that act for a user get their tokens here.
//!
//! | file | what lives there |
//! |---|---|
//! | [`router`], [`lambda`], `endpoint` | which path leads where, behind API Gateway too; the endpoints, a file each |
//! | [`server`], [`settings`], [`environment`], [`limit`] | what they share, what an installation decides |
//! | `http`, `browser` | requests and answers, the session cookie |
//! | [`parameters`], [`error`] | what a request says, and what can be wrong with it |
//! | [`issuer`], [`client`], [`metadata`], [`redirect_uri`] | who speaks, and where answers may go |
//! | [`document`] | clients that describe themselves at an address of their own |
//! | [`authorization_request`], [`scope`], [`pkce`] | what is asked for |
//! | [`grant`], [`code`], [`family`], [`seal`] | what a user granted, and its two state machines |
//! | [`session`], [`sign_in`], [`account`], `members` | who is at the browser, who says so, and where they may act |
//! | [`access_token`], [`signing`], [`signer`] | what is issued, and who signs it |
//! | [`key_ring`], [`public_half`], [`kms`], [`ecdsa`] | the keys in their order; those in KMS, and their signatures |
//! | [`secret`], [`refresh_token`], `returned` | texts that open something, their digests, and what a token is worth that comes back |
//!
//! Time and random bytes are arguments, here as everywhere.

pub mod access_token;
pub mod account;
pub mod authorization_request;
pub(crate) mod browser;
pub mod client;
pub mod code;
pub mod document;
pub mod ecdsa;
pub(crate) mod endpoint;
pub mod environment;
pub mod error;
pub mod family;
pub mod grant;
pub mod http;
pub mod issuer;
pub mod key_ring;
pub mod kms;
pub mod lambda;
pub mod limit;
pub(crate) mod members;
pub mod metadata;
pub mod parameters;
pub mod pkce;
pub mod public_half;
pub mod redirect_uri;
pub mod refresh_token;
mod returned;
pub mod router;
pub mod scope;
pub mod seal;
pub mod secret;
pub mod server;
pub mod session;
pub mod settings;
pub mod sign_in;
pub mod signer;
pub mod signing;
pub mod telemetry;
