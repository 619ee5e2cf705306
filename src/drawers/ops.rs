//! Opens, counts and closes drawers, and books what goes through them.

use std::rc::Rc;
use std::sync::Arc;

use super::model::{
    self, Change, Count, Denomination, Drawer, Event, EventKind, Holder, Owner, SinceZ, State, Sum, lies_in, takes,
};
use super::{record, sql};
use crate::approvals::{self, model::Size, ops::Asker};
use crate::cache::Tag;
use crate::error::{Fault, Refusal, Refused, Result};
use crate::journal::{self, Kind as Fact, Stamp};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, DrawerEventId, DrawerId, PaymentId, RefundId, StaffId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::{Permission, Role};
use crate::reports;
use crate::staff;
use crate::store::{Cursor, Page, PageRequest, Read, Tx, params};
use crate::web::guard::{Presented, require_role};

/// Who does it: the stamp of the job, what their role allows, and the manager's yes they brought.
#[derive(Debug, Clone)]
pub struct By {
    pub stamp: Stamp,
    pub role: Role,
    pub approval: Option<Arc<Presented>>,
}

impl By {
    /// Refuses what is done to somebody else's drawer, or to one that is closed, unless they may.
    fn must_edit(&self) -> Result<()> {
        require_role(self.role, Permission::EditDrawers)
    }

    fn must_hold(&self, drawer: &Drawer) -> Result<()> {
        if drawer.is_of(self.stamp.staff, self.stamp.device) { Ok(()) } else { self.must_edit() }
    }

    /// Who answers for opening a drawer without a sale.
    fn may_open_it(&self, tx: &Tx<'_>) -> Result<Option<StaffId>> {
        let asker = Asker { stamp: &self.stamp, role: self.role, approval: self.approval.as_deref() };
        approvals::ops::allow(tx, asker, Permission::NoSale, Size::Whole)
    }
}

// ── where cash goes ──────────────────────────────────────────────────────────

fn open_ones(db: &impl Read) -> Result<Rc<Vec<Holder>>> {
    db.remembered(Tag::Drawers, &sql::OPEN, 0, |db| Ok(db.all(&sql::OPEN, (), sql::holder)?))
}

/// The drawer that cash goes into, or comes out of, which whoever the stamp names handles now.
pub fn at_hand(db: &impl Read, stamp: &Stamp) -> Result<Option<DrawerId>> {
    Ok(takes(&open_ones(db)?, stamp.staff, stamp.device))
}

/// The drawer in which cash lies, or lay when it was counted, that `staff` took at `device` at that time: the purse
/// they carried then, else the drawer of that till. Who opened theirs later has none of it.
pub fn lying_in(
    db: &impl Read,
    staff: Option<StaffId>,
    device: Option<DeviceId>,
    at: UtcMs,
) -> Result<Option<DrawerId>> {
    Ok(lies_in(&db.all(&sql::THEN, (staff, at, device), sql::holder)?, staff, device, at))
}

// ── what payments tell ───────────────────────────────────────────────────────

/// A payment in cash was captured and left `kept`.
pub fn sale(tx: &Tx<'_>, stamp: &Stamp, drawer: DrawerId, payment: PaymentId, kept: Money) -> Result<()> {
    cash(tx, stamp, drawer, NewEvent { payment: Some(payment), ..NewEvent::of(EventKind::CashSale, kept) })
}

/// The tip of a payment in cash changed by `added`, by the record `change`.
pub fn tip(tx: &Tx<'_>, stamp: &Stamp, drawer: DrawerId, change: i64, added: Money) -> Result<()> {
    let event = NewEvent { tip: Some(change), ..NewEvent::of(EventKind::CashSale, added) };
    add(tx, stamp, drawer, &event).map(drop)
}

/// `paid` was given back in cash.
pub fn refund(tx: &Tx<'_>, stamp: &Stamp, drawer: DrawerId, refund: RefundId, paid: Money) -> Result<()> {
    cash(tx, stamp, drawer, NewEvent { refund: Some(refund), ..NewEvent::of(EventKind::CashRefund, paid) })
}

