//! What people at terminals do, made from a few numbers so that it means something as things stand.

use super::plain::{Model, Stock};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Waiter,
    Cashier,
    Manager,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    Percent(i64),
    Amount(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    All,
    Amount(i64),
    Tip(i64),
    Dish { line: usize, quantity: i64 },
}

/// Orders, lines, payments and discounts by their places in the model; `seen` is the order's version that the
/// terminal goes by.
#[derive(Debug, Clone)]
pub enum Act {
    Open { lines: Vec<(usize, i64)>, menu: Option<i64> },
    Add { order: usize, lines: Vec<(usize, i64)>, menu: Option<i64> },
    Void { order: usize, line: usize, quantity: Option<i64>, seen: i64 },
    Comp { order: usize, line: usize, quantity: Option<i64>, seen: i64 },
    Uncomp { order: usize, line: usize, seen: i64 },
    Discount { order: usize, line: Option<usize>, off: Off, seen: i64 },
    Undiscount { order: usize, discount: usize, seen: i64 },
    Send { order: usize },
    Pay { order: usize, cash: bool, amount: Option<i64>, tendered: Option<i64>, tip: i64, seen: i64 },
    Refund { order: usize, payment: usize, what: Back },
    Close { order: usize },
    VoidOrder { order: usize, seen: i64 },
    CloseDay { carry_over: bool },
    NextDay { date: String },
    Price { dish: usize, price: i64 },
    Stock { dish: usize, stock: Stock },
}

impl Act {
    pub fn name(&self) -> &'static str {
        match self {
            Act::Open { .. } => "Open",
            Act::Add { .. } => "Add",
            Act::Void { .. } => "Void",
            Act::Comp { .. } => "Comp",
            Act::Uncomp { .. } => "Uncomp",
            Act::Discount { .. } => "Discount",
            Act::Undiscount { .. } => "Undiscount",
            Act::Send { .. } => "Send",
            Act::Pay { .. } => "Pay",
            Act::Refund { .. } => "Refund",
            Act::Close { .. } => "Close",
            Act::VoidOrder { .. } => "VoidOrder",
            Act::CloseDay { .. } => "CloseDay",
            Act::NextDay { .. } => "NextDay",
            Act::Price { .. } => "Price",
            Act::Stock { .. } => "Stock",
        }
    }

    /// The order it is about, where there is one already.
    pub fn order(&self) -> Option<usize> {
        match self {
            Act::Add { order, .. }
            | Act::Void { order, .. }
            | Act::Comp { order, .. }
            | Act::Uncomp { order, .. }
            | Act::Discount { order, .. }
            | Act::Undiscount { order, .. }
            | Act::Send { order }
            | Act::Pay { order, .. }
            | Act::Refund { order, .. }
            | Act::Close { order }
            | Act::VoidOrder { order, .. } => Some(*order),
            Act::Open { .. } | Act::CloseDay { .. } | Act::NextDay { .. } | Act::Price { .. } | Act::Stock { .. } => {
                None
            }
        }
    }
}

/// What a terminal goes by: the version it saw of each order, by its place, and of the menu.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    pub orders: Vec<i64>,
    pub menu: i64,
}

/// Four numbers that say what is done and to what.
pub type Dice = (u8, u16, u16, u16);

