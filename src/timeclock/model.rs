//! Entries of the time clock, and what they come to. Pure.

use std::ops::AddAssign;

use crate::error::{Faults, Refusal, Refused};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{StaffId, TimeEntryId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::rate::{Rounding, div_round};
use crate::kernel::words::words;

words! {
    State {
        /// At work.
        Open "open",
        Done "done",
        /// Made by mistake; counts nowhere.
        Cancelled "cancelled",
    }

    /// What somebody does at the clock.
    Act { In "in", Out "out", Break "break", Resume "resume", }
}

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Breaks of one entry.
pub const BREAKS_MAX: usize = 20;

/// `to` is `None` while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    pub from: UtcMs,
    pub to: Option<UtcMs>,
    pub paid: bool,
}

/// Somebody's time at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: TimeEntryId,
    pub staff: StaffId,
    pub state: State,
    pub from: UtcMs,
    /// `None` while they are at work.
    pub to: Option<UtcMs>,
    /// On which it begins.
    pub date: BusinessDate,
    /// Minor units an hour, as it was when they came.
    pub hourly_wage: Option<Money>,
    /// What an hour of theirs weighs when tips are parted, as it was when they came.
    pub tip_share: i64,
    pub version: i64,
    pub breaks: Vec<Break>,
}

/// With whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedEntry {
    pub entry: Entry,
    pub name: String,
}

/// What time comes to; of what still lasts, until now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worked {
    pub entries: i64,
    /// Of the entries, those that still last.
    pub open: i64,
    /// Without any break.
    pub minutes: i64,
    pub break_minutes: i64,
    /// With paid breaks.
    pub paid_minutes: i64,
    /// Of the paid minutes, those of people of whom nobody said what they earn.
    pub minutes_without_wage: i64,
    /// Minor units. A plain integer, as a sum of amounts may leave the bounds of one.
    pub cost: i64,
}

impl AddAssign for Worked {
    fn add_assign(&mut self, other: Self) {
        self.entries += other.entries;
        self.open += other.open;
        self.minutes += other.minutes;
        self.break_minutes += other.break_minutes;
        self.paid_minutes += other.paid_minutes;
        self.minutes_without_wage += other.minutes_without_wage;
        self.cost += other.cost;
    }
}

/// Whole minutes, half-up.
fn minutes(ms: i64) -> i64 {
    // No larger than what it was made from.
    div_round(i128::from(ms), i128::from(MINUTE_MS), Rounding::HalfUp) as i64
}

impl Entry {
    /// The break that lasts.
    pub fn on_break(&self) -> Option<&Break> {
        self.breaks.iter().find(|b| b.to.is_none())
    }

    /// What it comes to in a report: of what still lasts, at most until its business day ended at `day_end`, so that
    /// who forgot to clock out works no other day.
    pub fn worked_within(&self, day_end: UtcMs, now: UtcMs) -> Result<Worked, TooLarge> {
        self.worked(now.min(day_end))
    }

    /// What it comes to: elapsed milliseconds, rounded half-up to minutes once an entry, and the wage for
    /// the paid ones, to the millisecond, rounded half-up once an entry.
    pub fn worked(&self, now: UtcMs) -> Result<Worked, TooLarge> {
        if self.state == State::Cancelled {
            return Ok(Worked::default());
        }
        // A clock that was set back has nobody work less than nothing.
        let lasts = |from: UtcMs, to: Option<UtcMs>| to.unwrap_or(now).since_ms(from).max(0);
        let elapsed = lasts(self.from, self.to);
        let of = |paid: bool| -> i64 {
            let breaks = self.breaks.iter().filter(|b| b.paid == paid);
            breaks.map(|b| lasts(b.from, b.to.or(self.to))).sum::<i64>()
        };
        let (paid_breaks, unpaid) = (of(true), of(false));
        let paid_ms = (elapsed - unpaid).max(0);
        let cost = match self.hourly_wage {
            Some(wage) => {
                let exact = i128::from(wage.minor()) * i128::from(paid_ms);
                Money::within(div_round(exact, i128::from(HOUR_MS), Rounding::HalfUp))?.minor()
            }
            None => 0,
        };
        let paid_minutes = minutes(paid_ms);
        Ok(Worked {
            entries: 1,
            open: i64::from(self.state == State::Open),
            minutes: minutes((paid_ms - paid_breaks).max(0)),
            break_minutes: minutes(paid_breaks + unpaid),
            paid_minutes,
            minutes_without_wage: if self.hourly_wage.is_none() { paid_minutes } else { 0 },
            cost,
        })
    }

