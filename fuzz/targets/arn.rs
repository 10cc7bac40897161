//! The ARN that a request is asked for with: whatever it says, no more than its own text comes out of it.

#![no_main]

use edge_authorizer::gateway::arn::MethodArn;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(arn) = MethodArn::parse(text) else { return };
    assert!(text.contains(arn.stage()) && text.ends_with(arn.path()));
    // What is written into a policy is plain; the verb is a stranger's, and written nowhere.
    assert!(!arn.stage().contains(['*', '?', '"']), "{:?}", arn.stage());
    assert!(arn.verb().is_none_or(|verb| !verb.contains('/')), "{:?}", arn.verb());
});
