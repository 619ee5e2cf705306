//! The restaurant in whole numbers, as one would say it with a pencil: what each act does, what it comes to, and
//! how it is refused. Nothing in here asks the library.

use std::collections::BTreeMap;

use super::acts::{Act, Back, Off, Role};

/// The code of a refusal.
pub type Refused = &'static str;
/// Sums by their names in the reports; those of a tender or a rate as `cash.kept`, `10.tax`.
pub type Sums = BTreeMap<String, i64>;

/// Where the model is wrong on purpose, to see that somebody notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Nowhere,
    /// Tax is rounded down.
    TaxDown,
    /// What a split leaves over goes to the first, not to the largest remainders.
    FirstTakesRest,
    /// Whoever saw an old version passes.
    AnyVersion,
    /// An edit of the menu moves the open checks.
    MenuMoves,
    /// Money on open checks stays held when they close.
    HeldForever,
    /// A dish taken off does not come back on the countdown.
    NothingComesBack,
    /// Each refund rounds its own tax, not that of all so far.
    RefundsApart,
}

/// `n / d`, halves up; neither is below zero.
fn half_up(n: i64, d: i64) -> i64 {
    (2 * n + d) / (2 * d)
}

/// `total` in proportion to `weights`; what is left over a unit each to the largest remainders, of equal ones to the
/// first.
fn shares(total: i64, weights: &[i64], wrong: Wrong) -> Vec<i64> {
    let sum: i64 = weights.iter().sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let mut parts: Vec<i64> = weights.iter().map(|w| total * w / sum).collect();
    let mut rest = total - parts.iter().sum::<i64>();
    let mut turn: Vec<usize> = (0..weights.len()).collect();
    turn.sort_by_key(|at| -(total * weights[*at] % sum));
    if wrong == Wrong::FirstTakesRest {
        parts[0] += rest;
        rest = 0;
    }
    for at in turn.into_iter().take(usize::try_from(rest).unwrap()) {
        parts[at] += 1;
    }
    parts
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stock {
    Plenty,
    Left(i64),
    Gone,
}

#[derive(Debug, Clone)]
pub struct Dish {
    /// Percent, in the price.
    pub rate: i64,
    pub price: i64,
    pub stock: Stock,
}

#[derive(Debug, Clone)]
pub struct Line {
    /// 0 until the server said it; so of discounts, payments and orders.
    pub id: i64,
    pub dish: usize,
    pub quantity: i64,
    pub price: i64,
    pub sent: bool,
    pub voided: bool,
    pub comped: bool,
    version: i64,
    reserved: i64,
    pub list: i64,
    pub discount: i64,
    pub tax: i64,
    pub total: i64,
    refunded: i64,
    refunded_tax: i64,
    refunded_quantity: i64,
}

impl Line {
    pub fn state(&self) -> &'static str {
        match (self.voided, self.sent) {
            (true, _) => "voided",
            (false, true) => "sent",
            (false, false) => "new",
        }
    }

    /// `amount` of a sold line goes back: its tax is what all that went back bears, less what went before.
    fn back(&mut self, amount: i64, wrong: Wrong) -> i64 {
        if self.total == 0 {
            return 0;
        }
        let gone = self.refunded + amount;
        let tax = match wrong {
            Wrong::RefundsApart => half_up(self.tax * amount, self.total),
            _ => half_up(self.tax * gone, self.total) - self.refunded_tax,
        };
        (self.refunded, self.refunded_tax) = (gone, self.refunded_tax + tax);
        tax
    }
}

#[derive(Debug, Clone)]
pub struct Discount {
    pub id: i64,
    line: Option<usize>,
    off: Off,
    pub value: i64,
}

#[derive(Debug, Clone)]
pub struct Payment {
    pub id: i64,
    pub cash: bool,
    pub amount: i64,
    pub tip: i64,
    pub tendered: i64,
    pub change: i64,
    /// What went back of the amount, and of that, while the check was open.
    pub back: i64,
    reversed: i64,
    tip_back: i64,
}

