//! Voids, comps, discounts and refunds as reports list them, against the rows they were made from.

use std::collections::{BTreeMap, HashMap};

use super::Chunk;
use super::books::Found;
use crate::error::Result;
use crate::kernel::day::BusinessDate;
use crate::kernel::wrong::Wrong;
use crate::reports::facts::AdjustmentKind;
use crate::reports::ops::adjustment_figures;
use crate::store::Read;

/// Kind, order, and line where it is of one. A refund may be of one line or of several, which its
/// amount says as well.
type Key = (String, i64, i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Value {
    date: BusinessDate,
    amount: i64,
    quantity: i64,
    wasted: bool,
}

/// What there should be.
#[derive(Debug, Default)]
pub(super) struct Given(BTreeMap<Key, Vec<Value>>);

impl Given {
    fn add(&mut self, kind: AdjustmentKind, order: i64, line: i64, value: Value) {
        self.0.entry((kind.as_str().to_owned(), order, line)).or_default().push(value);
    }

    /// The stored ones against it.
    pub(super) fn compare(mut self, db: &impl Read, wrong: &mut Vec<Wrong>) -> Result<()> {
        let mut stored: HashMap<Key, Vec<(Value, i64)>> = HashMap::new();
        let paid_back = [AdjustmentKind::Refund, AdjustmentKind::Reversal].map(AdjustmentKind::as_str);
        for a in adjustment_figures(db)? {
            let of_money = paid_back.contains(&a.kind.as_str());
            let (line, quantity) = if of_money { (0, 0) } else { (a.line, a.quantity) };
            let value = Value { date: a.date, amount: a.amount, quantity, wasted: a.wasted };
            stored.entry((a.kind, a.order, line)).or_default().push((value, a.id));
        }
        for ((kind, order, line), mut values) in std::mem::take(&mut self.0) {
            let mut rows = stored.remove(&(kind.clone(), order, line)).unwrap_or_default();
            values.sort_unstable();
            rows.sort_unstable();
            for ((row, id), value) in rows.iter().zip(&values) {
                wrong.extend(Wrong::unless_equal("adjustments", id, "amount", row.amount, value.amount));
                wrong.extend(Wrong::unless_equal("adjustments", id, "quantity", row.quantity, value.quantity));
                if row.date != value.date {
                    wrong.push(Wrong::new("adjustments", id, "business_date", row.date, value.date));
                }
                if row.wasted != value.wasted {
                    wrong.push(Wrong::new("adjustments", id, "wasted", row.wasted, value.wasted));
                }
            }
            let missing = values.iter().skip(rows.len());
            wrong.extend(missing.map(|value| {
                let of = if line == 0 { String::new() } else { format!(", line {line}") };
                Wrong::new("adjustments", format!("{kind} on order {order}{of}"), "amount", "missing", value.amount)
            }));
            wrong.extend(rows.iter().skip(values.len()).map(|(_, id)| too_many(*id)));
        }
        let mut rest: Vec<i64> = stored.into_values().flatten().map(|(_, id)| id).collect();
        rest.sort_unstable();
        wrong.extend(rest.into_iter().map(too_many));
        Ok(())
    }
}

fn too_many(id: i64) -> Wrong {
    Wrong::new("adjustments", id, "row", "there", "none")
}

impl Chunk {
    /// What reports should list of these orders.
    pub(super) fn given(&self, found: &mut Found, given: &mut Given) {
        for line in &self.voided {
            let Some(told) = found.told.voided(line.id) else {
                found.wrong.push(Wrong::new(
                    "lines",
                    line.id,
                    "record of its void in the journal",
                    "missing",
                    line.list,
                ));
                continue;
            };
            found.same("lines", line.id, "list_amount", line.list, told.amount);
            let quantity = line.quantity / 1000;
            let value = Value { date: told.date, amount: line.list, quantity, wasted: told.wasted };
            given.add(AdjustmentKind::Void, line.order, line.id, value);
        }
        for check in &self.checks {
            for refund in self.refunds.get(&check.id).into_iter().flatten() {
                let kind = match refund.tendered {
                    0 => AdjustmentKind::Refund,
                    _ if found.told.takes_a_tender_back(refund.id) => continue,
                    _ => AdjustmentKind::Reversal,
                };
                let amount = refund.amount + refund.tip + refund.rounding + refund.excess;
                let value = Value { date: refund.date, amount, quantity: 0, wasted: false };
                given.add(kind, check.order, 0, value);
            }
            let imported = self.orders.get(&check.order).is_some_and(|order| order.imported);
            let Some(date) = check.closed_date.filter(|_| check.state == "paid" && !imported) else { continue };
            for line in self.lines(check.id).iter().filter(|line| line.is_comped) {
                let value = Value { date, amount: line.comp, quantity: line.dishes(), wasted: false };
                given.add(AdjustmentKind::Comp, check.order, line.id, value);
            }
            for (_, line, amount) in self.discounts.get(&check.id).into_iter().flatten() {
                let value = Value { date, amount: *amount, quantity: 0, wasted: false };
                given.add(AdjustmentKind::Discount, check.order, *line, value);
            }
        }
    }
}
