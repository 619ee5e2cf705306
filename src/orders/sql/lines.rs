//! Lines and their modifiers.

use super::order::word;
use crate::kernel::ids::{CheckId, LineId};
use crate::kernel::quantity::{Measure, Quantity};
use crate::kernel::service::Service;
use crate::orders::model::parts::{Share, Worth};
use crate::orders::model::{Amounts, Comp, CountsAs, Line, Modifier, SoldBy};
use crate::store::{Row, Statement};

/// The last id given, so that new lines get theirs before they are priced.
pub static LAST_ID: Statement = Statement::new("lines.last_id", "select coalesce(max(id), 0) from lines");

macro_rules! insert {
    ($columns:literal, $values:literal) => {
        concat!(
            "insert into lines (id, order_id, check_id, parent_line_id, split_from, item_id, variant_id, category_id,
               station_id, tax_version_id, name, variant, sold_by, counts_as, discountable, unit_price, quantity,
               measure, service, seat, course, note, hold, state, version, reserved, added_by, added_at_ms, comp_reason,
               comp_reason_id, comp_by, comp_approved_by, comp_at_ms, list_amount, comp, discount, net, tax, total,
               sent_as, combo",
            $columns,
            ")
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
               ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41",
            $values,
            ")"
        )
    };
}

pub static INSERT: Statement = Statement::new("lines.insert", insert!("", ""));

/// A line that is a part of another, or is counted with one.
pub static INSERT_PART: Statement =
    Statement::new("lines.insert_part", insert!(", share_num, share_den, counted, list_carry", ", ?42, ?43, ?44, ?45"));

macro_rules! columns {
    () => {
        "select id, check_id, parent_line_id, split_from, item_id, variant_id, category_id, station_id, tax_version_id, name,
               variant, sold_by, counts_as, discountable, unit_price, quantity, measure, service, seat, course, note, hold,
               state, version, reserved, added_by, added_at_ms, comp_reason, comp_reason_id, comp_by, comp_approved_by,
               comp_at_ms, list_amount, comp, discount, net, tax, total, sent_as, share_num, share_den, counted, list_carry, combo
         from lines"
    };
}

pub static OF_ORDER: Statement =
    Statement::new("lines.of_order", concat!(columns!(), " where order_id = ?1 order by id"))
        .repeating("a page or an export with its checks reads each order whole, by its key");

/// A line wherever it is, or was.
pub static ONE: Statement = Statement::new("lines.get", concat!(columns!(), " where id = ?1"));

pub static MODIFIERS_OF_LINE: Statement = Statement::new(
    "line_modifiers.of_line",
    "select line_id, option_id, name, price, quantity, depth from line_modifiers where line_id = ?1 order by id",
);

/// A line and the check it stands on; without modifiers and without what the kitchen knows.
pub fn line(row: &Row<'_>) -> rusqlite::Result<(CheckId, Line)> {
    let comp = match row.get(31)? {
        Some(at) => Some(Comp {
            reason: row.get(27)?,
            reason_id: row.get(28)?,
            by: row.get(29)?,
            approved_by: row.get(30)?,
            at,
        }),
        None => None,
    };
    let service: Option<String> = row.get(17)?;
    let line = Line {
        id: row.get(0)?,
        parent: row.get(2)?,
        combo: row.get(43)?,
        split_from: row.get(3)?,
        item: row.get(4)?,
        variant: row.get(5)?,
        category: row.get(6)?,
        station: row.get(7)?,
        tax_version: row.get(8)?,
        name: row.get(9)?,
        variant_name: row.get(10)?,
        sold_by: word(SoldBy::parse(row.get_ref(11)?.as_str()?))?,
        counts_as: word(CountsAs::parse(row.get_ref(12)?.as_str()?))?,
        discountable: row.get(13)?,
        unit_price: row.get(14)?,
        modifiers: Vec::new(),
        quantity: Quantity::from_thousandths(row.get(15)?),
        measure: row.get::<_, Option<i64>>(16)?.map(Measure::from_thousandths),
        service: word(service.as_deref().map(Service::parse).transpose())?,
        seat: row.get(18)?,
        course: row.get(19)?,
        note: row.get(20)?,
        hold: row.get(21)?,
        voided: row.get_ref(22)?.as_str()? == "voided",
        version: row.get(23)?,
        reserved: row.get(24)?,
        added_by: row.get(25)?,
        added_at: row.get(26)?,
        comp,
        kitchen: None,
        sent_as: row.get(38)?,
        amounts: Amounts {
            list: row.get(32)?,
            comp: row.get(33)?,
            discount: row.get(34)?,
            net: row.get(35)?,
            tax: row.get(36)?,
            total: row.get(37)?,
        },
        share: match (row.get(39)?, row.get(40)?) {
            (Some(num), Some(den)) => Some(Share::stored(num, den)),
            _ => None,
        },
        counted: row.get(41)?,
        list_carry: row.get(42)?,
        worth: Worth::default(),
        fresh: false,
        stands: None,
    };
    Ok((row.get(1)?, line))
}

pub static UPDATE: Statement = Statement::new(
    "lines.update",
    "update lines set quantity = ?2, seat = ?3, course = ?4, note = ?5, hold = ?6, state = ?7, version = ?8,
       reserved = ?9, comp_reason = ?10, comp_reason_id = ?11, comp_by = ?12, comp_approved_by = ?13, comp_at_ms = ?14,
       list_amount = ?15, comp = ?16, discount = ?17, net = ?18, tax = ?19, total = ?20
     where id = ?1",
);

/// Set in place of the menu's.
pub static PRICE: Statement = Statement::new("lines.price", "update lines set unit_price = ?2 where id = ?1");

/// Only what the rest of the check moved.
pub static REPRICE: Statement = Statement::new(
    "lines.reprice",
    "update lines set list_amount = ?2, comp = ?3, discount = ?4, net = ?5, tax = ?6, total = ?7 where id = ?1",
);

pub static MODIFIER_INSERT: Statement = Statement::new(
    "line_modifiers.insert",
    "insert into line_modifiers (line_id, option_id, name, price, quantity, depth) values (?1, ?2, ?3, ?4, ?5, ?6)",
);

pub static MODIFIERS_CLEAR: Statement =
    Statement::new("line_modifiers.clear", "delete from line_modifiers where line_id = ?1");

pub static MODIFIERS_OF_ORDER: Statement = Statement::new(
    "line_modifiers.of_order",
    "select m.line_id, m.option_id, m.name, m.price, m.quantity, m.depth
     from lines l join line_modifiers m on m.line_id = l.id where l.order_id = ?1 order by l.id, m.id",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

pub fn modifier(row: &Row<'_>) -> rusqlite::Result<(LineId, Modifier)> {
    let modifier = Modifier {
        option: row.get(1)?,
        name: row.get(2)?,
        price: row.get(3)?,
        quantity: row.get(4)?,
        depth: row.get(5)?,
    };
    Ok((row.get(0)?, modifier))
}

pub static ALL: &[&Statement] = &[
    &LAST_ID,
    &INSERT,
    &INSERT_PART,
    &OF_ORDER,
    &ONE,
    &MODIFIERS_OF_LINE,
    &UPDATE,
    &PRICE,
    &REPRICE,
    &MODIFIER_INSERT,
    &MODIFIERS_CLEAR,
    &MODIFIERS_OF_ORDER,
];