#[derive(Debug, Clone)]
pub struct Order {
    pub id: i64,
    pub state: &'static str,
    pub version: i64,
    check_version: i64,
    pub lines: Vec<Line>,
    pub discounts: Vec<Discount>,
    pub payments: Vec<Payment>,
    pub receipt: Option<i64>,
    pub closed_on: Option<String>,
}

impl Order {
    pub fn standing(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.voided)
    }

    pub fn total(&self) -> i64 {
        self.standing().map(|line| line.total).sum()
    }

    pub fn paid(&self) -> i64 {
        self.payments.iter().map(|p| p.amount - p.reversed).sum()
    }

    pub fn tips(&self) -> i64 {
        self.payments.iter().map(|p| p.tip - p.tip_back).sum()
    }

    pub fn due(&self) -> i64 {
        if self.state == "voided" { 0 } else { self.total() - self.paid() }
    }

    fn must_be_open(&self) -> Result<(), Refused> {
        if self.state == "open" { Ok(()) } else { Err("order_closed") }
    }

    /// A new version, with which the check was changed too.
    fn bump(&mut self) -> i64 {
        self.version += 1;
        self.check_version = self.version;
        self.version
    }

    /// The line, or what is split off it, of this version.
    fn part(&mut self, at: usize, quantity: Option<i64>, version: i64) -> usize {
        self.lines[at].version = version;
        let Some(quantity) = quantity.filter(|q| *q != self.lines[at].quantity) else { return at };
        let mut part = Line { id: 0, quantity, ..self.lines[at].clone() };
        part.reserved = part.reserved.min(quantity);
        self.lines[at].quantity -= quantity;
        self.lines[at].reserved -= part.reserved;
        self.lines.push(part);
        self.lines.len() - 1
    }
}

#[derive(Debug, Clone)]
pub struct Model {
    pub wrong: Wrong,
    pub menu: Vec<Dish>,
    /// Told by the server after each edit.
    pub menu_version: i64,
    pub orders: Vec<Order>,
    /// Business dates, the last being today, with what is booked on each.
    pub days: Vec<(String, Sums)>,
    pub since_z: Sums,
    /// Whether anything was sold, taken or given back since the last Z.
    booked: bool,
    pub last_z_on: String,
    pub perpetual: i64,
    pub receipts: i64,
    /// Open orders of others are not in the model.
    pub others_open: bool,
}

/// What an act that was done told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Silent,
    /// To the kitchen, or not.
    Sent(bool),
    Paid {
        change: i64,
    },
    Back {
        amount: i64,
        tip: i64,
        receipt: Option<i64>,
    },
    DayClosed,
}

impl Model {
    pub fn new(wrong: Wrong, menu: Vec<Dish>, today: String) -> Self {
        Self {
            wrong,
            menu,
            menu_version: 0,
            orders: Vec::new(),
            days: vec![(today.clone(), Sums::new())],
            since_z: Sums::new(),
            booked: false,
            last_z_on: today,
            perpetual: 0,
            receipts: 0,
            others_open: false,
        }
    }

    pub fn today(&self) -> String {
        self.days.last().unwrap().0.clone()
    }

    /// Does all of an act, or refuses it and does nothing.
    pub fn act(&mut self, role: Role, act: &Act) -> Result<Done, Refused> {
        let mut next = self.clone();
        let done = next.apply(role, act)?;
        *self = next;
        Ok(done)
    }

    fn book(&mut self, name: &str, amount: i64) {
        for sums in [&mut self.days.last_mut().unwrap().1, &mut self.since_z] {
            *sums.entry(name.to_owned()).or_default() += amount;
        }
    }

    fn matches(&self, order: usize, seen: i64, changed: i64) -> Result<(), Refused> {
        let passes = changed <= seen && seen <= self.orders[order].version;
        if passes || self.wrong == Wrong::AnyVersion { Ok(()) } else { Err("stale") }
    }