/// Cash of the books. Of a drawer that is closed it is late: a wrong tender that was set right. No coin moves, so that
/// what the drawer was over or short changes instead, as by a slip that was forgotten; what was counted stays.
fn cash(tx: &Tx<'_>, stamp: &Stamp, drawer: DrawerId, mut event: NewEvent<'_>) -> Result<()> {
    event.late = !open_ones(tx)?.iter().any(|open| open.id == drawer);
    if event.late {
        tx.run(&sql::AMEND_OVER_SHORT, (drawer, -event.amount))?;
        reports::ops::drawers_counted(tx, stamp.date, 0, Money::ZERO, -event.amount)?;
        tx.touch(Tag::Drawers);
    }
    add(tx, stamp, drawer, &event).map(drop)
}

/// An event that is yet to be written.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    pub kind: EventKind,
    /// As the drawer feels it.
    pub amount: Money,
    pub counted: Option<Money>,
    payment: Option<PaymentId>,
    tip: Option<i64>,
    refund: Option<RefundId>,
    pub reverses: Option<DrawerEventId>,
    pub for_staff: Option<StaffId>,
    pub reason: Option<&'a str>,
    pub late: bool,
    pub approved_by: Option<StaffId>,
}

impl NewEvent<'_> {
    fn of(kind: EventKind, amount: Money) -> Self {
        Self {
            kind,
            amount: kind.signed(amount),
            counted: None,
            payment: None,
            tip: None,
            refund: None,
            reverses: None,
            for_staff: None,
            reason: None,
            late: false,
            approved_by: None,
        }
    }
}

fn add(tx: &Tx<'_>, stamp: &Stamp, drawer: DrawerId, e: &NewEvent<'_>) -> Result<DrawerEventId> {
    let z_number = reports::ops::current_z(tx)?;
    let id = tx.insert(
        &sql::EVENT_INSERT,
        params![
            drawer,
            e.kind,
            e.amount,
            e.counted,
            e.payment,
            e.tip,
            e.refund,
            e.reverses,
            e.for_staff,
            e.reason,
            e.late,
            stamp.staff,
            e.approved_by,
            stamp.device,
            z_number,
            stamp.date,
            stamp.at,
        ],
    )?;
    tx.run(&sql::SUM_ADD, (drawer, z_number, e.kind, e.amount))?;
    Ok(DrawerEventId::new(id))
}

// ── from the float to the count ──────────────────────────────────────────────

/// Whose drawer is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDrawer {
    pub owner: Owner,
    /// One's own unless told.
    pub device: Option<DeviceId>,
    pub staff: Option<StaffId>,
    pub float: Money,
}

/// Opens a drawer: a till's, or the purse of somebody who works here.
///
/// # Errors
/// [`Refusal::DrawerOpen`], naming the one that is; [`Refusal::Forbidden`] for somebody else's.
pub fn open(tx: &Tx<'_>, by: &By, new: &NewDrawer) -> Result<Drawer> {
    let unknown = |pointer: &str, what: String| Refused::input(pointer, Invalid::new("unknown", what));
    let (own_staff, own_device) = (by.stamp.staff, by.stamp.device);
    let (device, staff) = match new.owner {
        Owner::Device => {
            let id = new.device.or(own_device).ok_or(Refusal::TokenMissing)?;
            let known = staff::ops::device(tx, id)?.filter(|device| device.revoked_at.is_none());
            known.ok_or_else(|| unknown("/device_id", format!("There is no device {id}.")))?;
            (Some(id), None)
        }
        Owner::Staff => {
            let said = new.staff.or(own_staff);
            let id =
                said.ok_or_else(|| Refused::input("/staff_id", Invalid::new("required", "say whose purse it is")))?;
            staff::ops::active(tx, id)?.ok_or_else(|| unknown("/staff_id", format!("There is nobody {id}.")))?;
            (None, Some(id))
        }
    };
    if device.is_none_or(|id| Some(id) != own_device) && staff.is_none_or(|id| Some(id) != own_staff) {
        by.must_edit()?;
    }
    begin(tx, &by.stamp, (device, staff), new.float, own_staff, None)
}

