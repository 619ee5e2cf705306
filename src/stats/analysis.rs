//! What is wrong with statements and indexes, found from their runs and from the file as it is.

use std::collections::BTreeSet;
use std::time::Instant;

use super::Inner;
use super::figures::{Finding, FindingKind};
use crate::error::{Error, Fault, Result};
use crate::store::{Analysis, Index, PlanRow, Snapshot, analyse};
use crate::timing::{Problem, Window};

impl Inner {
    /// Looks anew; what was mended since is no longer found. Answers the plans of now where nobody knows yet
    /// whether they are those of the last start.
    pub(super) fn analyse(&self, db: &Snapshot) -> Result<Option<Plans>> {
        let timing = self.house.store.timing();
        let analysis = analyse(db, timing, &self.statements, Window::Start, Instant::now())?;
        let mut findings = of_runs(&analysis);
        findings.extend(missing(db)?);
        findings.extend(analysis.unused.iter().map(unused));
        *self.findings.lock() = findings;
        if self.changed.lock().is_some() {
            return Ok(None);
        }
        let plan = |name: &'static str, rows: Vec<PlanRow>| {
            (name.to_owned(), rows.iter().map(PlanRow::indented).collect::<Vec<_>>().join("\n"))
        };
        let plans = self.statements.iter().map(|s| Ok(plan(s.name, db.plan(s)?)));
        Ok(Some(plans.collect::<Result<_, Fault>>()?))
    }

    /// Notes which plans are others than at the last start. May wait for a disk, so no snapshot is held; where
    /// no answer comes, the next analysis asks again.
    pub(super) fn compare(&self, plans: Option<Plans>) {
        let Some(changed) = plans.and_then(|plans| self.history.plans(plans)) else { return };
        let finding = |(about, before): (String, String)| Finding {
            kind: FindingKind::PlanChanged,
            about,
            table: None,
            columns: Vec::new(),
            existing: None,
            evidence: format!("at the last start it was: {}", before.replace('\n', " / ")),
            cost_us: 0,
        };
        *self.changed.lock() = Some(changed.into_iter().map(finding).collect());
    }
}

/// Statements and how they run.
pub(super) type Plans = Vec<(String, String)>;

fn of_runs(analysis: &Analysis) -> Vec<Finding> {
    let kind = |problem| match problem {
        Problem::FullScan => Some(FindingKind::UndeclaredScan),
        Problem::AutomaticIndex => Some(FindingKind::AutomaticIndex),
        Problem::Sort => Some(FindingKind::UndeclaredSort),
        // Told with its route among the repeats.
        Problem::Repeats => None,
    };
    let of = |n: u64, problem| match problem {
        Problem::FullScan => format!("{n} steps through the table in each"),
        Problem::AutomaticIndex => format!("{n} rows put into an index in each"),
        Problem::Sort | Problem::Repeats => format!("{n} sorts in each"),
    };
    let evidence = |times: u64, per_time: u64, total_ns: u64, share: u32, problem: Problem| {
        format!(
            "{times} runs, {}; {} in all, {}.{} % of the database's time",
            of(per_time, problem),
            super::alerts::ms(total_ns / 1_000),
            share / 100,
            share % 100 / 10
        )
    };
    let mut findings = Vec::new();
    for advice in &analysis.advice {
        let Some(kind) = kind(advice.problem) else { continue };
        let measured = evidence(advice.times, advice.per_time, advice.total_ns, advice.share, advice.problem);
        findings.push(Finding {
            kind,
            about: advice.statement.to_owned(),
            table: Some(advice.table.clone()),
            columns: advice.columns.clone(),
            existing: advice.existing.clone(),
            evidence: advice.sql().map_or_else(|| measured.clone(), |sql| format!("{measured}; {sql}")),
            cost_us: advice.total_ns / 1_000,
        });
    }
    let told: BTreeSet<_> = findings.iter().map(|finding| finding.about.clone()).collect();
    for finding in analysis.figures.findings.iter().filter(|finding| !told.contains(finding.statement)) {
        // An automatic index of the past is in the counters for good; what the plan still has is advised above.
        let Some(kind) = kind(finding.problem).filter(|kind| *kind != FindingKind::AutomaticIndex) else { continue };
        findings.push(Finding {
            kind,
            about: finding.statement.to_owned(),
            table: None,
            columns: Vec::new(),
            existing: None,
            evidence: evidence(finding.times, finding.per_time, finding.total_ns, finding.share, finding.problem),
            cost_us: finding.total_ns / 1_000,
        });
    }
    findings
}

/// Indexes that the schema has and the file has not.
fn missing(db: &Snapshot) -> Result<Vec<Finding>> {
    let there: BTreeSet<String> = db.indexes()?.into_iter().map(|index| index.name).collect();
    let fresh = Snapshot::of_schema().map_err(|e| Error::from(Fault::from_source("making a new file in memory", e)))?;
    let gone = fresh.indexes()?.into_iter().filter(|index| index.by_name && !there.contains(&index.name));
    let finding = |index: Index| Finding {
        kind: FindingKind::MissingIndex,
        evidence: format!("the schema has it on {} ({})", index.table, index.columns.join(", ")),
        about: index.name,
        table: Some(index.table),
        columns: index.columns,
        existing: None,
        cost_us: 0,
    };
    Ok(gone.map(finding).collect())
}

fn unused(index: &Index) -> Finding {
    Finding {
        kind: FindingKind::UnusedIndex,
        about: index.name.clone(),
        table: Some(index.table.clone()),
        columns: index.columns.clone(),
        existing: None,
        evidence: "it is in no statement's plan and keeps nothing unique".to_owned(),
        cost_us: 0,
    }
}