    fn apply(&mut self, role: Role, act: &Act) -> Result<Done, Refused> {
        if let Some(order) = act.order()
            && !matches!(act, Act::Refund { .. })
        {
            self.orders[order].must_be_open()?;
        }
        match act {
            Act::Open { lines, menu } => {
                self.orders.push(Order {
                    id: 0,
                    state: "open",
                    version: 1,
                    check_version: 1,
                    lines: Vec::new(),
                    discounts: Vec::new(),
                    payments: Vec::new(),
                    receipt: None,
                    closed_on: None,
                });
                self.lay(self.orders.len() - 1, lines, *menu)?;
            }
            Act::Add { order, lines, menu } => {
                self.orders[*order].bump();
                self.lay(*order, lines, *menu)?;
            }
            Act::Void { order, line, quantity, seen } => self.void(role, *order, *line, *quantity, *seen)?,
            Act::Comp { order, line, quantity, seen } => {
                self.may_give(role, *order, *line, *seen)?;
                if self.orders[*order].lines[*line].comped {
                    return Err("line_closed");
                }
                let of = &mut self.orders[*order];
                let version = of.bump();
                let at = of.part(*line, *quantity, version);
                of.lines[at].comped = true;
                self.price(*order)?;
            }
            Act::Uncomp { order, line, seen } => {
                self.may_give(role, *order, *line, *seen)?;
                if !self.orders[*order].lines[*line].comped {
                    return Err("not_found");
                }
                let of = &mut self.orders[*order];
                let version = of.bump();
                (of.lines[*line].comped, of.lines[*line].version) = (false, version);
                self.price(*order)?;
            }
            Act::Discount { order, line, off, seen } => {
                let (changed, version) = (self.orders[*order].check_version, self.orders[*order].version);
                if line.is_some_and(|line| self.orders[*order].lines[line].voided) {
                    // It may have gone since, so that is told first.
                    self.matches(*order, *seen, version)?;
                    return Err("invalid");
                }
                if role == Role::Waiter {
                    return Err("approval_needed");
                }
                self.matches(*order, *seen, changed)?;
                self.orders[*order].bump();
                self.orders[*order].discounts.push(Discount { id: 0, line: *line, off: *off, value: 0 });
                self.price(*order)?;
            }
            Act::Undiscount { order, discount, seen } => {
                if role == Role::Waiter {
                    return Err("approval_needed");
                }
                self.matches(*order, *seen, self.orders[*order].check_version)?;
                self.orders[*order].bump();
                self.orders[*order].discounts.remove(*discount);
                self.price(*order)?;
            }
            Act::Send { order } => {
                let of = &mut self.orders[*order];
                let new = of.standing().any(|line| !line.sent);
                if new {
                    // No check changes by it.
                    of.version += 1;
                    of.lines.iter_mut().filter(|line| !line.voided).for_each(|line| line.sent = true);
                }
                return Ok(Done::Sent(new));
            }
            Act::Pay { order, cash, amount, tendered, tip, seen } => {
                self.matches(*order, *seen, self.orders[*order].check_version)?;
                return self.pay(*order, *cash, *amount, *tendered, *tip);
            }
            Act::Refund { order, payment, what } => return self.refund(role, *order, *payment, what),
            Act::Close { order } => {
                let of = &mut self.orders[*order];
                if of.standing().next().is_none() {
                    return Err("order_is_empty");
                }
                if of.due() > 0 {
                    return Err("still_due");
                }
                of.version += 1;
                self.settle(*order);
            }
            Act::VoidOrder { order, seen } => {
                let of = &self.orders[*order];
                if role != Role::Manager && of.standing().any(|line| line.sent) {
                    return Err("approval_needed");
                }
                self.matches(*order, *seen, of.version)?;
                if of.paid() > 0 || of.tips() > 0 {
                    return Err("already_paid");
                }
                let version = self.orders[*order].bump();
                for at in 0..self.orders[*order].lines.len() {
                    self.take_off(*order, at, version);
                }
                self.price(*order)?;
                let today = self.today();
                let of = &mut self.orders[*order];
                (of.state, of.closed_on) = ("voided", Some(today));
            }
            Act::CloseDay { carry_over } => return self.close_day(role, *carry_over),
            Act::NextDay { date } => self.days.push((date.clone(), Sums::new())),
            Act::Price { dish, price } => {
                if role != Role::Manager {
                    return Err("forbidden");
                }
                self.menu[*dish].price = *price;
                if self.wrong == Wrong::MenuMoves {
                    let open = self.orders.iter_mut().filter(|order| order.state == "open");
                    let lines = open.flat_map(|order| &mut order.lines).filter(|line| line.dish == *dish);
                    lines.for_each(|line| line.price = *price);
                }
            }
            Act::Stock { dish, stock } => {
                if role == Role::Waiter {
                    return Err("forbidden");
                }
                self.menu[*dish].stock = *stock;
            }
        }
        Ok(Done::Silent)
    }

