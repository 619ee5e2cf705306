//! Reads the settings, begins them, changes them.

use std::rc::Rc;

use super::limits::ops as limits;
use super::lists::ops as lists;
use super::model::{
    ChargeTax, CheckRules, Edit, Limits, ReadyDiscount, Reason, ServiceCharge, Settings, Tender, TenderKind,
    first_reasons, first_tenders, plan_charges,
};
use super::{records, sql};
use crate::cache::Tag;
use crate::error::{Error, Fault, Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp, ops::Calendar};
use crate::kernel::clock::Clock;
use crate::kernel::currency::Currency;
use crate::kernel::day::{Cutoff, UtcMs, Zone};
use crate::kernel::ids::{ChargeId, DiscountId, ReasonId, TenderId};
use crate::kernel::invalid::Invalid;
use crate::store::{Read, Tx, is_dangling};

/// What a restaurant cannot begin without.
#[derive(Debug, Clone)]
pub struct NewSite {
    pub name: String,
    pub currency: Currency,
    pub zone: Zone,
    pub cutoff: Cutoff,
}

/// Whether the file holds a restaurant.
pub fn exists(db: &impl Read) -> Result<bool> {
    Ok(db.one(&sql::EXISTS, (), |row| row.get(0))?)
}

/// Begins a restaurant: its site, its settings and the lists everybody has. Answers the stamp for
/// what else is made with it. Once in a file's life.
pub fn create(tx: &Tx<'_>, clock: &dyn Clock, new: NewSite) -> Result<Stamp> {
    journal::ops::create_site(tx, &new.zone, new.cutoff, clock.now())?;
    let stamp = journal::ops::stamp(tx, clock, None, None)?;
    let settings = Settings::new(new.name, new.currency, new.zone, new.cutoff);
    write(tx, &sql::CREATE, &settings)?;
    journal::ops::append(tx, &stamp, Kind::SiteCreated, 1, 0, &records::Created::of(&settings))?;
    for tender in first_tenders() {
        lists::add_tender(tx, &stamp, tender)?;
    }
    for reason in first_reasons() {
        lists::add_reason(tx, &stamp, reason)?;
    }
    tx.touch(Tag::Settings);
    Ok(stamp)
}

/// The settings without the lists.
pub fn current(db: &impl Read) -> Result<Settings> {
    let calendar = journal::ops::calendar(db)?;
    Ok(db.one(&sql::GET, (), |row| sql::settings(row, calendar.zone, calendar.cutoff))?)
}

/// What of the settings every new check copies.
pub fn check_rules(db: &impl Read) -> Result<CheckRules> {
    let rules = db
        .remembered(Tag::Settings, &sql::CHECK_RULES, 0, |db| Ok(db.one(&sql::CHECK_RULES, (), sql::check_rules)?))?;
    Ok(*rules)
}

/// The service charges a new check gets, in the order they were made.
pub fn service_charges(db: &impl Read) -> Result<Rc<Vec<ServiceCharge>>> {
    db.remembered(Tag::Settings, &sql::CHARGES, 0, |db| Ok(db.all(&sql::CHARGES, (), sql::charge)?))
}

/// Up to where nobody asks a manager.
pub fn limits(db: &impl Read) -> Result<Rc<Limits>> {
    limits::current(db)
}

/// The tender, unless it is archived.
pub fn tender(db: &impl Read, id: TenderId) -> Result<Option<Tender>> {
    lists::tender(db, id)
}

/// The oldest tender of that kind in use.
pub fn tender_of_kind(db: &impl Read, kind: TenderKind) -> Result<Option<Tender>> {
    lists::tender_of_kind(db, kind)
}

/// The reason, unless it is archived.
pub fn reason(db: &impl Read, id: ReasonId) -> Result<Option<Reason>> {
    lists::reason(db, id)
}

/// The ready-made discount, unless it is archived.
pub fn ready_discount(db: &impl Read, id: DiscountId) -> Result<Option<ReadyDiscount>> {
    lists::discount(db, id)
}

