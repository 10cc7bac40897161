//! The suite: one program, a file a subject.

#![cfg(test)]

mod architecture;
mod awkward;
mod both_kinds;
mod exactness;
mod gateway;
mod issuers;
mod jwt;
mod keysets;
mod oauth;
mod pat;
mod permission;
mod telemetry;
mod tokens;
mod vectors;
mod world;
