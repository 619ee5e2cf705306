//! Lines, discounts and charges that go from one check to another, and checks that come and go with them.

use crate::kernel::ids::{CheckId, LineId};
use crate::kernel::rate::Rate;
use crate::orders::bill::Added;
use crate::store::{Row, Statement};

pub static CHECK_ADD: Statement = Statement::new(
    "checks.insert_part",
    "insert into checks (order_id, state, opened_business_date, tax_rounding, rounding_mode, cash_rounding,
       cash_rounding_when, tax_exempt, version, bills, split_from)
     values (?1, 'open', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
);

/// It is no check of its order any more.
pub static CHECK_JOINED: Statement = Statement::new(
    "checks.joined",
    "update checks set state = 'voided', joined_into = ?2, carried = 0, subtotal = 0, discount_total = 0,
       service_total = 0, tax_total = 0, total = 0
     where id = ?1",
);

/// As it was before it was joined, or its order merged.
pub static CHECK_BACK: Statement = Statement::new(
    "checks.back",
    "update checks set state = 'open', closed_business_date = null, closed_at_ms = null, joined_into = null,
       bills = ?2, version = ?3
     where id = ?1",
);

/// What came to nothing on a check goes along with its lines.
pub static PAYMENTS_FOLLOW: Statement =
    Statement::new("payments.follow", "update payments set check_id = ?3 where order_id = ?1 and check_id = ?2");
pub static REFUNDS_FOLLOW: Statement =
    Statement::new("refunds.follow", "update refunds set check_id = ?3 where order_id = ?1 and check_id = ?2");

macro_rules! worth {
    () => {
        "update lines set quantity = ?2, service = ?3, reserved = ?4, version = ?5, share_num = ?6, share_den = ?7,
       counted = ?8, list_carry = ?9, list_amount = ?10, comp = ?11, discount = ?12, net = ?13, tax = ?14, total = ?15"
    };
}

/// What part a line is, and what it comes to. Nothing is looked up for it, and no index kept.
pub static LINE_REVALUE: Statement = Statement::new("lines.revalue", concat!(worth!(), " where id = ?1"));

/// The same, and where it stands.
pub static LINE_PLACE: Statement = Statement::new(
    "lines.place",
    concat!(
        worth!(),
        ", order_id = ?16, check_id = ?17, parent_line_id = ?18, split_from = ?19, sent_as = ?20
     where id = ?1"
    ),
);

/// It is a part of another line now.
pub static LINE_GONE: Statement = Statement::new("lines.gone", "update lines set order_id = 0 where id = ?1");

/// What part of a dish it is, and which dishes are counted with it.
pub static LINE_SHAPE: Statement = Statement::new(
    "lines.shape",
    "update lines set share_num = ?2, share_den = ?3, counted = ?4, list_carry = ?5, reserved = ?6 where id = ?1",
);

pub static DISCOUNT_PLACE: Statement = Statement::new(
    "check_discounts.place",
    "update check_discounts set line_id = ?2, amount = ?3, applies_to = ?4, value = ?5, removed = 0 where id = ?1",
);

pub static TARGETS_CLEAR: Statement =
    Statement::new("check_discounts.clear_targets", "delete from check_discount_targets where check_discount_id = ?1");

pub static EXCEPTIONS_CLEAR: Statement = Statement::new(
    "check_discount_exceptions.clear",
    "delete from check_discount_exceptions where check_discount_id = ?1",
);

pub static EXCEPTION_ADD: Statement = Statement::new(
    "check_discount_exceptions.insert",
    "insert into check_discount_exceptions (check_discount_id, line_id) values (?1, ?2)",
);

