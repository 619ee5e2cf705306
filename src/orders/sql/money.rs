//! Discounts, charges, payments, refunds, taxes and receipts of a check.

use super::order::word;
use crate::kernel::ids::{CheckId, PaymentId, ReceiptId};
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::orders::model::{
    AppliesTo, Charge, ChargeHow, ChargeTax, Discount, Off, Payment, PaymentState, RateTotal, Refund, TipChange,
};
use crate::store::{Row, Statement};

pub static DISCOUNT_INSERT: Statement = Statement::new(
    "check_discounts.insert",
    "insert into check_discounts (check_id, line_id, name, percent, amount, applies_to, lowers_tax_base, discount_id,
       reason_id, reason, staff_id, approved_by, at_ms, value, root)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
);

pub static DISCOUNT_TARGET_INSERT: Statement = Statement::new(
    "check_discounts.insert_target",
    "insert into check_discount_targets (check_discount_id, target_id) values (?1, ?2)",
);

macro_rules! discount_columns {
    () => {
        "select d.check_id, d.id, d.line_id, d.name, d.percent, d.amount, d.applies_to, d.lowers_tax_base, d.discount_id,
           d.reason_id, d.reason, d.staff_id, d.approved_by, d.at_ms, d.value, d.root"
    };
}

/// A discount that may be removed.
pub static DISCOUNT_GET: Statement =
    Statement::new("check_discounts.get", concat!(discount_columns!(), " from check_discounts d where d.id = ?1"));

pub static DISCOUNTS_OF_ORDER: Statement = Statement::new(
    "check_discounts.of_order",
    concat!(
        discount_columns!(),
        " from checks c join check_discounts d on d.check_id = c.id
     where c.order_id = ?1 and c.joined_into is null and d.removed = 0 order by c.id, d.id"
    ),
)
.repeating("a page or an export with its checks reads each order whole, by its key");

/// A discount and its check; `lines` and `categories` without their targets.
pub fn discount(row: &Row<'_>) -> rusqlite::Result<(CheckId, Discount)> {
    let percent: Option<i64> = row.get(4)?;
    let off = match percent {
        Some(percent) => Off::Percent(Rate::new(percent)),
        None => Off::Amount(row.get(5)?),
    };
    let applies_to = match (row.get_ref(6)?.as_str()?, row.get(2)?) {
        ("line", Some(line)) => AppliesTo::Line(line),
        ("lines", _) => AppliesTo::Lines(Vec::new()),
        ("categories", _) => AppliesTo::Categories(Vec::new()),
        _ => AppliesTo::Check,
    };
    let discount = Discount {
        id: row.get(1)?,
        name: row.get(3)?,
        off,
        applies_to,
        lowers_tax_base: row.get(7)?,
        discount_id: row.get(8)?,
        reason_id: row.get(9)?,
        reason: row.get(10)?,
        staff: row.get(11)?,
        approved_by: row.get(12)?,
        at: row.get(13)?,
        value: row.get(14)?,
        root: row.get(15)?,
        except: Vec::new(),
    };
    Ok((row.get(0)?, discount))
}

pub static DISCOUNT_TARGETS: Statement = Statement::new(
    "check_discounts.targets",
    "select target_id from check_discount_targets where check_discount_id = ?1 order by target_id",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

pub static DISCOUNT_VALUE: Statement =
    Statement::new("check_discounts.value", "update check_discounts set value = ?2 where id = ?1");

pub static DISCOUNT_REMOVE: Statement =
    Statement::new("check_discounts.remove", "update check_discounts set removed = 1, value = 0 where id = ?1");

pub static CHARGE_INSERT: Statement = Statement::new(
    "check_charges.insert",
    "insert into check_charges (check_id, charge_id, name, percent, amount, per_guest, of, min_guests, optional, tax_kind,
       tax_version_id, goes_to, value, net, tax)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
);

macro_rules! charge_columns {
    () => {
        "select k.check_id, k.id, k.charge_id, k.name, k.percent, k.amount, k.per_guest, k.of, k.min_guests, k.optional,
           k.tax_kind, k.tax_version_id, k.goes_to, k.removed, k.value, k.net, k.tax, k.part"
    };
}

