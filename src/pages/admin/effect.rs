//! What a change comes to, shown before it is made: who could do more by it, and who less.

use crate::access::administration::{Effect, MEMBER_READ, Organisation, Overreach, ROLE_READ};
use crate::access::catalogue::Catalogue;
use crate::access::identity::TenantId;
use crate::oauth::server::AuthServer;
use crate::pages::account::place::Place;
use crate::pages::stop::Stop;

/// What is shown of a change that was not made yet.
pub(super) struct Preview {
    /// What becomes of whom; none where they may not see both who holds a role and what it grants.
    pub(super) effects: Option<Vec<Shown>>,
    /// Why it cannot be made, if it cannot.
    pub(super) trouble: Option<Overreach>,
}

/// What becomes of one member.
pub(super) struct Shown {
    pub(super) user: String,
    pub(super) gains: Vec<String>,
    pub(super) loses: Vec<String>,
}

impl Preview {
    /// The change that makes of the organisation what `revise` makes of it, judged as it will be when it is made.
    pub(super) fn of(
        server: &AuthServer,
        place: &Place,
        needs: &'static str,
        before: &Organisation,
        revise: impl FnOnce(&mut Organisation),
    ) -> Self {
        let catalogue = &server.api.catalogue;
        let mut after = before.clone();
        revise(&mut after);
        let trouble = before.judge(&place.user.id, needs, &after, catalogue).err();
        let may_see = [MEMBER_READ, ROLE_READ].iter().all(|it| place.holds(server, it));
        let effects = may_see.then(|| before.effects(&after, catalogue));
        let effects = effects.map(|it| it.into_iter().map(|effect| shown(effect, catalogue)).collect());
        Self { trouble, effects }
    }
}

fn shown(Effect { user, gains, loses }: Effect, catalogue: &Catalogue) -> Shown {
    let names = |set| catalogue.names(set).map(str::to_owned).collect();
    Shown { user: user.to_string(), gains: names(gains), loses: names(loses) }
}

/// The organisation as it is.
pub(super) async fn organisation(server: &AuthServer, tenant: &TenantId) -> Result<Organisation, Stop> {
    let admin = server.store.admin();
    Ok(Organisation { tenant: admin.tenant(tenant).await?, users: admin.users(tenant).await? })
}
