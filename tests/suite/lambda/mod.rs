//! The Lambda as AWS runs it: the program `authorizer`, a process of its own, under a Lambda Runtime API on loopback,
//! against the embedded DynamoDB.
//!
//! `AUTHORIZER_BIN` names the program, with its pack beside it: `make test-build` runs these tests on the very file that
//! the zip holds. Without it they run on the debug binary.

mod answers;
mod auth_server;
mod process;
mod runtime_api;

pub(crate) use process::Lambda;
pub(crate) use runtime_api::{Ended, RuntimeApi};
