//! What the caller holds: the bearer token, and what it says of itself before anything has been read.
//!
//! Pure: text, keys and `now` come in as arguments; the only secret here is the key of the tokens' own check.

pub mod base62;
pub mod bearer;
pub mod credential;
pub mod issuer;
pub mod issuers;
pub mod jwk;
pub mod jwt;
pub mod key_record;
pub mod key_set;
pub mod pat;
pub mod refusal;
mod roca;
pub mod text;
