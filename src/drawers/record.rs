//! What the journal keeps of drawers.

use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{Count, Denomination, Drawer, EventKind};
use super::ops::NewEvent;
use crate::error::Result;
use crate::journal::Kind;
use crate::kernel::ids::{DeviceId, DrawerEventId, DrawerId, StaffId};
use crate::kernel::money::Money;

pub(super) fn opened(device: Option<DeviceId>, staff: Option<StaffId>, float: Money, from: Option<DrawerId>) -> Value {
    json!({
        "device_id": device.map(DeviceId::get), "staff_id": staff.map(StaffId::get), "float": float.minor(),
        "from": from.map(DrawerId::get),
    })
}

pub(super) fn moved(id: DrawerEventId, of: &NewEvent<'_>) -> Value {
    json!({
        "event": id.get(), "kind": of.kind.as_str(), "amount": of.amount.minor(), "reason": of.reason,
        "for_staff_id": of.for_staff.map(StaffId::get), "reverses": of.reverses.map(DrawerEventId::get),
        "late": of.late, "approved_by": of.approved_by.map(StaffId::get),
    })
}

/// With what should have been there, which whoever counted was not told.
pub(super) fn counted(id: DrawerEventId, count: &Count, pieces: &[Denomination]) -> Value {
    let piece = |d: &Denomination| json!({"value": d.value.minor(), "count": d.count});
    json!({
        "event": id.get(), "counted": count.counted.minor(), "over_short": count.over_short.minor(),
        "denominations": pieces.iter().map(piece).collect::<Vec<_>>(),
    })
}

pub(super) fn closed(drawer: &Drawer, count: &Count) -> Result<Value> {
    Ok(json!({
        "float": drawer.float.minor(), "expected": drawer.expected()?.minor(), "counted": count.counted.minor(),
        "over_short": count.over_short.minor(),
    }))
}

pub(super) fn handed_over(
    drawer: &Drawer,
    count: &Count,
    id: DrawerEventId,
    to: StaffId,
    next: DrawerId,
) -> Result<Value> {
    let mut told = closed(drawer, count)?;
    told["event"] = id.get().into();
    told["to_staff_id"] = to.get().into();
    told["to"] = next.get().into();
    Ok(told)
}

/// An event that people made, as its record has it: its id, what it moved, and what was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub event: i64,
    pub amount: i64,
    pub counted: i64,
}

/// What a payload of that kind told; `None` where it is none of a drawer's events.
pub fn told(kind: Kind, payload: &str) -> Option<Told> {
    #[derive(Deserialize)]
    struct Fields {
        event: i64,
        #[serde(default)]
        amount: i64,
        #[serde(default)]
        counted: i64,
    }
    if !matches!(kind, Kind::DrawerMoved | Kind::DrawerCounted | Kind::DrawerHandedOver) {
        return None;
    }
    let Fields { event, amount, counted } = serde_json::from_str(payload).ok()?;
    Some(Told { event, amount, counted })
}

/// The record an event of that kind is told by; `None` where its payment or refund tells it.
pub(super) fn kind(of: EventKind) -> Option<Kind> {
    match of {
        EventKind::CashSale | EventKind::CashRefund => None,
        EventKind::Counted => Some(Kind::DrawerCounted),
        EventKind::Handover => Some(Kind::DrawerHandedOver),
        EventKind::TipPaidOut | EventKind::PaidIn | EventKind::PaidOut | EventKind::Drop | EventKind::NoSale => {
            Some(Kind::DrawerMoved)
        }
    }
}
