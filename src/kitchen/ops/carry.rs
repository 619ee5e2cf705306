//! What the kitchen has, gone with its dishes to another order: nothing is made again, and whoever carries it out
//! hears where it goes.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Moved, cooking, revision, tell, touch};
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
/// once: of the whole order where it has nothing more for the first, else dish by dish. `heads` are the orders'; a
/// dish leaves an order once at most.
pub fn carry(tx: &Tx<'_>, stamp: &Stamp, heads: &[TicketHead], carried: &[Carried]) -> Result<()> {
    let mut tickets: Vec<TicketId> = Vec::new();
    let mut told: Vec<Told> = Vec::new();
    for Gone { it, row, quantity } in hand_over(tx, carried)? {
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

/// Thousandths of a row that went.
struct Gone<'c> {
    it: &'c Carried,
    row: LedgerRow,
    quantity: i64,
}

/// Writes what goes. Where only the other order learns of a dish nothing of it went.
fn hand_over<'c>(tx: &Tx<'_>, carried: &'c [Carried]) -> Result<Vec<Gone<'c>>> {
    if carried.is_empty() {
        return Ok(Vec::new());
    }
    let ledger = ledger_of(tx, carried)?;
    let (mut moved, mut gone) = (Vec::new(), Vec::with_capacity(carried.len()));
    for it in carried {
        let (line, from, to) = (it.dish.line, it.from, it.to);
        let missing = || Fault::new(format!("the kitchen has too little of line {line} for order {from}"));
        let rows = ledger.get(&(from, line)).ok_or_else(missing)?;
        if it.dish.quantity == 0 {
            let row = rows.iter().find(|row| row.delta > 0).ok_or_else(missing)?;
            moved.extend([(row.id, to, row.delta, row.delta), (row.id, to, -row.delta, 0)]);
            continue;
        }
        let taken = taken_from(rows, it.dish.quantity);
        if taken.iter().map(|(_, part)| part).sum::<i64>() != it.dish.quantity {
            return Err(missing().into());
        }
        for (id, quantity) in taken {
            moved.extend([(id, to, quantity, 0), (id, from, -quantity, 0)]);
            gone.extend(rows.iter().find(|row| row.id == id).map(|row| Gone { it, row: *row, quantity }));
        }
    }
    let given: Vec<(i64, i64)> = gone.iter().map(|gone| (gone.row.id, gone.quantity)).collect();
    let moved: Vec<_> = moved.into_iter().map(|(row, order, delta, back)| (row, order.get(), delta, back)).collect();
    tx.run(&sql::LINES_MOVED, [json!(moved).to_string()])?;
    tx.run(&sql::GIVE_UP, [json!(given).to_string()])?;
    Ok(gone)
}

/// What the kitchen has of dishes for the orders they leave.
fn ledger_of(db: &impl Read, carried: &[Carried]) -> Result<BTreeMap<(OrderId, LineId), Vec<LedgerRow>>> {
    let mut lines: BTreeMap<OrderId, (LineId, LineId)> = BTreeMap::new();
    for it in carried {
        let (first, last) = lines.entry(it.from).or_insert((it.dish.line, it.dish.line));
        (*first, *last) = ((*first).min(it.dish.line), (*last).max(it.dish.line));
    }
    let mut ledger: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (order, (first, last)) in lines {
        for row in db.all(&sql::LEDGER, (order, first, last), sql::ledger_row)? {
            ledger.entry((order, row.line)).or_default().push(row);
        }
    }
    Ok(ledger)
}

/// Makes a ticket that of the order which has all that stands of it, where that is another one.
fn rehead(tx: &Tx<'_>, stamp: &Stamp, heads: &[TicketHead], ticket: TicketId) -> Result<()> {
    let standing = tx.all(&sql::STANDING, [ticket], |row| row.get::<_, OrderId>(0))?;
    let [only] = standing.as_slice() else { return Ok(()) };
    let Some(head) = heads.iter().find(|head| head.order == *only) else { return Ok(()) };
    tx.run(&sql::LINES_KEEP_SERVICE, (ticket, head.service))?;
    let values = (ticket, head.order, head.display_number, &head.table_name, head.order_kind, head.service);
    let Some(now) = tx.opt(&sql::TICKET_REHEAD, values, |row| sql::stage(row, 0))? else { return Ok(()) };
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