    fn lay(&mut self, order: usize, lines: &[(usize, i64)], menu: Option<i64>) -> Result<(), Refused> {
        if menu.is_some_and(|seen| seen != self.menu_version) {
            return Err("price_changed");
        }
        for (dish, quantity) in lines {
            let (of, version) = (&mut self.menu[*dish], self.orders[order].version);
            let reserved = match &mut of.stock {
                Stock::Plenty => 0,
                Stock::Left(left) if *left >= *quantity => {
                    *left -= quantity;
                    *quantity
                }
                Stock::Left(_) | Stock::Gone => return Err("sold_out"),
            };
            self.orders[order].lines.push(Line {
                id: 0,
                dish: *dish,
                quantity: *quantity,
                price: of.price,
                sent: false,
                voided: false,
                comped: false,
                version,
                reserved,
                list: 0,
                discount: 0,
                tax: 0,
                total: 0,
                refunded: 0,
                refunded_tax: 0,
                refunded_quantity: 0,
            });
        }
        self.price(order)
    }

    /// Whether a line may be given away, or that be taken back.
    fn may_give(&self, role: Role, order: usize, line: usize, seen: i64) -> Result<(), Refused> {
        if role != Role::Manager {
            return Err("approval_needed");
        }
        let line = &self.orders[order].lines[line];
        self.matches(order, seen, line.version)?;
        if line.voided { Err("line_closed") } else { Ok(()) }
    }

    fn void(&mut self, role: Role, order: usize, line: usize, quantity: Option<i64>, seen: i64) -> Result<(), Refused> {
        let of = &self.orders[order].lines[line];
        if of.sent && role != Role::Manager {
            return Err("approval_needed");
        }
        self.matches(order, seen, of.version)?;
        if of.voided {
            return Err("line_closed");
        }
        let of = &mut self.orders[order];
        let version = of.bump();
        let at = of.part(line, quantity, version);
        self.take_off(order, at, version);
        self.price(order)
    }

    /// Voids a line that stands; what the kitchen never had goes back on the countdown.
    fn take_off(&mut self, order: usize, at: usize, version: i64) {
        let line = &mut self.orders[order].lines[at];
        if line.voided {
            return;
        }
        (line.voided, line.comped, line.version) = (true, false, version);
        if !line.sent
            && self.wrong != Wrong::NothingComesBack
            && let Stock::Left(left) = &mut self.menu[line.dish].stock
        {
            *left += line.reserved;
        }
    }

