//! What a run came to: a table for people, JSON for the next one to be held against.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::evening;
use super::measure::Row;

/// A run's figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Report {
    /// The program's version.
    pub(super) comanda: String,
    /// When it began, RFC 3339.
    pub(super) at: String,
    pub(super) server: String,
    /// `comprehensive`, `endpoint` or `evening`.
    pub(super) kind: String,
    /// What was asked for, in words.
    pub(super) how: String,
    pub(super) interrupted: bool,
    pub(super) scenarios: Vec<Row>,
    pub(super) targets: Vec<Target>,
    /// The most the server was seen to hold meanwhile.
    pub(super) memory_bytes: Option<u64>,
    /// Checkpoints of its log meanwhile.
    pub(super) checkpoints: Option<u64>,
    /// What could not be closed or given back.
    pub(super) left: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// Something aimed at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Target {
    pub(super) what: String,
    pub(super) limit: String,
    pub(super) found: String,
    pub(super) met: bool,
}

/// Answers a finished body lies ready for.
const CACHED_P95_US: u64 = 5_000;
/// Rows joined from several tables.
const LIST_P95_US: u64 = 50_000;
const REPORT_P95_US: u64 = 100_000;
const ANY_US: u64 = 500_000;
const EVENING_P99_US: u64 = 5_000;
/// Per ten thousand.
const ERRORS_MAX: u64 = 10;
const HITS_MIN: u64 = 8_000;
const MEMORY_MAX_EVENING_BYTES: u64 = 100_000_000;
const HITS_MIN_EVENING: u64 = 9_000;

/// A row's own target: which percentile, and below what.
fn aim(name: &str) -> Option<(&'static str, u64)> {
    let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    match name {
        evening::WHOLE => Some(("p99", EVENING_P99_US)),
        // As long as there is something to copy, and as a guest stays.
        "export" | "backup" | "order: whole life" => None,
        _ if begins(&["health", "menu", "screen: menu"]) => Some(("p95", CACHED_P95_US)),
        _ if begins(&["orders:", "screen: orders", "kitchen: tickets"]) => Some(("p95", LIST_P95_US)),
        _ if begins(&["report"]) => Some(("p95", REPORT_P95_US)),
        _ => Some(("p99", ANY_US)),
    }
}

fn verdict(row: &Row) -> Option<Target> {
    let (which, limit) = aim(&row.name)?;
    let found = if which == "p99" { row.p99_us } else { row.p95_us };
    let what = format!("{which}, {}", row.name);
    Some(Target { what, limit: format!("< {}", time(limit)), found: time(found), met: row.good > 0 && found < limit })
}

fn share(part: u64, of: u64) -> u64 {
    part.saturating_mul(10_000).checked_div(of).unwrap_or_default()
}

/// Per ten thousand as a percentage.
fn percent(share: u64) -> String {
    format!("{}.{:02} %", share / 100, share % 100)
}

