//! What orders told floor and shifts: what is open, where, and which money nobody knows of yet.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::Rollup;
use crate::error::Result;
use crate::kernel::wrong::Wrong;
use crate::orders::sql::verify as sql;
use crate::store::Read;
use crate::{floor, shifts};

pub(super) fn compare(db: &impl Read, wrong: &mut Vec<Wrong>, rollups: &mut Vec<Rollup>) -> Result<()> {
    let open = db.all(&sql::OPEN, (), sql::open)?;
    let pending = shifts::ops::pending(db)?;
    let mut listed: BTreeMap<_, _> = pending.orders.into_iter().map(|order| (order.order, order)).collect();
    for (order, _) in &open {
        match listed.remove(&order.order) {
            Some(row) if row == *order => {}
            listed => rollups.push(Rollup::Open { order: order.order, listed, is: Some(order.clone()) }),
        }
    }
    let closed = |(order, listed)| Rollup::Open { order, listed: Some(listed), is: None };
    rollups.extend(listed.into_iter().map(closed));
    let payments = db.all(&sql::UNRESOLVED, (), sql::unresolved)?;
    let payments = payments.into_iter().map(|payment| (payment.payment, payment));
    let unresolved = pending.payments.into_iter().map(|payment| (payment.payment, payment));
    rows("unresolved_payments", unresolved.collect(), payments.collect(), wrong);
    let seatings = floor::ops::seatings(db)?.into_iter().map(|seating| (seating.order, seating));
    let seated = open.into_iter().filter_map(|(order, seating)| Some((order.order, seating?)));
    rows("table_orders", seatings.collect(), seated.collect(), wrong);
    Ok(())
}

fn rows<K: Ord + ToString, V: PartialEq + Debug>(
    table: &'static str,
    mut stored: BTreeMap<K, V>,
    recomputed: BTreeMap<K, V>,
    wrong: &mut Vec<Wrong>,
) {
    for (key, value) in recomputed {
        match stored.remove(&key) {
            None => wrong.push(Wrong::new(table, key.to_string(), "row", "missing", "one")),
            Some(row) if row == value => {}
            Some(row) => {
                wrong.push(Wrong::new(table, key.to_string(), "row", format!("{row:?}"), format!("{value:?}")));
            }
        }
    }
    wrong.extend(stored.into_keys().map(|key| Wrong::new(table, key.to_string(), "row", "there", "none")));
}
