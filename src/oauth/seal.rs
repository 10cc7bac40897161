//! An answer, sealed for whoever presents the same secret again: the answer to a refresh for the token that was used, the
//! answer of a person for the handle of the request.
//!
//! ```text
//! key    = HMAC-SHA-256(the presented secret's text, "edge-authorizer sealed answer")
//! sealed = nonce (12 bytes) · AES-256-GCM(key, nonce, answer, binding)
//!                                                              └ grant and generation, or the form that was sent
//! ```
//!
//! The table holds a secret's SHA-256, from which the key cannot be had: so it still holds nothing that opens anything.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Keeps this key apart from any other use of the token's text.
const DOMAIN: &[u8] = b"edge-authorizer sealed answer\0";

/// Random bytes that sealing needs.
pub const NONCE_LENGTH: usize = NONCE_LEN;

/// An answer that cannot be sealed or opened: a broken record, since the token was the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed answer cannot be opened with the token that it was sealed for")]
pub struct BrokenSeal;

/// Seals an answer for the holder of `token`. `nonce` must be fresh random bytes.
///
/// # Errors
/// [`BrokenSeal`] when the answer is longer than the cipher takes.
pub fn seal(token: &str, binding: &[u8], answer: &[u8], nonce: [u8; NONCE_LENGTH]) -> Result<Vec<u8>, BrokenSeal> {
    let mut text = answer.to_vec();
    key(token)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(binding), &mut text)
        .map_err(|_| BrokenSeal)?;
    Ok([nonce.as_slice(), &text].concat())
}

/// Opens what [`seal`] sealed for the same token and binding.
///
/// # Errors
/// [`BrokenSeal`] for anything else.
pub fn open(token: &str, binding: &[u8], sealed: &[u8]) -> Result<Vec<u8>, BrokenSeal> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_LENGTH>().ok_or(BrokenSeal)?;
    let mut text = text.to_vec();
    let answer = key(token)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(binding), &mut text)
        .map_err(|_| BrokenSeal)?;
    Ok(answer.to_vec())
}

fn key(token: &str) -> Result<LessSafeKey, BrokenSeal> {
    let mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).map_err(|_| BrokenSeal)?;
    let bytes = mac.chain_update(DOMAIN).finalize().into_bytes();
    UnboundKey::new(&AES_256_GCM, &bytes).map(LessSafeKey::new).map_err(|_| BrokenSeal)
}