pub static CHARGES_OF_CHECK: Statement = Statement::new(
    "check_charges.of_check",
    concat!(charge_columns!(), " from check_charges k where k.check_id = ?1 order by k.id"),
);

pub static CHARGES_OF_ORDER: Statement = Statement::new(
    "check_charges.of_order",
    concat!(
        charge_columns!(),
        " from checks c join check_charges k on k.check_id = c.id
     where c.order_id = ?1 and c.joined_into is null order by c.id, k.id"
    ),
)
.repeating("a page or an export with its checks reads each order whole, by its key");

pub fn charge(row: &Row<'_>) -> rusqlite::Result<(CheckId, Charge)> {
    let percent: Option<i64> = row.get(4)?;
    let how = match (percent, row.get(5)?) {
        (Some(percent), _) => ChargeHow::Percent(Rate::new(percent)),
        (None, Some(amount)) => ChargeHow::Amount(amount),
        (None, None) => ChargeHow::PerGuest(row.get(6)?),
    };
    let tax = match (row.get_ref(10)?.as_str()?, row.get(11)?) {
        ("as_lines", _) => ChargeTax::AsLines,
        ("class", Some(version)) => ChargeTax::Class(version),
        _ => ChargeTax::None,
    };
    let charge = Charge {
        id: row.get(1)?,
        charge: row.get(2)?,
        name: row.get(3)?,
        how,
        after_discounts: row.get_ref(7)?.as_str()? == "after_discounts",
        min_guests: row.get(8)?,
        optional: row.get(9)?,
        tax,
        to_staff: row.get_ref(12)?.as_str()? == "staff",
        removed: row.get(13)?,
        value: row.get(14)?,
        net: row.get(15)?,
        tax_amount: row.get(16)?,
        part: row.get(17)?,
        worth: None,
    };
    Ok((row.get(0)?, charge))
}

pub static CHARGE_UPDATE: Statement = Statement::new(
    "check_charges.update",
    "update check_charges set removed = ?2, value = ?3, net = ?4, tax = ?5 where id = ?1",
);

pub static TAX_INSERT: Statement = Statement::new(
    "check_taxes.insert",
    "insert into check_taxes (check_id, line_id, check_charge_id, name, rate, included, base, tax)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
);

/// A settled check's taxes, one row a line or charge and rate, in the order in which they were found.
pub static TAXES_OF_ORDER: Statement = Statement::new(
    "check_taxes.of_order",
    "select t.check_id, t.line_id, t.check_charge_id, t.name, t.rate, t.included, t.base, t.tax
     from checks c join check_taxes t on t.check_id = c.id where c.order_id = ?1 order by c.id, t.id",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

/// One rate's part of one line or charge.
#[derive(Debug, Clone)]
pub struct TaxRow {
    pub check: CheckId,
    pub line: Option<crate::kernel::ids::LineId>,
    pub charge: Option<i64>,
    pub of: RateTotal,
}

pub fn tax(row: &Row<'_>) -> rusqlite::Result<TaxRow> {
    Ok(TaxRow {
        check: row.get(0)?,
        line: row.get(1)?,
        charge: row.get(2)?,
        of: RateTotal {
            name: row.get(3)?,
            rate: Rate::new(row.get(4)?),
            included: row.get(5)?,
            base: row.get(6)?,
            tax: row.get(7)?,
        },
    })
}

pub static PAYMENT_INSERT: Statement = Statement::new(
    "payments.insert",
    "insert into payments (order_id, check_id, tender_id, tender_kind, tender, state, amount, tendered, change_given,
       tip, rounding, excess, tip_staff_id, reference, card_brand, card_last4, card_auth, client_ref, device_id,
       staff_id, business_date, at_ms, corrects, account_id, drawer_id)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
       ?24, ?25)",
);

