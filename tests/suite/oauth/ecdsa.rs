//! Signatures from DER to the form of a JWT: one way in, or none.

use edge_authorizer::oauth::ecdsa::fixed_of_der;
use proptest::prelude::*;

/// [110]: the numbers of a signature, and what is not exactly one.
#[test]
fn only_the_one_way_to_write_a_signature_is_read() {
    let (small, high) = ("0201 05", format!("0221 00{}", "ff".repeat(32)));
    let longest = format!("0220 7f{}", "ee".repeat(31));
    for (der, r_and_s) in [
        (format!("3006 {small} {small}"), Some(format!("{:0>64}{:0>64}", "05", "05"))),
        (format!("3026 {small} {high}"), Some(format!("{:0>64}{}", "05", "ff".repeat(32)))),
        (format!("3025 {longest} {small}"), Some(format!("7f{}{:0>64}", "ee".repeat(31), "05"))),
        // Nothing, less than it says, more than it says, another element.
        (String::new(), None),
        ("30".to_owned(), None),
        (format!("3007 {small} {small}"), None),
        (format!("3006 {small} {small} 00"), None),
        (format!("3005 {small} {small}"), None),
        (format!("3106 {small} {small}"), None),
        (format!("3006 0301 05 {small}"), None),
        (format!("3003 {small}"), None),
        (format!("3009 {small} {small} {small}"), None),
        // A length in the long form, where the short one does; an indefinite one.
        (format!("308106 {small} {small}"), None),
        (format!("3080 {small} {small} 0000"), None),
        (format!("3007 028101 05 {small}"), None),
        // No number, zero, a negative one, one with zeros in front, one that is too long.
        (format!("3005 0200 {small}"), None),
        (format!("3006 0201 00 {small}"), None),
        (format!("3006 0201 80 {small}"), None),
        (format!("3007 0202 0005 {small}"), None),
        (format!("3008 0203 000080 {small}"), None),
        (format!("3026 {small} 0221 01{}", "ff".repeat(32)), None),
        (format!("3027 {small} 0222 00{}", "ff".repeat(33)), None),
    ] {
        let read = fixed_of_der(&bytes(&der)).map(|fixed| hex(&fixed));
        assert_eq!(read, r_and_s, "{der}");
    }
}

proptest! {
    /// Any two numbers come back as they were.
    #[test]
    fn every_signature_comes_back(r in any::<[u8; 32]>(), s in any::<[u8; 32]>()) {
        prop_assume!(r != [0; 32] && s != [0; 32]);
        let fixed = fixed_of_der(&der(&r, &s));
        prop_assert_eq!(fixed.map(|it| it.to_vec()), Some([r, s].concat()));
    }

    /// What is read is what would be written: no two texts are the same signature.
    #[test]
    fn nothing_else_is_a_signature(
        r in prop::collection::vec(any::<u8>(), 0..36),
        s in prop::collection::vec(any::<u8>(), 0..36),
        slip in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut bytes = element(0x30, &[element(2, &r), element(2, &s)].concat());
        if let Some((at, byte)) = slip {
            *at.get_mut(&mut bytes) = byte;
        }
        if let Some(fixed) = fixed_of_der(&bytes) {
            let (r, s) = fixed.split_at(32);
            prop_assert_eq!(der(r, s), bytes);
        }
    }
}

/// A signature as KMS writes it, written a second time.
pub(super) fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| {
        let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        let shortest = &bytes[first..];
        let sign = if shortest.first().is_some_and(|byte| *byte >= 0x80) { vec![0] } else { vec![] };
        element(2, &[&sign, shortest].concat())
    };
    element(0x30, &[number(r), number(s)].concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
