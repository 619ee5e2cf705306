//! How SQLite would run a statement on a file as it is, what indexes that file has, and how long its
//! tables are: what a test, a command and the operators' pages judge statements by.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::read::{Reader, Snapshot};
use super::statement::Statement;
use super::{OpenError, STEPS};
use crate::error::Fault;

/// Tables that are as long as a history is. Whoever scans or sorts one gets slower by the year.
pub const GROWS: &[&str] = &[
    "orders",
    "checks",
    "lines",
    "line_modifiers",
    "check_discounts",
    "check_discount_targets",
    "check_charges",
    "check_taxes",
    "payments",
    "refunds",
    "refund_lines",
    "refund_taxes",
    "receipts",
    "journal",
    "tickets",
    "ticket_lines",
    "kitchen_orders",
    "adjustments",
    "day_totals",
    "z_totals",
    "z_reports",
    "idempotency_keys",
    "order_days",
    "order_months",
    "display_numbers",
];

/// Keys that lead to the rows of one order, one day's figure or one Z: so few that sorting them is nothing.
const OF_ONE: &[&str] = &[
    "rowid=?",
    "order_id=?",
    "check_id=?",
    "line_id=?",
    "refund_id=?",
    "refund_line_id=?",
    "ticket_id=?",
    "payment_id=?",
    "check_discount_id=?",
];

/// Rows of a table without row numbers are counted up to here and no further.
const COUNTED_MAX: i64 = 100_000;

/// A row of `EXPLAIN QUERY PLAN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// SQLite's number of it, and of the row it stands under; 0 is the statement itself.
    pub id: i64,
    pub parent: i64,
    /// How far below the statement, from 0.
    pub depth: usize,
    /// What SQLite says, in its words.
    pub detail: String,
    pub step: PlanStep,
    /// The table that is read, by its own name whatever the statement calls it.
    pub table: Option<String>,
}

/// What a row of a plan does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanStep {
    /// Reads all rows of a table, or of one of its indexes.
    Scan(Option<IndexUse>),
    /// Finds rows by a key; without an index, by the table's own.
    Search(Option<IndexUse>),
    /// Sorts, groups or unites in a temporary tree.
    Sort,
    /// A subquery, a co-routine, a union, …
    Other,
}

/// An index as a plan uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexUse {
    /// `None` where SQLite builds one for this run alone.
    pub name: Option<String>,
    /// The columns it is searched by, as in `order_id=? AND id>?`; empty for a scan.
    pub keys: String,
    /// The index holds all that is asked, and the table is not read.
    pub covering: bool,
}

impl PlanRow {
    /// Whether it builds an index for this run alone.
    pub fn is_automatic(&self) -> bool {
        matches!(&self.step, PlanStep::Scan(Some(i)) | PlanStep::Search(Some(i)) if i.name.is_none())
    }

    /// The index it uses, by name.
    pub fn index(&self) -> Option<&str> {
        match &self.step {
            PlanStep::Scan(Some(index)) | PlanStep::Search(Some(index)) => index.name.as_deref(),
            _ => None,
        }
    }

    /// The detail, as far in as it stands below the statement.
    pub fn indented(&self) -> String {
        format!("{}{}", "  ".repeat(self.depth), self.detail)
    }

    fn grows(&self) -> bool {
        self.table.as_deref().is_some_and(|table| GROWS.contains(&table))
    }

    fn is_of_one(&self) -> bool {
        matches!(self.step, PlanStep::Search(_)) && OF_ONE.iter().any(|key| self.detail.contains(&format!("({key}")))
    }
}

/// The rows of a plan that a statement has to declare: a scan of any table, since a short one is short for a
/// reason that somebody has to know; a sort where a table that grows is read beyond the rows of one order;
/// an index made for each run.
pub fn flagged(plan: &[PlanRow]) -> Vec<&PlanRow> {
    let reads = |row: &PlanRow| matches!(row.step, PlanStep::Scan(_) | PlanStep::Search(_));
    let many = plan.iter().any(|row| reads(row) && row.grows() && !row.is_of_one());
    let flag = |row: &&PlanRow| match row.step {
        PlanStep::Scan(_) => row.table.is_some() || row.is_automatic(),
        PlanStep::Search(_) => row.is_automatic(),
        PlanStep::Sort => many,
        PlanStep::Other => false,
    };
    plan.iter().filter(flag).collect()
}

/// An index of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    pub name: String,
    pub table: String,
    /// In their order; an expression is `<expression>`.
    pub columns: Vec<String>,
    pub unique: bool,
    /// Holds some rows only.
    pub partial: bool,
    /// Made by `create index`, not by a key of the table.
    pub by_name: bool,
}

/// How long a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRows {
    pub name: String,
    pub rows: i64,
    pub known: Known,
}

/// How the length of a table is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The highest row number, which is found at once: as many rows were ever made, if none were skipped.
    HighestId,
    /// Counted, since it has no row numbers.
    Counted,
    /// Counting ended there; it has that many or more.
    AtLeast,
}

