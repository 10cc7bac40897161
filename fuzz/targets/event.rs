//! The gateway's event, in all of its forms.

#![no_main]

use edge_authorizer::gateway::event::{Authorization, Request};
use edge_authorizer::token::bearer::BearerToken;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(request) = Request::from_json(text) else { return };
    let _ = request.arn();
    if let Authorization::One(value) = &request.authorization {
        let _ = BearerToken::from_header(value);
    }
});
