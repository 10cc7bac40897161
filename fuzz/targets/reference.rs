//! An API reference: compiled, or every mistake told. What is compiled can be served.

#![no_main]

use edge_authorizer::api::Api;
use edge_authorizer::reference::compile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match compile(text) {
        Ok(pack) => drop(Api::new(pack).expect("what was compiled can be served")),
        Err(mistakes) => assert!(!mistakes.is_empty()),
    }
});
