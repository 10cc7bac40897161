//! Personal access tokens: text that says whom it is for, and proves before any read that this server wrote it.
//!
//! ```text
//! crm_pat_0a8fK…………………………………………………………………………………………………………………………………………zQ0Xk91c
//! └──┬───┘└──────────────────── base62 of the body ────────────────────┘└─┬──┘
//!  prefix  ┌──────┬────────┬──────┬─────────────┬──────────────┐      CRC-32
//!          │ form │ tenant │ user │ 24 random B │ HMAC, 10 B   │   of all before it
//!          └──────┴────────┴──────┴─────────────┴──────────────┘
//! ```
//!
//! Form 1 packs ids like the product's (`biz_` and `usr_` with 24 lower-case hex digits) into 12 bytes each: 95
//! characters with the prefix `crm`. Form 2 puts a length byte before each id, whatever it is, and stays below 256.
//!
//! A typo dies on the CRC, which anyone can compute; a forgery dies on the HMAC-SHA-256, truncated to 80 bits, for
//! which one needs the server's key. So nobody else can make the authorizer read a tenant's records. Only the SHA-256
//! of the whole text is stored, and 192 random bits make that as good as a password hash (OWASP ASVS 6.5.2).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::base62;
use super::refusal::Refusal;
use crate::access::identity::{TenantId, UserId};

/// Random bytes in a token: 192 bits.
pub const SECRET_LENGTH: usize = 24;

/// The longest token, in characters.
pub const MAX_LENGTH: usize = 255;

const MAC_LENGTH: usize = 10;
const CHECK_DIGITS: usize = 6;
const INFIX: &str = "_pat_";
const FORM_COMPACT: u8 = 1;
const FORM_LENGTH_PREFIXED: u8 = 2;
const COMPACT_ID_LENGTH: usize = 12;

/// The shortest key, in bytes: HMAC-SHA-256 gains nothing beyond its block, and loses below its output.
const MIN_KEY_LENGTH: usize = 32;

/// Keeps this HMAC apart from any other use of the same key.
const MAC_DOMAIN: &[u8] = b"edge-authorizer personal access token\0";

/// The first part of every token of an installation, by which people and secret scanners know whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// A lower-case letter and up to eleven more letters or digits.
    ///
    /// # Errors
    /// [`PatConfigError::Prefix`] for anything else.
    pub fn parse(text: &str) -> Result<Self, PatConfigError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let starts = text.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
        if !plain || !starts || text.len() > 12 {
            return Err(PatConfigError::Prefix { given: text.to_owned() });
        }
        Ok(Self(format!("{text}{INFIX}")))
    }

    /// The prefix as it stands in a token, `crm_pat_`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A setting that no token can be made or read with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatConfigError {
    #[error("`{given}` is not a token prefix: a lower-case letter and up to 11 more lower-case letters or digits")]
    Prefix { given: String },
    #[error("the MAC key has {length} bytes, and needs at least {MIN_KEY_LENGTH}")]
    KeyTooShort { length: usize },
}

/// A server key for the tokens' HMAC.
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Takes the key's bytes.
    ///
    /// # Errors
    /// [`PatConfigError::KeyTooShort`] below 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, PatConfigError> {
        let short = PatConfigError::KeyTooShort { length: bytes.len() };
        if bytes.len() < MIN_KEY_LENGTH {
            return Err(short);
        }
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| short)
    }

    fn over(&self, prefix: &Prefix, body: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(MAC_DOMAIN).chain_update(prefix.as_str()).chain_update(body)
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MacKey").finish_non_exhaustive()
    }
}

/// What makes and reads the tokens of one installation.
#[derive(Clone, Debug)]
pub struct PatFormat {
    prefix: Prefix,
    current: MacKey,
    previous: Option<MacKey>,
}

impl PatFormat {
    /// New tokens are made under `current`; tokens under `previous` are still read.
    pub fn new(prefix: Prefix, current: MacKey, previous: Option<MacKey>) -> Self {
        Self { prefix, current, previous }
    }

    /// Whether the text claims to be a token of this installation.
    pub fn claims(&self, text: &str) -> bool {
        text.starts_with(self.prefix.as_str())
    }

    /// Makes a token. `secret` must be fresh bytes of a cryptographically secure generator.
    pub fn issue(&self, tenant: &TenantId, user: &UserId, secret: [u8; SECRET_LENGTH]) -> IssuedPat {
        let mut body = identify(tenant, user);
        body.extend_from_slice(&secret);
        let mac = self.current.over(&self.prefix, &body).finalize().into_bytes();
        body.extend(mac.iter().take(MAC_LENGTH));
        let mut text = format!("{}{}", self.prefix.as_str(), base62::encode(&body));
        let check = check_value(&text);
        text.push_str(&check);
        let digest = PatDigest::of(&text);
        IssuedPat { text, digest }
    }