    /// What the order comes to, never below what is paid of it. Discounts: percent of a line, percent of the check,
    /// amounts off a line, amounts off the check; each off what those before left.
    fn price(&mut self, order: usize) -> Result<(), Refused> {
        let wrong = self.wrong;
        let Order { lines, discounts, .. } = &mut self.orders[order];
        for line in lines.iter_mut() {
            line.list = line.price * line.quantity;
            line.discount = 0;
            line.total = if line.voided || line.comped { 0 } else { line.list };
        }
        // Of equal remainders the first by tax, dish and amount comes first, in whatever order they were added; dishes
        // stand on the menu by their tax.
        let named = |at: &usize| -> Vec<usize> {
            discounts.iter().enumerate().filter(|(_, d)| d.line == Some(*at)).map(|(place, _)| place).collect()
        };
        let mut turn: Vec<usize> = (0..lines.len()).filter(|at| !lines[*at].voided).collect();
        turn.sort_by_key(|at| (lines[*at].dish, lines[*at].list, lines[*at].comped, named(at), *at));
        for (percent, of_line) in [(true, true), (true, false), (false, true), (false, false)] {
            for d in discounts.iter_mut() {
                if matches!(d.off, Off::Percent(_)) != percent || d.line.is_some() != of_line {
                    continue;
                }
                let reached = |at: &usize| d.line.is_none_or(|line| line == *at) && lines[*at].total > 0;
                let reached: Vec<usize> = turn.iter().copied().filter(reached).collect();
                let weights: Vec<i64> = reached.iter().map(|at| lines[*at].total).collect();
                let cost: i64 = weights.iter().sum();
                d.value = match d.off {
                    Off::Percent(percent) => half_up(cost * percent, 100),
                    Off::Amount(amount) => amount.min(cost),
                };
                for (at, part) in reached.into_iter().zip(shares(d.value, &weights, wrong)) {
                    lines[at].total -= part;
                    lines[at].discount += part;
                }
            }
        }
        for line in lines.iter_mut() {
            let rate = self.menu[line.dish].rate;
            line.tax = match wrong {
                Wrong::TaxDown => line.total * rate / (100 + rate),
                _ => half_up(line.total * rate, 100 + rate),
            };
        }
        let of = &self.orders[order];
        if of.total() < of.paid() { Err("below_paid") } else { Ok(()) }
    }

    fn pay(
        &mut self,
        order: usize,
        cash: bool,
        amount: Option<i64>,
        tendered: Option<i64>,
        tip: i64,
    ) -> Result<Done, Refused> {
        let of = &mut self.orders[order];
        if of.standing().next().is_none() {
            return Err("order_is_empty");
        }
        let due = of.due();
        if due == 0 {
            return Err("nothing_due");
        }
        let wanted = amount.or(tendered.map(|handed| handed - tip)).unwrap_or(due);
        let handed = tendered.unwrap_or(wanted + tip);
        if wanted <= 0 || handed < wanted + tip {
            return Err("underpaid");
        }
        let pays = wanted.min(due);
        let change = handed - tip - pays;
        if change > 0 && !cash {
            return Err("overpaid");
        }
        of.bump();
        let payment =
            Payment { id: 0, cash, amount: pays, tip, tendered: handed, change, back: 0, reversed: 0, tip_back: 0 };
        of.payments.push(payment);
        let settles = pays == due;
        self.money(cash, "kept", pays + tip);
        self.book("payments_kept", pays + tip);
        self.book("tips", tip);
        self.book("held", pays);
        if settles {
            self.settle(order);
        }
        Ok(Done::Paid { change })
    }

    fn money(&mut self, cash: bool, what: &str, amount: i64) {
        self.booked = true;
        self.book(&format!("{}.{what}", if cash { "cash" } else { "card" }), amount);
    }

