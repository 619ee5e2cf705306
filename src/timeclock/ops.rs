//! Clocks in and out, sets right, and reads what it came to.

use std::collections::{BTreeMap, HashMap};

use super::model::{Act, Break, Edit, Entry, NamedEntry, State, Worked, edited};
use super::pool::{Part, Parted, Rule, part};
use super::record;
use super::sql;
use crate::cache::Tag;
use crate::error::{Fault, Refusal, Refused, Result};
use crate::journal::{self, Kind as Fact, Stamp, ops::Calendar};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{StaffId, TimeEntryId};
use crate::kernel::invalid::Invalid;
use crate::reports;
use crate::reports::model::{NOBODY, Span};
use crate::staff::{self, model::FULL_SHARE};
use crate::store::{Read, Statement, Tx};

// ── the clock ────────────────────────────────────────────────────────────────

/// Somebody clocks in or out, begins a break or ends it. `paid` is of a break.
///
/// # Errors
/// [`Refusal::ClockedIn`], naming the entry, [`Refusal::NotClockedIn`], [`Refusal::OnBreak`],
/// [`Refusal::NotOnBreak`].
pub fn clock(tx: &Tx<'_>, stamp: &Stamp, who: StaffId, act: Act, paid: bool) -> Result<NamedEntry> {
    let unknown = || Refused::input("/staff_id", Invalid::new("unknown", format!("There is nobody {who}.")));
    let person = match staff::ops::active(tx, who)? {
        Some(person) => Some(person),
        // Who left for good while at work still goes home.
        None if act != Act::In && staff::ops::name(tx, who)?.is_some() => None,
        None => return Err(unknown().into()),
    };
    let open = tx.opt(&sql::OPEN_OF, [who], sql::entry)?;
    let after = match (act, open) {
        (Act::In, None) => {
            let (wage, share) = person.map_or((None, FULL_SHARE), |person| (person.hourly_wage, person.tip_share));
            let columns = (who, stamp.at, stamp.date, wage, share);
            let id = TimeEntryId::new(tx.insert(&sql::INSERT, columns)?);
            get(tx, id)?.entry
        }
        (_, None) => return Err(Refusal::NotClockedIn.into()),
        (_, Some(mut open)) => {
            lay_breaks(tx, &mut open)?;
            let after = open.entry.after(act, stamp.at, paid)?;
            write(tx, &after)?;
            after
        }
    };
    tx.touch(Tag::TimeClock);
    let told = record::clocked(act, &after);
    journal::ops::append(tx, stamp, Fact::TimeClocked, after.id.get(), after.version, &told)?;
    get(tx, after.id)
}

fn write(tx: &Tx<'_>, e: &Entry) -> Result<()> {
    tx.run(&sql::UPDATE, (e.id, e.state, e.from, e.to, e.date, e.hourly_wage, e.version))?;
    tx.run(&sql::BREAKS_CLEAR, [e.id])?;
    for b in &e.breaks {
        tx.run(&sql::BREAK_INSERT, (e.id, b.from, b.to, b.paid))?;
    }
    Ok(())
}

fn lay_breaks(db: &impl Read, of: &mut NamedEntry) -> Result<()> {
    of.entry.breaks = db.all(&sql::BREAKS, [of.entry.id], sql::a_break)?.into_iter().map(|(_, b)| b).collect();
    Ok(())
}

/// An entry as it stands.
pub fn get(db: &impl Read, id: TimeEntryId) -> Result<NamedEntry> {
    let entry = db.opt(&sql::GET, [id], sql::entry)?;
    let mut entry = entry.ok_or_else(|| Refusal::NotFound.because(format!("There is no entry {id}.")))?;
    lay_breaks(db, &mut entry)?;
    Ok(entry)
}

