//! What is known of one statement's runs.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::meter::Meter;

/// What is to be known of a statement besides its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Its place in the table; small, unique in the process.
    pub number: usize,
    pub name: &'static str,
    /// Why it may scan or sort; none where it may not.
    pub declared: Option<&'static str>,
    /// Whether many runs inside one request are meant.
    pub repeats: bool,
}

/// What SQLite counted in one run, or in all: `sqlite3_stmt_status`
/// (<https://www.sqlite.org/c3ref/c_stmtstatus_counter.html>).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// Forward steps in a full table scan.
    pub full_scan: u64,
    /// Sorts.
    pub sorts: u64,
    /// Rows put into indexes made for one run.
    pub auto_index: u64,
    /// Instructions of the virtual machine.
    pub vm: u64,
}

/// One statement's figures since the start. A run's time includes its mapper, whatever that does, and
/// preparing the statement where a connection has not yet.
#[derive(Debug)]
pub struct StatementMeter {
    pub named: Named,
    pub runs: Meter,
    rows: AtomicU64,
    scanning_runs: AtomicU64,
    sorting_runs: AtomicU64,
    indexing_runs: AtomicU64,
    unindexed_runs: AtomicU64,
    full_scan_steps: AtomicU64,
    sorts: AtomicU64,
    auto_index_rows: AtomicU64,
    vm_steps: AtomicU64,
}

impl StatementMeter {
    pub(super) fn new(named: Named) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            named,
            runs: Meter::default(),
            rows: zero(),
            scanning_runs: zero(),
            sorting_runs: zero(),
            indexing_runs: zero(),
            unindexed_runs: zero(),
            full_scan_steps: zero(),
            sorts: zero(),
            auto_index_rows: zero(),
            vm_steps: zero(),
        }
    }

    /// One run, with all there is to know of it.
    pub fn record(&self, ns: u64, rows: u64, steps: Steps) {
        self.record_run(ns, steps);
        self.record_work(rows, steps.vm);
    }

    /// One run without its rows and instructions, for what comes later from a request's sheet, all its
    /// runs at once. Most counters of most runs are zero, and cost one comparison together.
    #[inline]
    pub fn record_run(&self, ns: u64, steps: Steps) {
        self.runs.record(ns);
        if steps.full_scan | steps.sorts | steps.auto_index > 0 {
            self.record_rare(steps);
        }
    }

    /// Rows and instructions of runs that are counted already.
    pub fn record_work(&self, rows: u64, vm_steps: u64) {
        self.vm_steps.fetch_add(vm_steps, Relaxed);
        self.rows.fetch_add(rows, Relaxed);
    }

    #[cold]
    fn record_rare(&self, steps: Steps) {
        for (counter, n) in [
            (&self.scanning_runs, u64::from(steps.full_scan > 0)),
            (&self.full_scan_steps, steps.full_scan),
            (&self.sorting_runs, u64::from(steps.sorts > 0)),
            (&self.sorts, steps.sorts),
            (&self.indexing_runs, u64::from(steps.auto_index > 0)),
            (&self.auto_index_rows, steps.auto_index),
            (&self.unindexed_runs, u64::from(steps.full_scan | steps.auto_index > 0)),
        ] {
            if n > 0 {
                counter.fetch_add(n, Relaxed);
            }
        }
    }

    /// Rows read, or changed.
    pub fn rows(&self) -> u64 {
        self.rows.load(Relaxed)
    }

    /// Runs with at least one full-scan step.
    pub fn scanning_runs(&self) -> u64 {
        self.scanning_runs.load(Relaxed)
    }

    /// Runs with at least one sort.
    pub fn sorting_runs(&self) -> u64 {
        self.sorting_runs.load(Relaxed)
    }

    /// Runs for which an index was made.
    pub fn indexing_runs(&self) -> u64 {
        self.indexing_runs.load(Relaxed)
    }

    /// Runs with at least one full-scan step, or for which an index was made, each counted once.
    pub fn unindexed_runs(&self) -> u64 {
        self.unindexed_runs.load(Relaxed)
    }

    /// SQLite's own counters, of all runs together.
    pub fn steps(&self) -> Steps {
        Steps {
            full_scan: self.full_scan_steps.load(Relaxed),
            sorts: self.sorts.load(Relaxed),
            auto_index: self.auto_index_rows.load(Relaxed),
            vm: self.vm_steps.load(Relaxed),
        }
    }
}
