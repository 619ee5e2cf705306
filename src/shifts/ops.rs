//! Being told what is open, closing a day, and reading X and Z.

use super::model::{Cash, Decision, LastZ, OpenOrder, Pending, Unresolved, XReport, ZReport, ZSpan, decide};
use super::sql::StoredZ;
use super::{record, sql};
use crate::cache::Tag;
use crate::drawers;
use crate::error::{Fault, Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::day::BusinessDate;
use crate::kernel::ids::{OrderId, PaymentId};
use crate::kernel::invalid::Invalid;
use crate::kernel::wrong::Wrong;
use crate::reports;
use crate::staff;
use crate::store::{Cursor, Page, PageRequest, Read, Tx};
use crate::timeclock;

/// An order was opened. Imported ones, settled as they come, need not be told.
pub fn order_opened(tx: &Tx<'_>, order: &OpenOrder) -> Result<()> {
    tx.run(&sql::OPENED, (order.order, order.display_number, order.date, order.opened_at))?;
    tx.touch(Tag::X);
    Ok(())
}

/// An order was settled or voided.
pub fn order_closed(tx: &Tx<'_>, order: OrderId) -> Result<()> {
    tx.run(&sql::SETTLED, [order])?;
    tx.touch(Tag::X);
    Ok(())
}

/// A payment is pending or unknown.
pub fn payment_unresolved(tx: &Tx<'_>, payment: &Unresolved) -> Result<()> {
    tx.run(&sql::UNRESOLVED, (payment.payment, payment.order, payment.amount))?;
    tx.touch(Tag::X);
    Ok(())
}

/// A payment that was unresolved was captured, declined or cancelled.
pub fn payment_resolved(tx: &Tx<'_>, payment: PaymentId) -> Result<()> {
    tx.run(&sql::RESOLVED, [payment])?;
    tx.touch(Tag::X);
    Ok(())
}

/// What orders and payments told is open; of drawers, they say themselves.
pub fn pending(db: &impl Read) -> Result<Pending> {
    let orders = db.all(&sql::OPEN_ORDERS, (), sql::open_order)?;
    let payments = db.all(&sql::UNRESOLVED_PAYMENTS, (), sql::unresolved)?;
    Ok(Pending { orders, payments, drawers: Vec::new() })
}

/// The last Z, where there is one.
pub fn last_z(db: &impl Read) -> Result<Option<LastZ>> {
    Ok(db.opt(&sql::LAST_Z, (), sql::last_z)?)
}

/// Every Z, the first one first.
pub fn z_spans(db: &impl Read) -> Result<Vec<ZSpan>> {
    Ok(db.all(&sql::Z_SPANS, (), sql::z_span)?)
}

/// How it stands since the last Z; `today` is the business date.
pub fn x_report(db: &impl Read, today: BusinessDate) -> Result<XReport> {
    let last = last_z(db)?;
    let totals = reports::ops::totals_since_z(db)?;
    let number = reports::ops::current_z(db)?;
    let cash = Cash::of(drawers::ops::since_z(db, number)?, &totals);
    Ok(XReport {
        date: today,
        number,
        from_seq: last.map_or(0, |z| z.to_seq) + 1,
        since: last.map(|z| z.closed_at),
        perpetual_total: last.map_or(0, |z| z.perpetual_total) + totals.all.turnover(),
        pending: Pending { drawers: cash.open().cloned().collect(), ..pending(db)? },
        cash,
        clocked_in: timeclock::ops::on_the_clock(db)?,
        totals,
    })
}

/// What came of closing a day.
pub enum Closing {
    Closed(Box<ZReport>),
    /// Nothing was written: this is open, and nobody said to carry it over.
    Pending(Pending),
}

/// Closes `date`, or the day of the stamp, and writes its Z.
///
/// Refused with `day_closed` where that day has its Z and nothing was booked since.
pub fn close(tx: &Tx<'_>, stamp: &Stamp, date: Option<BusinessDate>, carry_over: bool) -> Result<Closing> {
    let date = date.unwrap_or(stamp.date);
    let last = last_z(tx)?;
    let x = x_report(tx, stamp.date)?;
    match decide(date, stamp.date, last, x.totals.any, &x.pending, carry_over) {
        Decision::Close => {}
        Decision::Pending => return Ok(Closing::Pending(x.pending)),
        Decision::TooEarly => {
            let invalid = Invalid::range(format!("{date} has not begun; today is {}", stamp.date));
            return Err(Refused::input("/business_date", invalid).into());
        }
        Decision::Closed(z) => {
            let why = format!("{date} was closed by Z {}, and nothing was sold since.", z.number);
            return Err(Refusal::DayClosed.because(why).with("z_number", z.number).into());
        }
    }
    let staff = match stamp.staff {
        Some(id) => staff::ops::name(tx, id)?.map(|name| (id, name)),
        None => None,
    };
    let number = reports::ops::next_z(tx)?;
    let payload = record::DayClosed::of(&x, number, date)?;
    let to_seq = journal::ops::append(tx, stamp, Kind::DayClosed, number, 0, &payload)?;
    let own = journal::ops::after(tx, to_seq - 1, 1)?.pop();
    let own = own.ok_or_else(|| Fault::new("the record just written is not in the journal"))?;
    let z = ZReport {
        number,
        date,
        from_seq: x.from_seq,
        to_seq,
        closed_at: stamp.at,
        staff,
        totals: x.totals,
        cash: x.cash,
        clocked_in: x.clocked_in,
        pending: x.pending,
        clock_jumps: journal::clock::within(tx, x.from_seq, to_seq)?,
        perpetual_total: x.perpetual_total,
        journal_hash: own.hash,
        journal_epoch: own.epoch,
    };
    let body = record::z_body(&z, &stamp.calendar.zone)?;
    let columns = (number, date, z.from_seq, to_seq, stamp.at, stamp.staff, stamp.device, z.perpetual_total, body);
    tx.insert(&sql::Z_ADD, columns)?;
    Ok(Closing::Closed(Box::new(z)))
}

/// Whether each Z, as it is kept, says of the journal and of the perpetual total what they are.
pub fn verify(db: &impl Read) -> Result<Vec<Wrong>> {
    let mut wrong = Vec::new();
    for span in z_spans(db)? {
        let z = z_report(db, span.number)?;
        let number = span.number;
        let Some(said) = record::Said::of(&z.body) else {
            wrong.push(Wrong::new("z_reports", number, "body", "what nobody can read", "a Z"));
            continue;
        };
        wrong.extend(Wrong::unless_equal("z_reports", number, "body.to_seq", said.to_seq, span.to_seq));
        let (said_total, total) = (said.perpetual_total, span.perpetual_total);
        wrong.extend(Wrong::unless_equal("z_reports", number, "body.perpetual_total", said_total, total));
        let own = journal::ops::after(db, span.to_seq - 1, 1)?.pop().filter(|own| own.seq == span.to_seq);
        let hash = own.map(|own| record::digits(&own.hash)).unwrap_or_default();
        if said.journal_hash != hash {
            wrong.push(Wrong::new("z_reports", number, "body.journal_hash", said.journal_hash, hash));
        }
    }
    Ok(wrong)
}

/// A Z as it was stored.
pub fn z_report(db: &impl Read, number: i64) -> Result<StoredZ> {
    let z = db.opt(&sql::Z_GET, [number], sql::stored_z)?;
    z.ok_or_else(|| Refusal::NotFound.because(format!("There is no Z {number}.")).into())
}

/// Z reports, newest first. Their numbers have no gaps, so a page is found by counting down.
pub fn z_reports(db: &impl Read, request: PageRequest) -> Result<Page<StoredZ>> {
    let count = last_z(db)?.map_or(0, |z| z.number);
    let size = request.size();
    let (newest, total) = match request {
        PageRequest::Number { page, size } => {
            (count - i64::from(page - 1) * i64::from(size), u64::try_from(count).ok())
        }
        PageRequest::Cursor { after, .. } => (after.id.saturating_sub(1), None),
    };
    let rows = db.all(&sql::Z_LIST, (newest, size + 1), sql::stored_z)?;
    Ok(Page::of(rows, size, total, |z| Cursor { key: z.number, id: z.number }))
}
