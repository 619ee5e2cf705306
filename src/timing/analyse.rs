//! What the figures say of the statements: who takes the database's time, who reads too much for it.
//!
//! Everything here is evidence from runs that were made. Which index would help is said where plans can
//! be read; here is only how often a statement did without one, and what that cost.

use std::cmp::Reverse;
use std::time::Instant;

use super::meter::{Errors, Window};
use super::registry::Registry;
use super::statement::{StatementMeter, Steps};

/// Statements that are told of as the busiest.
pub const TOP: usize = 20;

/// One statement's figures. Times and errors are of the window asked for, counters since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementFigures {
    pub number: usize,
    pub name: &'static str,
    /// Why it may scan or sort; none where it may not.
    pub declared: Option<&'static str>,
    pub runs: u64,
    pub errors: Errors,
    pub total_ns: u64,
    pub mean_ns: u64,
    pub min_ns: u64,
    pub p50_ns: u64,
    pub p95_ns: u64,
    pub p99_ns: u64,
    pub max_ns: u64,
    /// Of all statements' time in this window, in ten-thousandths.
    pub share: u32,
    /// Rows read, or changed; since the start, as all that follows.
    pub rows: u64,
    pub steps: Steps,
    pub scanning_runs: u64,
    pub sorting_runs: u64,
    /// Runs with no full-scan step and no index made for them, in ten-thousandths of all runs.
    pub index_only: u32,
}

impl StatementFigures {
    fn of(meter: &StatementMeter, window: Window, now: Instant) -> Self {
        let reading = meter.runs.window(window, now);
        let (counts, runs) = (&reading.counts, meter.runs.count());
        let scanning_runs = meter.scanning_runs();
        Self {
            number: meter.named.number,
            name: meter.named.name,
            declared: meter.named.declared,
            runs: counts.count(),
            errors: reading.errors,
            total_ns: counts.total(),
            mean_ns: counts.mean(),
            min_ns: counts.min(),
            p50_ns: counts.percentile(5_000),
            p95_ns: counts.percentile(9_500),
            p99_ns: counts.percentile(9_900),
            max_ns: counts.max(),
            share: 0,
            rows: meter.rows(),
            steps: meter.steps(),
            scanning_runs,
            sorting_runs: meter.sorting_runs(),
            index_only: part(runs.saturating_sub(meter.unindexed_runs()), runs),
        }
    }
}

/// So many of so many, in ten-thousandths, rounded down; nothing of nothing is all of it.
pub fn part(of: u64, all: u64) -> u32 {
    let parts = (u128::from(of) * 10_000).checked_div(u128::from(all)).unwrap_or(10_000);
    u32::try_from(parts.min(10_000)).unwrap_or(10_000)
}

/// What is wrong with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Problem {
    /// It reads whole tables and did not declare it.
    FullScan,
    /// SQLite makes an index for each of its runs.
    AutomaticIndex,
    /// It sorts and did not declare it.
    Sort,
    /// It runs too often inside one request (N+1): one statement that reads them together would do.
    Repeats,
}

impl Problem {
    /// As it stands in figures and labels.
    pub fn name(self) -> &'static str {
        match self {
            Problem::FullScan => "full_scan",
            Problem::AutomaticIndex => "automatic_index",
            Problem::Sort => "sort",
            Problem::Repeats => "n_plus_one",
        }
    }
}

/// A problem with its evidence, all since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub problem: Problem,
    pub statement: &'static str,
    /// Method and pattern of the route where it runs too often; none for the other problems.
    pub route: Option<String>,
    /// Runs that had the problem; requests, where it runs too often.
    pub times: u64,
    /// What one of these costs in the mean: steps of a full scan, rows put into the index, sorts; the
    /// most runs in one request, where it runs too often.
    pub per_time: u64,
    /// Of all its runs.
    pub mean_ns: u64,
    /// What all of them took; only those of the requests named, where it runs too often.
    pub total_ns: u64,
    /// Of all statements' time, in ten-thousandths.
    pub share: u32,
}