/// Changes what `edit` names. A zone counts at once, a cutoff from the next boundary on; open checks
/// keep the rounding and the charges they opened with.
///
/// # Errors
/// [`Refusal::CurrencyFixed`] where there is any order; [`Refusal::Invalid`] for a service charge or
/// a tax class that is not there.
pub fn edit(tx: &Tx<'_>, stamp: &Stamp, mut edit: Edit) -> Result<(Settings, Vec<ServiceCharge>)> {
    let before = current(tx)?;
    let charges = edit.service_charges.take();
    let wanted_limits = std::mem::take(&mut edit.limits);
    let after = before.edited(edit);
    if after.currency != before.currency && tx.one(&sql::ANY_ORDER, (), |row| row.get(0))? {
        return Err(Refusal::CurrencyFixed.into());
    }
    let calendar = moved(&stamp.calendar, &after, stamp.at);
    if after != before {
        write(tx, &sql::UPDATE, &after)?;
        journal::ops::set_calendar(tx, &calendar)?;
    }
    let (written, archived) = charges.map_or(Ok(Default::default()), |wanted| set_charges(tx, wanted))?;
    let mut changes = before.changes(&after);
    changes.extend(limits::set(tx, &wanted_limits)?);
    let record = records::Edited::of(changes, &written, archived);
    if !record.is_empty() {
        journal::ops::append(tx, stamp, Kind::SettingsChanged, 1, 0, &record)?;
        tx.touch(Tag::Settings);
    }
    if (&after.zone, after.cutoff) != (&before.zone, before.cutoff) {
        tx.touch(Tag::Calendar);
    }
    Ok((after, service_charges(tx)?.to_vec()))
}

/// How days are counted once `wanted` is set at `now`.
fn moved(old: &Calendar, wanted: &Settings, now: UtcMs) -> Calendar {
    if old.zone == wanted.zone && old.cutoff == wanted.cutoff {
        return old.clone();
    }
    let in_force = if now < old.from { old.before } else { old.cutoff };
    let calendar = Calendar { zone: wanted.zone.clone(), cutoff: in_force, before: in_force, from: UtcMs::new(0) };
    if wanted.cutoff == in_force { calendar } else { calendar.with_cutoff(wanted.cutoff, now) }
}

fn write(tx: &Tx<'_>, statement: &crate::store::Statement, s: &Settings) -> Result<(), Fault> {
    let values = (
        &s.name,
        &s.legal_name,
        &s.address,
        &s.country,
        &s.vat_id,
        &s.tax_number,
        s.currency.as_str(),
        s.tax_rounding,
        s.rounding.as_str(),
        s.cash_rounding,
        s.cash_rounding_when,
        &s.receipt_header,
        &s.receipt_footer,
    );
    tx.run(statement, values).map(drop)
}

/// Makes the list of charges be `wanted`. Answers the rows written and the ids archived.
fn set_charges(tx: &Tx<'_>, wanted: Vec<ServiceCharge<Option<ChargeId>>>) -> Result<(Vec<ServiceCharge>, Vec<i64>)> {
    let plan = plan_charges(&service_charges(tx)?, wanted)
        .map_err(|(at, invalid)| Refused::input(format!("/service_charges/{at}/id"), invalid))?;
    let mut written = Vec::with_capacity(plan.write.len());
    for (at, charge) in plan.write {
        let id = write_charge(tx, &charge).map_err(|fault| no_such_class(fault, at))?;
        written.push(charge.with_id(id));
    }
    for id in &plan.archive {
        tx.run(&sql::CHARGE_ARCHIVE, [id])?;
    }
    Ok((written, plan.archive.into_iter().map(ChargeId::get).collect()))
}

fn write_charge(tx: &Tx<'_>, c: &ServiceCharge<Option<ChargeId>>) -> Result<ChargeId, Fault> {
    let percent = c.how.percent().map(|rate| rate.ten_thousandths());
    let (tax, class) = match c.tax {
        ChargeTax::None => ("none", None),
        ChargeTax::AsLines => ("as_lines", None),
        ChargeTax::Class(id) => ("class", Some(id)),
    };
    let (amount, per_guest) = (c.how.amount(), c.how.per_guest());
    match c.id {
        Some(id) => {
            let values =
                (&c.name, percent, amount, per_guest, c.of, c.min_guests, c.optional, tax, class, c.goes_to, id);
            tx.run(&sql::CHARGE_UPDATE, values)?;
            Ok(id)
        }
        None => {
            let values = (&c.name, percent, amount, per_guest, c.of, c.min_guests, c.optional, tax, class, c.goes_to);
            tx.insert(&sql::CHARGE_INSERT, values).map(ChargeId::new)
        }
    }
}

/// The only row a charge points at is its tax class.
fn no_such_class(fault: Fault, at: usize) -> Error {
    if is_dangling(&fault) {
        let invalid = Invalid::new("unknown", "There is no such tax class.");
        return Refused::input(format!("/service_charges/{at}/tax"), invalid).into();
    }
    fault.into()
}
