//! Token text that says whom it is for, and proves before any read that this server wrote it.
//!
//! ```text
//! crm_pat_0a8fK…………………………………………………………………………………………………………………………………………zQ0Xk91c
//! └──┬───┘└──────────────────── base62 of the body ────────────────────┘└─┬──┘
//!  prefix  ┌──────┬────────┬────────┬─────────────┬──────────────┐    CRC-32
//!          │ form │ one id │ second │ 24 random B │ HMAC, 10 B   │   of all before it
//!          └──────┴────────┴────────┴─────────────┴──────────────┘
//! ```
//!
//! Form 1 packs ids like the product's (a known prefix with 24 lower-case hex digits) into 12 bytes each. Form 2 puts
//! a length byte before each id, whatever it is, and stays below 256 characters.
//!
//! A typo dies on the CRC, which anyone can compute; a forgery dies on the HMAC-SHA-256, truncated to 80 bits, for
//! which one needs the server's key. So nobody else can make the server read a tenant's records.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::base62;
use super::refusal::Refusal;

/// Random bytes in a token: 192 bits.
pub const SECRET_LENGTH: usize = 24;

/// The longest token, in characters.
pub const MAX_LENGTH: usize = 255;

const MAC_LENGTH: usize = 10;
const CHECK_DIGITS: usize = 6;
const FORM_COMPACT: u8 = 1;
const FORM_LENGTH_PREFIXED: u8 = 2;
const COMPACT_ID_LENGTH: usize = 12;

/// The shortest key, in bytes: HMAC-SHA-256 gains nothing beyond its block, and loses below its output.
const MIN_KEY_LENGTH: usize = 32;

/// The first part of every token of an installation, by which people and secret scanners know whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// A lower-case letter and up to eleven more letters or digits.
    ///
    /// # Errors
    /// [`TextConfigError::Prefix`] for anything else.
    pub fn parse(text: &str) -> Result<Self, TextConfigError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let starts = text.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
        if !plain || !starts || text.len() > 12 {
            return Err(TextConfigError::Prefix { given: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }

    /// The prefix, `crm`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A setting that no token can be made or read with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextConfigError {
    /// Text that cannot stand in front of a token.
    #[error("`{given}` is not a token prefix: a lower-case letter and up to 11 more lower-case letters or digits")]
    Prefix {
        /// The text as it was given.
        given: String,
    },
    /// A key that is too easily guessed.
    #[error("the MAC key has {length} bytes, and needs at least {MIN_KEY_LENGTH}")]
    KeyTooShort {
        /// Its length in bytes.
        length: usize,
    },
}

/// A server key for the tokens' HMAC.
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Takes the key's bytes.
    ///
    /// # Errors
    /// [`TextConfigError::KeyTooShort`] below 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, TextConfigError> {
        let short = TextConfigError::KeyTooShort { length: bytes.len() };
        if bytes.len() < MIN_KEY_LENGTH {
            return Err(short);
        }
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| short)
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MacKey").finish_non_exhaustive()
    }
}

/// One kind of token.
#[derive(Debug)]
pub struct Kind {
    /// What follows the installation's prefix: `_pat_`.
    pub infix: &'static str,
    /// Keeps this kind's HMAC apart from any other use of the same key.
    pub mac_domain: &'static [u8],
    /// What the two ids start with where they can be packed.
    pub packed: [&'static str; 2],
}

/// What makes and reads the text of one kind of token in one installation.
#[derive(Clone, Debug)]
pub struct TextFormat {
    kind: &'static Kind,
    prefix: String,
    current: MacKey,
    previous: Option<MacKey>,
}

/// What a text says, once its MAC has proven that this server wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The two ids, in order. Their own form is not checked.
    pub ids: [String; 2],
}

impl TextFormat {
    /// New tokens are made under `current`; tokens under `previous` are still read.
    pub fn new(kind: &'static Kind, prefix: &Prefix, current: MacKey, previous: Option<MacKey>) -> Self {
        Self { kind, prefix: format!("{}{}", prefix.as_str(), kind.infix), current, previous }
    }

    /// Whether the text claims to be such a token.
    pub fn claims(&self, text: &str) -> bool {
        text.starts_with(&self.prefix)
    }

