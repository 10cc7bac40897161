//! What the caller may do: permissions, roles, and the one formula that intersects them with a token's scope.
//!
//! Pure: no clock, no I/O, no randomness, no AWS.

pub mod administration;
pub mod catalogue;
pub mod effective;
pub mod explanation;
pub mod identity;
pub mod permission;
pub mod principal;
pub mod requirement;
pub mod shortfall;
pub mod tenant;
