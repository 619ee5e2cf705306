//! Entries of the time clock as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Result;
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::money::Money;
use crate::timeclock::model::{Break, NamedEntry};

/// Somebody's time at work; what still lasts counts until now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryView {
    id: i64,
    staff_id: i64,
    staff: String,
    /// `open`, `done` or `cancelled`.
    state: &'static str,
    start: String,
    end: Option<String>,
    /// On which it begins.
    business_date: String,
    /// Without breaks; real time, whatever the clock on the wall did.
    minutes: i64,
    break_minutes: i64,
    /// With paid breaks.
    paid_minutes: i64,
    on_break: bool,
    breaks: Vec<BreakView>,
    version: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct BreakView {
    start: String,
    end: Option<String>,
    paid: bool,
}

/// An entry with what it costs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WholeEntryView {
    #[serde(flatten)]
    entry: EntryView,
    /// Minor units an hour, as it was when they came.
    hourly_wage: Option<i64>,
    cost: i64,
}

/// Somebody who is at work.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OnTheClockView {
    /// The entry's.
    id: i64,
    staff_id: i64,
    staff: String,
    since: String,
    on_break: bool,
}

impl EntryView {
    pub(super) fn of(of: &NamedEntry, now: UtcMs, zone: &Zone) -> Result<Self> {
        let (e, worked) = (&of.entry, of.entry.worked(now)?);
        let time = |at: UtcMs| at.rfc3339(zone);
        let a_break = |b: &Break| BreakView { start: time(b.from), end: b.to.map(time), paid: b.paid };
        Ok(Self {
            id: e.id.get(),
            staff_id: e.staff.get(),
            staff: of.name.clone(),
            state: e.state.as_str(),
            start: time(e.from),
            end: e.to.map(time),
            business_date: e.date.to_string(),
            minutes: worked.minutes,
            break_minutes: worked.break_minutes,
            paid_minutes: worked.paid_minutes,
            on_break: e.on_break().is_some(),
            breaks: e.breaks.iter().map(a_break).collect(),
            version: e.version,
        })
    }
}

impl WholeEntryView {
    pub(super) fn of(of: &NamedEntry, now: UtcMs, zone: &Zone) -> Result<Self> {
        Ok(Self {
            entry: EntryView::of(of, now, zone)?,
            hourly_wage: of.entry.hourly_wage.map(Money::minor),
            cost: of.entry.worked(now)?.cost,
        })
    }

    /// Of all that is shown, breaks with them: what moves by itself.
    pub(super) fn minutes(&self) -> i64 {
        self.entry.paid_minutes + self.entry.break_minutes
    }
}

impl OnTheClockView {
    pub(super) fn of(of: &NamedEntry, zone: &Zone) -> Self {
        let e = &of.entry;
        Self {
            id: e.id.get(),
            staff_id: e.staff.get(),
            staff: of.name.clone(),
            since: e.from.rfc3339(zone),
            on_break: e.on_break().is_some(),
        }
    }
}