/// Sets an entry right, or cancels it; `seen` says whether the version that was seen is this one.
///
/// # Errors
/// [`Refusal::Stale`]; [`Refusal::Invalid`] for times that cannot be, or that overlap another entry of the
/// same person.
pub fn edit(
    tx: &Tx<'_>,
    stamp: &Stamp,
    id: TimeEntryId,
    seen: impl FnOnce(i64) -> bool,
    edit: &Edit,
    reason: &str,
) -> Result<NamedEntry> {
    let before = get(tx, id)?.entry;
    if !seen(before.version) {
        return Err(Refusal::Stale.because("Somebody changed this entry meanwhile.").into());
    }
    let mut after = edited(&before, edit, stamp.at)?;
    if after.from != before.from {
        after.date = stamp.calendar.date_of(after.from);
    }
    if after.state != State::Cancelled {
        let range = (after.staff, id, after.from, after.to.unwrap_or(UtcMs::new(i64::MAX)));
        if let Some(other) = tx.opt(&sql::OVERLAPPING, range, |row| row.get::<_, i64>(0))? {
            let invalid = Invalid::new("overlap", format!("Entry {other} of the same person lies within it."));
            return Err(Refused::input("/start", invalid).into());
        }
    }
    write(tx, &after)?;
    tx.touch(Tag::TimeClock);
    let told = record::edited(&before, &after, reason);
    journal::ops::append(tx, stamp, Fact::TimeEdited, id.get(), after.version, &told)?;
    get(tx, id)
}

// ── reading ──────────────────────────────────────────────────────────────────

fn with_breaks(mut entries: Vec<NamedEntry>, breaks: Vec<(TimeEntryId, Break)>) -> Vec<NamedEntry> {
    let mut by_entry: HashMap<TimeEntryId, Vec<Break>> = HashMap::new();
    for (entry, b) in breaks {
        by_entry.entry(entry).or_default().push(b);
    }
    for of in &mut entries {
        of.entry.breaks = by_entry.remove(&of.entry.id).unwrap_or_default();
    }
    entries
}

/// Everybody who is at work.
pub fn on_the_clock(db: &impl Read) -> Result<Vec<NamedEntry>> {
    let entries = db.all(&sql::OPEN, (), sql::entry)?;
    if entries.is_empty() {
        return Ok(entries);
    }
    Ok(with_breaks(entries, db.all(&sql::BREAKS_OF_OPEN, (), sql::a_break)?))
}

/// The entries of a span, newest first, cancelled ones among them.
pub fn list(db: &impl Read, span: Span) -> Result<Vec<NamedEntry>> {
    let days = (span.from, span.to);
    let entries = db.all(&sql::LIST, days, sql::entry)?;
    Ok(with_breaks(entries, db.all(&sql::BREAKS_OF_DAYS, days, sql::a_break)?))
}

/// Every entry there is, for a recomputation to compare.
pub(super) fn every(db: &impl Read) -> Result<Vec<Entry>> {
    let all = |statement: &'static Statement| db.all(statement, (), sql::entry);
    let entries = with_breaks(all(&sql::ALL_ENTRIES)?, db.all(&sql::ALL_BREAKS, (), sql::a_break)?);
    Ok(entries.into_iter().map(|of| of.entry).collect())
}

// ── what work cost ───────────────────────────────────────────────────────────

/// What a labour report has a row for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabourBy {
    Day,
    Staff,
}

/// Work of a day or of somebody, beside what was sold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabourRow {
    pub key: String,
    pub name: String,
    pub worked: Worked,
    /// Net less net refunds, of the day or of their orders.
    pub net_sales: i64,
}

/// What an entry comes to in a report of days.
fn within_its_day(calendar: &Calendar, entry: &Entry, now: UtcMs) -> Result<Worked> {
    Ok(entry.worked_within(calendar.begin_of(entry.date.plus_days(1)), now)?)
}

