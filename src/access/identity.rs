//! Who is meant: names of tenants and users, checked once, where text comes in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest id, in bytes. A PAT carries two of them and must stay below 256 characters.
pub const MAX_ID_LENGTH: usize = 64;

/// Text that is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to {MAX_ID_LENGTH} characters, each a letter, a digit or one of `_ - . : | @ + =`")]
pub struct InvalidId;

/// Ids reach a record's key, a header and a log line: none of their characters means anything in any of the three.
fn checked(text: &str) -> Result<String, InvalidId> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:|@+=".contains(&byte);
    if text.is_empty() || text.len() > MAX_ID_LENGTH || !text.bytes().all(plain) {
        return Err(InvalidId);
    }
    Ok(text.to_owned())
}

/// The longest URL that a client is named by, in bytes.
const MAX_CLIENT_URL_LENGTH: usize = 255;

/// What the id of a client starts with that is the address of its own document.
const URL_SCHEME: &str = "https://";

/// A client's id is one of ours, or a URL: the characters of RFC 3986 without `#`, which means something in a record's
/// key. Whether it is the address of a document, the authorization server judges.
fn checked_client(text: &str) -> Result<String, InvalidId> {
    let Some(rest) = text.strip_prefix(URL_SCHEME) else { return checked(text) };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte);
    if rest.is_empty() || text.len() > MAX_CLIENT_URL_LENGTH || !rest.bytes().all(plain) {
        return Err(InvalidId);
    }
    Ok(text.to_owned())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $checked:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes the text if it has the form of an id.
            ///
            /// # Errors
            /// [`InvalidId`] for anything else.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                $checked(text).map(Self)
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// One customer of the product: the API's `business_id`.
    TenantId, checked
}
id! {
    /// One user of a tenant: the person or the service that a token acts for.
    UserId, checked
}
id! {
    /// What a user granted to a client.
    GrantId, checked
}
id! {
    /// An OAuth client: a registered one, or one that its own document describes, by the document's https URL.
    ClientId, checked_client
}

impl ClientId {
    /// Whether it is a URL: then no record of ours made the client.
    pub fn is_url(&self) -> bool {
        self.0.starts_with(URL_SCHEME)
    }
}