impl Snapshot {
    /// An empty file as this program would make it, in memory: what plans should look like.
    pub fn of_schema() -> Result<Self, OpenError> {
        let failed = |doing| move |e| OpenError::sqlite(":memory:".as_ref(), doing, e);
        let conn = Connection::open_in_memory().map_err(failed("making"))?;
        for step in STEPS {
            conn.execute_batch(step.sql).map_err(failed("making the schema of"))?;
        }
        Self::begin(Reader::Alone(conn), None).map_err(|e| OpenError::Io {
            path: ":memory:".into(),
            doing: "reading",
            source: std::io::Error::other(e),
        })
    }

    /// Another schema than the restaurant's, in memory: for a side's own statements.
    #[cfg(test)]
    pub(crate) fn of_text(schema: &str) -> Result<Self, Fault> {
        let failed = |e: rusqlite::Error| Fault::from_source("making a file in memory", e);
        let conn = Connection::open_in_memory().map_err(failed)?;
        conn.execute_batch(schema).map_err(failed)?;
        Self::begin(Reader::Alone(conn), None)
    }

    /// How SQLite would run the statement on this file now. Nothing is run.
    pub fn plan(&self, statement: &Statement) -> Result<Vec<PlanRow>, Fault> {
        plan(self.conn(), statement).map_err(|e| Fault::from_source(format!("explaining {}", statement.name), e))
    }

    /// Every index of the file, by table and name.
    pub fn indexes(&self) -> Result<Vec<Index>, Fault> {
        indexes(self.conn()).map_err(|e| Fault::from_source("reading the file's indexes", e))
    }

    /// The columns of every table.
    pub(super) fn columns(&self) -> Result<BTreeMap<String, Vec<String>>, Fault> {
        columns(self.conn()).map_err(|e| Fault::from_source("reading the tables' columns", e))
    }

    /// How long every table is, by its highest row number, which costs a step down a tree and not a
    /// count; a table that has none is counted up to a bound.
    pub fn table_rows(&self) -> Result<Vec<TableRows>, Fault> {
        table_rows(self.conn()).map_err(|e| Fault::from_source("reading how long the tables are", e))
    }
}

fn plan(conn: &Connection, statement: &Statement) -> rusqlite::Result<Vec<PlanRow>> {
    let names = aliases(statement.sql, &tables(conn)?);
    let mut depths = BTreeMap::from([(0, 0)]);
    let mut prepared = conn.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql))?;
    let mut rows = prepared.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, parent, detail): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
        let depth = depths.get(&parent).copied().unwrap_or_default();
        depths.insert(id, depth + 1);
        let step = step_of(&detail);
        let read = match step {
            PlanStep::Scan(_) | PlanStep::Search(_) => detail.split_whitespace().nth(1),
            PlanStep::Sort | PlanStep::Other => None,
        };
        let table = read.and_then(|name| names.get(&name.to_lowercase()).cloned());
        plan.push(PlanRow { id, parent, depth, detail, step, table });
    }
    Ok(plan)
}

/// <https://www.sqlite.org/eqp.html> has the words.
fn step_of(detail: &str) -> PlanStep {
    if detail.contains("TEMP B-TREE") {
        return PlanStep::Sort;
    }
    match detail.split_once(' ') {
        Some(("SCAN", rest)) => PlanStep::Scan(index_of(rest)),
        Some(("SEARCH", rest)) => PlanStep::Search(index_of(rest)),
        _ => PlanStep::Other,
    }
}

/// Of `o USING COVERING INDEX orders_by_date (business_date=?)`; a table's own key is no index.
fn index_of(rest: &str) -> Option<IndexUse> {
    let (_, used) = rest.split_once(" USING ")?;
    let (kind, rest) = used.split_once("INDEX")?;
    let automatic = kind.contains("AUTOMATIC");
    let name = rest.split_whitespace().next().filter(|_| !automatic);
    let keys = rest.split_once('(').and_then(|(_, keys)| keys.split_once(')')).map_or("", |(keys, _)| keys);
    Some(IndexUse { name: name.map(str::to_owned), keys: keys.to_owned(), covering: kind.contains("COVERING") })
}

/// The table behind every name that a statement gives one: `from orders o` makes `o` orders.
fn aliases(sql: &str, tables: &[String]) -> BTreeMap<String, String> {
    let spaced = sql.replace('(', " ( ").replace(')', " ) ").replace(',', " , ");
    let words: Vec<String> = spaced.split_whitespace().map(str::to_lowercase).collect();
    let mut names: BTreeMap<String, String> = tables.iter().map(|table| (table.clone(), table.clone())).collect();
    for (at, table) in words.iter().enumerate().filter(|(_, word)| tables.contains(word)) {
        let next = match words.get(at + 1).map(String::as_str) {
            Some("as") => words.get(at + 2),
            _ => words.get(at + 1),
        };
        names.extend(next.filter(|alias| !tables.contains(alias)).map(|alias| (alias.clone(), table.clone())));
    }
    names
}

