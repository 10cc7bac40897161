//! A client's registration, and the redirect URIs in it.

#![no_main]

use edge_authorizer::oauth::metadata::ClientMetadata;
use edge_authorizer::oauth::redirect_uri::RedirectUri;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(metadata) = ClientMetadata::from_json(body) {
        let _ = metadata.target(None);
        let _ = metadata.default_scopes();
    }
    let Ok(text) = std::str::from_utf8(body) else { return };
    if let Ok(uri) = RedirectUri::parse(text) {
        assert_eq!(uri.as_str(), text, "a redirect URI is kept as it came");
    }
});