/// The statements as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Of all statements in the window.
    pub runs: u64,
    pub total_ns: u64,
    /// Runs since the start with no full-scan step and no index made for them, in ten-thousandths.
    pub index_only: u32,
    /// Full-scan steps since the start of statements that did not declare them.
    pub undeclared_steps: u64,
    /// Those that ran in the window, the most time first.
    pub statements: Vec<StatementFigures>,
    /// Since the start, the most time first.
    pub findings: Vec<Finding>,
}

impl Figures {
    /// Reads a registry's statements over a window that ends at `now`.
    pub fn read(registry: &Registry, window: Window, now: Instant) -> Self {
        let all: Vec<StatementFigures> =
            registry.statements().map(|meter| StatementFigures::of(meter, window, now)).collect();
        let total_ns: u64 = all.iter().map(|s| s.total_ns).sum();
        let since_start: u64 = registry.statements().map(|meter| meter.runs.total()).sum();
        let (runs, unindexed) = registry
            .statements()
            .fold((0, 0), |(runs, without), meter| (runs + meter.runs.count(), without + meter.unindexed_runs()));
        let undeclared = all.iter().filter(|s| s.declared.is_none());
        let mut figures = Figures {
            runs: all.iter().map(|s| s.runs).sum(),
            total_ns,
            index_only: part(runs - unindexed.min(runs), runs),
            undeclared_steps: undeclared.map(|s| s.steps.full_scan).sum(),
            findings: findings(registry, since_start),
            statements: all,
        };
        figures.statements.retain(|s| s.runs > 0);
        figures
            .statements
            .iter_mut()
            .for_each(|s| s.share = if total_ns == 0 { 0 } else { part(s.total_ns, total_ns) });
        figures.statements.sort_by_key(|s| (Reverse(s.total_ns), s.name));
        figures
    }

    /// The [`TOP`] by total time.
    pub fn top(&self) -> &[StatementFigures] {
        &self.statements[..self.statements.len().min(TOP)]
    }
}