/// What they mean as things stand; nothing where there is nothing to do it to.
pub fn act(model: &Model, memory: &Memory, tomorrow: String, (what, a, b, c): Dice) -> Option<Act> {
    let [x, y, z] = [a, b, c].map(usize::from);
    let lines = || -> Vec<(usize, i64)> {
        let line = |n: usize| ((y + 7 * n) % model.menu.len(), 1 + ((z + 5 * n) % 4) as i64);
        (0..1 + z % 3).map(line).collect()
    };
    let menu = match z % 3 {
        0 => Some(memory.menu),
        _ => None,
    };
    let what = what % 40;
    let others = match what {
        0..=2 => Some(Act::Open { lines: lines(), menu }),
        3 => Some(Act::CloseDay { carry_over: y % 2 == 0 }),
        4 => Some(Act::NextDay { date: tomorrow }),
        5 => Some(Act::Price { dish: x % model.menu.len(), price: 1 + (y % 1999) as i64 }),
        6 => {
            let stock = [Stock::Left(1 + (z % 9) as i64), Stock::Gone, Stock::Plenty, Stock::Left(3)][y % 4];
            Some(Act::Stock { dish: x % model.menu.len(), stock })
        }
        _ => None,
    };
    if others.is_some() {
        return others;
    }
    let open: Vec<usize> = (0..model.orders.len()).filter(|at| model.orders[*at].state == "open").collect();
    let paid: Vec<usize> = (0..model.orders.len()).filter(|at| !model.orders[*at].payments.is_empty()).collect();
    let any: Vec<usize> = (0..model.orders.len()).collect();
    let among = match what {
        // Now and then something that is closed.
        _ if x % 16 == 0 => &any,
        31..=37 => &paid,
        _ => &open,
    };
    let order = *among.get(x / 16 % among.len().max(1))?;
    let of = &model.orders[order];
    let seen = match y % 17 {
        // What it saw when it last heard of the order, or a version that never was.
        0..=5 => memory.orders.get(order).copied().unwrap_or(1),
        16 => of.version + 3,
        _ => of.version,
    };
    let stood = |n: usize| of.lines.get(n % of.lines.len().max(1));
    let line = (z / 4) % of.lines.len().max(1);
    let part = |n: usize| {
        let all = stood(line)?.quantity;
        (n.is_multiple_of(2) && all > 1).then(|| 1 + (n / 2) as i64 % all)
    };
    let off = if z % 2 == 0 { Off::Percent(1 + (y / 2 % 100) as i64) } else { Off::Amount(1 + (y % 900) as i64) };
    let due = of.due();
    Some(match what {
        7..=10 => Act::Add { order, lines: lines(), menu },
        11..=12 => {
            stood(line)?;
            Act::Void { order, line, quantity: part(z), seen }
        }
        13..=14 => {
            stood(line)?;
            Act::Comp { order, line, quantity: part(z), seen }
        }
        15 => {
            stood(line)?;
            Act::Uncomp { order, line, seen }
        }
        16..=18 => {
            let line = if z % 4 < 2 { Some(line) } else { None };
            stood(line.unwrap_or(0))?;
            Act::Discount { order, line, off, seen }
        }
        19 => {
            let discount = z % of.discounts.len().max(1);
            of.discounts.get(discount)?;
            Act::Undiscount { order, discount, seen }
        }
        20..=21 => Act::Send { order },
        22..=30 => {
            let some = 1 + z as i64 % due.max(1);
            let tip = (z % 3 * 50) as i64;
            let (cash, amount, tendered, tip) = match z / 3 % 9 {
                0 => (true, None, Some(due + some + tip), tip),
                1 => (true, Some(some), None, 0),
                2 => (false, None, None, tip),
                3 => (false, Some(some), None, tip),
                4 => (false, Some(due + some), None, 0),
                5 => (true, None, Some(some), 0),
                6 => (true, Some(due.max(1)), Some(due.max(1) - 1), 0),
                _ => (true, None, None, tip),
            };
            Act::Pay { order, cash, amount, tendered, tip, seen }
        }
        31..=37 => {
            let payment = y % of.payments.len().max(1);
            let p = of.payments.get(payment)?;
            let what = match z % 6 {
                0 => Back::All,
                1 | 2 => Back::Amount(1 + z as i64 % p.amount),
                3 => Back::Tip(1 + z as i64 % p.tip.max(1)),
                _ => Back::Dish { line, quantity: 1 + (y % 2) as i64 },
            };
            Act::Refund { order, payment, what }
        }
        38 => Act::Close { order },
        _ => Act::VoidOrder { order, seen },
    })
}
