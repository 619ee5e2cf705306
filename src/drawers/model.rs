//! Drawers, what happens to them, and what may. Pure.

use crate::error::{Refusal, Refused};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{DeviceId, DrawerEventId, DrawerId, StaffId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::words::words;

words! {
    /// What a drawer belongs to: a till, or the person who carries it as a purse.
    Owner { Device "device", Staff "staff", }

    State {
        Open "open",
        Closed "closed",
        /// Its count became the float of the next.
        HandedOver "handed_over",
    }

    EventKind {
        /// What a payment in cash left: tendered less change, tip included; and what a tip given in cash
        /// changed by afterwards.
        CashSale "cash_sale",
        CashRefund "cash_refund",
        /// Tips handed out to whom they belong.
        TipPaidOut "tip_paid_out",
        PaidIn "paid_in",
        PaidOut "paid_out",
        /// Taken to the safe.
        Drop "drop",
        /// Opened without a sale.
        NoSale "no_sale",
        Counted "counted",
        Handover "handover",
    }
}

impl EventKind {
    /// What of a slip can be taken back: what people typed, of money that moved.
    fn is_reversible(self) -> bool {
        match self {
            Self::TipPaidOut | Self::PaidIn | Self::PaidOut | Self::Drop => true,
            Self::CashSale | Self::CashRefund | Self::NoSale | Self::Counted | Self::Handover => false,
        }
    }

    /// Whether it is of what was sold, as the report of tenders has it.
    pub fn is_takings(self) -> bool {
        matches!(self, Self::CashSale | Self::CashRefund)
    }

    /// Which way the money goes: `amount` as the drawer feels it.
    pub fn signed(self, amount: Money) -> Money {
        match self {
            Self::TipPaidOut | Self::PaidOut | Self::Drop | Self::CashRefund => -amount,
            Self::CashSale | Self::PaidIn => amount,
            Self::NoSale | Self::Counted | Self::Handover => Money::ZERO,
        }
    }
}

/// A drawer that is open, as far as cash has to find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    pub id: DrawerId,
    pub device: Option<DeviceId>,
    pub staff: Option<StaffId>,
    pub opened_at: UtcMs,
}

/// Where cash goes that somebody takes at a till: into their purse where they carry one, else into the
/// till's drawer, else into none.
pub fn takes(open: &[Holder], staff: Option<StaffId>, device: Option<DeviceId>) -> Option<DrawerId> {
    let purse = open.iter().find(|d| staff.is_some() && d.staff == staff);
    let till = || open.iter().find(|d| device.is_some() && d.device == device);
    purse.or_else(till).map(|d| d.id)
}

/// Where cash lies that was taken at `at`: [`takes`] among the drawers that were open already. Who opened
/// theirs later has none of it.
pub fn lies_in(open: &[Holder], staff: Option<StaffId>, device: Option<DeviceId>, at: UtcMs) -> Option<DrawerId> {
    let then: Vec<Holder> = open.iter().filter(|d| d.opened_at <= at).copied().collect();
    takes(&then, staff, device)
}

/// A drawer's last count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub counted: Money,
    /// counted − what should have been there.
    pub over_short: Money,
    pub at: UtcMs,
    pub by: Option<StaffId>,
}

/// Its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    pub at: UtcMs,
    pub date: BusinessDate,
    pub by: Option<StaffId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawer {
    pub id: DrawerId,
    /// Its till and that one's name.
    pub device: Option<(DeviceId, String)>,
    /// Who carries it, and their name.
    pub staff: Option<(StaffId, String)>,
    pub state: State,
    pub float: Money,
    pub date: BusinessDate,
    pub opened_at: UtcMs,
    pub opened_by: Option<StaffId>,
    /// The one before it, where it was handed over.
    pub from: Option<DrawerId>,
    pub to: Option<DrawerId>,
    pub count: Option<Count>,
    pub end: Option<End>,
    /// Σ of what its events put in, below zero where they took out more.
    pub moved: Money,
}

impl Drawer {
    pub fn owner(&self) -> Owner {
        if self.device.is_some() { Owner::Device } else { Owner::Staff }
    }

    /// What should lie in it.
    pub fn expected(&self) -> Result<Money, TooLarge> {
        self.float.plus(self.moved)
    }

    /// Whether it is the caller's own: the purse they carry, or the drawer of the till they stand at.
    pub fn is_of(&self, staff: Option<StaffId>, device: Option<DeviceId>) -> bool {
        let carries = self.staff.as_ref().is_some_and(|(id, _)| Some(*id) == staff);
        carries || self.device.as_ref().is_some_and(|(id, _)| Some(*id) == device)
    }

