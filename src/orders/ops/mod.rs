//! What is done to orders: load, decide, save, inside one transaction that is not theirs.

mod account;
mod adding;
pub mod adjust;
mod combos;
pub mod correct;
mod dish;
pub mod edit;
pub mod import;
pub mod lines;
pub mod merge;
pub mod moving;
pub mod open;
pub mod paid_in;
pub mod refund;
pub mod reprice;
pub mod send;
pub mod settle;
pub mod split;
mod step;
pub mod undo;
pub mod verify;

use std::sync::Arc;

pub use step::{Piece, Take};

use super::model::{IfMatch, Order, Scope};
use crate::approvals::{self, model::Size, ops::Asker};
use crate::error::Result;
use crate::journal::Stamp;
use crate::kernel::ids::{OrderId, ReasonId, StaffId};
use crate::kernel::invalid::Invalid;
use crate::kernel::permission::{Permission, Role};
use crate::settings::model::ReasonUse;
use crate::store::{Read, Tx};
use crate::web::guard::Presented;
use crate::{error::Refused, settings};

/// Who does it: the stamp of the job, what their role allows, and the manager's yes they brought.
#[derive(Debug, Clone)]
pub struct By {
    pub stamp: Stamp,
    pub role: Role,
    pub approval: Option<Arc<Presented>>,
}

impl By {
    /// Somebody without anybody's yes.
    pub fn new(stamp: Stamp, role: Role) -> Self {
        Self { stamp, role, approval: None }
    }

    /// Who answers for `size` of it, nobody where it is too little to ask; else it is refused, naming the
    /// permission. Asked once an operation: it spends the yes.
    pub fn require(&self, tx: &Tx<'_>, permission: Permission, size: Size) -> Result<Option<StaffId>> {
        let asker = Asker { stamp: &self.stamp, role: self.role, approval: self.approval.as_deref() };
        approvals::ops::allow(tx, asker, permission, size)
    }
}

/// Why something was done: a reason of the list, or in words.
#[derive(Debug, Clone, Default)]
pub struct Why {
    pub reason_id: Option<ReasonId>,
    pub reason: Option<String>,
    /// Whoever said yes; somebody's own right stands for it. Nobody where it was too little to ask.
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
