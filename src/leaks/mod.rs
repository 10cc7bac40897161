//! Tokens that were found in public: what secret scanning reports is revoked at once.
//!
//! GitHub looks for tokens by their published form in what people push, and reports each match to whoever issued it
//! ("Secret scanning partner program", GitHub Docs). Others use the same format. A report says nothing but texts, so
//! it is believed for its signature alone; a text is a token only if our own MAC says so, before anything is read.
//!
//! | file | what it is |
//! |---|---|
//! | [`signature`] | who may report: the keys, and the signature over the body |
//! | [`report`] | what is reported, and what is answered |
//! | [`endpoint`] | from one to the other |

pub mod endpoint;
pub mod report;
pub mod signature;
