//! `comanda explain`: how SQLite runs every statement on a file as it is.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::check::failed;
use super::{Db, Failed, Outcome, say};
use crate::app;
use crate::store::{self, Known, PlanRow, Snapshot, Statement, TableRows, flagged};

/// Shows how every statement runs on the file as it is, and flags what gets slower with the years
#[derive(Debug, Args)]
#[command(after_help = "Reads only, also beside a running server; nothing is run but the question how it would be.

Flagged is what a statement did not declare: a scan of any table, a sort of one that grows with orders,
an index that SQLite makes for each run, a plan that is another than on a new file, and an index that no
statement uses. Lines with an exclamation mark are flags, those with a tilde say why a scan is meant.
Exit code 0 when nothing is flagged, 1 when something is.

Examples:
  comanda explain --db trattoria.db --flags-only
  comanda explain --db trattoria.db --statement orders.get")]
pub(super) struct Explain {
    #[command(flatten)]
    db: Db,
    /// This statement alone, by its name; `orders.` stands for all that begin so
    #[arg(long, value_name = "NAME")]
    statement: Option<String>,
    /// Only what is flagged
    #[arg(long)]
    flags_only: bool,
}

/// A statement with its plan and what is wrong with it.
struct Explained {
    statement: &'static Statement,
    plan: Vec<PlanRow>,
    flags: Vec<String>,
}

impl Explain {
    pub(super) fn run(self) -> Outcome {
        let statements = self.chosen()?;
        let db = store::open_read_only(&self.db.db)?;
        let (fresh, lengths) = (Snapshot::of_schema()?, lengths(&db)?);
        let mut flags = 0;
        for statement in &statements {
            let explained = Explained::of(statement, &db, &fresh, &lengths)?;
            flags += explained.flags.len();
            if !self.flags_only || !explained.flags.is_empty() {
                explained.tell()?;
            }
        }
        if self.statement.is_none() {
            for index in store::unused_indexes(&db, &app::statements()).map_err(failed)? {
                say(format!(
                    "! index {} on {} ({}): no statement uses it",
                    index.name,
                    index.table,
                    index.columns.join(", ")
                ))?;
                flags += 1;
            }
        }
        let of = format!("{}: {} statements", self.db.db.display(), statements.len());
        match flags {
            0 => say(format!("{of}, nothing flagged")),
            1 => Err(Failed(format!("{of}, 1 thing flagged"))),
            n => Err(Failed(format!("{of}, {n} things flagged"))),
        }
    }

    fn chosen(&self) -> Result<Vec<&'static Statement>, Failed> {
        let mut statements = app::statements();
        statements.sort_by_key(|statement| statement.name);
        let Some(name) = &self.statement else { return Ok(statements) };
        statements.retain(|s| if name.ends_with('.') { s.name.starts_with(name) } else { s.name == name });
        if statements.is_empty() {
            return Err(Failed(format!("There is no statement {name}. Without --statement all are listed.")));
        }
        Ok(statements)
    }
}

impl Explained {
    fn of(
        statement: &'static Statement,
        db: &Snapshot,
        fresh: &Snapshot,
        lengths: &BTreeMap<String, TableRows>,
    ) -> Result<Self, Failed> {
        let plan = db.plan(statement).map_err(failed)?;
        let mut flags: Vec<String> = match statement.scans {
            Some(_) => Vec::new(),
            None => flagged(&plan).into_iter().map(|row| flag(row, &plan, lengths)).collect(),
        };
        let meant = fresh.plan(statement).map_err(failed)?;
        let details = |plan: &[PlanRow]| plan.iter().map(PlanRow::indented).collect::<Vec<_>>();
        if details(&plan) != details(&meant) {
            flags.push(format!("on a new file it would be: {}", details(&meant).join(" / ")));
        }
        Ok(Self { statement, plan, flags })
    }

    fn tell(&self) -> Outcome {
        say(self.statement.name)?;
        self.plan.iter().try_for_each(|row| say(format!("    {}", row.indented())))?;
        if let Some(why) = self.statement.scans {
            say(format!("  ~ {why}"))?;
        }
        self.flags.iter().try_for_each(|flag| say(format!("  ! {flag}")))
    }
}

/// What a row costs, in the lengths of the tables it is about.
fn flag(row: &PlanRow, plan: &[PlanRow], lengths: &BTreeMap<String, TableRows>) -> String {
    let long = |table: &str| lengths.get(table).map_or_else(|| table.to_owned(), length);
    match &row.table {
        Some(table) if row.is_automatic() => {
            format!("{}: makes an index at every run, over {}", row.detail, long(table))
        }
        Some(table) => format!("{}: reads {}", row.detail, long(table)),
        None => {
            let tables: BTreeSet<String> = plan.iter().filter_map(|row| row.table.as_deref().map(long)).collect();
            format!("{}: sorts rows of {}", row.detail, Vec::from_iter(tables).join(", "))
        }
    }
}

fn length(table: &TableRows) -> String {
    let TableRows { name, rows, known } = table;
    match known {
        Known::HighestId => format!("{name} (up to row {rows})"),
        Known::Counted => format!("{name} ({rows} rows)"),
        Known::AtLeast => format!("{name} ({rows} rows or more)"),
    }
}

fn lengths(db: &Snapshot) -> Result<BTreeMap<String, TableRows>, Failed> {
    Ok(db.table_rows().map_err(failed)?.into_iter().map(|table| (table.name.clone(), table)).collect())
}
