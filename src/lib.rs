//! A bearer token comes in. One round trip to DynamoDB fetches whom it stands for and what they may do.
//! A policy goes out that is right for every route of the API, so that it is safe to cache.
//!
//! | room | what lives there |
//! |---|---|
//! | [`authorize`] | the straight line, and nothing else |
//! | [`gateway`] | what API Gateway says and hears: event, ARN, answer |
//! | [`token`] | what the caller holds: bearer, personal access token, JWT |
//! | [`access`] | what the caller may do: permission, role, effective permission |
//! | [`policy`] | how that is written for the gateway |
//! | [`api`] | the API reference, compiled |
//! | [`keys`] | the public keys of issuers, fetched and remembered |
//! | `reference` | how the API reference is compiled, ahead of time |
//! | [`store`] | the records, and DynamoDB |
//! | `flush` | emptying the gateways' caches, for what cannot wait |
//! | `leaks` | tokens that were found in public |
//! | [`transport`] | HTTP under the store and the key sets |
//! | [`oauth`] | the authorization server |
//! | `pages` | its pages for people: sign-in, consent, account |
//! | `local` | the embedded DynamoDB, the local gateway, the demonstration data |
//!
//! `gateway`, `token`, `access` and `policy` know no AWS SDK, no async, no clock, no environment and no randomness.

pub mod access;
pub mod api;
pub mod authorize;
pub mod causes;
pub mod decision;
#[cfg(any(feature = "auth", feature = "flush"))]
pub mod flush;
pub mod gateway;
pub mod keys;
#[cfg(feature = "responder")]
pub mod leaks;
#[cfg(feature = "local")]
pub mod local;
#[cfg(any(feature = "admin", feature = "reference"))]
pub mod nearest;
#[cfg(feature = "auth")]
pub mod oauth;
#[cfg(feature = "auth")]
pub mod pages;
pub mod policy;
#[cfg(feature = "reference")]
pub mod reference;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod timestamp;
pub mod token;
pub mod transport;
pub mod why;
