//! The fingerprint of RSA keys that a broken generator made (ROCA, CVE-2017-15361): their private halves can be
//! computed.
//!
//! The primes that it drew are `k · M + (65537^a mod M)`, with M the product of the first primes. So the modulus is a
//! power of 65537 modulo each of these primes. Of other moduli, about one in 2²⁷ is too.

/// The odd primes up to 167, which divide M for keys of every length in use.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

const GENERATOR: u32 = 65537;

/// Whether the modulus, as big-endian bytes, has the fingerprint.
pub(super) fn is_suspect(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|prime| is_power(remainder(modulus, *prime), *prime))
}

fn remainder(modulus: &[u8], prime: u32) -> u32 {
    modulus.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime)
}

/// Whether the number is a power of the generator modulo the prime.
fn is_power(number: u32, prime: u32) -> bool {
    let powers = std::iter::successors(Some(1), |power| Some(power * (GENERATOR % prime) % prime));
    (0..prime).zip(powers).any(|(_, power)| power == number)
}
