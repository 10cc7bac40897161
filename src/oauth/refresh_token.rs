//! Refresh tokens: text that names the tenant and the grant that it belongs to (see [`crate::token::text`]), so that
//! its family is found without an index, and a made-up one dies before any read. Only its SHA-256 is stored.

use std::fmt;

use crate::access::identity::{GrantId, TenantId};
use crate::token::text::{Kind, MacKey, Prefix, SECRET_LENGTH, TextFormat};

use super::error::GrantProblem;
use super::secret::SecretDigest;

/// `crm_rt_…`
const KIND: Kind = Kind { infix: "_rt_", mac_domain: b"edge-authorizer refresh token\0", packed: ["biz_", "gra_"] };

/// What makes and reads the refresh tokens of one installation.
#[derive(Clone, Debug)]
pub struct RefreshTokenFormat(TextFormat);

impl RefreshTokenFormat {
    /// New tokens are made under `current`; tokens under `previous` are still read.
    pub fn new(prefix: &Prefix, current: MacKey, previous: Option<MacKey>) -> Self {
        Self(TextFormat::new(&KIND, prefix, current, previous))
    }

    /// Whether the text claims to be a refresh token of this installation.
    pub fn claims(&self, text: &str) -> bool {
        self.0.claims(text)
    }

    /// Makes a token of fresh random bytes.
    pub fn issue(&self, tenant: &TenantId, grant: &GrantId, random: [u8; SECRET_LENGTH]) -> IssuedRefreshToken {
        IssuedRefreshToken(self.0.issue([tenant.as_str(), grant.as_str()], random))
    }

    /// Reads a token that was presented.
    ///
    /// # Errors
    /// [`GrantProblem::Malformed`] for anything that this server did not make.
    pub fn open(&self, text: &str) -> Result<PresentedRefreshToken, GrantProblem> {
        let [tenant, grant] = self.0.open(text).map_err(|_| GrantProblem::Malformed)?.ids;
        let tenant = TenantId::parse(&tenant).map_err(|_| GrantProblem::Malformed)?;
        let grant = GrantId::parse(&grant).map_err(|_| GrantProblem::Malformed)?;
        Ok(PresentedRefreshToken { text: text.to_owned(), tenant, grant })
    }
}

/// A token just made.
pub struct IssuedRefreshToken(String);

impl IssuedRefreshToken {
    /// The text, for the answer alone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(&self.0)
    }
}

impl fmt::Debug for IssuedRefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedRefreshToken").finish_non_exhaustive()
    }
}

/// A token that this server made, for this tenant and this grant. Whether it is still good, its family knows.
pub struct PresentedRefreshToken {
    text: String,
    /// Where its family lies.
    pub tenant: TenantId,
    /// Which family it is.
    pub grant: GrantId,
}

impl PresentedRefreshToken {
    /// The text: the seal of the answer opens with it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What its family knows it by.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(&self.text)
    }
}

impl fmt::Debug for PresentedRefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedRefreshToken").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}
