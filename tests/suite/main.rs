//! The suite: one program, a file a subject.

#![cfg(test)]

mod architecture;
mod gateway;
mod jwt;
mod oauth;
mod pat;
mod permission;
mod telemetry;
mod world;
mod tokens;
mod vectors;
