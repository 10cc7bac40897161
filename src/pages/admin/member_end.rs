//! `…/member/end?user=&how=`: a member is disabled, enabled or removed; asked first.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::effect::{Preview, organisation};
use super::member::member;
use crate::access::administration::{MEMBER_READ, MEMBER_WRITE, Organisation, Overreach};
use crate::access::identity::UserId;
use crate::access::tenant::UserStatus;
use crate::oauth::error::Problem;
use crate::oauth::http::Incoming;
use crate::oauth::parameters::Parameters;
use crate::oauth::server::AuthServer;
use crate::pages::account::place::{Once, Place, ended, page};
use crate::pages::frame::{Frame, Tab};
use crate::pages::next::Next;
use crate::pages::stop::{Stop, answer};
use crate::store::admin::AdminError;

#[derive(Template)]
#[template(path = "admin/member_end.html")]
struct EndPage<'a> {
    frame: Frame<'a>,
    tenant: &'a str,
    user: &'a str,
    how: How,
    once: Once,
    preview: Preview,
}

impl EndPage<'_> {
    fn is_ending(&self) -> bool {
        self.how != How::Enable
    }
}

/// What is to become of a member.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Disable,
    Enable,
    Remove,
}

impl How {
    fn read(typed: &Parameters) -> Result<Self, Problem> {
        match typed.required("how")? {
            "disable" => Ok(Self::Disable),
            "enable" => Ok(Self::Enable),
            "remove" => Ok(Self::Remove),
            _ => Err(Problem::Invalid("how")),
        }
    }

    fn field(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::Remove => "remove",
        }
    }

    fn revise(self, organisation: &mut Organisation, id: &UserId) {
        let status = match self {
            Self::Disable => UserStatus::Disabled,
            Self::Enable => UserStatus::Active,
            Self::Remove => return organisation.users.retain(|user| user.id != *id),
        };
        organisation.users.iter_mut().filter(|user| user.id == *id).for_each(|user| user.status = status);
    }
}

/// `GET …/member/end`
pub(super) async fn get(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(asked(&server, &tenant, request).await)
}

/// `POST …/member/end`
pub(super) async fn post(
    State(server): State<Arc<AuthServer>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(made(&server, &tenant, request).await)
}

async fn asked(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let place = Place::of(server, &incoming, tenant).await?;
    place.needs(server, MEMBER_READ)?;
    place.needs(server, MEMBER_WRITE)?;
    place.fresh(server, &Next::to(&incoming.path, &incoming.query))?;
    shown(server, &place, &Parameters::parse(incoming.query.as_bytes())?).await
}

async fn made(server: &AuthServer, tenant: &str, request: Request) -> Result<Response, Stop> {
    let incoming = Incoming::read(request).await?;
    let (place, form) = Place::changing(server, &incoming, tenant, [MEMBER_READ, MEMBER_WRITE]).await?;
    let before = organisation(server, &place.tenant.id).await?;
    let (id, how) = (&member(&before, &form)?.id, How::read(&form)?);
    let (admin, stamp) = (place.delegated(server), server.stamp(&place.user.id)?);
    let done = match how {
        How::Disable => admin.set_user_status(&place.tenant.id, id, UserStatus::Disabled, &stamp).await.map(drop),
        How::Enable => admin.set_user_status(&place.tenant.id, id, UserStatus::Active, &stamp).await.map(drop),
        How::Remove => admin.remove_user(&place.tenant.id, id, &stamp).await.map(drop),
    };
    match done {
        // So already is what was wanted.
        Ok(()) | Err(AdminError::UserAlready { .. }) => ended(server).await,
        Err(AdminError::Overreach(_)) => return shown(server, &place, &form).await,
        Err(error) => return Err(error.into()),
    }
    Ok(place.way_to(server, "members"))
}

async fn shown(server: &AuthServer, place: &Place, typed: &Parameters) -> Result<Response, Stop> {
    let before = organisation(server, &place.tenant.id).await?;
    let (user, how) = (member(&before, typed)?, How::read(typed)?);
    Ok(page(&EndPage {
        frame: place.frame(server, Tab::Members),
        tenant: place.tenant.id.as_str(),
        user: user.id.as_str(),
        how,
        once: place.once(server)?,
        preview: Preview::of(server, place, MEMBER_WRITE, &before, |it| how.revise(it, &user.id)),
    }))
}
