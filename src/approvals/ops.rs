//! Gives a yes, and decides whether somebody may.

use super::model::{APPROVAL_MS, Crossed, NotGood, Size, Standing, Use, standing};
use super::record::GrantedRecord;
use super::sql;
use crate::error::{Extra, Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, StaffId};
use crate::kernel::money::Money;
use crate::kernel::permission::{Permission, Role};
use crate::kernel::rate::Rate;
use crate::settings;
use crate::staff::model::Staff;
use crate::staff::secret::{self, TokenKind};
use crate::staff::{self, ops::Try};
use crate::store::{Read, Tx};
use crate::web::guard::{self, Presented, token_hash};

/// How long it is remembered, after it could last be used, what became of a yes: so that a terminal is told
/// "used" and not "unknown".
const REMEMBERED_MS: i64 = 60 * 60 * 1000;

/// A yes as it is given.
#[derive(Debug)]
pub struct Granted {
    /// Shown once and never stored.
    pub token: String,
    pub approved_by: Staff,
    pub expires_at: UtcMs,
}

/// Gives the yes of whose PIN was right, to whoever is signed in at `device`.
///
/// # Errors
/// [`Refusal::PinWrong`] where the PIN changed meanwhile; [`Refusal::Forbidden`] for somebody who may not do
/// it themselves.
pub fn grant(
    tx: &Tx<'_>,
    stamp: &Stamp,
    (device, asked_by): (DeviceId, StaffId),
    tried: &Try,
    operation: Permission,
    subject: &str,
) -> Result<Granted> {
    let approver = staff::ops::prove(tx, device, tried)?;
    if !approver.role.may(operation) {
        let id = approver.id;
        // The PIN was right all the same.
        tx.if_refused(move |tx| staff::ops::forget_tries(tx, device, id));
        let detail = format!("{} may not say yes to this; it needs {}.", approver.name, operation.as_str());
        return Err(Refusal::Forbidden.because(detail).with("permission", operation.as_str()).into());
    }
    let token = secret::token(TokenKind::Approval)?;
    let row = (token_hash(&token), operation.as_str(), subject, approver.id, device, asked_by, stamp.at);
    let id = tx.insert(&sql::INSERT, row)?;
    tx.run(&sql::EXPIRE, (stamp.at.plus_ms(-APPROVAL_MS - REMEMBERED_MS), id))?;
    let (operation, approved_by) = (operation.as_str(), approver.id.get());
    let record = GrantedRecord { approval: id, operation, subject, approved_by };
    journal::ops::append(tx, stamp, Kind::ApprovalGranted, id, 0, &record)?;
    Ok(Granted { token, approved_by: approver, expires_at: stamp.at.plus_ms(APPROVAL_MS) })
}

/// Ends every yes, as after a restore: one that was used since the backup would be good again.
pub fn end_all(tx: &Tx<'_>, now: UtcMs) -> Result<()> {
    tx.run(&sql::END_ALL, [now])?;
    Ok(())
}

/// Whoever does something, and the yes they brought.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    pub stamp: &'a Stamp,
    pub role: Role,
    pub approval: Option<&'a Presented>,
}

/// Whether they may do `size` of it, and who answers for it: themselves by their own right, nobody where it
/// is too little to ask, or whoever said yes, which is spent thereby. A yes that is not needed stays.
///
/// # Errors
/// [`Refusal::ApprovalNeeded`] naming the permission and the limit that was crossed;
/// [`Refusal::ApprovalInvalid`] where the yes is not good for this; [`Refusal::Forbidden`] where none helps.
pub fn allow(tx: &Tx<'_>, asker: Asker<'_>, permission: Permission, size: Size) -> Result<Option<StaffId>> {
    let limits = settings::ops::limits(tx)?;
    match standing(asker.role, permission, size, &limits) {
        Standing::Own => Ok(asker.stamp.staff),
        Standing::Free => Ok(None),
        Standing::Never => guard::require_role(asker.role, permission).map(|()| None),
        Standing::Asks(crossed) => {
            let Some(presented) = asker.approval else {
                return Err(needed(tx, asker.role, permission, crossed)?.into());
            };
            let approver = spend(tx, asker.stamp, presented, permission)?;
            match standing(approver.role, permission, size, &limits) {
                Standing::Own => Ok(Some(approver.id)),
                // Somebody who gives discounts, but not as much as this.
                Standing::Asks(crossed) if approver.role.may(permission) => {
                    Err(needed(tx, approver.role, permission, crossed)?.into())
                }
                Standing::Asks(_) | Standing::Free | Standing::Never => {
                    Err(not_good(NotGood::Withdrawn, permission).into())
                }
            }
        }
    }
}

/// Spends a yes, and answers whose it was.
fn spend(tx: &Tx<'_>, stamp: &Stamp, presented: &Presented, operation: Permission) -> Result<Staff> {
    let wrong = |why| not_good(why, operation);
    let found = tx.opt(&sql::BY_TOKEN, [presented.hash], sql::approval)?;
    let approval = found.ok_or_else(|| wrong(NotGood::Unknown))?;
    let (device, staff) = (stamp.device, stamp.staff);
    let wanted = Use { operation, subject: &presented.subject, device, staff, now: stamp.at };
    approval.good_for(&wanted).map_err(wrong)?;
    let approver = staff::ops::active(tx, approval.approved_by)?.ok_or_else(|| wrong(NotGood::Withdrawn))?;
    tx.run(&sql::SPEND, (stamp.at, approval.id))?;
    Ok(approver)
}

fn not_good(why: NotGood, operation: Permission) -> Refused {
    Refusal::ApprovalInvalid.because(why.sentence()).with("permission", operation.as_str()).with("why", why.as_str())
}

/// What to ask a manager for, and why.
fn needed(db: &impl Read, role: Role, permission: Permission, crossed: Crossed) -> Result<Refused> {
    let Crossed { limit, most, by } = crossed;
    let (role, word) = (role.as_str(), permission.as_str());
    let decimals = settings::ops::current(db)?.currency.decimals();
    let text = |size: Size| match size {
        Size::Amount(amount) => amount.display(decimals).to_string(),
        Size::Percent(rate) => format!("{rate} %"),
        Size::Whole => String::new(),
    };
    let value = |size: Size| match size {
        Size::Amount(amount) => Some(Extra::Int(amount.minor())),
        Size::Percent(rate) => Some(Extra::Text(rate.to_string())),
        Size::Whole => None,
    };
    let up_to = if limit.is_percent() { Size::Percent(Rate::new(most)) } else { Size::Amount(Money::new(most)) };
    let detail = if most == 0 {
        format!("A {role} may not do this alone; it needs {word}.")
    } else {
        format!("A {role} may do this alone up to {}; this comes to {}. It needs {word}.", text(up_to), text(by))
    };
    let refused = Refusal::ApprovalNeeded.because(detail).with("permission", word).with("limit", limit.as_str());
    let refused = value(up_to).into_iter().fold(refused, |refused, value| refused.with("limit_value", value));
    Ok(value(by).into_iter().fold(refused, |refused, value| refused.with("asked", value)))
}
