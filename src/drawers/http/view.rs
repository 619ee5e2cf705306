//! Drawers as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::drawers::model::{Denomination, Drawer, Event, Shown, State, Sum};
use crate::drawers::ops;
use crate::error::Result;
use crate::kernel::day::Zone;
use crate::kernel::ids::{DrawerEventId, DrawerId, StaffId};
use crate::kernel::money::Money;
use crate::store::Read;

/// Minor units. What a drawer should hold, and what would tell it, is null while it is open to somebody
/// who does not see reports: whoever holds it counts blind, cashiers too.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DrawerView {
    id: i64,
    /// `device`: a till's; `staff`: a purse.
    owner: &'static str,
    device_id: Option<i64>,
    device: Option<String>,
    staff_id: Option<i64>,
    staff: Option<String>,
    /// `open`, `closed` or `handed_over`.
    state: &'static str,
    float: i64,
    business_date: String,
    opened_at: String,
    opened_by: Option<i64>,
    /// The drawer whose count is this one's float.
    from_drawer_id: Option<i64>,
    /// The one that began with this one's count.
    to_drawer_id: Option<i64>,
    /// float + Σ of what its events put in.
    expected: Option<i64>,
    /// The last count; null before it.
    count: Option<CountView>,
    /// counted − what should have been there at the count; what is booked late moves it. Null where something came
    /// or went since, until it is counted anew.
    over_short: Option<i64>,
    closed_at: Option<String>,
    closed_business_date: Option<String>,
    closed_by: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SumView {
    /// `cash_sale`, `cash_refund`, `tip_paid_out`, `paid_in`, `paid_out`, `drop`, `no_sale`, `counted` or
    /// `handover`.
    kind: &'static str,
    events: i64,
    /// Below zero where they took out.
    amount: i64,
}

impl SumView {
    fn of(sum: &Sum) -> Self {
        Self { kind: sum.kind.as_str(), events: sum.events, amount: sum.amount.minor() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct CountView {
    counted: i64,
    at: String,
    by: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DenominationView {
    value: i64,
    count: i64,
}

/// What happened to a drawer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventView {
    id: i64,
    kind: &'static str,
    /// What it put in; below zero, took out.
    amount: i64,
    counted: Option<i64>,
    /// The slip it takes back.
    reverses: Option<i64>,
    reversed_by: Option<i64>,
    /// Whose tips were paid out, or who took the drawer over.
    for_staff_id: Option<i64>,
    reason: Option<String>,
    /// Booked after the drawer was closed.
    late: bool,
    staff_id: Option<i64>,
    approved_by: Option<i64>,
    business_date: String,
    at: String,
}

/// A drawer with what people did to it, and the coins of its last count.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WholeDrawerView {
    #[serde(flatten)]
    drawer: DrawerView,
    /// By kind of event, what they put in; null where `expected` is.
    kinds: Option<Vec<SumView>>,
    /// What guests handed over in cash; null where `expected` is.
    tendered: Option<i64>,
    /// What of it they got back; `cash_sale` is the rest, with tips that changed afterwards.
    change_given: Option<i64>,
    /// The last 200, oldest first; sales and refunds are in the kinds alone.
    events: Vec<EventView>,
    denominations: Vec<DenominationView>,
}

impl DrawerView {
    pub(super) fn of(d: &Drawer, shown: Shown, zone: &Zone) -> Result<Self> {
        let all = shown == Shown::All;
        let (device_id, device) = d.device.clone().unzip();
        let (staff_id, staff) = d.staff.clone().unzip();
        Ok(Self {
            id: d.id.get(),
            owner: d.owner().as_str(),
            device_id: device_id.map(|id| id.get()),
            device,
            staff_id: staff_id.map(StaffId::get),
            staff,
            state: d.state.as_str(),
            float: d.float.minor(),
            business_date: d.date.to_string(),
            opened_at: d.opened_at.rfc3339(zone),
            opened_by: d.opened_by.map(StaffId::get),
            from_drawer_id: d.from.map(DrawerId::get),
            to_drawer_id: d.to.map(DrawerId::get),
            expected: if all { Some(d.expected()?.minor()) } else { None },
            count: d.count.map(|c| CountView {
                counted: c.counted.minor(),
                at: c.at.rfc3339(zone),
                by: c.by.map(StaffId::get),
            }),
            over_short: d.over_short()?.filter(|_| all).map(Money::minor),
            closed_at: d.end.map(|end| end.at.rfc3339(zone)),
            closed_business_date: d.end.map(|end| end.date.to_string()),
            closed_by: d.end.and_then(|end| end.by).map(StaffId::get),
        })
    }
}

impl EventView {
    pub(super) fn of(e: &Event, zone: &Zone) -> Self {
        Self {
            id: e.id.get(),
            kind: e.kind.as_str(),
            amount: e.amount.minor(),
            counted: e.counted.map(Money::minor),
            reverses: e.reverses.map(DrawerEventId::get),
            reversed_by: e.reversed_by.map(DrawerEventId::get),
            for_staff_id: e.for_staff.map(StaffId::get),
            reason: e.reason.clone(),
            late: e.late,
            staff_id: e.staff.map(StaffId::get),
            approved_by: e.approved_by.map(StaffId::get),
            business_date: e.date.to_string(),
            at: e.at.rfc3339(zone),
        }
    }
}

impl WholeDrawerView {
    pub(super) fn read(db: &impl Read, d: &Drawer, shown: Shown, zone: &Zone) -> Result<Self> {
        let change = match shown {
            Shown::All => Some(ops::change(db, d.id)?),
            Shown::Blind => None,
        };
        let piece = |d: Denomination| DenominationView { value: d.value.minor(), count: d.count };
        Ok(Self {
            events: ops::events(db, d.id)?.iter().map(|e| EventView::of(e, zone)).collect(),
            denominations: ops::last_pieces(db, d.id)?.into_iter().map(piece).collect(),
            kinds: match shown {
                Shown::All => Some(ops::sums(db, d.id)?.iter().map(SumView::of).collect()),
                Shown::Blind => None,
            },
            tendered: change.map(|change| change.tendered.minor()),
            change_given: change.map(|change| change.given.minor()),
            drawer: DrawerView::of(d, shown, zone)?,
        })
    }
}

/// What was booked, and the drawer after it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BookedView {
    pub(super) event: EventView,
    pub(super) drawer: DrawerView,
}

/// The drawer that ended, and the one that began with its count.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HandedOverView {
    pub(super) from: WholeDrawerView,
    pub(super) to: DrawerView,
}

/// Whether all of a drawer is shown to this role.
pub(super) fn shown(state: State, role: crate::kernel::permission::Role) -> Shown {
    crate::drawers::model::shown(state, role.may(crate::kernel::permission::Permission::SeeReports))
}
