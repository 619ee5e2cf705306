//! How long the kitchen took: means and percentiles. Pure.
//!
//! Times are whole seconds, rounded half up from milliseconds. A percentile is taken by the nearest rank: of n
//! times in their order the one at place ⌈p × n ÷ 100⌉, so that it always is a time that was taken.

use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::rate::{Rounding, div_round};
use crate::kernel::words::words;

words! {
    /// What a report of times has a row for.
    TimesBy { Station "station", Item "item", Hour "hour", }
}

/// Days such a report spans at most: it reads every ticket of them.
pub const DAYS_MAX: i32 = 92;

/// A ticket that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Took {
    pub sent: UtcMs,
    pub ready: UtcMs,
    /// `None`: not served, or nobody kept when.
    pub served: Option<UtcMs>,
    pub late_at: Option<UtcMs>,
}

impl Took {
    /// A clock that was set back leaves no time below zero.
    fn to_ready_ms(self) -> i64 {
        self.ready.since_ms(self.sent).max(0)
    }

    fn to_served_ms(self) -> Option<i64> {
        self.served.map(|served| served.since_ms(self.ready).max(0))
    }

    fn is_late(self) -> bool {
        self.late_at.is_some_and(|at| self.ready >= at)
    }

    /// The hour it was sent in, `0` to `23`.
    pub fn hour(self, zone: &Zone) -> i64 {
        i64::from(zone.hour(self.sent))
    }
}

/// Times of one kind, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub count: i64,
    pub mean_s: i64,
    pub p50_s: i64,
    pub p90_s: i64,
}

impl Summary {
    /// `None` of nothing.
    pub fn of(mut ms: Vec<i64>) -> Option<Self> {
        ms.sort_unstable();
        let count = i64::try_from(ms.len()).ok().filter(|n| *n > 0)?;
        let sum: i128 = ms.iter().map(|ms| i128::from(*ms)).sum();
        let rank = |percent: i64| {
            let place = (percent * count + 99) / 100;
            ms.get(usize::try_from(place - 1).unwrap_or(0)).copied().unwrap_or(0)
        };
        let seconds = |ms: i128, of: i64| {
            i64::try_from(div_round(ms, i128::from(of) * 1000, Rounding::HalfUp)).unwrap_or(i64::MAX)
        };
        let at = |percent: i64| seconds(i128::from(rank(percent)), 1);
        Some(Self { count, mean_s: seconds(sum, count), p50_s: at(50), p90_s: at(90) })
    }
}

/// How long tickets took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    pub to_ready: Option<Summary>,
    pub to_served: Option<Summary>,
    /// Ready no sooner than they were late.
    pub late: i64,
}

impl Times {
    pub fn of(took: &[Took]) -> Self {
        Self {
            to_ready: Summary::of(took.iter().map(|t| t.to_ready_ms()).collect()),
            to_served: Summary::of(took.iter().filter_map(|t| t.to_served_ms()).collect()),
            late: took.iter().filter(|t| t.is_late()).count().try_into().unwrap_or(i64::MAX),
        }
    }
}

/// A row of a report of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimesRow {
    pub key: i64,
    pub name: String,
    pub times: Times,
}

/// Rows in the order of their keys, from tickets each with its key and what that is called; the last name given
/// to a key is what it is called now.
pub fn rows(took: Vec<(i64, String, Took)>) -> Vec<TimesRow> {
    let mut by_key: std::collections::BTreeMap<i64, (String, Vec<Took>)> = std::collections::BTreeMap::new();
    for (key, name, took) in took {
        let entry = by_key.entry(key).or_default();
        entry.0 = name;
        entry.1.push(took);
    }
    by_key.into_iter().map(|(key, (name, took))| TimesRow { key, name, times: Times::of(&took) }).collect()
}