pub(super) fn tables(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut named = conn.prepare_cached(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    named.query_map([], |row| row.get(0))?.collect()
}

fn indexes(conn: &Connection) -> rusqlite::Result<Vec<Index>> {
    let mut listed = conn.prepare(
        "SELECT i.name, t.name, i.\"unique\", i.partial, i.origin = 'c'
         FROM sqlite_schema t, pragma_index_list(t.name) i WHERE t.type = 'table' ORDER BY t.name, i.name",
    )?;
    let mut columns =
        conn.prepare("SELECT coalesce(name, '<expression>') FROM pragma_index_info(?1) ORDER BY seqno")?;
    let mut indexes = Vec::new();
    let mut rows = listed.raw_query();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let columns = columns.query_map([&name], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let (unique, partial, by_name) = (row.get(2)?, row.get(3)?, row.get(4)?);
        indexes.push(Index { name, table: row.get(1)?, columns, unique, partial, by_name });
    }
    Ok(indexes)
}

fn columns(conn: &Connection) -> rusqlite::Result<BTreeMap<String, Vec<String>>> {
    let mut named = conn.prepare_cached("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
    let mut of = |table: String| {
        let columns = named.query_map([&table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok((table, columns))
    };
    tables(conn)?.into_iter().map(&mut of).collect()
}

fn table_rows(conn: &Connection) -> rusqlite::Result<Vec<TableRows>> {
    let mut without = conn.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr")?;
    let without: Vec<String> = without.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let count = |name: String| {
        let quoted = name.replace('"', "\"\"");
        let counted = without.contains(&name);
        let sql = if counted {
            format!("SELECT count(*) FROM (SELECT 1 FROM \"{quoted}\" LIMIT {COUNTED_MAX})")
        } else {
            format!("SELECT coalesce(max(rowid), 0) FROM \"{quoted}\"")
        };
        let rows = conn.query_row(&sql, [], |row| row.get(0))?;
        let known = match counted {
            false => Known::HighestId,
            true if rows == COUNTED_MAX => Known::AtLeast,
            true => Known::Counted,
        };
        Ok(TableRows { name, rows, known })
    };
    tables(conn)?.into_iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_says_what_it_does() {
        let check = |sql: &'static str, expected: &[(&str, Option<&str>, Option<&str>)]| {
            let plan = Snapshot::of_schema().unwrap().plan(&Statement::new("test.statement", sql)).unwrap();
            let kind = |row: &PlanRow| match row.step {
                PlanStep::Scan(_) => "scan",
                PlanStep::Search(_) => "search",
                PlanStep::Sort => "sort",
                PlanStep::Other => "other",
            };
            let told: Vec<_> = plan.iter().map(|row| (kind(row), row.table.as_deref(), row.index())).collect();
            assert_eq!(told, expected, "{sql}");
        };
        check("select * from orders", &[("scan", Some("orders"), None)]);
        check("select * from orders as o where o.id = ?1", &[("search", Some("orders"), None)]);
        check(
            "select l.name from lines l join orders o on o.id = l.order_id where o.business_date = ?1 order by l.name",
            &[
                ("search", Some("orders"), Some("orders_by_date")),
                ("search", Some("lines"), Some("lines_by_order")),
                ("sort", None, None),
            ],
        );
        check("select n from order_days where business_date = ?1", &[("search", Some("order_days"), None)]);
        check("select 1", &[("scan", None, None)]);
    }

    #[test]
    fn an_index_made_for_a_run_is_flagged() {
        const SQL: &str = "select count(*) from staff a join staff b on a.name = b.name";
        let plan = Snapshot::of_schema().unwrap().plan(&Statement::new("test.statement", SQL)).unwrap();
        let told: Vec<_> = flagged(&plan).into_iter().map(|row| (row.table.as_deref(), row.index())).collect();
        assert_eq!(told, [(Some("staff"), None); 2], "the scan it is made for, and itself");
        let PlanStep::Search(Some(index)) = &flagged(&plan)[1].step else { panic!("{plan:?}") };
        assert_eq!((index.keys.as_str(), index.covering), ("name=?", true));
    }

    #[test]
    fn indexes_and_lengths() {
        let db = Snapshot::of_schema().unwrap();
        let indexes = db.indexes().unwrap();
        let by = |name: &str| indexes.iter().find(|i| i.name == name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(by("orders_by_state").columns, ["state", "business_date", "id"]);
        assert!(!by("orders_by_state").unique && by("orders_by_state").by_name);
        assert!(by("variants_by_sku").unique && by("variants_by_sku").partial);
        assert_eq!(by("variants_by_sku").table, "variants");
        assert!(indexes.iter().any(|i| i.table == "order_days" && i.unique && !i.by_name));
        let conn = db.conn();
        conn.execute_batch("insert into areas (id, name) values (1, 'a'), (7, 'b'); insert into display_numbers values ('2026-01-01', 3)")
            .unwrap();
        let rows = db.table_rows().unwrap();
        let of = |name: &str| rows.iter().find(|t| t.name == name).map(|t| (t.rows, t.known)).unwrap();
        assert_eq!(of("areas"), (7, Known::HighestId));
        assert_eq!(of("display_numbers"), (1, Known::Counted));
        assert_eq!(of("orders"), (0, Known::HighestId));
        for table in GROWS {
            assert!(rows.iter().any(|t| t.name == *table), "{table} is no table");
        }
    }
}