    /// Reads a token that was presented, without reading anything else.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when it does not have the form of a token, [`Refusal::Mistyped`] when its check value
    /// is wrong, [`Refusal::Forged`] when no key of this server made it.
    pub fn open(&self, text: &str) -> Result<PresentedPat, Refusal> {
        let encoded = text.strip_prefix(self.prefix.as_str()).ok_or(Refusal::Malformed)?;
        if text.len() > MAX_LENGTH || !encoded.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Refusal::Malformed);
        }
        let (unchecked, check) = text
            .split_at_checked(text.len().saturating_sub(CHECK_DIGITS))
            .filter(|(unchecked, _)| unchecked.len() > self.prefix.as_str().len())
            .ok_or(Refusal::Malformed)?;
        if check_value(unchecked) != check {
            return Err(Refusal::Mistyped);
        }
        let body = unchecked.strip_prefix(self.prefix.as_str()).and_then(base62::decode).ok_or(Refusal::Malformed)?;
        let (signed, mac) = body.split_at_checked(body.len().saturating_sub(MAC_LENGTH)).ok_or(Refusal::Malformed)?;
        if !self.made(signed, mac) {
            return Err(Refusal::Forged);
        }
        let (tenant, user) = identified(signed).ok_or(Refusal::Malformed)?;
        Ok(PresentedPat { tenant, user, digest: PatDigest::of(text) })
    }

    /// Whether this server's current or previous key made the code, compared in constant time.
    fn made(&self, signed: &[u8], mac: &[u8]) -> bool {
        let by =
            |key: &MacKey| mac.len() == MAC_LENGTH && key.over(&self.prefix, signed).verify_truncated_left(mac).is_ok();
        by(&self.current) || self.previous.as_ref().is_some_and(by)
    }
}

/// A token just made: the only time that its text exists on this side.
pub struct IssuedPat {
    text: String,
    digest: PatDigest,
}

impl IssuedPat {
    /// The text, to be shown once.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What is stored of it.
    pub fn digest(&self) -> PatDigest {
        self.digest
    }
}

impl fmt::Debug for IssuedPat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedPat").finish_non_exhaustive()
    }
}

/// A token whose form and MAC are right. Whether it is still good, only its record can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentedPat {
    pub tenant: TenantId,
    pub user: UserId,
    pub digest: PatDigest,
}

/// SHA-256 of a token's whole text: what the store knows of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatDigest([u8; 32]);

impl PatDigest {
    fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Lower-case hex, as it stands in the record's key.
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Not a secret that opens anything, yet it finds a token's record: it stays out of logs all the same.
impl fmt::Debug for PatDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatDigest").finish_non_exhaustive()
    }
}

fn check_value(text: &str) -> String {
    base62::padded(u128::from(crc32fast::hash(text.as_bytes())), CHECK_DIGITS)
}

/// The part of a body that says whom the token is for.
fn identify(tenant: &TenantId, user: &UserId) -> Vec<u8> {
    if let (Some(tenant), Some(user)) = (compact(tenant.as_str(), "biz_"), compact(user.as_str(), "usr_")) {
        return [&[FORM_COMPACT], tenant.as_slice(), user.as_slice()].concat();
    }
    let mut bytes = vec![FORM_LENGTH_PREFIXED];
    for id in [tenant.as_str(), user.as_str()] {
        // An id has at most 64 bytes.
        bytes.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(id.as_bytes());
    }
    bytes
}

/// Whom the token is for; none unless exactly the random bytes remain behind it.
fn identified(signed: &[u8]) -> Option<(TenantId, UserId)> {
    let (form, rest) = signed.split_first()?;
    let (tenant, user, secret) = match *form {
        FORM_COMPACT => {
            let (tenant, rest) = rest.split_at_checked(COMPACT_ID_LENGTH)?;
            let (user, secret) = rest.split_at_checked(COMPACT_ID_LENGTH)?;
            (expanded(tenant, "biz_"), expanded(user, "usr_"), secret)
        }
        FORM_LENGTH_PREFIXED => {
            let (tenant, rest) = length_prefixed(rest)?;
            let (user, secret) = length_prefixed(rest)?;
            (tenant.to_owned(), user.to_owned(), secret)
        }
        _ => return None,
    };
    if secret.len() != SECRET_LENGTH {
        return None;
    }
    Some((TenantId::parse(&tenant).ok()?, UserId::parse(&user).ok()?))
}

fn compact(id: &str, prefix: &str) -> Option<Vec<u8>> {
    let digits = id.strip_prefix(prefix).filter(|digits| digits.len() == 2 * COMPACT_ID_LENGTH)?;
    if !digits.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit)) {
        return None;
    }
    digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn expanded(bytes: &[u8], prefix: &str) -> String {
    bytes.iter().fold(prefix.to_owned(), |id, byte| id + &format!("{byte:02x}"))
}

fn length_prefixed(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (id, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((std::str::from_utf8(id).ok()?, rest))
}
