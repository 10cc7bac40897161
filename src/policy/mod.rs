//! How the effective permission is written for the gateway, so that it is right for every route and safe to cache.
//!
//! Pure: no clock, no I/O, no randomness, no AWS.

pub mod compiler;
pub mod document;
pub mod iam;
pub mod operation;
pub mod pattern;
pub mod router;