/// A discount, and a line that it passes by.
pub static EXCEPTIONS_OF_ORDER: Statement = Statement::new(
    "check_discount_exceptions.of_order",
    "select e.check_discount_id, e.line_id
     from checks c join check_discounts d on d.check_id = c.id
       join check_discount_exceptions e on e.check_discount_id = d.id
     where c.order_id = ?1",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

pub static CHARGE_PART: Statement =
    Statement::new("check_charges.part", "update check_charges set part = ?2 where id = ?1");

pub static CARRIED_DISCOUNT_ADD: Statement = Statement::new(
    "carried_discounts.insert",
    "insert into carried_discounts (check_discount_id, line_id, amount) values (?1, ?2, ?3)",
);

pub static CARRIED_DISCOUNTS_CLEAR: Statement = Statement::new(
    "carried_discounts.clear",
    "delete from carried_discounts
     where check_discount_id in (select id from check_discounts where check_id = ?1)",
);

pub static CARRIED_DISCOUNTS_OF_ORDER: Statement = Statement::new(
    "carried_discounts.of_order",
    "select c.id, k.check_discount_id, k.line_id, k.amount
     from checks c join check_discounts d on d.check_id = c.id join carried_discounts k on k.check_discount_id = d.id
     where c.order_id = ?1",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

pub fn carried_discount(row: &Row<'_>) -> rusqlite::Result<(CheckId, i64, LineId, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

pub static CARRIED_TAX_ADD: Statement = Statement::new(
    "carried_taxes.insert",
    "insert into carried_taxes (check_id, line_id, check_charge_id, position, name, rate, base, tax)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
);

pub static CARRIED_TAXES_CLEAR: Statement =
    Statement::new("carried_taxes.clear", "delete from carried_taxes where check_id = ?1");

pub static CARRIED_TAXES_OF_ORDER: Statement = Statement::new(
    "carried_taxes.of_order",
    "select c.id, t.line_id, t.check_charge_id, t.position, t.name, t.rate, t.base, t.tax
     from checks c join carried_taxes t on t.check_id = c.id where c.order_id = ?1 order by t.id",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

/// One rate on top of a line or a charge of a check.
pub struct CarriedTax {
    pub check: CheckId,
    pub line: Option<LineId>,
    pub charge: Option<i64>,
    pub of: Added,
}

pub fn carried_tax(row: &Row<'_>) -> rusqlite::Result<CarriedTax> {
    Ok(CarriedTax {
        check: row.get(0)?,
        line: row.get(1)?,
        charge: row.get(2)?,
        of: Added {
            position: row.get(3)?,
            name: row.get(4)?,
            rate: Rate::new(row.get(5)?),
            base: row.get(6)?,
            tax: row.get(7)?,
        },
    })
}

/// The last step of an order that can be taken back.
pub static STEP_PUT: Statement = Statement::new(
    "order_steps.put",
    "insert into order_steps (order_id, kind, seq, version, other_id, other_version, was)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
     on conflict (order_id) do update set kind = excluded.kind, seq = excluded.seq, version = excluded.version,
       other_id = excluded.other_id, other_version = excluded.other_version, was = excluded.was",
);

pub static STEP: Statement = Statement::new(
    "order_steps.get",
    "select kind, seq, version, other_id, other_version, was from order_steps where order_id = ?1",
);

pub static STEP_DROP: Statement = Statement::new("order_steps.drop", "delete from order_steps where order_id = ?1");

pub static ALL: &[&Statement] = &[
    &CHECK_ADD,
    &CHECK_JOINED,
    &CHECK_BACK,
    &PAYMENTS_FOLLOW,
    &REFUNDS_FOLLOW,
    &LINE_PLACE,
    &LINE_REVALUE,
    &LINE_GONE,
    &LINE_SHAPE,
    &DISCOUNT_PLACE,
    &TARGETS_CLEAR,
    &EXCEPTIONS_CLEAR,
    &EXCEPTION_ADD,
    &EXCEPTIONS_OF_ORDER,
    &CHARGE_PART,
    &CARRIED_DISCOUNT_ADD,
    &CARRIED_DISCOUNTS_CLEAR,
    &CARRIED_DISCOUNTS_OF_ORDER,
    &CARRIED_TAX_ADD,
    &CARRIED_TAXES_CLEAR,
    &CARRIED_TAXES_OF_ORDER,
    &STEP_PUT,
    &STEP,
    &STEP_DROP,
];