    /// The entry after somebody who is at work does `act` at `at`. A clock that was set back ends nothing
    /// before it began.
    ///
    /// # Errors
    /// [`Refusal::ClockedIn`], [`Refusal::OnBreak`], [`Refusal::NotOnBreak`].
    pub fn after(&self, act: Act, at: UtcMs, paid: bool) -> Result<Self, Refused> {
        let mut next = Self { version: self.version + 1, ..self.clone() };
        let last = next.breaks.last().map_or(self.from, |b| b.to.unwrap_or(b.from));
        let at = at.max(last);
        match (act, self.on_break()) {
            (Act::In, _) => {
                return Err(Refused::from(Refusal::ClockedIn).with("entry_id", self.id.get()));
            }
            (Act::Break, Some(_)) => return Err(Refusal::OnBreak.into()),
            (Act::Break, None) if next.breaks.len() >= BREAKS_MAX => {
                let why = format!("{BREAKS_MAX} breaks are as many as one day takes.");
                return Err(Refusal::OnBreak.because(why));
            }
            (Act::Break, None) => next.breaks.push(Break { from: at, to: None, paid }),
            (Act::Resume, None) => return Err(Refusal::NotOnBreak.into()),
            // Who leaves during a break has ended it.
            (Act::Resume | Act::Out, _) => {
                next.breaks.iter_mut().filter(|b| b.to.is_none()).for_each(|b| b.to = Some(at));
            }
        }
        if act == Act::Out {
            (next.state, next.to) = (State::Done, Some(at));
        }
        Ok(next)
    }
}

/// What a manager sets right; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub from: Option<UtcMs>,
    /// `Some(None)`: they are still at work.
    pub to: Option<Option<UtcMs>>,
    pub breaks: Option<Vec<Break>>,
    pub hourly_wage: Option<Option<Money>>,
    pub cancel: bool,
}

/// An entry as an edit leaves it, its date aside, with every fault of its times at once.
pub fn edited(entry: &Entry, edit: &Edit, now: UtcMs) -> Result<Entry, crate::error::Error> {
    if entry.state == State::Cancelled {
        return Err(Refusal::NotReversible.because("This entry was cancelled; clock in anew.").into());
    }
    let mut next = Entry { version: entry.version + 1, ..entry.clone() };
    next.from = edit.from.unwrap_or(entry.from);
    next.to = edit.to.unwrap_or(entry.to);
    next.breaks = edit.breaks.clone().unwrap_or_else(|| entry.breaks.clone());
    next.hourly_wage = edit.hourly_wage.unwrap_or(entry.hourly_wage);
    next.state = match (edit.cancel, next.to) {
        (true, _) => State::Cancelled,
        (false, None) => State::Open,
        (false, Some(_)) => State::Done,
    };
    let mut faults = Faults::new();
    times(&next, now, &mut faults);
    faults.finish()?;
    Ok(next)
}

fn times(entry: &Entry, now: UtcMs, faults: &mut Faults) {
    let mut wrong = |pointer: String, why: &'static str| faults.push(pointer, Invalid::range(why));
    if entry.from > now {
        wrong("/start".to_owned(), "nobody came later than now");
    }
    if entry.to.is_some_and(|to| to > now) {
        wrong("/end".to_owned(), "nobody left later than now");
    }
    if entry.to.is_some_and(|to| to < entry.from) {
        wrong("/end".to_owned(), "nobody left before they came");
    }
    let mut free = entry.from;
    for (place, b) in entry.breaks.iter().enumerate() {
        let at = |field: &str| format!("/breaks/{place}/{field}");
        if b.from < free {
            wrong(at("start"), "breaks lie within the entry, one after the other");
        }
        let last = place + 1 == entry.breaks.len();
        match b.to {
            None if entry.to.is_some() || !last => wrong(at("end"), "only who is at work is on a break, the last one"),
            None => {}
            Some(to) => {
                if to < b.from {
                    wrong(at("end"), "a break ends after it begins");
                }
                if to > entry.to.unwrap_or(now) {
                    wrong(at("end"), "breaks lie within the entry, one after the other");
                }
                free = to;
            }
        }
    }
}
