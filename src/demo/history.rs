//! The planned days, lived through the operations a terminal calls, each at its own time.

use super::chance::Chance;
use super::place::{CASHIER, COOK, MANAGER, Premises, SCREEN, STAFF, TILL};
use super::plan::{self, CLOSING, Day, Deed, Seconds, Step, Visit};
use super::till::{self, Handed};
use crate::error::{Fault, Result};
use crate::journal;
use crate::kernel::clock::ManualClock;
use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::kernel::ids::{OrderId, TicketId};
use crate::kernel::money::Money;
use crate::kitchen;
use crate::kitchen::model::{Act, Filter, TicketKind, TicketState, Which};
use crate::orders::model::{AppliesTo, IfMatch, Kind, Line, Order, Payment, State};
use crate::orders::ops::adjust::{self, NewDiscount};
use crate::orders::ops::lines::{self, Void};
use crate::orders::ops::open::{self, NewOrder};
use crate::orders::ops::{By, Why, send, settle};
use crate::settings::model::TenderKind;
use crate::shifts::ops::{self as shifts, Closing};
use crate::store::{PageRequest, SIZE_MAX, Store, Tx};

/// Steps in one write: few enough that what they change fits the page cache.
const STEPS: usize = 200;

/// Lives the days from `first` to `last`; `lived` hears how many are done after each.
pub(super) fn live(
    store: &Store,
    premises: &Premises,
    zone: &Zone,
    (first, last): (BusinessDate, BusinessDate),
    lived: &mut dyn FnMut(u32),
) -> Result<()> {
    for (number, days) in (0..=last.since(first)).zip(1..) {
        let date = first.plus_days(number);
        let opening = zone.instant(date, 10, 0, 0).ok_or_else(|| Fault::new("there is no ten in the morning"))?;
        let Day { visits, steps } = plan::day(date, premises);
        let mut service = Service::begin(premises.clone(), opening, visits);
        for steps in steps.chunks(STEPS) {
            let steps = steps.to_vec();
            service = store.write_blocking(move |tx| {
                steps.iter().try_for_each(|step| service.take(tx, step))?;
                Ok(service)
            })?;
        }
        store.write_blocking(move |tx| service.close(tx))?;
        lived(days);
    }
    Ok(())
}

/// A visit as far as it has come.
struct Party {
    of: Visit,
    order: Option<Order>,
    /// By round.
    tickets: Vec<Vec<TicketId>>,
    payment: Option<Payment>,
}

/// One day.
struct Service {
    at: Premises,
    clock: ManualClock,
    opening: UtcMs,
    parties: Vec<Party>,
}

impl Service {
    fn begin(at: Premises, opening: UtcMs, visits: Vec<Visit>) -> Self {
        let party = |of: Visit| {
            let tickets = vec![Vec::new(); of.rounds.len()];
            Party { of, order: None, tickets, payment: None }
        };
        Self { at, clock: ManualClock::at(opening), opening, parties: visits.into_iter().map(party).collect() }
    }

    /// `staff` and `device` are places in the premises' lists.
    fn by(&self, tx: &Tx<'_>, staff: usize, device: usize) -> Result<By> {
        let (staff_id, device) = (self.at.staff[staff], self.at.devices[device]);
        let stamp = journal::ops::stamp(tx, &self.clock, Some(device), Some(staff_id))?;
        Ok(By::new(stamp, STAFF[staff].role))
    }

    fn set_clock(&self, at: Seconds) {
        self.clock.set(self.opening.plus_ms(at * 1000));
    }

    fn take(&mut self, tx: &Tx<'_>, step: &Step) -> Result<()> {
        self.set_clock(step.at);
        let party = &self.parties[step.visit];
        let waiter = || self.by(tx, party.of.waiter, party.of.device);
        let manager = || self.by(tx, MANAGER, TILL);
        let done = match step.deed {
            Deed::Open => Some(open_order(tx, &waiter()?, &party.of, self.opening)?),
            Deed::Cook(round) | Deed::Serve(round) => {
                let cook = self.by(tx, COOK, SCREEN)?;
                for ticket in &party.tickets[round] {
                    kitchen::ops::change(tx, &cook.stamp, *ticket, Act::Bump)?;
                }
                None
            }
            Deed::Send(round) => {
                let Some(id) = party.open() else { return Ok(()) };
                let (order, tickets) = send::send(tx, &waiter()?, id, &send::Which::Unheld)?;
                self.parties[step.visit].tickets[round] = tickets.iter().map(|ticket| ticket.id).collect();
                Some(order)
            }
            Deed::Add(round) => {
                let Some(id) = party.open() else { return Ok(()) };
                Some(lines::add(tx, &waiter()?, id, None, party.of.rounds[round].clone(), None)?)
            }
            Deed::Discount => self.discount(tx, &manager()?, step.visit)?,
            Deed::Comp => self.comp(tx, &manager()?, step.visit)?,
            Deed::VoidUnsent => self.void(tx, &waiter()?, step.visit, false)?,
            Deed::VoidSent => self.void(tx, &manager()?, step.visit, true)?,
            Deed::Uncharge => uncharge(tx, &manager()?, party)?,
            Deed::Bill => {
                let Some(id) = party.open() else { return Ok(()) };
                Some(adjust::bill(tx, &waiter()?, id, None)?.0)
            }
            Deed::Leave => {
                let Some(id) = party.open() else { return Ok(()) };
                let why = Why { reason: Some("They left before ordering was done".to_owned()), ..Why::default() };
                Some(settle::void(tx, &manager()?, id, &IfMatch::Any, why)?)
            }
            Deed::Pay => self.pay(tx, step.visit)?,
            Deed::Refund => {
                self.refund(tx, &manager()?, step.visit)?;
                None
            }
        };
        if done.is_some() {
            self.parties[step.visit].order = done;
        }
        Ok(())
    }