/// The rows of a labour report, days by date and people by name, and their sum. What still lasts counts
/// until `now`, at most until its business day ended.
pub fn labour(
    db: &impl Read,
    calendar: &Calendar,
    span: Span,
    by: LabourBy,
    now: UtcMs,
) -> Result<(Vec<LabourRow>, LabourRow)> {
    let mut rows: BTreeMap<String, LabourRow> = BTreeMap::new();
    for of in list(db, span)?.iter().filter(|of| of.entry.state != State::Cancelled) {
        let (key, name) = match by {
            LabourBy::Day => (of.entry.date.to_string(), of.entry.date.to_string()),
            LabourBy::Staff => (of.entry.staff.to_string(), of.name.clone()),
        };
        let row = rows.entry(key).or_default();
        row.name = name;
        row.worked += within_its_day(calendar, &of.entry, now)?;
    }
    let sold: Vec<(String, String, i64)> = match by {
        LabourBy::Day => {
            let of_day = |day: &reports::ops::DayNet| (day.date.to_string(), day.date.to_string(), day.net_sales);
            reports::ops::net_by_day(db, span)?.iter().map(of_day).collect()
        }
        LabourBy::Staff => reports::ops::net_by_staff(db, span)?,
    };
    for (key, name, net_sales) in sold.into_iter().filter(|(.., net_sales)| *net_sales != 0) {
        let row = rows.entry(key).or_default();
        if row.name.is_empty() {
            row.name = name;
        }
        row.net_sales = net_sales;
    }
    let mut totals = LabourRow::default();
    let mut rows: Vec<LabourRow> = rows.into_iter().map(|(key, row)| LabourRow { key, ..row }).collect();
    for row in &rows {
        totals.worked += row.worked;
        totals.net_sales += row.net_sales;
    }
    if by == LabourBy::Staff {
        // Stable, so that two of one name keep the order of their numbers.
        rows.sort_by(|a, b| a.name.cmp(&b.name));
    }
    Ok((rows, totals))
}

// ── tips ─────────────────────────────────────────────────────────────────────

/// Somebody's part of the tips.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TipPart {
    pub name: String,
    pub minutes: i64,
    /// Entries of theirs that still last: forgotten, or at work.
    pub open: i64,
    pub tips: i64,
}

/// The tips of a span, parted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TipPool {
    /// By whose they are, in the order of their numbers.
    pub parts: BTreeMap<StaffId, TipPart>,
    /// Taken less given back: Σ parts + undistributed.
    pub tips: i64,
    pub undistributed: i64,
}

/// Parts the tips of a span by `rule`; what still lasts counts until `now`, at most until its business day ended.
pub fn tip_pool(db: &impl Read, calendar: &Calendar, span: Span, rule: Rule, now: UtcMs) -> Result<TipPool> {
    let mut pool = TipPool::default();
    let mut worked = Vec::new();
    for of in list(db, span)? {
        let Entry { staff, date, tip_share: share, .. } = of.entry;
        let Worked { minutes, open, .. } = within_its_day(calendar, &of.entry, now)?;
        if minutes > 0 {
            worked.push(Part { date, staff, minutes, share });
            let part = pool.parts.entry(staff).or_default();
            part.name = of.name;
            part.minutes += minutes;
            part.open += open;
        }
    }
    let days = reports::ops::net_by_day(db, span)?;
    pool.tips = days.iter().map(|day| day.tips).sum();
    let parted = match rule {
        Rule::Own => own(db, span, &mut pool)?,
        Rule::Hours | Rule::Shares => {
            let tips: BTreeMap<BusinessDate, i64> = days.iter().map(|day| (day.date, day.tips)).collect();
            part(&tips, &worked, rule == Rule::Shares)?
        }
    };
    for (staff, tips) in &parted.by_staff {
        pool.parts.entry(*staff).or_default().tips = *tips;
    }
    pool.undistributed = parted.undistributed;
    let sum: i64 = pool.parts.values().map(|part| part.tips).sum();
    if sum + pool.undistributed != pool.tips {
        return Err(Fault::new(format!("tips of {} were parted into {sum}", pool.tips)).into());
    }
    Ok(pool)
}

/// Everybody's own; what is nobody's is not distributed.
fn own(db: &impl Read, span: Span, pool: &mut TipPool) -> Result<Parted> {
    let mut parted = Parted::default();
    for total in reports::ops::tips(db, span)?.into_iter().filter(|total| total.tips != 0 || total.refunds != 0) {
        let tips = total.tips - total.refunds;
        match total.key.parse().ok().filter(|_| total.key != NOBODY) {
            Some(id) => {
                let staff = StaffId::new(id);
                pool.parts.entry(staff).or_default().name = total.name;
                parted.by_staff.insert(staff, tips);
            }
            None => parted.undistributed += tips,
        }
    }
    Ok(parted)
}
