//! How the effective permission is written for the gateway, so that it is right for every route and safe to cache.
//!
//! Pure: no clock, no I/O, no randomness, no AWS.

mod choice;
mod chosen;
pub mod compiler;
pub mod document;
pub mod iam;
pub mod menu;
pub mod operation;
pub mod pattern;
#[cfg(feature = "reference")]
pub mod probe;
#[cfg(feature = "reference")]
pub mod proof;
pub mod reading;
pub mod route;
pub mod route_set;
pub mod router;
#[cfg(feature = "reference")]
mod seen;
