//! What is done to orders: load, decide, save, inside one transaction that is not theirs.

pub mod adjust;
mod combos;
pub mod correct;
pub mod import;
pub mod lines;
pub mod open;
pub mod refund;
pub mod send;
pub mod settle;
pub mod verify;

use super::model::{IfMatch, Order, Scope};
use crate::error::Result;
use crate::journal::Stamp;
use crate::kernel::ids::{OrderId, ReasonId, StaffId};
use crate::kernel::invalid::Invalid;
use crate::kernel::permission::{Permission, Role};
use crate::settings::model::ReasonUse;
use crate::store::Read;
use crate::{error::Refused, settings};

/// Who does it: the stamp of the job and what their role allows.
#[derive(Debug, Clone)]
pub struct By {
    pub stamp: Stamp,
    pub role: Role,
}

impl By {
    /// Refuses what the role does not allow, naming the permission.
    pub fn require(&self, permission: Permission) -> Result<()> {
        crate::web::guard::require_role(self.role, permission)
    }
}

/// Why something was done: a reason of the list, or in words.
#[derive(Debug, Clone, Default)]
pub struct Why {
    pub reason_id: Option<ReasonId>,
    pub reason: Option<String>,
    /// A manager's own right stands for the approval.
    pub approved_by: Option<StaffId>,
}

impl Why {
    pub fn is_given(&self) -> bool {
        self.reason_id.is_some() || self.reason.is_some()
    }

    /// The reason in words; refuses one that is not on the list, or is there for something else.
    pub fn resolve(mut self, db: &impl Read, used_for: ReasonUse) -> Result<Self> {
        if let Some(id) = self.reason_id {
            let wrong = |code, detail: String| Refused::input("/reason_id", Invalid::new(code, detail));
            let unknown = || wrong("unknown", format!("There is no reason {id}."));
            let listed = settings::ops::reason(db, id)?.ok_or_else(unknown)?;
            if listed.used_for != used_for {
                let (own, asked) = (listed.used_for.as_str(), used_for.as_str());
                let detail = format!("{} is a reason for a {own}, not for a {asked}.", listed.name);
                return Err(wrong("not_for_this", detail).into());
            }
            self.reason.get_or_insert(listed.name);
        }
        Ok(self)
    }
}

/// The order, open, and seen as it is where the call says what it saw.
fn open_order(db: &impl Read, id: OrderId, seen: Option<(&IfMatch, Scope)>) -> Result<Order> {
    let order = super::load::order(db, id)?;
    order.must_be_open()?;
    if let Some((seen, scope)) = seen {
        order.must_match(seen, scope)?;
    }
    Ok(order)
}

/// The next version, laid on the order.
fn bump(order: &mut Order) -> i64 {
    order.version += 1;
    order.version
}
