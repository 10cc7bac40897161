//! The suite: one program, a file a subject.

mod architecture;
mod pat;
mod permission;
mod telemetry;
