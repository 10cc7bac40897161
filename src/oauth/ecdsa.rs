//! An ECDSA signature as KMS gives it and as a JWT carries it.
//!
//! ```text
//! KMS, DER (RFC 3279 §2.2.3)       30 len  02 len r  02 len s
//! JWS (RFC 7518 §3.4)              r, 32 bytes  s, 32 bytes
//! ```
//!
//! DER has one way to write a number. Any other way is refused: a signature that is not what KMS documents is not
//! something to guess at.

/// Bytes in a number of P-256.
const NUMBER_LENGTH: usize = 32;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// `r‖s`.
pub type Fixed = [u8; 2 * NUMBER_LENGTH];

/// `r‖s` of a signature in DER; nothing for anything that is not exactly one over P-256.
pub fn fixed_of_der(der: &[u8]) -> Option<Fixed> {
    let (numbers, rest) = value(SEQUENCE, der)?;
    let (r, numbers) = value(INTEGER, numbers)?;
    let (s, numbers) = value(INTEGER, numbers)?;
    if !rest.is_empty() || !numbers.is_empty() {
        return None;
    }
    let mut fixed = [0; 2 * NUMBER_LENGTH];
    let (first, second) = fixed.split_at_mut(NUMBER_LENGTH);
    place(r, first)?;
    place(s, second)?;
    Some(fixed)
}

/// The content of the element that begins the bytes, and what follows it. The longest signature over P-256 has 70
/// bytes in it, so that a length is one byte.
fn value(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, rest) = bytes.split_at_checked(2)?;
    match header {
        [found, length @ 0..0x80] if *found == tag => rest.split_at_checked(usize::from(*length)),
        _ => None,
    }
}

/// Writes a positive number in its shortest form to the end of its place.
fn place(integer: &[u8], to: &mut [u8]) -> Option<()> {
    let number = match integer {
        // A zero in front is there only to keep the number positive.
        [0, 0x80..=0xff, ..] => integer.get(1..)?,
        [1..0x80, ..] => integer,
        _ => return None,
    };
    let start = to.len().checked_sub(number.len())?;
    to.get_mut(start..)?.copy_from_slice(number);
    Some(())
}