    /// Refuses what is done to a drawer that is closed.
    pub fn must_be_open(&self) -> Result<(), Refused> {
        match self.state {
            State::Open => Ok(()),
            State::Closed | State::HandedOver => {
                Err(Refused::from(Refusal::DrawerClosed).with("state", self.state.as_str()))
            }
        }
    }

    /// What it was over by its count, below zero short; nothing while something came or went since that was not
    /// counted.
    pub fn over_short(&self) -> Result<Option<Money>, TooLarge> {
        let Some(count) = self.count else { return Ok(None) };
        let holds = self.state != State::Open || count.counted.minus(count.over_short)? == self.expected()?;
        Ok(holds.then_some(count.over_short))
    }

    /// Its count, where it still says what lies in it: what came or went since was not counted.
    pub fn fresh_count(&self) -> Result<Count, crate::error::Error> {
        let Some(count) = self.count else { return Err(Refusal::CountNeeded.into()) };
        if count.counted.minus(count.over_short)? != self.expected()? {
            return Err(Refusal::CountNeeded
                .because("Something came or went since it was counted. Count again.")
                .into());
        }
        Ok(count)
    }
}

/// Coins or notes of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denomination {
    /// Minor units, above zero.
    pub value: Money,
    /// 0 to [`PIECES_MAX`].
    pub count: i64,
}

pub const PIECES_MAX: i64 = 100_000;
/// More than any currency has.
pub const DENOMINATIONS_MAX: usize = 40;

impl Denomination {
    pub fn count(pieces: i64) -> Result<i64, Invalid> {
        if (0..=PIECES_MAX).contains(&pieces) {
            return Ok(pieces);
        }
        Err(Invalid::range(format!("0 to {PIECES_MAX} pieces")))
    }
}

/// What they come to.
pub fn total(pieces: &[Denomination]) -> Result<Money, TooLarge> {
    let amounts: Result<Vec<Money>, TooLarge> = pieces.iter().map(|d| d.value.times(d.count)).collect();
    Money::sum(amounts?)
}

/// What happened to a drawer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: DrawerEventId,
    pub kind: EventKind,
    /// What it put in, below zero where it took out.
    pub amount: Money,
    pub counted: Option<Money>,
    pub reverses: Option<DrawerEventId>,
    pub reversed_by: Option<DrawerEventId>,
    /// Whose tips, or who took it over.
    pub for_staff: Option<StaffId>,
    pub reason: Option<String>,
    pub late: bool,
    pub staff: Option<StaffId>,
    pub approved_by: Option<StaffId>,
    pub date: BusinessDate,
    pub at: UtcMs,
}

impl Event {
    /// Refuses to take back what is no slip, or was taken back already.
    pub fn must_be_reversible(&self) -> Result<(), Refused> {
        let why = if !self.kind.is_reversible() {
            format!("{} is nothing that was typed by mistake; refund, correct or count instead.", self.kind.as_str())
        } else if self.reverses.is_some() {
            "It takes something back itself; book what it took back anew.".to_owned()
        } else if let Some(by) = self.reversed_by {
            format!("Event {by} took it back already.")
        } else {
            return Ok(());
        };
        Err(Refusal::NotReversible.because(why))
    }
}

/// Events of one kind, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    pub kind: EventKind,
    pub events: i64,
    pub amount: Money,
}

/// A drawer as a Z tells it: all that happened to it since the Z before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinceZ {
    pub drawer: Drawer,
    /// Its float, or what it should have held at the Z before.
    pub start: Money,
    pub sums: Vec<Sum>,
    pub change: Change,
}

/// What guests handed over in cash, and what of it they got back: the rest is what sales left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    pub tendered: Money,
    pub given: Money,
}

impl SinceZ {
    /// What of the tender report's cash went through it.
    pub fn cash(&self) -> i64 {
        let takings = self.sums.iter().filter(|s| s.kind.is_takings());
        takings.map(|s| s.amount.minor()).sum()
    }
}

/// How much of a drawer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    All,
    /// Not what should be there, nor what would tell it: it is still to be counted.
    Blind,
}

/// What is shown of a drawer to somebody who may (or not) see reports: whoever holds one, cashiers too, counts it
/// blind.
pub fn shown(state: State, sees_reports: bool) -> Shown {
    if sees_reports || state != State::Open { Shown::All } else { Shown::Blind }
}