pub static PAYMENTS_OF_ORDER: Statement = Statement::new(
    "payments.of_order",
    "select check_id, id, tender_id, tender_kind, tender, state, amount, tendered, change_given, tip, rounding, excess,
       tip_staff_id, reference, card_brand, card_last4, card_auth, client_ref, device_id, staff_id, business_date, at_ms,
       corrects, account_id, drawer_id
     from payments where order_id = ?1 order by id",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

/// As it was taken: later changes of its tip, its refunds and what corrects it are laid on it.
pub fn payment(row: &Row<'_>) -> rusqlite::Result<(CheckId, Payment)> {
    let payment = Payment {
        id: row.get(1)?,
        tender_id: row.get(2)?,
        tender_kind: row.get(3)?,
        tender: row.get(4)?,
        state: word(PaymentState::parse(row.get_ref(5)?.as_str()?))?,
        amount: row.get(6)?,
        tendered: row.get(7)?,
        change: row.get(8)?,
        tip: row.get(9)?,
        rounding: row.get(10)?,
        excess: row.get(11)?,
        tip_staff: row.get(12)?,
        reference: row.get(13)?,
        card_brand: row.get(14)?,
        card_last4: row.get(15)?,
        card_auth: row.get(16)?,
        client_ref: row.get(17)?,
        device: row.get(18)?,
        staff: row.get(19)?,
        date: row.get(20)?,
        at: row.get(21)?,
        corrects: row.get(22)?,
        account: row.get(23)?,
        drawer: row.get(24)?,
        corrected_by: None,
        refunds: Vec::new(),
    };
    Ok((row.get(0)?, payment))
}

/// A payment that was pending: what became of it, and when.
pub static PAYMENT_RESOLVE: Statement = Statement::new(
    "payments.resolve",
    "update payments set state = ?2, amount = ?3, excess = ?4, reference = ?5, business_date = ?6, at_ms = ?7
     where id = ?1",
);

pub static TIP_INSERT: Statement = Statement::new(
    "payment_tips.insert",
    "insert into payment_tips (order_id, payment_id, taken, taken_from, given, given_to, staff_id, device_id,
       business_date, at_ms, drawer_id)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
);

pub static TIPS_OF_ORDER: Statement = Statement::new(
    "payment_tips.of_order",
    "select payment_id, taken, taken_from, given, given_to from payment_tips where order_id = ?1 order by id",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

pub fn tip_change(row: &Row<'_>) -> rusqlite::Result<(PaymentId, TipChange)> {
    let (taken, taken_from, given, given_to) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
    Ok((row.get(0)?, TipChange { taken, taken_from, given, given_to }))
}

/// The payment a terminal already sent under a reference of its own.
pub static PAYMENT_BY_CLIENT_REF: Statement = Statement::new(
    "payments.by_client_ref",
    "select id, order_id from payments where device_id = ?1 and client_ref = ?2",
);

/// Which order a payment belongs to.
pub static ORDER_OF_PAYMENT: Statement =
    Statement::new("payments.order_of", "select order_id from payments where id = ?1");

pub static REFUND_INSERT: Statement = Statement::new(
    "refunds.insert",
    "insert into refunds (order_id, check_id, payment_id, tender_id, tender_kind, tender, reversal, amount, rounding, tip,
       excess, tip_staff_id, reason_id, reason, staff_id, approved_by, device_id, business_date, at_ms,
       account_id, drawer_id)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
);

