//! When a day may be closed, and what its Z says. Pure.

use crate::drawers::model::{Drawer, SinceZ, State};
use crate::journal::clock::Jumped;
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{OrderId, PaymentId, StaffId};
use crate::kernel::money::Money;
use crate::reports::model::{TenderTotal, ZTotals};
use crate::timeclock::model::NamedEntry;

/// An order that is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOrder {
    pub order: OrderId,
    pub display_number: i64,
    /// Of its opening.
    pub date: BusinessDate,
    pub opened_at: UtcMs,
}

/// A payment of which nobody knows yet whether it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    pub payment: PaymentId,
    pub order: OrderId,
    pub amount: Money,
}

/// What stands in the way of closing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    pub orders: Vec<OpenOrder>,
    pub payments: Vec<Unresolved>,
    pub drawers: Vec<Drawer>,
}

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty() && self.payments.is_empty() && self.drawers.is_empty()
    }
}

/// The cash of the tender report, kept less given back, by where it should lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cash {
    /// What went through drawers, and what else did.
    pub drawers: Vec<SinceZ>,
    pub in_drawers: i64,
    /// Taken where no drawer was open; also what was set right of a drawer that is closed.
    pub without_drawer: i64,
}

impl Cash {
    /// `drawers` are those since the last Z, `totals` what was booked since.
    pub fn of(drawers: Vec<SinceZ>, totals: &ZTotals) -> Self {
        let in_drawers = drawers.iter().map(SinceZ::cash).sum();
        let cash = totals.tenders.iter().filter(|tender| tender.kind == CASH);
        let without_drawer = cash.map(TenderTotal::expected).sum::<i64>() - in_drawers;
        Self { drawers, in_drawers, without_drawer }
    }

    pub fn open(&self) -> impl Iterator<Item = &Drawer> {
        self.drawers.iter().map(|d| &d.drawer).filter(|d| d.state == State::Open)
    }
}

/// The kind of tender that lies in drawers.
const CASH: &str = "cash";

/// The Z before, as far as the next one builds on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastZ {
    pub number: i64,
    pub date: BusinessDate,
    pub to_seq: i64,
    pub closed_at: UtcMs,
    pub perpetual_total: i64,
}

/// What of the journal a Z covers, and what it brought the perpetual total to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZSpan {
    pub number: i64,
    pub from_seq: i64,
    /// Its own record.
    pub to_seq: i64,
    pub perpetual_total: i64,
}

/// What becomes of a wish to close a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Close,
    /// The day has not begun.
    TooEarly,
    /// That Z closed it, and nothing to close again has come since.
    Closed(LastZ),
    /// Something is open that nobody said to carry over.
    Pending,
}

/// Whether `date` may be closed on business date `today`. `booked` says whether anything was sold,
/// taken or given back since the last Z: that alone makes a second Z of one day, as sales between a
/// Z and the cutoff do. A day before the last Z's is covered by it.
pub fn decide(
    date: BusinessDate,
    today: BusinessDate,
    last: Option<LastZ>,
    booked: bool,
    pending: &Pending,
    carry_over: bool,
) -> Decision {
    if date > today {
        return Decision::TooEarly;
    }
    match last {
        Some(z) if date < z.date || date == z.date && !booked => Decision::Closed(z),
        _ if !pending.is_empty() && !carry_over => Decision::Pending,
        _ => Decision::Close,
    }
}

/// A day's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZReport {
    /// Counted from 1, without gaps.
    pub number: i64,
    pub date: BusinessDate,
    /// The first journal record it covers, and the last, which is its own.
    pub from_seq: i64,
    pub to_seq: i64,
    pub closed_at: UtcMs,
    pub staff: Option<(StaffId, String)>,
    pub totals: ZTotals,
    pub cash: Cash,
    /// Still at work, or forgotten at the clock; nothing stands in the way for it.
    pub clocked_in: Vec<NamedEntry>,
    /// Carried over to the next.
    pub pending: Pending,
    /// Of the clock, since the Z before.
    pub clock_jumps: Vec<Jumped>,
    /// Everything ever sold less everything ever refunded, minor units.
    pub perpetual_total: i64,
    /// Of the record `to_seq`.
    pub journal_hash: [u8; 32],
    pub journal_epoch: i64,
}

/// How it stands since the last Z.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XReport {
    pub date: BusinessDate,
    /// That the coming Z will carry.
    pub number: i64,
    pub from_seq: i64,
    /// When the last Z was made.
    pub since: Option<UtcMs>,
    pub totals: ZTotals,
    pub cash: Cash,
    /// At work.
    pub clocked_in: Vec<NamedEntry>,
    pub pending: Pending,
    pub perpetual_total: i64,
}
