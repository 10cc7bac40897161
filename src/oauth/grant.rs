//! What a user granted to a client: the one thing that a code, a family of refresh tokens and their access tokens all
//! stand under. One grant for each authorization.

use serde::{Deserialize, Serialize};

use crate::access::identity::{ClientId, GrantId, TenantId, UserId};

use super::scope::Scopes;

/// A grant, as it was made. It never changes; that it has ended is a fact of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// `gra_…`, in the tenant's partition.
    pub id: GrantId,
    /// The tenant that the user picked.
    pub tenant: TenantId,
    /// Who granted it, and acts.
    pub user: UserId,
    /// To whom.
    pub client: ClientId,
    /// What, as the user confirmed it: never more than was asked for.
    pub scopes: Scopes,
    /// The API that its tokens are for.
    pub resource: String,
}

impl Grant {
    /// A new grant's id, of fresh random bytes.
    pub fn new_id(random: [u8; 12]) -> Option<GrantId> {
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        GrantId::parse(&format!("gra_{digits}")).ok()
    }
}
