//! What to do about statements that cost too much: the figures of the runs, held against the plans of
//! the file as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::conditions::{Columns, conditions};
use super::explain::{Index, PlanRow, PlanStep, flagged};
use super::read::Snapshot;
use super::statement::Statement;
use crate::error::Fault;
use crate::timing::{Figures, Problem, Registry, Window};

/// The figures of all statements, what is wrong with them, and which indexes follow from that.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// Its findings are those that remain when the plans were read: a sort of a short table that does not
    /// grow is none.
    pub figures: Figures,
    pub advice: Vec<IndexAdvice>,
    /// Indexes that no statement's plan names and that keep nothing unique.
    pub unused: Vec<Index>,
}

/// An index that a statement lacks, by the evidence of its runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexAdvice {
    pub statement: &'static str,
    pub problem: Problem,
    pub table: String,
    /// In the order an index should have them.
    pub columns: Vec<String>,
    /// An index of the file that begins with these columns, and was not used.
    pub existing: Option<String>,
    /// Runs that had the problem.
    pub times: u64,
    /// Steps of the scan, rows put into the automatic index, or sorts, of one of these runs.
    pub per_time: u64,
    pub mean_ns: u64,
    pub total_ns: u64,
    /// Of all statements' time, in ten-thousandths.
    pub share: u32,
}

impl IndexAdvice {
    /// The statement that would make it; none where there is one already. ANALYZE is no remedy: nothing here
    /// runs it, since plans must not depend on what a file happens to hold.
    pub fn sql(&self) -> Option<String> {
        let Self { table, columns, .. } = self;
        let make = || format!("create index {table}_by_{} on {table} ({})", columns.join("_"), columns.join(", "));
        self.existing.is_none().then(make)
    }
}

/// Reads the figures over a window that ends at `now`, and judges them by the file of `db`.
///
/// Plans are asked for the statements with findings, and for all of them to see which indexes are
/// unused: some tens of ms in all. Nothing but the schema is read.
pub fn analyse(
    db: &Snapshot,
    registry: &Registry,
    statements: &[&'static Statement],
    window: Window,
    now: Instant,
) -> Result<Analysis, Fault> {
    let mut analysis = Analysis { figures: Figures::read(registry, window, now), ..Analysis::default() };
    let (indexes, columns) = (db.indexes()?, db.columns()?);
    let by_name: BTreeMap<_, _> = statements.iter().map(|statement| (statement.name, *statement)).collect();
    let mut kept = Vec::new();
    for finding in std::mem::take(&mut analysis.figures.findings) {
        let Some(statement) = by_name.get(finding.statement).filter(|_| finding.problem != Problem::Repeats) else {
            kept.push(finding);
            continue;
        };
        let plan = db.plan(statement)?;
        let causes = causes(&plan, finding.problem);
        for (row, columns) in causes.iter().filter_map(|row| Some((row, wanted(statement.sql, &plan, row, &columns)?)))
        {
            let Some(table) = row.table.clone() else { continue };
            let serves = |index: &&Index| index.table == table && begins_with(&index.columns, &columns);
            analysis.advice.push(IndexAdvice {
                statement: finding.statement,
                problem: finding.problem,
                existing: indexes.iter().find(serves).map(|index| index.name.clone()),
                table: table.clone(),
                columns,
                times: finding.times,
                per_time: finding.per_time,
                mean_ns: finding.mean_ns,
                total_ns: finding.total_ns,
                share: finding.share,
            });
        }
        if !causes.is_empty() || finding.problem == Problem::AutomaticIndex {
            kept.push(finding);
        }
    }
    analysis.figures.findings = kept;
    analysis.unused = unused_indexes(db, statements)?;
    Ok(analysis)
}

/// Indexes that cost every write and serve nobody: in no plan, and keeping nothing unique.
pub fn unused_indexes(db: &Snapshot, statements: &[&'static Statement]) -> Result<Vec<Index>, Fault> {
    let mut used = BTreeSet::new();
    for statement in statements {
        used.extend(db.plan(statement)?.iter().filter_map(PlanRow::index).map(str::to_owned));
    }
    let mut indexes = db.indexes()?;
    indexes.retain(|index| !index.unique && !used.contains(&index.name));
    Ok(indexes)
}

/// The same number for the same plan, also in the next version of the program: to see that a plan has
/// changed (FNV-1a, <http://www.isthe.com/chongo/tech/comp/fnv/>).
pub fn plan_fingerprint(plan: &[PlanRow]) -> u64 {
    let bytes = plan.iter().flat_map(|row| row.indented().into_bytes().into_iter().chain([b'\n']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The rows of a plan that a finding comes from.
fn causes(plan: &[PlanRow], problem: Problem) -> Vec<&PlanRow> {
    let flagged = flagged(plan);
    match problem {
        Problem::FullScan => {
            flagged.into_iter().filter(|row| matches!(row.step, PlanStep::Scan(_)) && row.table.is_some()).collect()
        }
        Problem::AutomaticIndex => flagged.into_iter().filter(|row| row.is_automatic()).collect(),
        // What is sorted are the rows of the first table that is read beside it.
        Problem::Sort => {
            let sorts = flagged.into_iter().filter(|row| row.step == PlanStep::Sort);
            sorts.filter_map(|sort| plan.iter().find(|row| row.parent == sort.parent && row.table.is_some())).collect()
        }
        Problem::Repeats => Vec::new(),
    }
}

/// The columns of an index that would spare the work of this row; none where that is not certain.
fn wanted(sql: &str, plan: &[PlanRow], row: &PlanRow, columns: &Columns) -> Option<Vec<String>> {
    let table = row.table.as_deref()?;
    if let (true, PlanStep::Scan(Some(index)) | PlanStep::Search(Some(index))) = (row.is_automatic(), &row.step) {
        let key = |key: &str| key.split(['=', '<', '>']).next().map(|name| name.trim().to_owned());
        let keys: Vec<String> = index.keys.split(" AND ").filter_map(key).filter(|name| !name.is_empty()).collect();
        return (!keys.is_empty()).then_some(keys);
    }
    let name = row.detail.split_whitespace().nth(1)?.to_lowercase();
    let found = conditions(sql, &name, table, columns);
    let mut wanted = found.equal;
    let sorts = plan.iter().any(|other| other.step == PlanStep::Sort && other.parent == row.parent);
    match found.range.into_iter().next() {
        // An index leads to one range, and what comes after it is in no order.
        Some(range) => wanted.push(range),
        None if sorts || wanted.is_empty() => {
            let more: Vec<String> = found.order.into_iter().filter(|column| !wanted.contains(column)).collect();
            wanted.extend(more);
        }
        None => {}
    }
    (!wanted.is_empty()).then_some(wanted)
}

/// Whether an index leads to these columns; the order of its first ones does not matter to a search.
fn begins_with(index: &[String], columns: &[String]) -> bool {
    index.len() >= columns.len() && columns.iter().all(|column| index[..columns.len()].contains(column))
}
