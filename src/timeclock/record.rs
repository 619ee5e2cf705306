//! What the journal keeps of the time clock. It is read by whoever may see wages; live events carry none of it.

use serde_json::{Value, json};

use super::model::{Act, Break, Entry};
use crate::journal::Kind;
use crate::kernel::money::Money;

/// An entry as it stands; what was edited tells it before and after.
pub(super) fn entry(e: &Entry) -> Value {
    let a_break = |b: &Break| json!({"start": b.from.get(), "end": b.to.map(|at| at.get()), "paid": b.paid});
    json!({
        "staff_id": e.staff.get(), "state": e.state.as_str(), "start": e.from.get(), "end": e.to.map(|at| at.get()),
        "business_date": e.date.to_string(), "hourly_wage": e.hourly_wage.map(Money::minor), "tip_share": e.tip_share,
        "breaks": e.breaks.iter().map(a_break).collect::<Vec<_>>(),
    })
}

pub(super) fn clocked(act: Act, after: &Entry) -> Value {
    json!({"act": act.as_str(), "after": entry(after)})
}

pub(super) fn edited(before: &Entry, after: &Entry, reason: &str) -> Value {
    json!({"reason": reason, "before": entry(before), "after": entry(after)})
}

/// An entry as a record tells it; records of before tip shares were kept tell none.
pub(super) fn text(e: &Entry, with_share: bool) -> String {
    let mut told = entry(e);
    if let (false, Some(fields)) = (with_share, told.as_object_mut()) {
        fields.remove(TIP_SHARE);
    }
    told.to_string()
}

/// Whether a record tells it.
pub(super) fn tells_share(told: &str) -> bool {
    serde_json::from_str::<Value>(told).is_ok_and(|told| told.get(TIP_SHARE).is_some())
}

const TIP_SHARE: &str = "tip_share";

/// What a record of that kind says an entry is after it; `None` where it tells of none.
pub fn told(kind: Kind, payload: &str) -> Option<String> {
    if !matches!(kind, Kind::TimeClocked | Kind::TimeEdited) {
        return None;
    }
    let told: Value = serde_json::from_str(payload).ok()?;
    Some(told["after"].to_string())
}
