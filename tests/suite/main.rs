//! The suite: one program, a file a subject.

#![cfg(test)]

mod api_policies;
mod architecture;
mod awkward;
mod both_kinds;
mod cli;
mod cli_transcripts;
mod concurrency;
mod documents;
mod embedded;
mod events;
mod exactness;
mod explanation;
mod faults;
mod flush;
mod function;
mod gateway;
mod golden;
mod http;
mod iam_judge;
mod issuers;
mod jwt;
mod keysets;
mod leaks;
mod long_answers;
mod matrix;
mod oauth;
mod packing;
mod pat;
mod permission;
mod policy_laws;
mod probe;
mod reference;
mod revocation;
mod serve;
mod serving;
mod simple_answers;
mod store_admin;
mod store_read;
mod telemetry;
mod tokens;
mod transcript;
mod vectors;
mod walk;
mod world;
