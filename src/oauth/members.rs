//! Where a person may act today.

use super::server::{AuthServer, Failure};
use super::session::SignedIn;
use crate::access::tenant::{Tenant, TenantStatus, User, UserKind, UserStatus};

/// More tenants than anybody picks from on one page.
const MAX_TENANTS: usize = 50;

/// The tenants in which the person may act today, and as whom.
pub(crate) async fn members(server: &AuthServer, signed_in: &SignedIn) -> Result<Vec<(Tenant, User)>, Failure> {
    let memberships = match &signed_in.memberships {
        Some(said) => said.clone(),
        None => server.store.memberships(&signed_in.identity).await?,
    };
    let mut members = Vec::new();
    for membership in memberships.into_iter().take(MAX_TENANTS) {
        let member = server.store.member(&membership.tenant, &membership.user).await?;
        let acts = |(tenant, user): &(Tenant, User)| {
            tenant.status == TenantStatus::Active && user.status == UserStatus::Active && user.kind == UserKind::Person
        };
        members.extend(member.filter(acts));
    }
    Ok(members)
}