pub static REFUNDS_OF_ORDER: Statement = Statement::new(
    "refunds.of_order",
    "select payment_id, id, amount, rounding, tip, excess, reversal, tender_kind = 'cash' from refunds
     where order_id = ?1 order by id",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

pub fn refund(row: &Row<'_>) -> rusqlite::Result<(PaymentId, Refund)> {
    let refund = Refund {
        id: row.get(1)?,
        amount: row.get(2)?,
        rounding: row.get(3)?,
        tip: row.get(4)?,
        excess: row.get(5)?,
        reversal: row.get(6)?,
        cash: row.get(7)?,
    };
    Ok((row.get(0)?, refund))
}

pub static REFUND_LINE_INSERT: Statement = Statement::new(
    "refund_lines.insert",
    "insert into refund_lines (refund_id, line_id, check_charge_id, quantity, net, tax, total)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
);

pub static REFUND_TAX_INSERT: Statement = Statement::new(
    "refund_taxes.insert",
    "insert into refund_taxes (refund_line_id, name, rate, included, base, tax) values (?1, ?2, ?3, ?4, ?5, ?6)",
);

/// What was refunded of a check so far, a row a line or charge and refund.
pub static REFUND_LINES_OF_ORDER: Statement = Statement::new(
    "refund_lines.of_order",
    "select r.check_id, l.id, l.line_id, l.check_charge_id, l.quantity, l.total
     from refunds r join refund_lines l on l.refund_id = r.id where r.order_id = ?1 order by r.id, l.id",
);

/// What went back of one line or charge in one refund.
#[derive(Debug, Clone, Copy)]
pub struct RefundedRow {
    pub check: CheckId,
    pub id: i64,
    pub line: Option<crate::kernel::ids::LineId>,
    pub charge: Option<i64>,
    /// In thousandths; `None` where an amount was spread.
    pub quantity: Option<i64>,
    pub total: Money,
}

pub fn refunded(row: &Row<'_>) -> rusqlite::Result<RefundedRow> {
    Ok(RefundedRow {
        check: row.get(0)?,
        id: row.get(1)?,
        line: row.get(2)?,
        charge: row.get(3)?,
        quantity: row.get(4)?,
        total: row.get(5)?,
    })
}

/// In the order of the taxes that were sold.
pub static REFUND_TAXES_OF_ORDER: Statement = Statement::new(
    "refund_taxes.of_order",
    "select t.refund_line_id, t.base, t.tax
     from refunds r join refund_lines l on l.refund_id = r.id join refund_taxes t on t.refund_line_id = l.id
     where r.order_id = ?1 order by r.id, l.id, t.id",
);

/// The refund's line, base and tax.
pub fn refunded_tax(row: &Row<'_>) -> rusqlite::Result<(i64, Money, Money)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// A check after a refund; when it was closed stays.
pub static CHECK_REFUNDED: Statement =
    Statement::new("checks.refunded", "update checks set version = ?2, tip_total = ?3 where id = ?1");

pub static NEXT_RECEIPT_NUMBER: Statement = Statement::new(
    "receipts.next_number",
    "insert into receipt_series (series, last) values (?1, 1)
     on conflict (series) do update set last = last + 1 returning last",
);

pub static RECEIPT_INSERT: Statement = Statement::new(
    "receipts.insert",
    "insert into receipts (series, number, kind, order_id, check_id, refund_id, payment_id, original_id, business_date,
       started_at_ms, issued_at_ms, body)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
);

/// The receipts of an order's checks.
pub static RECEIPTS_OF_ORDER: Statement = Statement::new(
    "receipts.of_order",
    "select r.check_id, r.id, r.number from checks c join receipts r on r.check_id = c.id
     where c.order_id = ?1 and (r.kind = 'sale' or r.kind = 'advance') order by c.id, r.id",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

pub fn receipt_number(row: &Row<'_>) -> rusqlite::Result<(CheckId, ReceiptId, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

pub static RECEIPT_GET: Statement =
    Statement::new("receipts.get", "select kind, number, body from receipts where id = ?1");

/// Its kind, number and body.
pub fn stored_receipt(row: &Row<'_>) -> rusqlite::Result<(String, i64, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

pub static ALL: &[&Statement] = &[
    &DISCOUNT_INSERT,
    &DISCOUNT_TARGET_INSERT,
    &DISCOUNT_GET,
    &DISCOUNTS_OF_ORDER,
    &DISCOUNT_TARGETS,
    &DISCOUNT_VALUE,
    &DISCOUNT_REMOVE,
    &CHARGE_INSERT,
    &CHARGES_OF_CHECK,
    &CHARGES_OF_ORDER,
    &CHARGE_UPDATE,
    &TAX_INSERT,
    &TAXES_OF_ORDER,
    &PAYMENT_INSERT,
    &PAYMENTS_OF_ORDER,
    &PAYMENT_RESOLVE,
    &TIP_INSERT,
    &TIPS_OF_ORDER,
    &PAYMENT_BY_CLIENT_REF,
    &ORDER_OF_PAYMENT,
    &REFUND_INSERT,
    &REFUNDS_OF_ORDER,
    &REFUND_LINE_INSERT,
    &REFUND_TAX_INSERT,
    &REFUND_LINES_OF_ORDER,
    &REFUND_TAXES_OF_ORDER,
    &CHECK_REFUNDED,
    &NEXT_RECEIPT_NUMBER,
    &RECEIPT_INSERT,
    &RECEIPTS_OF_ORDER,
    &RECEIPT_GET,
];
