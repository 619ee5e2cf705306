//! What `comanda check` reads: the orders and all they hold, by ranges of orders' ids, each by its index.

use crate::floor::model::Seating;
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::TableId;
use crate::shifts::model::{OpenOrder, Unresolved};
use crate::store::{Row, Statement};

macro_rules! ranged {
    ($name:ident $word:literal $sql:literal) => {
        /// Of orders past ?1 up to ?2.
        pub static $name: Statement = Statement::new($word, $sql);
    };
}

pub static LAST_ORDER: Statement = Statement::new("orders.verify_last", "select coalesce(max(id), 0) from orders");

pub static FIRST_OF_DAY: Statement =
    Statement::new("orders.verify_first_of_day", "select coalesce(min(id), 0) from orders where business_date = ?1");

ranged! { ORDERS "orders.verify"
"select id, kind, state, opened_at_ms, guests, coalesce(staff_id, 0), source is not null, closed_at_ms is null
 from orders where id > ?1 and id <= ?2" }

#[derive(Debug)]
pub struct OrderRow {
    pub id: i64,
    pub kind: String,
    pub state: String,
    pub opened_at: UtcMs,
    pub guests: i64,
    /// 0 for nobody.
    pub staff: i64,
    pub imported: bool,
    pub unclosed: bool,
}

pub fn order(row: &Row<'_>) -> rusqlite::Result<OrderRow> {
    Ok(OrderRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        state: row.get(2)?,
        opened_at: row.get(3)?,
        guests: row.get(4)?,
        staff: row.get(5)?,
        imported: row.get(6)?,
        unclosed: row.get(7)?,
    })
}

