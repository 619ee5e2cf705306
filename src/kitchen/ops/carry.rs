//! What the kitchen has, gone with its dishes to another order: nothing is made again, and whoever carries it out
//! hears where it goes.

use super::{Moved, cooking, ledger, revision, tell, touch};
use crate::error::{Fault, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::ids::{LineId, OrderId, StationId, TicketId};
use crate::kitchen::model::{Carried, Change, Changed, LedgerRow, TicketHead, What, taken_from};
use crate::kitchen::sql;
use crate::store::{Read, Tx};

/// A dish somebody still makes or carries out, gone from one order to another.
struct Told {
    from: OrderId,
    to: OrderId,
    station: StationId,
    dish: Changed,
}

/// Takes dishes from orders to others. A ticket of which all that stands went to one order is that order's from
/// then on. Where the two are carried to different places each station that still has something of it hears so
/// once: of the whole order where it has nothing more for the first, else dish by dish. `heads` are the orders'.
pub fn carry(tx: &Tx<'_>, stamp: &Stamp, heads: &[TicketHead], carried: &[Carried]) -> Result<()> {
    let mut tickets: Vec<TicketId> = Vec::new();
    let mut told: Vec<Told> = Vec::new();
    for it in carried {
        for (row, quantity) in hand_over(tx, it)? {
            if !tickets.contains(&row.ticket) {
                tickets.push(row.ticket);
            }
            if !row.is_open() {
                continue;
            }
            let same = |own: &&mut Told| {
                (own.from, own.to, own.station, own.dish.line) == (it.from, it.to, row.station, it.dish.line)
            };
            match told.iter_mut().find(same) {
                Some(own) => own.dish.quantity += quantity,
                None => {
                    let dish = Changed { quantity, ..it.dish.clone() };
                    told.push(Told { from: it.from, to: it.to, station: row.station, dish });
                }
            }
        }
    }
    for ticket in tickets {
        rehead(tx, stamp, heads, ticket)?;
    }
    let head = |order: OrderId| {
        let found = heads.iter().find(|head| head.order == order);
        found.ok_or_else(|| Fault::new(format!("order {order} is not of its step")))
    };
    while let Some(first) = told.first() {
        let (from, to, station) = (head(first.from)?, head(first.to)?, first.station);
        let of_it = |own: &mut Told| (own.from, own.to, own.station) == (from.order, to.order, station);
        let dishes: Vec<Changed> = told.extract_if(.., of_it).map(|own| own.dish).collect();
        if from.table_name == to.table_name {
            continue;
        }
        let change = |of: Option<Changed>| Change {
            of,
            what: What::Table,
            was: from.table_name.clone(),
            now: to.table_name.clone(),
        };
        let changes = match cooking(tx, from.order)?.contains(&station) {
            true => dishes.into_iter().map(|dish| change(Some(dish))).collect(),
            false => vec![change(None)],
        };
        tell(tx, stamp, to, station, changes)?;
    }
    Ok(())
}

/// Rows of what goes, each with how many thousandths of it; none where only the other order learns of the dish.
fn hand_over(tx: &Tx<'_>, it: &Carried) -> Result<Vec<(LedgerRow, i64)>> {
    let (line, from, to) = (it.dish.line, it.from, it.to);
    let missing = || Fault::new(format!("the kitchen has too little of line {line} for order {from}"));
    let rows = ledger(tx, from, line)?;
    if it.dish.quantity == 0 {
        let row = rows.iter().find(|row| row.delta > 0).ok_or_else(missing)?;
        tx.run(&sql::LINE_MOVED, (row.id, to, row.delta, row.delta))?;
        tx.run(&sql::LINE_MOVED, (row.id, to, -row.delta, 0))?;
        return Ok(Vec::new());
    }
    let taken = taken_from(&rows, it.dish.quantity);
    if taken.iter().map(|(_, part)| part).sum::<i64>() != it.dish.quantity {
        return Err(missing().into());
    }
    let mut gone = Vec::with_capacity(taken.len());
    for (id, part) in taken {
        tx.run(&sql::LINE_MOVED, (id, to, part, 0))?;
        tx.run(&sql::LINE_MOVED, (id, from, -part, 0))?;
        tx.run(&sql::GIVE_UP, (id, part))?;
        gone.extend(rows.iter().find(|row| row.id == id).map(|row| (*row, part)));
    }
    Ok(gone)
}

/// Makes a ticket that of the order which has all that stands of it, where that is another one.
fn rehead(tx: &Tx<'_>, stamp: &Stamp, heads: &[TicketHead], ticket: TicketId) -> Result<()> {
    let standing = tx.all(&sql::STANDING, [ticket], |row| row.get::<_, OrderId>(0))?;
    let [only] = standing.as_slice() else { return Ok(()) };
    let Some(head) = heads.iter().find(|head| head.order == *only) else { return Ok(()) };
    tx.run(&sql::LINES_KEEP_SERVICE, (ticket, head.service))?;
    let values = (ticket, head.order, head.display_number, &head.table_name, head.order_kind, head.service);
    if tx.run(&sql::TICKET_REHEAD, values)? == 0 {
        return Ok(());
    }
    let now = super::ticket(tx, ticket)?.stage;
    let (state, lines) = (now.state().as_str(), now.lines.as_str());
    let record = Moved { ticket: ticket.get(), act: "move", state, lines };
    journal::ops::append(tx, stamp, Kind::TicketChanged, head.order.get(), revision(tx, head.order)?, &record)?;
    touch(tx, head.order);
    Ok(())
}

/// Other orders that have, or had, something of a line the kitchen was told of for this one.
pub fn orders_sharing(db: &impl Read, order: OrderId, line: LineId) -> Result<Vec<OrderId>> {
    Ok(db.all(&sql::ORDERS_SHARING, (order, line), |row| row.get(0))?)
}
