//! Reads and changes the short lists. What is archived is there no more for anybody who asks here.

use super::model::{DiscountEdit, ReadyDiscount, Reason, Tender, TenderEdit, TenderKind};
use super::sql;
use crate::cache::Tag;
use crate::error::{Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::ids::{DiscountId, ReasonId, TenderId};
use crate::settings::records::ListRow;
use crate::store::{Read, Tx};

fn record(tx: &Tx<'_>, stamp: &Stamp, id: i64, row: &ListRow<'_>) -> Result<()> {
    journal::ops::append(tx, stamp, Kind::ListsChanged, id, 0, row)?;
    tx.touch(Tag::Lists);
    Ok(())
}

fn nothing(what: &str, id: i64) -> Refused {
    Refusal::NotFound.because(format!("There is no {what} {id}."))
}

/// Two buttons of one name are pressed by guess.
fn free_name<'a>(name: &str, mut others: impl Iterator<Item = &'a str>) -> Result<()> {
    let wanted = name.to_lowercase();
    match others.find(|other| other.to_lowercase() == wanted) {
        Some(other) => Err(Refusal::AlreadyExists.because(format!("There already is one called {other}.")).into()),
        None => Ok(()),
    }
}

// ── tenders ──────────────────────────────────────────────────────────────────

pub fn tenders(db: &impl Read) -> Result<Vec<Tender>> {
    Ok(db.all(&sql::TENDERS, (), sql::tender)?)
}

pub fn tender(db: &impl Read, id: TenderId) -> Result<Option<Tender>> {
    Ok(db.opt(&sql::TENDER, [id], sql::tender)?)
}

pub fn tender_of_kind(db: &impl Read, kind: TenderKind) -> Result<Option<Tender>> {
    Ok(db.opt(&sql::TENDER_OF_KIND, [kind], sql::tender)?)
}

pub fn add_tender(tx: &Tx<'_>, stamp: &Stamp, new: Tender<()>) -> Result<Tender> {
    free_name(&new.name, tenders(tx)?.iter().map(|t| t.name.as_str()))?;
    let id = tx.insert(&sql::TENDER_INSERT, (&new.name, new.kind, new.gives_change, new.excess))?;
    let Tender { id: (), name, kind, gives_change, excess } = new;
    let tender = Tender { id: TenderId::new(id), name, kind, gives_change, excess };
    record(tx, stamp, id, &ListRow::tender(&tender, false))?;
    Ok(tender)
}

pub fn edit_tender(tx: &Tx<'_>, stamp: &Stamp, id: TenderId, edit: TenderEdit) -> Result<Tender> {
    let before = tender(tx, id)?.ok_or_else(|| nothing("tender", id.get()))?;
    let after = before.edited(edit).map_err(|invalid| Refused::input("/excess", invalid))?;
    if after == before {
        return Ok(after);
    }
    free_name(&after.name, tenders(tx)?.iter().filter(|t| t.id != id).map(|t| t.name.as_str()))?;
    tx.run(&sql::TENDER_UPDATE, (&after.name, after.gives_change, after.excess, id))?;
    record(tx, stamp, id.get(), &ListRow::tender(&after, false))?;
    Ok(after)
}

pub fn archive_tender(tx: &Tx<'_>, stamp: &Stamp, id: TenderId) -> Result<()> {
    let tender = tender(tx, id)?.ok_or_else(|| nothing("tender", id.get()))?;
    tx.run(&sql::TENDER_ARCHIVE, [id])?;
    record(tx, stamp, id.get(), &ListRow::tender(&tender, true))
}

// ── reasons ──────────────────────────────────────────────────────────────────

pub fn reasons(db: &impl Read) -> Result<Vec<Reason>> {
    Ok(db.all(&sql::REASONS, (), sql::reason)?)
}

pub fn reason(db: &impl Read, id: ReasonId) -> Result<Option<Reason>> {
    Ok(db.opt(&sql::REASON, [id], sql::reason)?)
}