    /// Somebody from next door, or a voucher.
    fn discount(&mut self, tx: &Tx<'_>, by: &By, visit: usize) -> Result<Option<Order>> {
        let (discounts, reasons) = (self.at.discounts.clone(), self.at.discount_reasons.clone());
        let party = &mut self.parties[visit];
        let Some(id) = party.open() else { return Ok(None) };
        let which = party.of.chance.weighted([7, 1, 3].into_iter());
        let new = NewDiscount {
            name: None,
            off: None,
            check: None,
            applies_to: AppliesTo::Check,
            discount_id: Some(discounts[which]),
            lowers_tax_base: None,
            why: because(*party.of.chance.pick(&reasons)),
        };
        Ok(Some(adjust::discount(tx, by, id, &IfMatch::Any, new)?))
    }

    fn comp(&mut self, tx: &Tx<'_>, by: &By, visit: usize) -> Result<Option<Order>> {
        let reasons = self.at.comp_reasons.clone();
        let party = &mut self.parties[visit];
        let Some((id, line, chance)) = party.some_line(|line| line.comp.is_none()) else { return Ok(None) };
        let why = because(*chance.pick(&reasons));
        Ok(Some(lines::comp(tx, by, id, line.id, &IfMatch::Any, None, why)?))
    }

    /// Takes a line off, but never the last.
    fn void(&mut self, tx: &Tx<'_>, by: &By, visit: usize, sent: bool) -> Result<Option<Order>> {
        let reasons = self.at.void_reasons.clone();
        let party = &mut self.parties[visit];
        if party.standing() < 2 {
            return Ok(None);
        }
        let Some((id, line, chance)) = party.some_line(|line| line.comp.is_none()) else { return Ok(None) };
        let why = if sent { because(*chance.pick(&reasons)) } else { Why::default() };
        let wasted = sent && chance.per_mille(500);
        let void = Void { quantity: None, why, wasted };
        let order = lines::void(tx, by, id, line.id, &IfMatch::Any, void)?;
        self.read_cancels(tx)?;
        Ok(Some(order))
    }

    /// The kitchen reads what it is told not to make.
    fn read_cancels(&self, tx: &Tx<'_>) -> Result<()> {
        let cook = self.by(tx, COOK, SCREEN)?;
        let new = Filter { station: None, which: Which::In(TicketState::New) };
        let tickets = kitchen::ops::tickets(tx, new, PageRequest::Number { page: 1, size: SIZE_MAX })?.items;
        for ticket in tickets.iter().filter(|ticket| ticket.kind == TicketKind::Cancel) {
            kitchen::ops::change(tx, &cook.stamp, ticket.id, Act::Bump)?;
        }
        Ok(())
    }

    fn pay(&mut self, tx: &Tx<'_>, visit: usize) -> Result<Option<Order>> {
        let cashier = self.by(tx, CASHIER, TILL)?;
        let served_by = self.at.staff.get(self.parties[visit].of.waiter).copied();
        let party = &mut self.parties[visit];
        let (Some(id), Some(order)) = (party.open(), &party.order) else { return Ok(None) };
        let due = order.checks[0].due()?;
        if due.is_zero() {
            return Ok(Some(settle::close_check(tx, &cashier, id, None)?));
        }
        let mut order = None;
        for (tender, handed) in tenders(party, due) {
            let taken = till::take(tx, &cashier, id, tender, &handed, (served_by, &mut party.of.chance))?;
            party.payment = Some(taken.0);
            order = Some(taken.1);
        }
        Ok(order)
    }

    fn refund(&mut self, tx: &Tx<'_>, by: &By, visit: usize) -> Result<()> {
        let reasons = self.at.refund_reasons.clone();
        let party = &mut self.parties[visit];
        let (Some(payment), Some(order)) = (&party.payment, &party.order) else { return Ok(()) };
        let why = because(*party.of.chance.pick(&reasons));
        let dish = order.checks[0].open_lines().find(|line| line.comp.is_none());
        let whole = party.of.chance.per_mille(250);
        till::give_back(tx, by, payment, dish.filter(|_| !whole), why)
    }