    fn settle(&mut self, order: usize) {
        self.booked = true;
        self.receipts += 1;
        let (today, receipt) = (self.today(), self.receipts);
        let of = &mut self.orders[order];
        (of.state, of.check_version) = ("paid", of.version);
        (of.closed_on, of.receipt) = (Some(today), Some(receipt));
        let (of, paid) = (of.clone(), of.paid());
        self.book("orders", 1);
        self.book("guests", 2);
        if self.wrong != Wrong::HeldForever {
            self.book("held", -paid);
        }
        for line in of.standing() {
            self.book("quantity", line.quantity);
            self.book("list_amount", line.list);
            self.book("comps", if line.comped { line.list } else { 0 });
            self.book("discounts", line.discount);
            self.book("gross", line.total);
            self.book("net", line.total - line.tax);
            self.book("tax", line.tax);
            let rate = self.menu[line.dish].rate;
            self.book(&format!("{rate}.base"), line.total - line.tax);
            self.book(&format!("{rate}.tax"), line.tax);
            self.perpetual += line.total;
        }
    }

    fn refund(&mut self, role: Role, order: usize, payment: usize, what: &Back) -> Result<Done, Refused> {
        let wrong = self.wrong;
        let of = &mut self.orders[order];
        let settled = of.state == "paid";
        let p = &of.payments[payment];
        let (left, tip_left, cash) = (p.amount - p.back, p.tip - p.tip_back, p.cash);
        let (amount, tip) = match *what {
            Back::All => (left, tip_left),
            Back::Amount(amount) => (amount, 0),
            Back::Tip(tip) => (0, tip),
            Back::Dish { line, quantity } => {
                let line = &of.lines[line];
                if !settled || line.voided {
                    return Err("invalid");
                }
                if line.refunded_quantity + quantity > line.quantity {
                    return Err("refund_too_high");
                }
                let until = |quantity: i64| half_up(line.total * quantity, line.quantity);
                let worth = until(line.refunded_quantity + quantity) - until(line.refunded_quantity);
                (worth.min(line.total - line.refunded), 0)
            }
        };
        if amount > left || tip > tip_left || amount + tip == 0 {
            return Err("refund_too_high");
        }
        if role != Role::Manager {
            return Err("approval_needed");
        }
        of.bump();
        let p = &mut of.payments[payment];
        (p.back, p.tip_back) = (p.back + amount, p.tip_back + tip);
        if !settled {
            p.reversed += amount;
            self.money(cash, "kept", -amount - tip);
            self.book("payments_kept", -amount - tip);
            self.book("tips", -tip);
            self.book("held", -amount);
            return Ok(Done::Back { amount, tip, receipt: None });
        }
        let parts: Vec<i64> = match *what {
            Back::Dish { line, quantity } => {
                of.lines[line].refunded_quantity += quantity;
                (0..of.lines.len()).map(|at| if at == line { amount } else { 0 }).collect()
            }
            _ => {
                let left = |l: &Line| if l.voided { 0 } else { l.total - l.refunded };
                let left: Vec<i64> = of.lines.iter().map(left).collect();
                shares(amount, &left, wrong)
            }
        };
        for (at, part) in parts.into_iter().enumerate() {
            let line = &mut self.orders[order].lines[at];
            let (tax, rate) = (line.back(part, wrong), self.menu[line.dish].rate);
            self.book("refunds", part);
            self.book("refunds_net", part - tax);
            self.book(&format!("{rate}.refunds_base"), part - tax);
            self.book(&format!("{rate}.refunds_tax"), tax);
        }
        self.perpetual -= amount;
        self.receipts += 1;
        self.money(cash, "refunds_paid", amount + tip);
        self.book("refunds_paid", amount + tip);
        self.book("refunds_tips", tip);
        Ok(Done::Back { amount, tip, receipt: Some(self.receipts) })
    }

    fn close_day(&mut self, role: Role, carry_over: bool) -> Result<Done, Refused> {
        if role != Role::Manager {
            return Err("forbidden");
        }
        if self.last_z_on == self.today() && !self.booked {
            return Err("day_closed");
        }
        let open = self.others_open || self.orders.iter().any(|order| order.state == "open");
        if open && !carry_over {
            return Err("orders_open");
        }
        (self.last_z_on, self.booked) = (self.today(), false);
        Ok(Done::DayClosed)
    }
}