ranged! { CHECKS "checks.verify"
"select id, order_id, state, closed_business_date, coalesce(closed_at_ms, 0), subtotal, discount_total,
       service_total, tax_total, total, rounding, paid, tip_total
     from checks where order_id > ?1 and order_id <= ?2 and joined_into is null" }

#[derive(Debug)]
pub struct CheckRow {
    pub id: i64,
    pub order: i64,
    pub state: String,
    pub closed_date: Option<BusinessDate>,
    pub closed_at: i64,
    /// subtotal, discount_total, service_total, tax_total, total, rounding, paid, tip_total
    pub sums: [i64; 8],
}

pub const SUMS: [&str; 8] =
    ["subtotal", "discount_total", "service_total", "tax_total", "total", "rounding", "paid", "tip_total"];

pub fn check(row: &Row<'_>) -> rusqlite::Result<CheckRow> {
    let mut sums = [0; 8];
    for (place, sum) in sums.iter_mut().enumerate() {
        *sum = row.get(5 + place)?;
    }
    Ok(CheckRow {
        id: row.get(0)?,
        order: row.get(1)?,
        state: row.get(2)?,
        closed_date: row.get(3)?,
        closed_at: row.get(4)?,
        sums,
    })
}

ranged! { LINES "lines.verify"
"select l.check_id, item_id, variant_id, category_id, counts_as = 'sale', quantity, list_amount, comp, discount, net,
       tax, l.total, l.id, measure, list_carry, c.rounding_mode = 'half_even',
       case when combo = 1 then 0
         else unit_price + coalesce((select sum(m.price * m.quantity) from line_modifiers m where m.line_id = l.id), 0) end,
       comp_at_ms is not null, counted, coalesce(l.sent_as, l.id)
     from lines l join checks c on c.id = l.check_id
     where l.order_id > ?1 and l.order_id <= ?2 and l.state = 'open'" }

#[derive(Debug)]
pub struct LineRow {
    pub id: i64,
    pub check: i64,
    /// item, variant, category
    pub dish: [i64; 3],
    pub is_sale: bool,
    /// Thousandths.
    pub quantity: i64,
    pub list: i64,
    pub comp: i64,
    pub discount: i64,
    pub net: i64,
    pub tax: i64,
    pub total: i64,
    pub measure: Option<i64>,
    /// What its list amount differs from its price by.
    pub carry: i64,
    pub rounds_half_even: bool,
    /// Of one, with what was chosen with it.
    pub price: i64,
    pub is_comped: bool,
    /// 0 where the dish it is a share of is counted with another share.
    pub counted: i64,
    /// The line that the kitchen was or will be told of.
    pub origin: i64,
}

impl LineRow {
    /// Whole dishes that reports count.
    pub fn dishes(&self) -> i64 {
        self.quantity / 1000 * self.counted
    }
}

pub fn line(row: &Row<'_>) -> rusqlite::Result<LineRow> {
    Ok(LineRow {
        check: row.get(0)?,
        dish: [row.get(1)?, row.get(2)?, row.get(3)?],
        is_sale: row.get(4)?,
        quantity: row.get(5)?,
        list: row.get(6)?,
        comp: row.get(7)?,
        discount: row.get(8)?,
        net: row.get(9)?,
        tax: row.get(10)?,
        total: row.get(11)?,
        id: row.get(12)?,
        measure: row.get(13)?,
        carry: row.get(14)?,
        rounds_half_even: row.get(15)?,
        price: row.get(16)?,
        is_comped: row.get(17)?,
        counted: row.get(18)?,
        origin: row.get(19)?,
    })
}

ranged! { COMBOS "lines.verify_combos"
"select h.id, h.unit_price,
       (select coalesce(sum(p.unit_price), 0) from lines p where p.order_id = h.order_id and p.parent_line_id = h.id),
       (select count(*) from lines p where p.order_id = h.order_id and p.parent_line_id = h.id
          and (p.check_id <> h.check_id or p.quantity <> h.quantity or p.state <> h.state))
     from lines h where h.order_id > ?1 and h.order_id <= ?2 and h.combo = 1" }

/// The head of a combo.
#[derive(Debug)]
pub struct ComboRow {
    pub id: i64,
    pub unit_price: i64,
    /// Σ unit price of its parts.
    pub parts: i64,
    /// How many of them stand on another check, are more or fewer, or voided where it is not.
    pub astray: i64,
}

pub fn combo(row: &Row<'_>) -> rusqlite::Result<ComboRow> {
    Ok(ComboRow { id: row.get(0)?, unit_price: row.get(1)?, parts: row.get(2)?, astray: row.get(3)? })
}

ranged! { VOIDED "lines.verify_voided"
"select id, order_id, quantity * counted, list_amount from lines where order_id > ?1 and order_id <= ?2 and state = 'voided'" }

/// A line that was taken off.
#[derive(Debug)]
pub struct VoidedRow {
    pub id: i64,
    pub order: i64,
    /// Thousandths.
    pub quantity: i64,
    pub list: i64,
}

pub fn voided(row: &Row<'_>) -> rusqlite::Result<VoidedRow> {
    Ok(VoidedRow { id: row.get(0)?, order: row.get(1)?, quantity: row.get(2)?, list: row.get(3)? })
}

ranged! { DISCOUNTS "check_discounts.verify"
"select d.check_id, case d.applies_to when 'line' then coalesce(d.line_id, 0) else 0 end, d.value
 from checks c join check_discounts d on d.check_id = c.id
 where c.order_id > ?1 and c.order_id <= ?2 and d.removed = 0 and d.value <> 0" }

/// Its check, the line it is on or 0, and what it takes off.
pub fn discount(row: &Row<'_>) -> rusqlite::Result<(i64, i64, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

ranged! { CHARGES "check_charges.verify"
"select k.check_id, k.value, k.tax from checks c join check_charges k on k.check_id = c.id
 where c.order_id > ?1 and c.order_id <= ?2 and k.removed = 0" }

/// Its check, value and tax.
pub fn charge(row: &Row<'_>) -> rusqlite::Result<(i64, i64, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

ranged! { TAXES "check_taxes.verify"
"select t.check_id, t.name, t.rate, t.included, t.base, t.tax, coalesce(t.line_id, 0)
 from checks c join check_taxes t on t.check_id = c.id
 where c.order_id > ?1 and c.order_id <= ?2" }

ranged! { REFUND_TAXES "refund_taxes.verify"
"select r.id, t.name, t.rate, t.included, t.base, t.tax, coalesce(l.line_id, 0)
     from refunds r join refund_lines l on l.refund_id = r.id join refund_taxes t on t.refund_line_id = l.id
     where r.order_id > ?1 and r.order_id <= ?2" }

#[derive(Debug)]
pub struct TaxRow {
    /// A check, or a refund.
    pub of: i64,
    pub name: String,
    pub rate: i64,
    pub included: bool,
    pub base: i64,
    pub tax: i64,
    /// 0 where it is a service charge's.
    pub line: i64,
}

pub fn tax(row: &Row<'_>) -> rusqlite::Result<TaxRow> {
    Ok(TaxRow {
        of: row.get(0)?,
        name: row.get(1)?,
        rate: row.get(2)?,
        included: row.get(3)?,
        base: row.get(4)?,
        tax: row.get(5)?,
        line: row.get(6)?,
    })
}

ranged! { PAYMENTS "payments.verify"
"select id, check_id, tender_kind, amount, tendered, change_given, tip, rounding, excess,
       coalesce(tip_staff_id, staff_id, 0), business_date, at_ms, coalesce(corrects, 0)
     from payments where order_id > ?1 and order_id <= ?2 and state = 'captured'" }

ranged! { TIPS "payment_tips.verify"
"select t.id, p.check_id, p.tender_kind, t.taken, coalesce(t.taken_from, 0), t.given, coalesce(t.given_to, 0),
       t.business_date
     from payment_tips t join payments p on p.id = t.payment_id where t.order_id > ?1 and t.order_id <= ?2" }

/// A tip changed after its payment was taken.
#[derive(Debug)]
pub struct TipRow {
    pub id: i64,
    pub check: i64,
    pub tender: String,
    /// How much, and whose; 0 for nobody.
    pub taken: (i64, i64),
    pub given: (i64, i64),
    pub date: BusinessDate,
}

pub fn tip(row: &Row<'_>) -> rusqlite::Result<TipRow> {
    Ok(TipRow {
        id: row.get(0)?,
        check: row.get(1)?,
        tender: row.get(2)?,
        taken: (row.get(3)?, row.get(4)?),
        given: (row.get(5)?, row.get(6)?),
        date: row.get(7)?,
    })
}

ranged! { REFUNDS "refunds.verify"
"select id, check_id, tender_kind, amount, reversal, 0, tip, rounding, excess, coalesce(tip_staff_id, 0),
       business_date, at_ms, 0
     from refunds where order_id > ?1 and order_id <= ?2" }

/// Money in, or back.
#[derive(Debug)]
pub struct MoneyRow {
    pub id: i64,
    pub check: i64,
    pub tender: String,
    pub amount: i64,
    /// Of a refund: whether it unmakes a payment, 0 or 1.
    pub tendered: i64,
    pub change: i64,
    pub tip: i64,
    pub rounding: i64,
    pub excess: i64,
    /// Whose the tip is; 0 for nobody.
    pub staff: i64,
    pub date: BusinessDate,
    pub at: i64,
    /// Of a payment: the one whose wrong tender it sets right, or 0.
    pub corrects: i64,
}

pub fn money(row: &Row<'_>) -> rusqlite::Result<MoneyRow> {
    Ok(MoneyRow {
        id: row.get(0)?,
        check: row.get(1)?,
        tender: row.get(2)?,
        amount: row.get(3)?,
        tendered: row.get(4)?,
        change: row.get(5)?,
        tip: row.get(6)?,
        rounding: row.get(7)?,
        excess: row.get(8)?,
        staff: row.get(9)?,
        date: row.get(10)?,
        at: row.get(11)?,
        corrects: row.get(12)?,
    })
}

ranged! { REFUND_LINES "refund_lines.verify"
"select r.id, rl.line_id is null, coalesce(l.item_id, 0), coalesce(l.variant_id, 0), coalesce(l.category_id, 0),
       coalesce(l.counts_as = 'sale', 1), rl.net, rl.total
     from refunds r join refund_lines rl on rl.refund_id = r.id left join lines l on l.id = rl.line_id
     where r.order_id > ?1 and r.order_id <= ?2" }

#[derive(Debug)]
pub struct RefundLineRow {
    pub refund: i64,
    pub is_charge: bool,
    pub dish: [i64; 3],
    pub is_sale: bool,
    pub net: i64,
    pub total: i64,
}

pub fn refund_line(row: &Row<'_>) -> rusqlite::Result<RefundLineRow> {
    Ok(RefundLineRow {
        refund: row.get(0)?,
        is_charge: row.get(1)?,
        dish: [row.get(2)?, row.get(3)?, row.get(4)?],
        is_sale: row.get(5)?,
        net: row.get(6)?,
        total: row.get(7)?,
    })
}

ranged! { RECEIPTS "receipts.verify"
"select r.id, r.check_id, r.series, r.number, r.kind, coalesce(r.payment_id, 0), r.business_date, r.body, r.prints
 from checks c join receipts r on r.check_id = c.id where c.order_id > ?1 and c.order_id <= ?2" }

/// A receipt as it was stored.
#[derive(Debug)]
pub struct ReceiptRow {
    pub id: i64,
    pub check: i64,
    pub series: String,
    pub number: i64,
    pub kind: String,
    /// Of a correction, else 0.
    pub payment: i64,
    pub date: BusinessDate,
    pub body: String,
    pub prints: i64,
}

pub fn receipt(row: &Row<'_>) -> rusqlite::Result<ReceiptRow> {
    Ok(ReceiptRow {
        id: row.get(0)?,
        check: row.get(1)?,
        series: row.get(2)?,
        number: row.get(3)?,
        kind: row.get(4)?,
        payment: row.get(5)?,
        date: row.get(6)?,
        body: row.get(7)?,
        prints: row.get(8)?,
    })
}

ranged! { DRAWN "payments.verify_accounts"
"select p.id,
   iif(p.state = 'captured', p.tendered - p.change_given, 0)
   + coalesce((select sum(t.given - t.taken) from payment_tips t where t.order_id = p.order_id and t.payment_id = p.id), 0)
   - coalesce((select sum(r.amount + r.rounding + r.tip + r.excess) from refunds r
               where r.order_id = p.order_id and r.payment_id = p.id and r.account_id is not null), 0),
   coalesce((select sum(iif(a.kind = 'house', e.amount, -e.amount))
             from account_entries e join accounts a on a.id = e.account_id
             where e.payment_id = p.id and e.account_id = p.account_id), 0)
 from payments p where p.order_id > ?1 and p.order_id <= ?2 and p.account_id is not null" }

/// Three numbers: of [`DRAWN`] a payment by an account, what it took of it, and what the account's entries say
/// it took.
pub fn drawn(row: &Row<'_>) -> rusqlite::Result<(i64, i64, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// Accounts that keep something else than what their unresolved payments come to.
pub static RESERVED_WRONG: Statement = Statement::new(
    "accounts.verify_reserved",
    "with waits as (
       select p.account_id, sum(p.tendered) as tendered from unresolved_payments u cross join payments p
       where p.id = u.payment_id and p.account_id is not null group by p.account_id)
     select a.id, a.reserved, coalesce(w.tendered, 0) from accounts a left join waits w on w.account_id = a.id
     where a.reserved <> coalesce(w.tendered, 0)",
)
.scanning("reads all accounts, for `comanda check`");

/// Entries of a payment by another account, or none.
pub static ENTRIES_ASTRAY: Statement = Statement::new(
    "account_entries.verify_payments",
    "select e.id, e.payment_id, e.account_id from account_entries e join payments p on p.id = e.payment_id
     where p.account_id is not e.account_id",
)
.scanning("reads all entries, for `comanda check`");

/// Entries of a line that brings nothing to accounts: a sale, or one that is not settled.
pub static LINES_ASTRAY: Statement = Statement::new(
    "account_entries.verify_lines",
    "select e.id, e.line_id, e.account_id
     from account_entries e join lines l on l.id = e.line_id join checks c on c.id = l.check_id
     where l.counts_as = 'sale' or l.state <> 'open' or c.state <> 'paid'",
)
.scanning("reads all entries, for `comanda check`");

/// What went back of a line.
pub static LINE_REFUNDED: Statement = Statement::new(
    "refund_lines.of_line",
    "select coalesce(sum(l.total), 0) from refunds r join refund_lines l on l.refund_id = r.id
     where r.order_id = ?1 and l.line_id = ?2",
)
.repeating("each line that is no sale is looked for by its order, for `comanda check`");

/// What is open now.
pub static OPEN: Statement = Statement::new(
    "orders.verify_open",
    "select id, display_number, business_date, opened_at_ms, table_id, guests, staff_id from orders where state = 'open'",
);

/// One of them, where it is.
pub static OPEN_ONE: Statement = Statement::new(
    "orders.verify_open_one",
    "select id, display_number, business_date, opened_at_ms, table_id, guests, staff_id from orders
     where id = ?1 and state = 'open'",
);

pub fn open(row: &Row<'_>) -> rusqlite::Result<(OpenOrder, Option<Seating>)> {
    let order =
        OpenOrder { order: row.get(0)?, display_number: row.get(1)?, date: row.get(2)?, opened_at: row.get(3)? };
    let table: Option<TableId> = row.get(4)?;
    let (guests, staff) = (row.get(5)?, row.get(6)?);
    let OpenOrder { order: id, display_number, opened_at, .. } = order;
    let seating = table.map(|table| Seating { order: id, table, display_number, guests, opened_at, staff });
    Ok((order, seating))
}

pub static UNRESOLVED: Statement = Statement::new(
    "payments.verify_unresolved",
    "select id, order_id, amount from payments where state in ('pending', 'unknown')",
)
.scanning(RECOUNTS);

pub fn unresolved(row: &Row<'_>) -> rusqlite::Result<Unresolved> {
    Ok(Unresolved { payment: row.get(0)?, order: row.get(1)?, amount: row.get(2)? })
}

// A count that is missing begins at zero, since an upsert of less would meet the column's CHECK.
pub static DAY_MAKE: Statement = Statement::new(
    "order_days.make",
    "insert into order_days (business_date, state, n) values (?1, ?2, 0) on conflict do nothing",
);
pub static DAY_AMEND: Statement =
    Statement::new("order_days.amend", "update order_days set n = n + ?3 where business_date = ?1 and state = ?2");
pub static MONTH_MAKE: Statement = Statement::new(
    "order_months.make",
    "insert into order_months (month, state, n) values (?1, ?2, 0) on conflict do nothing",
);
pub static MONTH_AMEND: Statement =
    Statement::new("order_months.amend", "update order_months set n = n + ?3 where month = ?1 and state = ?2");

const RECOUNTS: &str = "recounts everything, for `comanda check` alone";

/// Key, state, kept and counted.
pub static DAYS_WRONG: Statement = Statement::new(
    "order_days.wrong",
    "select business_date, state, sum(n), sum(m)
     from (select business_date, state, n, 0 as m from order_days
           union all select business_date, state, 0, count(*) from orders group by business_date, state)
     group by business_date, state having sum(n) <> sum(m)",
)
.scanning(RECOUNTS);

pub static MONTHS_WRONG: Statement = Statement::new(
    "order_months.wrong",
    "select month, state, sum(n), sum(m)
     from (select month, state, n, 0 as m from order_months
           union all select substr(business_date, 1, 7), state, 0, count(*) from orders group by 1, 2)
     group by month, state having sum(n) <> sum(m)",
)
.scanning(RECOUNTS);

/// Series and number of every receipt that is missing before one that is there, or before the last given.
pub static RECEIPTS_MISSING: Statement = Statement::new(
    "receipts.missing",
    "select r.series, r.number + 1 from receipts r join receipt_series s on s.series = r.series
     where r.number <> s.last
       and not exists (select 1 from receipts n where n.series = r.series and n.number = r.number + 1)
     union all
     select s.series, 1 from receipt_series s
     where s.last > 0 and not exists (select 1 from receipts n where n.series = s.series and n.number = 1)",
)
.scanning(RECOUNTS);

pub static ALL: &[&Statement] = &[
    &LAST_ORDER,
    &FIRST_OF_DAY,
    &ORDERS,
    &CHECKS,
    &LINES,
    &COMBOS,
    &VOIDED,
    &DISCOUNTS,
    &CHARGES,
    &TAXES,
    &REFUND_TAXES,
    &PAYMENTS,
    &TIPS,
    &REFUNDS,
    &REFUND_LINES,
    &RECEIPTS,
    &DRAWN,
    &LINE_REFUNDED,
    &RESERVED_WRONG,
    &ENTRIES_ASTRAY,
    &LINES_ASTRAY,
    &OPEN,
    &OPEN_ONE,
    &DAY_MAKE,
    &DAY_AMEND,
    &MONTH_MAKE,
    &MONTH_AMEND,
    &UNRESOLVED,
    &DAYS_WRONG,
    &MONTHS_WRONG,
    &RECEIPTS_MISSING,
];
