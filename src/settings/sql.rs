//! The statements of settings and service charges.

use super::model::{
    CashRoundingWhen, ChargeBase, ChargeHow, ChargeTax, CheckRules, GoesTo, ServiceCharge, Settings, TaxRounding,
};
use crate::kernel::currency::Currency;
use crate::kernel::day::{Cutoff, Zone};
use crate::kernel::invalid::Invalid;
use crate::kernel::rate::{Rate, Rounding};
use crate::store::{Row, Statement};

crate::store::word_columns! { TaxRounding CashRoundingWhen ChargeBase GoesTo }

pub static EXISTS: Statement = Statement::new("settings.exists", "select exists (select 1 from settings where id = 1)");

pub static CREATE: Statement = Statement::new(
    "settings.create",
    "insert into settings (id, name, legal_name, address, country, vat_id, tax_number, currency, tax_rounding,
       rounding_mode, cash_rounding, cash_rounding_when, receipt_header, receipt_footer)
     values (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
);

pub static GET: Statement = Statement::new(
    "settings.get",
    "select name, legal_name, address, country, vat_id, tax_number, currency, tax_rounding, rounding_mode,
       cash_rounding, cash_rounding_when, receipt_header, receipt_footer
     from settings where id = 1",
);

pub static UPDATE: Statement = Statement::new(
    "settings.update",
    "update settings set name = ?1, legal_name = ?2, address = ?3, country = ?4, vat_id = ?5, tax_number = ?6,
       currency = ?7, tax_rounding = ?8, rounding_mode = ?9, cash_rounding = ?10, cash_rounding_when = ?11,
       receipt_header = ?12, receipt_footer = ?13
     where id = 1",
);

/// The one question settings ask of a floor above them: asking costs a row when the currency is
/// changed, being told would cost every order a write.
pub static ANY_ORDER: Statement =
    Statement::new("settings.any_order", "select exists (select 1 from orders)").scanning("it stops at the first row");

pub static CHARGES: Statement = Statement::new(
    "service_charges.list",
    "select id, name, percent, amount, per_guest, of, min_guests, optional, tax, tax_class_id, goes_to
     from service_charges where archived = 0 order by id",
)
.scanning("a list the house keeps itself: a handful of rows");

pub static CHARGE_INSERT: Statement = Statement::new(
    "service_charges.insert",
    "insert into service_charges
       (name, percent, amount, per_guest, of, min_guests, optional, tax, tax_class_id, goes_to)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
);

pub static CHARGE_UPDATE: Statement = Statement::new(
    "service_charges.update",
    "update service_charges set name = ?1, percent = ?2, amount = ?3, per_guest = ?4, of = ?5, min_guests = ?6,
       optional = ?7, tax = ?8, tax_class_id = ?9, goes_to = ?10
     where id = ?11",
);

pub static CHARGE_ARCHIVE: Statement =
    Statement::new("service_charges.archive", "update service_charges set archived = 1 where id = ?1");

pub static ALL: &[&Statement] = &[
    &EXISTS,
    &CHECK_RULES,
    &CREATE,
    &GET,
    &UPDATE,
    &ANY_ORDER,
    &CHARGES,
    &CHARGE_INSERT,
    &CHARGE_UPDATE,
    &CHARGE_ARCHIVE,
];

/// A word of a row that is none of those the house writes.
fn bad(column: usize, invalid: Invalid) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, invalid.detail.into())
}

/// What a new check copies: on the path of every order, so it reads no more than that.
pub(super) static CHECK_RULES: Statement = Statement::new(
    "settings.check_rules",
    "select tax_rounding, rounding_mode, cash_rounding, cash_rounding_when from settings where id = 1",
);

pub(super) fn check_rules(row: &Row<'_>) -> rusqlite::Result<CheckRules> {
    let rounding = Rounding::parse(row.get_ref(1)?.as_str()?).map_err(|e| bad(1, e))?;
    Ok(CheckRules { tax_rounding: row.get(0)?, rounding, cash_rounding: row.get(2)?, cash_rounding_when: row.get(3)? })
}

pub fn settings(row: &Row<'_>, zone: Zone, cutoff: Cutoff) -> rusqlite::Result<Settings> {
    Ok(Settings {
        name: row.get(0)?,
        legal_name: row.get(1)?,
        address: row.get(2)?,
        country: row.get(3)?,
        vat_id: row.get(4)?,
        tax_number: row.get(5)?,
        currency: Currency::parse(&row.get::<_, String>(6)?).map_err(|e| bad(6, e))?,
        zone,
        cutoff,
        tax_rounding: row.get(7)?,
        rounding: Rounding::parse(&row.get::<_, String>(8)?).map_err(|e| bad(8, e))?,
        cash_rounding: row.get(9)?,
        cash_rounding_when: row.get(10)?,
        receipt_header: row.get(11)?,
        receipt_footer: row.get(12)?,
    })
}

pub fn charge(row: &Row<'_>) -> rusqlite::Result<ServiceCharge> {
    let percent = row.get::<_, Option<i64>>(2)?.map(Rate::new);
    let tax: String = row.get(8)?;
    Ok(ServiceCharge {
        id: row.get(0)?,
        name: row.get(1)?,
        how: ChargeHow::one_of(percent, row.get(3)?, row.get(4)?).map_err(|e| bad(2, e))?,
        of: row.get(5)?,
        min_guests: row.get(6)?,
        optional: row.get(7)?,
        tax: match (tax.as_str(), row.get(9)?) {
            (_, Some(class)) => ChargeTax::Class(class),
            ("as_lines", None) => ChargeTax::AsLines,
            (_, None) => ChargeTax::None,
        },
        goes_to: row.get(10)?,
    })
}
