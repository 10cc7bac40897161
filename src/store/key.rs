//! Where records lie.
//!
//! ```text
//! pk                        sk
//! TENANT#<business_id>      TENANT
//!        〃                 USER#<user_id>
//!        〃                 PAT#<sha256 of the token, hex>
//!        〃                 GRANT#<grant_id>
//!        〃                 MEMBER#<user_id>#<iss>#<sub>, a note of the membership below
//!        〃                 AUDIT#<time>#<random>
//! IDENTITY#<iss>#<sub>      TENANT#<business_id>
//! KEY#<issuer>              KEY#<kid>
//! INSTALLATION              CLIENT#<client_id>, for those that an operator made
//!        〃                 AUDIT#<time>#<random>, for what is no tenant's
//! ```

use crate::access::identity::{GrantId, TenantId, UserId};
use crate::token::pat::PatDigest;

/// The attribute that says in which partition a record lies.
pub const PK: &str = "pk";

/// The attribute that says where in its partition.
pub const SK: &str = "sk";

/// The attribute after whose time, in seconds since 1970, the table may forget a record.
pub const TTL: &str = "ttl";

/// The attribute that holds what a local signing key is made of. No log, no answer and no audit record has it.
pub const SECRET: &str = "secret";

/// The sort key of a tenant's own record.
pub const TENANT: &str = "TENANT";

/// What the sort keys of users start with.
pub const USER_PREFIX: &str = "USER#";
/// What the sort keys of personal access tokens start with.
pub const PAT_PREFIX: &str = "PAT#";
/// What the sort keys of grants start with.
pub const GRANT_PREFIX: &str = "GRANT#";
/// What the sort keys of the audit log start with.
pub const AUDIT_PREFIX: &str = "AUDIT#";
/// What the partitions of persons start with.
pub const IDENTITY_PREFIX: &str = "IDENTITY#";
/// What both keys of an issuer's public keys start with.
pub const KEY_PREFIX: &str = "KEY#";

/// The partition of what belongs to no tenant: the operators' clients by id, and who changed such things.
pub const INSTALLATION: &str = "INSTALLATION";

/// What the keys of clients start with.
pub const CLIENT_PREFIX: &str = "CLIENT#";

/// The partition of a tenant: everything that is its own.
pub fn tenant_partition(tenant: &TenantId) -> String {
    format!("TENANT#{tenant}")
}

/// The partition of an issuer's public keys.
pub fn key_partition(issuer: &str) -> String {
    format!("{KEY_PREFIX}{issuer}")
}

/// The sort key of a public key.
pub fn public_key(key_id: &str) -> String {
    format!("{KEY_PREFIX}{key_id}")
}

/// The sort key of a user.
pub fn user(user: &UserId) -> String {
    format!("{USER_PREFIX}{user}")
}

/// What the sort keys of the notes start with that say who may act as a user: the rest is behind
/// [`IDENTITY_PREFIX`] where the person's memberships lie.
pub fn member_prefix(user: &UserId) -> String {
    format!("MEMBER#{user}#")
}

/// The sort key of a tenant's membership, in the partition of a person.
pub fn membership(tenant: &TenantId) -> String {
    format!("TENANT#{tenant}")
}

/// The sort key of a personal access token.
pub fn pat(digest: PatDigest) -> String {
    format!("{PAT_PREFIX}{}", digest.to_hex())
}

/// The sort key of a grant.
pub fn grant(grant: &GrantId) -> String {
    format!("{GRANT_PREFIX}{grant}")
}