fn begin(
    tx: &Tx<'_>,
    stamp: &Stamp,
    (device, staff): (Option<DeviceId>, Option<StaffId>),
    float: Money,
    opened_by: Option<StaffId>,
    from: Option<DrawerId>,
) -> Result<Drawer> {
    if let Some(open) = open_ones(tx)?.iter().find(|d| d.device == device && d.staff == staff) {
        return Err(Refused::from(Refusal::DrawerOpen).with("drawer_id", open.id.get()).into());
    }
    let owner = if device.is_some() { Owner::Device } else { Owner::Staff };
    let row = (owner, device, staff, float, stamp.date, stamp.at, opened_by, from);
    let id = DrawerId::new(tx.insert(&sql::INSERT, row)?);
    tx.touch(Tag::Drawers);
    journal::ops::append(tx, stamp, Fact::DrawerOpened, id.get(), 0, &record::opened(device, staff, float, from))?;
    get(tx, id)
}

/// A drawer as it stands.
pub fn get(db: &impl Read, id: DrawerId) -> Result<Drawer> {
    let drawer = db.opt(&sql::GET, [id], sql::drawer)?;
    drawer.ok_or_else(|| Refusal::NotFound.because(format!("There is no drawer {id}.")).into())
}

/// What people put in, take out, or open a drawer for.
#[derive(Debug, Clone)]
pub struct Move {
    pub kind: EventKind,
    /// Above zero; zero without a sale.
    pub amount: Money,
    /// Whose tips are paid out.
    pub for_staff: Option<StaffId>,
    pub reason: Option<String>,
}

/// Books it. On a drawer that is closed it is late: of today, in the coming Z, and moves what the drawer
/// was over or short; that takes somebody who may edit drawers.
pub fn book(tx: &Tx<'_>, by: &By, id: DrawerId, what: &Move) -> Result<(Drawer, Event)> {
    let drawer = get(tx, id)?;
    by.must_hold(&drawer)?;
    let approved_by = if what.kind == EventKind::NoSale {
        drawer.must_be_open()?;
        by.may_open_it(tx)?
    } else {
        None
    };
    if let Some(whose) = what.for_staff
        && staff::ops::name(tx, whose)?.is_none()
    {
        let unknown = Invalid::new("unknown", format!("There is nobody {whose}."));
        return Err(Refused::input("/staff_id", unknown).into());
    }
    let event = NewEvent {
        for_staff: what.for_staff,
        reason: what.reason.as_deref(),
        approved_by,
        ..NewEvent::of(what.kind, what.amount)
    };
    by_hand(tx, by, &drawer, event)
}

/// Takes a slip back by an event that names it.
pub fn reverse(
    tx: &Tx<'_>,
    by: &By,
    id: DrawerId,
    event: DrawerEventId,
    reason: Option<&str>,
) -> Result<(Drawer, Event)> {
    let drawer = get(tx, id)?;
    by.must_hold(&drawer)?;
    let slip = self::event(tx, id, event)?;
    slip.must_be_reversible()?;
    let new = NewEvent {
        amount: -slip.amount,
        reverses: Some(event),
        for_staff: slip.for_staff,
        reason,
        ..NewEvent::of(slip.kind, Money::ZERO)
    };
    by_hand(tx, by, &drawer, new)
}

fn by_hand(tx: &Tx<'_>, by: &By, drawer: &Drawer, mut new: NewEvent<'_>) -> Result<(Drawer, Event)> {
    // Refused here rather than when it is read: what a drawer holds is an amount like any other.
    drawer.expected()?.plus(new.amount)?;
    new.late = drawer.state != State::Open;
    if new.late {
        by.must_edit()?;
        tx.run(&sql::AMEND_OVER_SHORT, (drawer.id, -new.amount))?;
        reports::ops::drawers_counted(tx, by.stamp.date, 0, -new.amount, -new.amount)?;
    }
    let id = add(tx, &by.stamp, drawer.id, &new)?;
    if let (EventKind::TipPaidOut, Some(whose)) = (new.kind, new.for_staff) {
        reports::ops::tip_paid_out(tx, by.stamp.date, whose, -new.amount)?;
    }
    tx.touch(Tag::Drawers);
    journal::ops::append(tx, &by.stamp, Fact::DrawerMoved, drawer.id.get(), 0, &record::moved(id, &new))?;
    Ok((get(tx, drawer.id)?, event(tx, drawer.id, id)?))
}

fn event(db: &impl Read, drawer: DrawerId, id: DrawerEventId) -> Result<Event> {
    let event = db.opt(&sql::EVENT, (id, drawer), sql::event)?;
    event.ok_or_else(|| Refusal::NotFound.because(format!("Drawer {drawer} has no event {id}.")).into())
}