/// Everything aimed at that these rows can say something about.
/// `checkpoints` where one should be among what disturbs.
pub(super) fn targets(kind: &str, rows: &[Row], memory_bytes: Option<u64>, checkpoints: Option<u64>) -> Vec<Target> {
    let mut all: Vec<Target> = rows.iter().filter_map(verdict).collect();
    let timed = || rows.iter().filter(|row| row.good > 0 && aim(&row.name).is_some());
    for (which, of) in [("p95", (|row| row.p95_us) as fn(&Row) -> u64), ("p99", |row| row.p99_us)] {
        let Some(worst) = timed().max_by_key(|row| of(row)) else { continue };
        let (found, met) = (format!("{} ({})", time(of(worst)), worst.name), of(worst) < ANY_US);
        all.push(Target { what: format!("{which}, any"), limit: format!("< {}", time(ANY_US)), found, met });
    }
    // Where one row counts everything, only what it leaves out is added.
    let counted = || {
        rows.iter()
            .filter(|row| kind != "evening" || matches!(&*row.name, evening::WHOLE | "export" | "backup" | "sign in"))
    };
    let sum = |of: fn(&Row) -> u64| counted().map(of).sum::<u64>();
    let errors = share(sum(|row| row.errors.total()), sum(|row| row.requests));
    let limit = format!("< {}", percent(ERRORS_MAX));
    let met = errors < ERRORS_MAX && sum(|row| row.requests) > 0;
    all.push(Target { what: "errors".to_owned(), limit, found: percent(errors), met });
    let (hits, misses) = (sum(|row| row.cache_hits), sum(|row| row.cache_misses));
    if hits + misses > 0 {
        let least = if kind == "evening" { HITS_MIN_EVENING } else { HITS_MIN };
        let rate = share(hits, hits + misses);
        let limit = format!("> {}", percent(least));
        all.push(Target { what: "cache hits".to_owned(), limit, found: percent(rate), met: rate > least });
    }
    if let Some(bytes) = memory_bytes.filter(|_| kind == "evening") {
        let (limit, met) = (format!("< {}", size(MEMORY_MAX_EVENING_BYTES)), bytes < MEMORY_MAX_EVENING_BYTES);
        all.push(Target { what: "memory".to_owned(), limit, found: size(bytes), met });
    }
    if let Some(count) = checkpoints {
        let (limit, found) = ("1 or more".to_owned(), count.to_string());
        all.push(Target { what: "checkpoints meanwhile".to_owned(), limit, found, met: count > 0 });
    }
    all
}

/// Microseconds with three figures and their unit.
pub(super) fn time(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} us"),
        1_000..10_000 => format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10),
        10_000..100_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        100_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// Answers a second, of those a minute.
fn per_second(per_minute: u64) -> String {
    let tenths = per_minute / 6;
    format!("{}.{}", tenths / 10, tenths % 10)
}

const HEAD: [&str; 12] =
    ["scenario", "requests", "p50", "p95", "p99", "p99.9", "max", "a second", "bytes", "errors", "target", ""];

impl Report {
    /// The table, what was aimed at, and what there is to say beside it.
    pub(super) fn table(&self) -> String {
        let mut rows = vec![HEAD.map(str::to_owned)];
        rows.extend(self.scenarios.iter().map(cells));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
        let mut text = format!("{}\n{}\n\n", self.how, self.server);
        for row in &rows {
            let mut line = String::new();
            for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
                // Words to the left, figures to the right. Writing to a string does not fail.
                let _ = match at {
                    0 | 10 | 11 => write!(line, "{cell:<width$}  "),
                    _ => write!(line, "{cell:>width$}  "),
                };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for row in &self.scenarios {
            for told in row.errors.told() {
                let _ = write!(text, "\n{}: {told}", row.name);
            }
        }
        if self.scenarios.iter().any(|row| row.errors.total() > 0) {
            text.push('\n');
        }
        self.tell_targets(&mut text);
        for note in &self.notes {
            let _ = write!(text, "\n{note}");
        }
        text.truncate(text.trim_end().len());
        text
    }

    fn tell_targets(&self, text: &mut String) {
        let met = self.targets.iter().filter(|target| target.met).count();
        let _ = write!(text, "\nTargets met: {met} of {}", self.targets.len());
        // A row's own stands in the table.
        let apart = |target: &&Target| !self.scenarios.iter().filter_map(verdict).any(|own| own.what == target.what);
        for target in self.targets.iter().filter(apart) {
            let Target { what, limit, found, met } = target;
            let _ = write!(text, "\n  {what}: {found}, aim {limit}: {}", said(*met));
        }
        text.push('\n');
    }
}

fn said(met: bool) -> &'static str {
    if met { "met" } else { "NOT MET" }
}

fn cells(row: &Row) -> [String; 12] {
    let own = verdict(row);
    let aim = own.as_ref().and_then(|target| Some(format!("{} {}", target.what.split_once(',')?.0, target.limit)));
    [
        row.name.clone(),
        row.requests.to_string(),
        time(row.p50_us),
        time(row.p95_us),
        time(row.p99_us),
        time(row.p999_us),
        time(row.max_us),
        per_second(row.per_minute),
        size(row.bytes),
        row.errors.total().to_string(),
        aim.unwrap_or_default(),
        own.map_or("", |target| said(target.met)).to_owned(),
    ]
}

