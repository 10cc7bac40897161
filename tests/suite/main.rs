//! The suite: one program, a file a subject.

mod architecture;
mod awkward;
mod exactness;
mod oauth;
mod pat;
mod permission;
mod telemetry;