    /// Makes a token's text. `secret` must be fresh bytes of a cryptographically secure generator.
    pub fn issue(&self, ids: [&str; 2], secret: [u8; SECRET_LENGTH]) -> String {
        let mut body = identify(ids, self.kind.packed);
        body.extend_from_slice(&secret);
        let mac = self.over(&self.current, &body).finalize().into_bytes();
        body.extend(mac.iter().take(MAC_LENGTH));
        let mut text = format!("{}{}", self.prefix, base62::encode(&body));
        let check = check_value(&text);
        text.push_str(&check);
        text
    }

    /// Reads a token that was presented, without reading anything else.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when it does not have the form of a token, [`Refusal::Mistyped`] when its check value
    /// is wrong, [`Refusal::Forged`] when no key of this server made it.
    pub fn open(&self, text: &str) -> Result<Opened, Refusal> {
        let encoded = text.strip_prefix(&self.prefix).ok_or(Refusal::Malformed)?;
        if text.len() > MAX_LENGTH || !encoded.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Refusal::Malformed);
        }
        let (unchecked, check) = text
            .split_at_checked(text.len().saturating_sub(CHECK_DIGITS))
            .filter(|(unchecked, _)| unchecked.len() > self.prefix.len())
            .ok_or(Refusal::Malformed)?;
        if check_value(unchecked) != check {
            return Err(Refusal::Mistyped);
        }
        let body = unchecked.strip_prefix(&self.prefix).and_then(base62::decode).ok_or(Refusal::Malformed)?;
        let (signed, mac) = body.split_at_checked(body.len().saturating_sub(MAC_LENGTH)).ok_or(Refusal::Malformed)?;
        if !self.made(signed, mac) {
            return Err(Refusal::Forged);
        }
        identified(signed, self.kind.packed).map(|ids| Opened { ids }).ok_or(Refusal::Malformed)
    }

    /// Whether this server's current or previous key made the code, compared in constant time.
    fn made(&self, signed: &[u8], mac: &[u8]) -> bool {
        let by = |key: &MacKey| mac.len() == MAC_LENGTH && self.over(key, signed).verify_truncated_left(mac).is_ok();
        by(&self.current) || self.previous.as_ref().is_some_and(by)
    }

    fn over(&self, key: &MacKey, body: &[u8]) -> Hmac<Sha256> {
        key.0.clone().chain_update(self.kind.mac_domain).chain_update(&self.prefix).chain_update(body)
    }
}

fn check_value(text: &str) -> String {
    base62::padded(u128::from(crc32fast::hash(text.as_bytes())), CHECK_DIGITS)
}

/// The part of a body that says whom the token is for.
fn identify(ids: [&str; 2], packed: [&str; 2]) -> Vec<u8> {
    let compacted = || ids.into_iter().zip(packed).map(|(id, prefix)| compact(id, prefix)).collect::<Option<Vec<_>>>();
    if let Some(ids) = compacted() {
        return [vec![FORM_COMPACT], ids.concat()].concat();
    }
    let mut bytes = vec![FORM_LENGTH_PREFIXED];
    for id in ids {
        // An id has at most 64 bytes.
        bytes.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(id.as_bytes());
    }
    bytes
}

/// Whom the token is for; none unless exactly the random bytes remain behind it.
fn identified(signed: &[u8], packed: [&str; 2]) -> Option<[String; 2]> {
    let (form, rest) = signed.split_first()?;
    let [first_prefix, second_prefix] = packed;
    let (ids, secret) = match *form {
        FORM_COMPACT => {
            let (first, rest) = rest.split_at_checked(COMPACT_ID_LENGTH)?;
            let (second, secret) = rest.split_at_checked(COMPACT_ID_LENGTH)?;
            ([expanded(first, first_prefix), expanded(second, second_prefix)], secret)
        }
        FORM_LENGTH_PREFIXED => {
            let (first, rest) = length_prefixed(rest)?;
            let (second, secret) = length_prefixed(rest)?;
            ([first.to_owned(), second.to_owned()], secret)
        }
        _ => return None,
    };
    (secret.len() == SECRET_LENGTH).then_some(ids)
}

fn compact(id: &str, prefix: &str) -> Option<Vec<u8>> {
    let digits = id.strip_prefix(prefix).filter(|digits| digits.len() == 2 * COMPACT_ID_LENGTH)?;
    if !digits.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit)) {
        return None;
    }
    hex::decode(digits).ok()
}

fn expanded(bytes: &[u8], prefix: &str) -> String {
    [prefix, &hex::encode(bytes)].concat()
}

fn length_prefixed(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (id, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((std::str::from_utf8(id).ok()?, rest))
}
