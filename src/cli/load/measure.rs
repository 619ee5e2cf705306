//! What a run comes to: times, sizes and troubles by scenario.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::client::{Answer, Trouble};
use crate::timing::{Histogram, nanos};

/// What did not come back as it should, by kind and within a kind by what it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Errors {
    /// 4xx, by code.
    pub(super) refused: BTreeMap<String, u64>,
    /// 5xx, by status and code.
    pub(super) server: BTreeMap<String, u64>,
    /// Connections refused, closed, lost.
    pub(super) transport: BTreeMap<String, u64>,
    pub(super) timeout: u64,
}

impl Errors {
    pub(super) fn count(&mut self, trouble: &Trouble) {
        let (of, what) = match trouble {
            Trouble::Refused { code, .. } => (&mut self.refused, code),
            Trouble::Server { code } => (&mut self.server, code),
            Trouble::Transport(what) => (&mut self.transport, what),
            Trouble::Timeout => {
                self.timeout += 1;
                return;
            }
        };
        *of.entry(what.clone()).or_default() += 1;
    }

    pub(super) fn total(&self) -> u64 {
        [&self.refused, &self.server, &self.transport].iter().flat_map(|of| of.values()).sum::<u64>() + self.timeout
    }

    /// In words, or nothing.
    pub(super) fn told(&self) -> Vec<String> {
        let kinds = [("refused", &self.refused), ("HTTP", &self.server), ("transport", &self.transport)];
        let each = kinds.iter().flat_map(|(kind, of)| of.iter().map(move |(what, n)| format!("{n} {kind}: {what}")));
        let timeouts = (self.timeout > 0).then(|| format!("{} timed out", self.timeout));
        each.chain(timeouts).collect()
    }
}

/// Nanoseconds as microseconds, rounded up, so that what took a while is never shown as 0.
pub(super) fn micros(ns: u64) -> u64 {
    ns.div_ceil(1000)
}

/// One scenario's figures while they are gathered.
#[derive(Debug, Default)]
struct Tally {
    name: String,
    /// Of answers, and of what was waited for in vain; refusals and lost connections are counted only,
    /// since a quick no would flatter the others.
    latency: Histogram,
    good: u64,
    bytes: u64,
    hits: u64,
    misses: u64,
    errors: Errors,
    span: Option<(Instant, Instant)>,
}

/// One scenario's figures as a report has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) requests: u64,
    /// Those that were answered as they should be.
    pub(super) good: u64,
    /// Of the bodies, as they travelled.
    pub(super) bytes: u64,
    pub(super) elapsed_us: u64,
    /// Good answers a minute.
    pub(super) per_minute: u64,
    pub(super) mean_us: u64,
    pub(super) p50_us: u64,
    pub(super) p95_us: u64,
    pub(super) p99_us: u64,
    pub(super) p999_us: u64,
    pub(super) max_us: u64,
    /// Answers that the server said came from its cache, and those it had to make.
    pub(super) cache_hits: u64,
    pub(super) cache_misses: u64,
    pub(super) errors: Errors,
}

impl Tally {
    fn row(&self) -> Row {
        let elapsed = self.span.map(|(first, last)| last.saturating_duration_since(first)).unwrap_or_default();
        let elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let latency = self.latency.read();
        let at = |per_ten_thousand| micros(latency.percentile(per_ten_thousand));
        Row {
            name: self.name.clone(),
            requests: self.good + self.errors.total(),
            good: self.good,
            bytes: self.bytes,
            elapsed_us,
            per_minute: self.good.saturating_mul(60_000_000).checked_div(elapsed_us).unwrap_or_default(),
            mean_us: micros(latency.mean()),
            p50_us: at(5_000),
            p95_us: at(9_500),
            p99_us: at(9_900),
            p999_us: at(9_990),
            max_us: micros(latency.max()),
            cache_hits: self.hits,
            cache_misses: self.misses,
            errors: self.errors.clone(),
        }
    }
}

/// Every scenario's figures, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Sheet(Mutex<Vec<Tally>>);

impl Sheet {
    fn on(&self, name: &str, write: impl FnOnce(&mut Tally)) {
        let mut tallies = self.0.lock();
        let at = tallies.iter().position(|tally| tally.name == name).unwrap_or_else(|| {
            tallies.push(Tally { name: name.to_owned(), ..Tally::default() });
            tallies.len() - 1
        });
        write(&mut tallies[at]);
    }

    /// A row that stands there though nothing came of it yet.
    pub(super) fn begin(&self, name: &str) {
        self.on(name, |_| {});
    }

    /// One request of `name`, which should have started at `from` and is over now.
    pub(super) fn note(&self, name: &str, from: Instant, outcome: &Result<Answer, Trouble>) {
        let now = Instant::now();
        let took = now.saturating_duration_since(from);
        self.on(name, |tally| {
            let (first, last) = tally.span.unwrap_or((from, now));
            tally.span = Some((first.min(from), last.max(now)));
            match outcome {
                Ok(answer) => {
                    tally.latency.record(nanos(took));
                    tally.good += 1;
                    tally.bytes += answer.bytes;
                    tally.hits += u64::from(answer.hit == Some(true));
                    tally.misses += u64::from(answer.hit == Some(false));
                }
                Err(trouble) => {
                    if *trouble == Trouble::Timeout {
                        tally.latency.record(nanos(took));
                    }
                    tally.errors.count(trouble);
                }
            }
        });
    }

    /// How long something of several requests took in all.
    pub(super) fn note_whole(&self, name: &str, from: Instant, took: Duration) {
        let now = Instant::now();
        self.on(name, |tally| {
            let (first, last) = tally.span.unwrap_or((from, now));
            tally.span = Some((first.min(from), last.max(now)));
            tally.latency.record(nanos(took));
            tally.good += 1;
        });
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        self.0.lock().iter().filter(|tally| tally.span.is_some()).map(Tally::row).collect()
    }
}