pub fn add_reason(tx: &Tx<'_>, stamp: &Stamp, new: Reason<()>) -> Result<Reason> {
    let others = reasons(tx)?;
    free_name(&new.name, others.iter().filter(|r| r.used_for == new.used_for).map(|r| r.name.as_str()))?;
    let id = tx.insert(&sql::REASON_INSERT, (&new.name, new.used_for))?;
    let reason = Reason { id: ReasonId::new(id), name: new.name, used_for: new.used_for };
    record(tx, stamp, id, &ListRow::reason(&reason, false))?;
    Ok(reason)
}

/// What a reason explains stays: what was explained by it does too.
pub fn rename_reason(tx: &Tx<'_>, stamp: &Stamp, id: ReasonId, name: Option<String>) -> Result<Reason> {
    let before = reason(tx, id)?.ok_or_else(|| nothing("reason", id.get()))?;
    let Some(name) = name.filter(|name| *name != before.name) else { return Ok(before) };
    let others = reasons(tx)?;
    let others = others.iter().filter(|r| r.id != id && r.used_for == before.used_for);
    free_name(&name, others.map(|r| r.name.as_str()))?;
    tx.run(&sql::REASON_UPDATE, (&name, id))?;
    let after = Reason { name, ..before };
    record(tx, stamp, id.get(), &ListRow::reason(&after, false))?;
    Ok(after)
}

pub fn archive_reason(tx: &Tx<'_>, stamp: &Stamp, id: ReasonId) -> Result<()> {
    let reason = reason(tx, id)?.ok_or_else(|| nothing("reason", id.get()))?;
    tx.run(&sql::REASON_ARCHIVE, [id])?;
    record(tx, stamp, id.get(), &ListRow::reason(&reason, true))
}

// ── ready-made discounts ─────────────────────────────────────────────────────

pub fn discounts(db: &impl Read) -> Result<Vec<ReadyDiscount>> {
    Ok(db.all(&sql::DISCOUNTS, (), sql::discount)?)
}

pub fn discount(db: &impl Read, id: DiscountId) -> Result<Option<ReadyDiscount>> {
    Ok(db.opt(&sql::DISCOUNT, [id], sql::discount)?)
}

pub fn add_discount(tx: &Tx<'_>, stamp: &Stamp, new: ReadyDiscount<()>) -> Result<ReadyDiscount> {
    free_name(&new.name, discounts(tx)?.iter().map(|d| d.name.as_str()))?;
    let percent = new.how.percent().map(|rate| rate.ten_thousandths());
    let id = tx.insert(&sql::DISCOUNT_INSERT, (&new.name, percent, new.how.amount(), new.lowers_tax_base))?;
    let ReadyDiscount { id: (), name, how, lowers_tax_base } = new;
    let discount = ReadyDiscount { id: DiscountId::new(id), name, how, lowers_tax_base };
    record(tx, stamp, id, &ListRow::discount(&discount, false))?;
    Ok(discount)
}

pub fn edit_discount(tx: &Tx<'_>, stamp: &Stamp, id: DiscountId, edit: DiscountEdit) -> Result<ReadyDiscount> {
    let before = discount(tx, id)?.ok_or_else(|| nothing("discount", id.get()))?;
    let after = before.edited(edit);
    if after == before {
        return Ok(after);
    }
    free_name(&after.name, discounts(tx)?.iter().filter(|d| d.id != id).map(|d| d.name.as_str()))?;
    let percent = after.how.percent().map(|rate| rate.ten_thousandths());
    tx.run(&sql::DISCOUNT_UPDATE, (&after.name, percent, after.how.amount(), after.lowers_tax_base, id))?;
    record(tx, stamp, id.get(), &ListRow::discount(&after, false))?;
    Ok(after)
}

pub fn archive_discount(tx: &Tx<'_>, stamp: &Stamp, id: DiscountId) -> Result<()> {
    let discount = discount(tx, id)?.ok_or_else(|| nothing("discount", id.get()))?;
    tx.run(&sql::DISCOUNT_ARCHIVE, [id])?;
    record(tx, stamp, id.get(), &ListRow::discount(&discount, true))
}
