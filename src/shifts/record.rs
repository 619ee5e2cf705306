//! X and Z as JSON: the text a Z is stored as is the one it is answered with, ever after.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Cash, OpenOrder, Unresolved, XReport, ZReport};
use crate::drawers::model::{Drawer, Shown, SinceZ, Sum, shown};
use crate::error::{Fault, Result};
use crate::journal::clock::Jumped;
use crate::kernel::day::{BusinessDate, Zone};
use crate::kernel::money::Money;
use crate::reports::model::{Figures, TaxTotal, TenderTotal};
use crate::timeclock::model::NamedEntry;

/// What the journal keeps of a day's end.
#[derive(Serialize)]
pub(super) struct DayClosed {
    number: i64,
    business_date: String,
    from_seq: i64,
    orders: i64,
    gross: i64,
    net: i64,
    tax: i64,
    service_charges: i64,
    refunds: i64,
    payments_kept: i64,
    refunds_paid: i64,
    perpetual_total: i64,
    open_orders: Vec<i64>,
    unresolved_payments: Vec<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drawers: Vec<ToldDrawer>,
    cash_without_drawer: i64,
}

#[derive(Serialize)]
struct ToldDrawer {
    id: i64,
    state: &'static str,
    expected: i64,
    counted: Option<i64>,
    over_short: Option<i64>,
}

impl ToldDrawer {
    fn of(d: &Drawer) -> Result<Self> {
        Ok(Self {
            id: d.id.get(),
            state: d.state.as_str(),
            expected: d.expected()?.minor(),
            counted: d.count.map(|c| c.counted.minor()),
            over_short: d.over_short()?.map(Money::minor),
        })
    }
}

impl DayClosed {
    pub(super) fn of(x: &XReport, number: i64, date: BusinessDate) -> Result<Self> {
        let f = &x.totals.all;
        Ok(Self {
            number,
            business_date: date.to_string(),
            from_seq: x.from_seq,
            orders: f.orders,
            gross: f.gross,
            net: f.net,
            tax: f.tax,
            service_charges: f.service_charges,
            refunds: f.refunds,
            payments_kept: f.kept,
            refunds_paid: f.refunds_paid,
            perpetual_total: x.perpetual_total,
            open_orders: x.pending.orders.iter().map(|o| o.order.get()).collect(),
            unresolved_payments: x.pending.payments.iter().map(|p| p.payment.get()).collect(),
            drawers: x.cash.drawers.iter().map(|d| ToldDrawer::of(&d.drawer)).collect::<Result<_>>()?,
            cash_without_drawer: x.cash.without_drawer,
        })
    }
}

/// Figures since the last Z, minor units. `held` is what payments on open checks rose by.
#[derive(Serialize, ToSchema)]
pub(super) struct DayTotals {
    orders: i64,
    guests: i64,
    quantity: i64,
    list_amount: i64,
    comps: i64,
    discounts: i64,
    gross: i64,
    net: i64,
    tax: i64,
    service_charges: i64,
    service_tax: i64,
    tips: i64,
    rounding: i64,
    not_sales: i64,
    excess: i64,
    refunds: i64,
    refunds_net: i64,
    refunds_tips: i64,
    net_sales: i64,
    average: i64,
    per_cover: i64,
    held: i64,
    payments_kept: i64,
    refunds_paid: i64,
}