    /// Closes the day with its Z.
    fn close(self, tx: &Tx<'_>) -> Result<()> {
        self.set_clock(CLOSING);
        let by = self.by(tx, MANAGER, TILL)?;
        match shifts::close(tx, &by.stamp, None, false)? {
            Closing::Closed(_) => Ok(()),
            Closing::Pending(pending) => {
                Err(Fault::new(format!("{} orders are left at night", pending.orders.len())).into())
            }
        }
    }
}

impl Party {
    /// The order, while it is open.
    fn open(&self) -> Option<OrderId> {
        self.order.as_ref().filter(|order| order.state == State::Open).map(|order| order.id)
    }

    /// Lines that are not voided.
    fn standing(&self) -> usize {
        self.order.iter().flat_map(Order::lines).filter(|line| !line.voided).count()
    }

    /// One of the lines that stand, and the chance to decide more by.
    fn some_line(&mut self, which: impl Fn(&Line) -> bool) -> Option<(OrderId, Line, &mut Chance)> {
        let id = self.open()?;
        let lines: Vec<&Line> = self.order.iter().flat_map(Order::lines).filter(|l| !l.voided && which(l)).collect();
        if lines.is_empty() {
            return None;
        }
        let line = (*self.of.chance.pick(&lines)).clone();
        Some((id, line, &mut self.of.chance))
    }
}

fn because(reason: crate::kernel::ids::ReasonId) -> Why {
    Why { reason_id: Some(reason), ..Why::default() }
}

fn open_order(tx: &Tx<'_>, by: &By, of: &Visit, opening: UtcMs) -> Result<Order> {
    let new = NewOrder {
        kind: of.kind,
        table: of.table,
        another: false,
        tab_name: of.tab.map(str::to_owned),
        guests: Some(of.guests),
        customer: of.customer.clone(),
        due_at: of.due.map(|at| opening.plus_ms(at * 1000)),
        note: None,
        lines: of.rounds.first().cloned().unwrap_or_default(),
        menu_version: None,
        source: None,
    };
    open::open(tx, by, new)
}

/// Takes the first optional charge off that the check bears.
fn uncharge(tx: &Tx<'_>, by: &By, party: &Party) -> Result<Option<Order>> {
    let (Some(id), Some(order)) = (party.open(), &party.order) else { return Ok(None) };
    let charge = order.checks[0].charges.iter().find(|c| c.optional && !c.removed && !c.value.is_zero());
    charge.map(|charge| adjust::remove_charge(tx, by, id, charge.id, &IfMatch::Any)).transpose()
}

/// How a party pays `due`: one payment, or two.
fn tenders(party: &mut Party, due: Money) -> Vec<(TenderKind, Handed)> {
    let (kind, lunch) = (party.of.kind, party.of.lunch);
    let chance = &mut party.of.chance;
    let weights = match kind {
        Kind::DineIn => [38, 58, 0, if lunch { 9 } else { 0 }, 4],
        Kind::Takeaway => [48, 48, 0, 0, 0],
        Kind::Delivery => [26, 8, 66, 0, 0],
    };
    let all = |kind, tip| (kind, Handed { amount: None, tendered: None, tip });
    match chance.weighted(weights.into_iter()) {
        0 => vec![cash(chance, due)],
        1 => vec![all(TenderKind::Card, tip(chance, kind, due))],
        2 => vec![all(TenderKind::Online, Money::ZERO)],
        3 => {
            // Vouchers of eight euro, the rest by card; one that is worth more than the meal is forfeit.
            let vouchers = Money::new(chance.between(1, 2) * 800);
            let by_voucher = Handed { amount: None, tendered: Some(vouchers), tip: Money::ZERO };
            let mut payments = vec![(TenderKind::MealVoucher, by_voucher)];
            if due > vouchers {
                payments.push(all(TenderKind::Card, Money::ZERO));
            }
            payments
        }
        _ => {
            let half = Money::new(due.minor() / 2).max(Money::new(1));
            let first = Handed { amount: Some(half), tendered: None, tip: Money::ZERO };
            let mut payments = vec![(TenderKind::Card, first)];
            if half < due {
                payments.push(all(TenderKind::Card, tip(chance, kind, due)));
            }
            payments
        }
    }
}

/// In coins, or with the next note above.
fn cash(chance: &mut Chance, due: Money) -> (TenderKind, Handed) {
    let note = *chance.pick(&[0, 500, 1000, 2000, 5000]);
    let tendered = (note > 0).then(|| Money::new(up_to(due.minor() + 2, note)));
    (TenderKind::Cash, Handed { amount: None, tendered, tip: Money::ZERO })
}

/// Now and then, up to the next five euro.
fn tip(chance: &mut Chance, kind: Kind, due: Money) -> Money {
    if kind != Kind::DineIn || due < Money::new(2000) || !chance.per_mille(220) {
        return Money::ZERO;
    }
    let even = up_to(due.minor() + 100, 500);
    Money::new(even - due.minor())
}

/// The next multiple of `step` that is no less.
fn up_to(amount: i64, step: i64) -> i64 {
    (amount + step - 1).div_euclid(step) * step
}