/// Differences in p99 below this are the clock's, not the server's.
const NOISE_US: u64 = 100;

/// What is worse in `now` than in `earlier` by more than `percent`, in words.
///
/// # Errors
/// Where the two cannot be compared.
pub(super) fn worse(now: &Report, earlier: &Report, percent: u64) -> Result<Vec<String>, String> {
    if (&now.kind, &now.how) != (&earlier.kind, &earlier.how) {
        return Err(format!("The earlier report is of another run ({}; this: {}).", earlier.how, now.how));
    }
    let mut found = Vec::new();
    for before in &earlier.scenarios {
        let Some(row) = now.scenarios.iter().find(|row| row.name == before.name) else {
            found.push(format!("{}: no longer measured", before.name));
            continue;
        };
        let more = |was: u64| was.saturating_mul(100 + percent) / 100;
        if row.p99_us > more(before.p99_us).max(before.p99_us + NOISE_US) {
            found.push(format!("{}: p99 {}, was {}", row.name, time(row.p99_us), time(before.p99_us)));
        }
        if row.per_minute < before.per_minute.saturating_mul(100_u64.saturating_sub(percent)) / 100 {
            let (is, was) = (per_second(row.per_minute), per_second(before.per_minute));
            found.push(format!("{}: {is} a second, was {was}", row.name));
        }
        let errors = |row: &Row| share(row.errors.total(), row.requests);
        if errors(row) > errors(before) + ERRORS_MAX {
            found.push(format!("{}: {} errors, was {}", row.name, row.errors.total(), before.errors.total()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{Report, Row, time, worse};
    use crate::cli::load::client::Trouble;

    fn report(p99_us: u64, per_minute: u64, refused: u64) -> Report {
        let mut row = Row { name: "menu".to_owned(), requests: 1000, good: 1000, p99_us, per_minute, ..Row::default() };
        for _ in 0..refused {
            row.errors.count(&Trouble::Refused { status: 409, code: "sold_out".to_owned() });
        }
        Report { kind: "comprehensive".to_owned(), scenarios: vec![row], ..Report::default() }
    }

    #[test]
    fn what_is_worse_by_more_than_a_share_is_told() {
        let check = |now: (u64, u64, u64), expected: &[&str]| {
            let (now, before) = (report(now.0, now.1, now.2), report(10_000, 6_000, 0));
            assert_eq!(worse(&now, &before, 20).unwrap(), expected);
        };
        check((10_000, 6_000, 0), &[]);
        check((12_000, 4_800, 1), &[]);
        check((12_001, 6_000, 0), &["menu: p99 12.0 ms, was 10.0 ms"]);
        check((10_000, 4_799, 0), &["menu: 79.9 a second, was 100.0"]);
        check((10_000, 6_000, 2), &["menu: 2 errors, was 0"]);
        let gone = Report { scenarios: Vec::new(), ..report(1, 1, 0) };
        assert_eq!(worse(&gone, &report(1, 1, 0), 20).unwrap(), ["menu: no longer measured"]);
        // What the clock alone may make of 50 us.
        assert!(worse(&report(150, 6_000, 0), &report(50, 6_000, 0), 20).unwrap().is_empty());
        let evening = Report { kind: "evening".to_owned(), ..report(1, 1, 0) };
        assert!(worse(&evening, &report(1, 1, 0), 20).is_err());
    }

    #[test]
    fn times_have_three_figures() {
        for (us, text) in [(0, "0 us"), (999, "999 us"), (1_000, "1.00 ms"), (9_999, "9.99 ms"), (12_340, "12.3 ms")] {
            assert_eq!(time(us), text);
        }
        assert_eq!((time(123_456).as_str(), time(61_230_000).as_str()), ("123 ms", "61.23 s"));
    }
}