/// Counts a drawer. Again, as often as it takes: the last count is the one that closes it.
pub fn count(tx: &Tx<'_>, by: &By, id: DrawerId, pieces: &[Denomination]) -> Result<Drawer> {
    let drawer = get(tx, id)?;
    by.must_hold(&drawer)?;
    drawer.must_be_open()?;
    lay_count(tx, by, drawer, pieces)
}

fn lay_count(tx: &Tx<'_>, by: &By, drawer: Drawer, pieces: &[Denomination]) -> Result<Drawer> {
    let stamp = &by.stamp;
    let counted = model::total(pieces)?;
    let over_short = counted.minus(drawer.expected()?)?;
    let count = Count { counted, over_short, at: stamp.at, by: stamp.staff };
    let new = NewEvent { counted: Some(counted), ..NewEvent::of(EventKind::Counted, Money::ZERO) };
    let event = add(tx, stamp, drawer.id, &new)?;
    for piece in pieces {
        tx.run(&sql::COUNT_INSERT, (event, piece.value, piece.count))?;
    }
    tx.run(&sql::COUNTED, (drawer.id, counted, over_short, stamp.at, stamp.staff))?;
    tx.touch(Tag::Drawers);
    let told = record::counted(event, &count, pieces);
    journal::ops::append(tx, stamp, Fact::DrawerCounted, drawer.id.get(), 0, &told)?;
    Ok(Drawer { count: Some(count), ..drawer })
}

/// Closes a drawer by its last count.
///
/// # Errors
/// [`Refusal::CountNeeded`] where there is none, or something came or went since.
pub fn close(tx: &Tx<'_>, by: &By, id: DrawerId) -> Result<Drawer> {
    let drawer = get(tx, id)?;
    by.must_hold(&drawer)?;
    drawer.must_be_open()?;
    let count = drawer.fresh_count()?;
    end(tx, &by.stamp, id, State::Closed, &count)?;
    journal::ops::append(tx, &by.stamp, Fact::DrawerClosed, id.get(), 0, &record::closed(&drawer, &count)?)?;
    get(tx, id)
}

fn end(tx: &Tx<'_>, stamp: &Stamp, id: DrawerId, state: State, count: &Count) -> Result<()> {
    let z_number = reports::ops::current_z(tx)?;
    tx.run(&sql::END, (id, state, stamp.at, stamp.date, stamp.staff, z_number))?;
    tx.touch(Tag::Drawers);
    let takings = sums(tx, id)?.into_iter().filter(|sum| sum.kind.is_takings()).map(|sum| sum.amount);
    let counted = Money::sum(takings)?.plus(count.over_short)?;
    reports::ops::drawers_counted(tx, stamp.date, 1, counted, count.over_short)
}

/// Hands a drawer over: it ends by a count, and the next begins with what was counted. A till's stays the
/// till's; a purse becomes the other's. `pieces` is the count of whoever takes it, and where the one who
/// gives has counted too, both must have found the same. Nobody owes what they did not take: `taker` is whose
/// PIN was typed, asked of everybody but who takes it over themselves.
///
/// # Errors
/// [`Refusal::CountNeeded`] where neither counted; [`Refusal::CountsDiffer`]; [`Refusal::DrawerOpen`]
/// where the other carries a purse already.
pub fn hand_over(
    tx: &Tx<'_>,
    by: &By,
    id: DrawerId,
    to: StaffId,
    taker: Option<StaffId>,
    pieces: Option<&[Denomination]>,
) -> Result<(Drawer, Drawer)> {
    let mut drawer = get(tx, id)?;
    by.must_hold(&drawer)?;
    drawer.must_be_open()?;
    let wrong = |code, what: String| Refused::input("/to_staff_id", Invalid::new(code, what));
    staff::ops::active(tx, to)?.ok_or_else(|| wrong("unknown", format!("There is nobody {to}.")))?;
    if drawer.staff.as_ref().is_some_and(|(own, _)| *own == to) {
        return Err(wrong("conflict", "they carry it already".to_owned()).into());
    }
    if taker.or(by.stamp.staff) != Some(to) {
        return Err(Refused::input("/pin", Invalid::new("required", "whoever takes it over types their PIN")).into());
    }
    if let Some(pieces) = pieces {
        let found = model::total(pieces)?;
        if let Ok(count) = drawer.fresh_count()
            && count.counted != found
        {
            return Err(Refusal::CountsDiffer.into());
        }
        drawer = lay_count(tx, by, drawer, pieces)?;
    }
    let count = drawer.fresh_count()?;
    let stamp = &by.stamp;
    let new = NewEvent {
        counted: Some(count.counted),
        for_staff: Some(to),
        ..NewEvent::of(EventKind::Handover, Money::ZERO)
    };
    let event = add(tx, stamp, id, &new)?;
    end(tx, stamp, id, State::HandedOver, &count)?;
    let device = drawer.device.as_ref().map(|(id, _)| *id);
    let purse = device.is_none().then_some(to);
    let next = begin(tx, stamp, (device, purse), count.counted, Some(to), Some(id))?;
    let told = record::handed_over(&drawer, &count, event, to, next.id)?;
    journal::ops::append(tx, stamp, Fact::DrawerHandedOver, id.get(), 0, &told)?;
    Ok((get(tx, id)?, next))
}