impl DayTotals {
    fn of(f: &Figures) -> Self {
        Self {
            orders: f.orders,
            guests: f.guests,
            quantity: f.quantity,
            list_amount: f.list_amount,
            comps: f.comps,
            discounts: f.discounts,
            gross: f.gross,
            net: f.net,
            tax: f.tax,
            service_charges: f.service_charges,
            service_tax: f.service_tax,
            tips: f.tips,
            rounding: f.rounding,
            not_sales: f.not_sales,
            excess: f.excess,
            refunds: f.refunds,
            refunds_net: f.refunds_net,
            refunds_tips: f.refunds_tips,
            net_sales: f.net_sales(),
            average: f.average(),
            per_cover: f.per_cover(),
            held: f.held,
            payments_kept: f.kept,
            refunds_paid: f.refunds_paid,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct DayTender {
    kind: String,
    name: String,
    /// Taken, less those given back.
    payments: i64,
    kept: i64,
    tips: i64,
    refunds_paid: i64,
    /// kept − refunds_paid.
    expected: i64,
}

impl DayTender {
    fn of(t: &TenderTotal) -> Self {
        Self {
            kind: t.kind.clone(),
            name: t.name.clone(),
            payments: t.payments,
            kept: t.kept,
            tips: t.tips,
            refunds_paid: t.refunds_paid,
            expected: t.expected(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct DayTax {
    name: String,
    /// Percent, a decimal string.
    rate: String,
    included: bool,
    base: i64,
    tax: i64,
    refunds_base: i64,
    refunds_tax: i64,
}

impl DayTax {
    fn of(t: &TaxTotal) -> Self {
        Self {
            name: t.rate.name.clone(),
            rate: t.rate.rate.to_string(),
            included: t.rate.included,
            base: t.base,
            tax: t.tax,
            refunds_base: t.refunds_base,
            refunds_tax: t.refunds_tax,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct DayOrder {
    id: i64,
    display_number: i64,
    business_date: String,
    opened_at: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DayPayment {
    id: i64,
    order_id: i64,
    amount: i64,
}

/// A drawer since the last Z, minor units.
#[derive(Serialize, ToSchema)]
pub(super) struct DayDrawer {
    id: i64,
    /// `device`: a till's; `staff`: a purse.
    owner: &'static str,
    device_id: Option<i64>,
    device: Option<String>,
    staff_id: Option<i64>,
    staff: Option<String>,
    /// `open`, `closed` or `handed_over`.
    state: &'static str,
    opened_at: String,
    closed_at: Option<String>,
    float: i64,
    /// The float, or of one carried over what it should have held at the Z before.
    start: Option<i64>,
    /// By kind of event, what they put in since then. This and all that tells what is in an open drawer is null to
    /// who does not see reports: whoever holds it counts blind.
    kinds: Option<Vec<DayDrawerKind>>,
    /// What guests handed over in cash since then.
    tendered: Option<i64>,
    /// What of it they got back.
    change_given: Option<i64>,
    /// start + Σ kinds.
    expected: Option<i64>,
    /// The last count; null before it.
    counted: Option<i64>,
    /// counted − what should have been there then; null where something came or went since, until it is counted
    /// anew.
    over_short: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct DayDrawerKind {
    kind: &'static str,
    events: i64,
    /// Below zero where they took out.
    amount: i64,
}

impl DayDrawer {
    fn of(since: &SinceZ, sees_reports: bool, zone: &Zone) -> Result<Self> {
        let d = &since.drawer;
        let all = shown(d.state, sees_reports) == Shown::All;
        let (device_id, device) = d.device.clone().unzip();
        let (staff_id, staff) = d.staff.clone().unzip();
        let kind = |s: &Sum| DayDrawerKind { kind: s.kind.as_str(), events: s.events, amount: s.amount.minor() };
        Ok(Self {
            id: d.id.get(),
            owner: d.owner().as_str(),
            device_id: device_id.map(|id| id.get()),
            device,
            staff_id: staff_id.map(|id| id.get()),
            staff,
            state: d.state.as_str(),
            opened_at: d.opened_at.rfc3339(zone),
            closed_at: d.end.map(|end| end.at.rfc3339(zone)),
            float: d.float.minor(),
            start: all.then(|| since.start.minor()),
            kinds: all.then(|| since.sums.iter().map(kind).collect()),
            tendered: all.then(|| since.change.tendered.minor()),
            change_given: all.then(|| since.change.given.minor()),
            expected: if all { Some(d.expected()?.minor()) } else { None },
            counted: d.count.map(|c| c.counted.minor()),
            over_short: d.over_short()?.filter(|_| all).map(Money::minor),
        })
    }
}

/// The tender report's cash, kept less given back, by where it should lie.
#[derive(Serialize, ToSchema)]
pub(super) struct DayCash {
    in_drawers: i64,
    /// Taken where no drawer was open; also what was set right of a drawer that is closed.
    without_drawer: i64,
}

impl DayCash {
    fn of(cash: &Cash) -> Self {
        Self { in_drawers: cash.in_drawers, without_drawer: cash.without_drawer }
    }
}

fn drawers(cash: &Cash, sees_reports: bool, zone: &Zone) -> Result<Vec<DayDrawer>> {
    cash.drawers.iter().map(|d| DayDrawer::of(d, sees_reports, zone)).collect()
}

/// Somebody who is at work.
#[derive(Serialize, ToSchema)]
pub(super) struct DayClockedIn {
    /// Of `/time-clock/{id}`.
    id: i64,
    staff_id: i64,
    staff: String,
    since: String,
}

fn clocked_in(entries: &[NamedEntry], zone: &Zone) -> Vec<DayClockedIn> {
    let at_work = |of: &NamedEntry| DayClockedIn {
        id: of.entry.id.get(),
        staff_id: of.entry.staff.get(),
        staff: of.name.clone(),
        since: of.entry.from.rfc3339(zone),
    };
    entries.iter().map(at_work).collect()
}

/// A drawer that stands in the way of closing.
#[derive(Serialize)]
pub(super) struct OpenDrawer {
    id: i64,
    owner: &'static str,
    device_id: Option<i64>,
    staff_id: Option<i64>,
    /// Of its till, or of who carries it.
    name: Option<String>,
    opened_at: String,
}

pub(super) fn open_drawers(drawers: &[Drawer], zone: &Zone) -> Vec<OpenDrawer> {
    let open = |d: &Drawer| OpenDrawer {
        id: d.id.get(),
        owner: d.owner().as_str(),
        device_id: d.device.as_ref().map(|(id, _)| id.get()),
        staff_id: d.staff.as_ref().map(|(id, _)| id.get()),
        name: d.device.as_ref().map(|(_, name)| name).or(d.staff.as_ref().map(|(_, name)| name)).cloned(),
        opened_at: d.opened_at.rfc3339(zone),
    };
    drawers.iter().map(open).collect()
}

#[derive(Serialize, ToSchema)]
pub(super) struct DayStaff {
    id: i64,
    name: String,
}

/// The X report.
#[derive(Serialize, ToSchema)]
pub(super) struct XBody {
    business_date: String,
    /// That the coming Z will carry.
    number: i64,
    from_seq: i64,
    /// When the last Z was made; null before the first.
    since: Option<String>,
    totals: DayTotals,
    tenders: Vec<DayTender>,
    taxes: Vec<DayTax>,
    /// Null to who does not see reports while a drawer is open.
    cash: Option<DayCash>,
    /// Open, or ended or moved since the last Z.
    drawers: Vec<DayDrawer>,
    /// At work.
    clocked_in: Vec<DayClockedIn>,
    open_orders: Vec<DayOrder>,
    unresolved_payments: Vec<DayPayment>,
    perpetual_total: i64,
}

/// A Z report.
#[derive(Serialize, ToSchema)]
pub(super) struct ZBody {
    number: i64,
    business_date: String,
    from_seq: i64,
    to_seq: i64,
    closed_at: String,
    /// Null for an integration.
    staff: Option<DayStaff>,
    totals: DayTotals,
    tenders: Vec<DayTender>,
    taxes: Vec<DayTax>,
    cash: DayCash,
    /// Ended or moved since the Z before, or open and carried over.
    drawers: Vec<DayDrawer>,
    /// Still at work, or forgotten at the clock.
    clocked_in: Vec<DayClockedIn>,
    /// Carried over.
    open_orders: Vec<DayOrder>,
    unresolved_payments: Vec<DayPayment>,
    /// Since the Z before.
    clock_jumps: Vec<DayJump>,
    /// Everything ever sold less everything ever refunded.
    perpetual_total: i64,
    /// Of the record `to_seq`, hexadecimal: kept elsewhere, it shows whether the journal was changed since
    /// (`comanda check --against`).
    journal_hash: String,
    journal_epoch: i64,
}

/// A jump of the clock that a record tells of.
#[derive(Serialize, ToSchema)]
pub(super) struct DayJump {
    /// The first record after it.
    seq: i64,
    /// `behind`, or `ahead` by more than a day.
    direction: &'static str,
    from: String,
    to: String,
    /// The record that confirms it; null where nobody had by then.
    confirmed_seq: Option<i64>,
}

fn jumps(jumps: &[Jumped], zone: &Zone) -> Vec<DayJump> {
    let jump = |j: &Jumped| DayJump {
        seq: j.seq,
        direction: j.jump.as_str(),
        from: j.from.rfc3339(zone),
        to: j.to.rfc3339(zone),
        confirmed_seq: j.confirmed,
    };
    jumps.iter().map(jump).collect()
}

pub(super) fn orders(orders: &[OpenOrder], zone: &Zone) -> Vec<DayOrder> {
    let order = |o: &OpenOrder| DayOrder {
        id: o.order.get(),
        display_number: o.display_number,
        business_date: o.date.to_string(),
        opened_at: o.opened_at.rfc3339(zone),
    };
    orders.iter().map(order).collect()
}

pub(super) fn payments(payments: &[Unresolved]) -> Vec<DayPayment> {
    let payment =
        |p: &Unresolved| DayPayment { id: p.payment.get(), order_id: p.order.get(), amount: p.amount.minor() };
    payments.iter().map(payment).collect()
}

pub(super) fn x_body(x: &XReport, sees_reports: bool, zone: &Zone) -> Result<XBody> {
    let blind = !sees_reports && x.cash.open().next().is_some();
    Ok(XBody {
        business_date: x.date.to_string(),
        number: x.number,
        from_seq: x.from_seq,
        since: x.since.map(|at| at.rfc3339(zone)),
        totals: DayTotals::of(&x.totals.all),
        tenders: x.totals.tenders.iter().map(DayTender::of).collect(),
        taxes: x.totals.taxes.iter().map(DayTax::of).collect(),
        cash: (!blind).then(|| DayCash::of(&x.cash)),
        drawers: drawers(&x.cash, sees_reports, zone)?,
        clocked_in: clocked_in(&x.clocked_in, zone),
        open_orders: orders(&x.pending.orders, zone),
        unresolved_payments: payments(&x.pending.payments),
        perpetual_total: x.perpetual_total,
    })
}

/// The text a Z is kept as.
pub(super) fn z_body(z: &ZReport, zone: &Zone) -> Result<String> {
    let body = ZBody {
        number: z.number,
        business_date: z.date.to_string(),
        from_seq: z.from_seq,
        to_seq: z.to_seq,
        closed_at: z.closed_at.rfc3339(zone),
        staff: z.staff.as_ref().map(|(id, name)| DayStaff { id: id.get(), name: name.clone() }),
        totals: DayTotals::of(&z.totals.all),
        tenders: z.totals.tenders.iter().map(DayTender::of).collect(),
        taxes: z.totals.taxes.iter().map(DayTax::of).collect(),
        cash: DayCash::of(&z.cash),
        drawers: drawers(&z.cash, true, zone)?,
        clocked_in: clocked_in(&z.clocked_in, zone),
        open_orders: orders(&z.pending.orders, zone),
        unresolved_payments: payments(&z.pending.payments),
        clock_jumps: jumps(&z.clock_jumps, zone),
        perpetual_total: z.perpetual_total,
        journal_epoch: z.journal_epoch,
        journal_hash: digits(&z.journal_hash),
    };
    Ok(serde_json::to_string(&body).map_err(|e| Fault::from_source("a Z does not serialise", e))?)
}

pub(super) fn digits(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a kept Z says that is kept elsewhere too.
#[derive(Deserialize)]
pub(super) struct Said {
    pub(super) to_seq: i64,
    pub(super) perpetual_total: i64,
    pub(super) journal_hash: String,
}

impl Said {
    pub(super) fn of(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }
}
