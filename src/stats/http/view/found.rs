//! What was found wrong: statements that run too often or read too much, and slow requests.

use serde::Serialize;

use super::Times;
use crate::kernel::day::UtcMs;
use crate::stats::figures::Finding;
use crate::timing::{Repeat, SlowRequest};

/// A statement that ran too often inside single requests.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::stats::http) struct RepeatView {
    statement: &'static str,
    method: String,
    route: String,
    /// Requests in which it did.
    requests: u64,
    /// The most runs in one of them.
    runs_max: u32,
    total_us: u64,
    last_at: String,
}

impl RepeatView {
    pub(in crate::stats::http) fn of(repeat: &Repeat, times: &Times) -> Self {
        Self {
            statement: repeat.statement,
            method: repeat.method.clone(),
            route: repeat.route.clone(),
            requests: repeat.requests,
            runs_max: repeat.runs_max,
            total_us: repeat.ns / 1_000,
            last_at: times.text(UtcMs::new(repeat.last_ms)),
        }
    }
}

/// What the analyser found of a statement or an index.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::stats::http) struct FindingView {
    /// `undeclared_scan`, `undeclared_sort`, `automatic_index`, `plan_changed`, `missing_index`, `unused_index`.
    code: &'static str,
    about: String,
    table: Option<String>,
    columns: Vec<String>,
    /// An index that begins with these columns and is not used.
    existing: Option<String>,
    evidence: String,
    cost_us: u64,
}

impl FindingView {
    pub(in crate::stats::http) fn of(finding: &Finding) -> Self {
        let Finding { kind, about, table, columns, existing, evidence, cost_us } = finding.clone();
        Self { code: kind.code(), about, table, columns, existing, evidence, cost_us }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::stats::http) struct SlowView {
    at: String,
    request_id: String,
    method: String,
    route: String,
    status: u16,
    app_us: u64,
    db_us: u64,
    queue_us: u64,
    reader_us: u64,
    commit_us: u64,
    /// `hit`, `miss`, `waited` or `none`.
    cache: &'static str,
    /// Those that took longest, first.
    statements: Vec<SlowStatementView>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SlowStatementView {
    name: &'static str,
    runs: u32,
    rows: u64,
    us: u64,
}

impl SlowView {
    pub(in crate::stats::http) fn of(slow: &SlowRequest, times: &Times) -> Self {
        let statement =
            |s: &crate::timing::SlowStatement| SlowStatementView { name: s.name, runs: s.runs, rows: s.rows, us: s.us };
        Self {
            at: times.text(UtcMs::new(slow.at_ms)),
            request_id: slow.request_id.clone(),
            method: slow.method.clone(),
            route: slow.route.clone(),
            status: slow.status,
            app_us: slow.app_us,
            db_us: slow.db_us,
            queue_us: slow.queue_us,
            reader_us: slow.reader_us,
            commit_us: slow.commit_us,
            cache: slow.cache.name(),
            statements: slow.statements.iter().map(statement).collect(),
        }
    }
}