fn findings(registry: &Registry, all_ns: u64) -> Vec<Finding> {
    let share = |ns| if all_ns == 0 { 0 } else { part(ns, all_ns) };
    let mut findings = Vec::new();
    for meter in registry.statements() {
        let (steps, runs) = (meter.steps(), meter.runs.count());
        let total_ns = meter.runs.total();
        let mut find = |problem, times: u64, cost: u64| {
            findings.push(Finding {
                problem,
                statement: meter.named.name,
                route: None,
                times,
                per_time: cost.checked_div(times).unwrap_or(0),
                mean_ns: total_ns.checked_div(runs).unwrap_or(0),
                total_ns,
                share: share(total_ns),
            });
        };
        let declared = meter.named.declared.is_some();
        if steps.full_scan > 0 && !declared {
            find(Problem::FullScan, meter.scanning_runs(), steps.full_scan);
        }
        if steps.sorts > 0 && !declared {
            find(Problem::Sort, meter.sorting_runs(), steps.sorts);
        }
        // Nobody can mean to make an index at every run, so there is nothing to declare.
        if steps.auto_index > 0 {
            find(Problem::AutomaticIndex, meter.indexing_runs(), steps.auto_index);
        }
    }
    findings.extend(registry.repeats().into_iter().map(|repeat| Finding {
        problem: Problem::Repeats,
        statement: repeat.statement,
        route: Some(format!("{} {}", repeat.method, repeat.route)),
        times: repeat.requests,
        per_time: u64::from(repeat.runs_max),
        mean_ns: repeat.ns.checked_div(repeat.runs).unwrap_or(0),
        total_ns: repeat.ns,
        share: share(repeat.ns),
    }));
    findings.sort_by_key(|finding| (Reverse(finding.total_ns), finding.statement, finding.problem));
    findings
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::registry::Ending;
    use super::super::sheet::{Sheet, note_statement, on_this_thread};
    use super::super::statement::Named;
    use super::*;

    const NAMES: [(&str, Option<&str>); 4] =
        [("a.by_key", None), ("b.scans", None), ("c.may_scan", Some("a test's few rows")), ("d.never_ran", None)];

    fn registry() -> Registry {
        let named = |(number, &(name, declared)): (usize, &(&'static str, Option<&'static str>))| Named {
            number,
            name,
            declared,
            repeats: false,
        };
        Registry::new(NAMES.iter().enumerate().map(named))
    }

    fn ran(registry: &Registry, number: usize, runs: u64, ns: u64, steps: Steps) {
        (0..runs).for_each(|_| registry.statement(number).unwrap().record(ns, 1, steps));
    }

    fn scan(full_scan: u64) -> Steps {
        Steps { full_scan, vm: 10 * full_scan, ..Steps::default() }
    }

    fn start(registry: &Registry) -> Figures {
        Figures::read(registry, Window::Start, Instant::now())
    }

    #[test]
    fn shares_and_order_are_by_total_time() {
        let registry = registry();
        ran(&registry, 0, 70, 1_000, Steps::default());
        ran(&registry, 1, 1, 20_000, scan(50));
        ran(&registry, 2, 29, 1_000, scan(3));
        let figures = start(&registry);
        let told: Vec<_> = figures.top().iter().map(|s| (s.name, s.runs, s.share, s.index_only)).collect();
        let expected = [("a.by_key", 70, 5_882, 10_000), ("c.may_scan", 29, 2_436, 0), ("b.scans", 1, 1_680, 0)];
        assert_eq!(told, expected);
        assert_eq!((figures.runs, figures.total_ns), (100, 119_000));
        assert_eq!((figures.index_only, figures.undeclared_steps), (7_000, 50));
    }

    #[test]
    fn the_busiest_are_twenty() {
        let registry = Registry::new((0..30).map(|number| Named {
            number,
            name: "some.statement",
            declared: None,
            repeats: false,
        }));
        (0..30).for_each(|number| ran(&registry, number, 1, 1_000 * number as u64, Steps::default()));
        let figures = start(&registry);
        assert_eq!((figures.statements.len(), figures.top().len(), figures.top()[0].number), (30, TOP, 29));
    }

    #[test]
    fn findings_carry_their_evidence() {
        let registry = registry();
        ran(&registry, 0, 10, 1_000, Steps::default());
        ran(&registry, 1, 4, 5_000, Steps { sorts: 1, auto_index: 25, ..scan(300) });
        ran(&registry, 2, 4, 5_000, Steps { sorts: 1, ..scan(300) });
        let told: Vec<_> =
            start(&registry).findings.into_iter().map(|f| (f.statement, f.problem, f.times, f.per_time)).collect();
        let expected = [
            ("b.scans", Problem::FullScan, 4, 300),
            ("b.scans", Problem::AutomaticIndex, 4, 25),
            ("b.scans", Problem::Sort, 4, 1),
        ];
        assert_eq!(told, expected, "who declared it is left alone");
        ran(&registry, 3, 2, 10, Steps { auto_index: 9, ..Steps::default() });
        // 18 runs and 2; those that did both count once.
        assert_eq!(start(&registry).index_only, 5_000);
    }

    #[test]
    fn a_statement_run_too_often_is_found_with_its_route() {
        let registry = registry();
        registry.set_repeats_max(3);
        let route = registry.route("GET", "/api/v1/orders/{id}");
        for runs in [3, 4, 9] {
            let sheet = Arc::new(Sheet::default());
            on_this_thread(&sheet, || (0..runs).for_each(|_| assert!(note_statement(0, 2_000, 1, 9))));
            registry.end(&sheet, Ending { route: &route, status: 200, request_id: "", at_ms: 1, app_ns: 1 });
        }
        ran(&registry, 0, 16, 2_000, Steps::default());
        let expected = Finding {
            problem: Problem::Repeats,
            statement: "a.by_key",
            route: Some("GET /api/v1/orders/{id}".to_owned()),
            times: 2,
            per_time: 9,
            mean_ns: 2_000,
            total_ns: 26_000,
            share: 8_125,
        };
        assert_eq!(start(&registry).findings, [expected]);
    }

    #[test]
    fn nothing_ran_and_nothing_divides_by_it() {
        let figures = start(&registry());
        assert_eq!((figures.runs, figures.index_only, figures.top().len()), (0, 10_000, 0));
        assert_eq!((part(1, 3), part(0, 0), part(5, 5), part(7, 5)), (3_333, 10_000, 10_000, 10_000));
    }
}
