//! The OAuth 2.1 authorization server: apps and agents that act for a user get their tokens here.
//!
//! | file | what lives there |
//! |---|---|
//! | [`parameters`], [`error`] | what a request says, and what can be wrong with it |
//! | [`issuer`], [`client`], [`metadata`], [`redirect_uri`] | who speaks, and where answers may go |
//! | [`authorization_request`], [`scope`], [`pkce`] | what is asked for |
//! | [`grant`], [`code`], [`family`], [`seal`] | what a user granted, and its two state machines: a code is redeemed once, a refresh token rotates |
//! | [`access_token`], [`signing`] | what the authorizer will believe |
//! | [`secret`], [`refresh_token`] | texts that open something, and their digests |
//!
//! Time and random bytes are arguments, here as everywhere.

pub mod access_token;
pub mod authorization_request;
pub mod client;
pub mod code;
pub mod error;
pub mod family;
pub mod grant;
pub mod issuer;
pub mod metadata;
pub mod parameters;
pub mod pkce;
pub mod redirect_uri;
pub mod refresh_token;
pub mod scope;
pub mod seal;
pub mod secret;
pub mod signing;