// ── reading ──────────────────────────────────────────────────────────────────

/// Drawers, newest first.
pub fn list(db: &impl Read, state: Option<State>, request: PageRequest) -> Result<Page<Drawer>> {
    let size = request.size();
    let (newest, skip, total) = match request {
        PageRequest::Number { page, size } => {
            let total: i64 = match state {
                Some(state) => db.one(&sql::TOTAL_STATE, [state], |row| row.get(0))?,
                None => db.one(&sql::TOTAL, (), |row| row.get(0))?,
            };
            (i64::MAX, i64::from(page - 1) * i64::from(size), u64::try_from(total).ok())
        }
        PageRequest::Cursor { after, .. } => (after.id.saturating_sub(1), 0, None),
    };
    let rows = match state {
        Some(state) => db.all(&sql::LIST_STATE, (newest, size + 1, skip, state), sql::drawer)?,
        None => db.all(&sql::LIST, (newest, size + 1, skip), sql::drawer)?,
    };
    Ok(Page::of(rows, size, total, |d| Cursor { key: d.id.get(), id: d.id.get() }))
}

/// What happened to a drawer, by kind.
pub fn sums(db: &impl Read, id: DrawerId) -> Result<Vec<Sum>> {
    Ok(db.all(&sql::SUMS, [id], |row| sql::sum(row, 0))?)
}

/// What was tendered into a drawer and given back as change.
pub fn change(db: &impl Read, id: DrawerId) -> Result<Change> {
    Ok(db.one(&sql::CHANGE, [id], |row| sql::change(row, 0))?)
}

/// Events of one drawer that an answer names.
pub const EVENTS_MAX: i64 = 200;

/// What people did to a drawer, the newest [`EVENTS_MAX`], oldest first.
pub fn events(db: &impl Read, id: DrawerId) -> Result<Vec<Event>> {
    let mut events = db.all(&sql::EVENTS, (id, EVENTS_MAX), sql::event)?;
    events.reverse();
    Ok(events)
}

/// Coins and notes of a drawer's last count, the largest first.
pub fn last_pieces(db: &impl Read, id: DrawerId) -> Result<Vec<Denomination>> {
    Ok(db.all(&sql::COUNTS, [id], sql::denomination)?)
}

/// The drawers that the Z of that number tells: open, ended, or moved since the one before.
pub fn since_z(db: &impl Read, z_number: i64) -> Result<Vec<SinceZ>> {
    let mut drawers = db.all(&sql::SINCE_Z, [z_number], sql::since_z)?;
    if drawers.is_empty() {
        return Ok(drawers);
    }
    let sums = db.all(&sql::SUMS_OF_Z, [z_number], |row| Ok((row.get::<_, DrawerId>(0)?, sql::sum(row, 1)?)))?;
    for (id, sum) in sums {
        let place = drawers.iter().position(|d| d.drawer.id == id);
        let place = place.ok_or_else(|| Fault::new(format!("drawer {id} moved and is none of its Z's")))?;
        drawers[place].sums.push(sum);
    }
    for (id, change) in
        db.all(&sql::CHANGE_OF_Z, [z_number], |row| Ok((row.get::<_, DrawerId>(0)?, sql::change(row, 1)?)))?
    {
        drawers.iter_mut().filter(|d| d.drawer.id == id).for_each(|d| d.change = change);
    }
    Ok(drawers)
}
