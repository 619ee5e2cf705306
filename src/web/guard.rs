//! Who is asking, and whether they may.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use sha2::{Digest, Sha256};

use super::House;
use crate::error::{Error, Refusal, Result};
use crate::kernel::clock::Clock;
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, SessionId, StaffId};
use crate::kernel::permission::{Permission, Role, subject_of};
use crate::store::Tx;

/// Whoever stands behind a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub device: DeviceId,
    /// `None` for an integration, and for a terminal nobody is signed in on.
    pub staff: Option<StaffId>,
    /// `None` for a terminal nobody is signed in on.
    pub role: Option<Role>,
    pub session: Option<SessionId>,
    pub expires_at: Option<UtcMs>,
    pub scope: Scope,
    /// A manager's yes that came with this very request.
    pub approval: Option<Arc<Presented>>,
}

/// A manager's yes as a request brings it. Whether it holds is decided with its effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    pub hash: TokenHash,
    /// What the request is done to, as [`subject_of`] has it.
    pub subject: String,
}

impl Presented {
    const HEADER: &str = "approval";

    pub(super) fn of(req: &HttpRequest) -> Option<Arc<Self>> {
        let token = req.headers().get(Self::HEADER)?;
        let hash = Sha256::digest(token.as_bytes()).into();
        Some(Arc::new(Self { hash, subject: subject_of(req.path()).to_owned() }))
    }
}

/// What a token is good for, whoever stands behind it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// Whatever its role may.
    #[default]
    Whole,
    /// Looking at the statistics. It has no device and no role, so that it opens nothing else.
    Stats,
}

impl Actor {
    fn holds(&self, now: impl FnOnce() -> UtcMs) -> bool {
        self.expires_at.is_none_or(|at| now() < at)
    }
}

/// SHA-256 of a token: all that is kept of it.
pub type TokenHash = [u8; 32];

pub fn token_hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// What comes with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comes {
    /// A call: somebody uses their session.
    Call,
    /// A stream that was begun with it goes on, whether anybody looks or not.
    Stream,
}

/// Knows tokens. The staff domain implements it; the shell asks.
pub trait Authenticator: Send + Sync {
    /// From memory, without waiting.
    fn known(&self, hash: &TokenHash, comes: Comes) -> Option<Actor>;

    /// From the file, kept in memory for the next time.
    fn look_up<'a>(
        &'a self,
        hash: TokenHash,
        comes: Comes,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Actor>>> + 'a>>;

    /// Whether who was known when a request came still is when its write has its turn.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`].
    fn still(&self, tx: &Tx<'_>, by: &Actor, now: UtcMs) -> Result<()>;
}

/// The actor of a request, or 401; or 429, where the device has asked too much.
pub(super) async fn authenticate(req: &HttpRequest, house: &House) -> Result<Actor> {
    let hash = token_of(req.headers()).ok_or(Refusal::TokenMissing)?;
    let actor = actor_of(hash, Comes::Call, house.auth.as_ref(), house.clock.now()).await?;
    house.limits.device(req, &actor)?;
    Ok(actor)
}

/// The hash of the token a request brought.
pub fn token_of(headers: &HeaderMap) -> Option<TokenHash> {
    bearer(headers).map(token_hash)
}

/// Whoever stands behind a token now, or 401: also for what outlives its request, as a stream does.
pub async fn actor_of(hash: TokenHash, comes: Comes, auth: &dyn Authenticator, now: UtcMs) -> Result<Actor> {
    let actor = match auth.known(&hash, comes) {
        Some(actor) => Some(actor),
        None => auth.look_up(hash, comes).await?,
    };
    actor.filter(|actor| actor.holds(|| now)).ok_or_else(|| Refusal::TokenInvalid.into())
}

/// [`actor_of`] from memory alone, where somebody is known there.
pub(super) fn known_actor(hash: &TokenHash, auth: &dyn Authenticator, clock: &dyn Clock) -> Option<Actor> {
    auth.known(hash, Comes::Call).filter(|actor| actor.holds(|| clock.now()))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.trim())
}

/// What a route asks of its caller; stands in the handler's argument types.
pub trait Right: 'static {
    fn check(actor: &Actor) -> Result<()>;
}

/// 403, naming the permission that is missing.
pub fn require(actor: &Actor, permission: Permission) -> Result<()> {
    if actor.scope == Scope::Stats {
        let refused = Refusal::Forbidden.because("This sign-in is good for the stats page alone.");
        let may = permission == Permission::SeeStats;
        return if may { Ok(()) } else { Err(refused.with("permission", permission.as_str()).into()) };
    }
    let Some(role) = actor.role else {
        return Err(Refusal::TokenMissing.because("This terminal is paired; sign in with a PIN.").into());
    };
    require_role(role, permission)
}

/// [`require`] for somebody whose role is known.
pub fn require_role(role: Role, permission: Permission) -> Result<()> {
    if role.may(permission) {
        return Ok(());
    }
    let asks = permission.approvable() && role.may_ask();
    let refusal = if asks { Refusal::ApprovalNeeded } else { Refusal::Forbidden };
    let name = permission.as_str();
    Err(refusal
        .because(format!("A {} may not do this; it needs {name}.", role.as_str()))
        .with("permission", name)
        .into())
}

/// Says on what a manager has to say yes, where that is what a call was refused for.
pub(super) fn with_subject(error: Error, req: &HttpRequest) -> Error {
    match error {
        Error::Refused(refused) if matches!(refused.refusal, Refusal::ApprovalNeeded | Refusal::ApprovalInvalid) => {
            refused.with("subject", subject_of(req.path())).into()
        }
        error => error,
    }
}

/// One type a permission, for handlers to name.
pub mod right {
    use std::marker::PhantomData;

    use super::{Actor, Permission, Refusal, Result, Right, Scope, require};
    use crate::error::Error;

    /// The right `R`, or a manager's yes to it: whoever may ask for one passes, and the operation decides,
    /// by `approvals::ops::allow`, once it knows what it comes to.
    pub struct OrApproved<R>(PhantomData<R>);

    impl<R: Right> Right for OrApproved<R> {
        fn check(actor: &Actor) -> Result<()> {
            match R::check(actor) {
                Err(Error::Refused(refused)) if refused.refusal == Refusal::ApprovalNeeded => Ok(()),
                checked => checked,
            }
        }
    }

    /// Any paired device or integration, signed in or not.
    pub struct AnyDevice;

    impl Right for AnyDevice {
        fn check(actor: &Actor) -> Result<()> {
            match actor.scope {
                Scope::Whole => Ok(()),
                Scope::Stats => Err(Refusal::Forbidden.because("The stats page is no terminal.").into()),
            }
        }
    }

    macro_rules! rights {
        ($($name:ident)*) => {$(
            pub struct $name;

            impl Right for $name {
                fn check(actor: &Actor) -> Result<()> {
                    require(actor, Permission::$name)
                }
            }
        )*};
    }

    rights! {
        SeeMenu EditMenu SeeAvailability SetAvailability SeeFloor EditFloor SeeOrders TakeOrders VoidUnsent VoidSent Comp Discount
        TakePayment CorrectPayment Refund VoidOrder PriceOverride NoSale SeeDrawers UseDrawers EditDrawers SeeTimeClock EditTimeClock
        SeeAccounts EditAccounts SeeStatements SeeTickets WorkTickets SeeDay CloseDay SeeReports Export
        SeeJournal SeeEvents SeeSettings EditSettings SeeStaff EditStaff SeeDevices EditDevices SeeLists EditLists
        SeeStats SeePerformance
    }
}
