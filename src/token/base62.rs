//! Bytes as base62 text of a fixed width, so that a double click selects all of a token.
//!
//! Sixteen bytes are one number of 22 digits; a shorter last block has the width that its bytes need. Every byte
//! string has exactly one text, and every other text is refused.

/// Digits that `n` bytes need, at index `n`: ⌈8n / log₂ 62⌉.
const WIDTHS: [usize; 17] = [0, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22];

const BLOCK_BYTES: usize = 16;
const BLOCK_DIGITS: usize = 22;

/// Writes the bytes as base62 text.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() / BLOCK_BYTES + 1) * BLOCK_DIGITS);
    for block in bytes.chunks(BLOCK_BYTES) {
        let number = block.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        let width = WIDTHS.get(block.len()).copied().unwrap_or(BLOCK_DIGITS);
        text.push_str(&padded(number, width));
    }
    text
}

/// Reads text that [`encode`] wrote; none for any other.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    for digits in text.as_bytes().chunks(BLOCK_DIGITS) {
        let length = WIDTHS.iter().position(|width| *width == digits.len())?;
        let number = number(digits)?;
        let (high, low) = number.to_be_bytes().split_at_checked(BLOCK_BYTES - length).map(split)?;
        if high.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(&low);
    }
    Some(bytes)
}

/// A number as exactly `width` digits. The number must fit, as every caller's does by construction.
pub fn padded(number: u128, width: usize) -> String {
    format!("{:0>width$}", ::base62::encode(number))
}

/// The number that the digits stand for; none where a byte is no digit or the number is too large.
pub fn number(digits: &[u8]) -> Option<u128> {
    if !digits.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    ::base62::decode(digits).ok()
}

fn split((high, low): (&[u8], &[u8])) -> (Vec<u8>, Vec<u8>) {
    (high.to_vec(), low.to_vec())
}
