//! Access tokens: JWTs in the profile of RFC 9068, from issuers that the configuration names.
//!
//! ```text
//! text ─ Compact::parse ─▶ form ─ Issuers::admit ─▶ Candidate ─ prove(key) ─▶ AccessToken
//!          no I/O                     no I/O           │
//!                                                      └ only here may a key set be fetched
//! ```
//!
//! Whatever the token's own form and claims refute is refuted before a key is looked up, so that nothing is fetched
//! for it. Yet nothing of a claim gets out of a [`Candidate`](candidate::Candidate) before its signature is proven.
//!
//! Signatures are `ring`'s. A JWT library on top of it would check neither `crit` nor `typ`, nor `alg` and `use`
//! of the key, nor names that are there twice, nor the curve's points before a token comes in; it would match `iss`
//! and `aud` in ways of its own and read the system's clock. All of that is here, a file a subject.

pub mod algorithm;
pub mod candidate;
pub mod claims;
pub mod compact;
pub mod json;
