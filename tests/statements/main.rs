//! Every statement of the program against the schema: it prepares, its plan is the one on record,
//! and it neither scans nor sorts what grows with orders.
//!
//! `COMANDA_UPDATE=1 cargo test --test statements` writes the plans anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use comanda::app;
use comanda::store::{STEPS, Statement};
use rusqlite::Connection;

/// What is as long as a history is.
const GROWS: &[&str] = &[
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

/// Indexes no statement's plan names, with the reason each is there.
const INDEXES_FOR_A_REASON: &[(&str, &str)] = &[];

fn schema() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    for step in STEPS {
        db.execute_batch(step.sql).unwrap_or_else(|error| panic!("{}: {error}", step.name));
    }
    db
}

/// The plan as an indented tree, a step a line.
fn plan(db: &Connection, statement: &Statement) -> Vec<String> {
    let explain = format!("explain query plan {}", statement.sql);
    let mut prepared = db.prepare(&explain).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    let mut depths = BTreeMap::from([(0, 0_usize)]);
    let mut lines = Vec::new();
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next().unwrap() {
        let (id, parent): (i64, i64) = (row.get(0).unwrap(), row.get(1).unwrap());
        let depth = depths.get(&parent).copied().unwrap_or_default();
        depths.insert(id, depth + 1);
        lines.push(format!("{}{}", "  ".repeat(depth), row.get::<_, String>(3).unwrap()));
    }
    lines
}

/// The table behind every name that a statement gives one: `from orders o` makes `o` orders.
fn aliases(sql: &str) -> BTreeMap<String, String> {
    let words: Vec<String> = sql.replace(['(', ')', ','], " ").split_whitespace().map(str::to_lowercase).collect();
    let mut names = BTreeMap::new();
    for table in GROWS {
        for at in words.iter().enumerate().filter(|(_, word)| word == table).map(|(at, _)| at) {
            let next = match words.get(at + 1).map(String::as_str) {
                Some("as") => words.get(at + 2),
                _ => words.get(at + 1),
            };
            names.insert((*table).to_owned(), (*table).to_owned());
            names.extend(next.map(|alias| (alias.clone(), (*table).to_owned())));
        }
    }
    names
}

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

fn of_one(step: &str) -> bool {
    step.starts_with("SEARCH ") && OF_ONE.iter().any(|key| step.contains(&format!("({key}")))
}

/// What is wrong with a plan: a scan of, or a sort over, a table that grows.
fn trouble(statement: &Statement, plan: &[String]) -> Option<String> {
    let names = aliases(statement.sql);
    let of = |step: &str| step.split_whitespace().nth(1).and_then(|name| names.get(&name.to_lowercase()).cloned());
    let reads: BTreeSet<String> = plan
        .iter()
        .map(|step| step.trim())
        .filter(|step| (step.starts_with("SCAN ") || step.starts_with("SEARCH ")) && !of_one(step))
        .filter_map(of)
        .collect();
    plan.iter().map(|step| step.trim()).find_map(|step| {
        let scans = step.starts_with("SCAN ").then(|| of(step)).flatten();
        let sorts = step.contains("TEMP B-TREE") && !reads.is_empty();
        let automatic = step.contains("AUTOMATIC") && of(step).is_some();
        (scans.is_some() || sorts || automatic).then(|| step.to_owned())
    })
}

#[test]
fn names_are_unique() {
    let mut seen = BTreeMap::new();
    for statement in app::statements() {
        if let Some(other) = seen.insert(statement.name, statement.sql) {
            panic!("{} is two statements:\n{other}\n{}", statement.name, statement.sql);
        }
        let (domain, verb) = statement.name.split_once('.').unwrap_or_default();
        assert!(!domain.is_empty() && !verb.is_empty(), "{} is no domain.verb_noun", statement.name);
    }
}

#[test]
fn no_plan_scans_what_grows() {
    let db = schema();
    let mut faults = String::new();
    for statement in app::statements() {
        let plan = plan(&db, statement);
        match (trouble(statement, &plan), statement.scans) {
            (Some(step), None) => writeln!(faults, "{}: {step}\n{}", statement.name, statement.sql).unwrap(),
            (None, Some(why)) if !plan.iter().any(|step| step.contains("SCAN ") || step.contains("TEMP B-TREE")) => {
                writeln!(faults, "{} neither scans nor sorts; it need not say {why:?}", statement.name).unwrap();
            }
            _ => {}
        }
    }
    assert!(faults.is_empty(), "declare a reason with .scanning(…), or give it an index:\n{faults}");
}

#[test]
fn the_check_sees_scans_and_sorts() {
    let check = |sql: &'static str, expected: Option<&str>| {
        let statement = Statement::new("test.statement", sql);
        let found = trouble(&statement, &plan(&schema(), &statement));
        assert_eq!(found.as_deref(), expected, "{sql}");
    };
    check("select * from orders", Some("SCAN orders"));
    check("select * from orders as o where o.note = ?1", Some("SCAN o"));
    check("select id from payments p where p.state = ?1", Some("SCAN p"));
    check("select * from orders where id = ?1", None);
    check("select * from orders where business_date = ?1 order by note", Some("USE TEMP B-TREE FOR ORDER BY"));
    check("select * from orders order by id desc limit 1", Some("SCAN orders"));
    check("select * from lines where order_id = ?1 order by name", None);
    check(
        "select l.* from lines l join orders o on o.id = l.order_id where o.business_date = ?1 order by l.name",
        Some("USE TEMP B-TREE FOR ORDER BY"),
    );
    check("select * from tables", None);
    check("select * from tables order by name", None);
    check("select name from areas union select name from tables", None);
}

#[test]
fn plans_are_those_on_record() {
    let db = schema();
    let mut statements = app::statements();
    statements.sort_by_key(|statement| statement.name);
    let mut now = String::new();
    for statement in statements {
        writeln!(now, "{}", statement.name).unwrap();
        if let Some(why) = statement.scans {
            writeln!(now, "    ! {why}").unwrap();
        }
        for line in plan(&db, statement) {
            writeln!(now, "    {line}").unwrap();
        }
    }
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/statements/plans.txt");
    if std::env::var_os("COMANDA_UPDATE").is_some() {
        std::fs::write(&record, &now).unwrap();
    }
    let then = std::fs::read_to_string(&record).unwrap_or_default();
    let (then, now): (Vec<&str>, Vec<&str>) = (then.lines().collect(), now.lines().collect());
    let changed = now.iter().zip(&then).position(|(a, b)| a != b).unwrap_or(now.len().min(then.len()));
    assert!(
        then == now,
        "plans.txt differs from line {} on: it says {:?}, the plan is {:?}. COMANDA_UPDATE=1 writes it anew.",
        changed + 1,
        then.get(changed),
        now.get(changed),
    );
}

#[test]
fn every_index_is_needed() {
    let db = schema();
    let statements = app::statements();
    let plans: Vec<String> = statements.iter().flat_map(|statement| plan(&db, statement)).collect();
    let words: BTreeSet<&str> = plans.iter().flat_map(|step| step.split(' ')).collect();
    // Whoever writes a table owns it, and owes its indexes their use.
    let written = |table: &str| statements.iter().any(|s| s.sql.contains(&format!("into {table} ")));
    let mut indexes = db
        .prepare("select name, tbl_name from sqlite_schema where type = 'index' and sql not like '%unique%'")
        .unwrap();
    let indexes = indexes.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    let idle: Vec<String> = indexes
        .map(Result::unwrap)
        .filter(|(name, table)| !words.contains(name.as_str()) && written(table))
        .map(|(name, _)| name)
        .filter(|name| !INDEXES_FOR_A_REASON.iter().any(|(known, _)| known == name))
        .collect();
    assert!(idle.is_empty(), "no plan uses {idle:?}");
    for (name, why) in INDEXES_FOR_A_REASON {
        assert!(!words.contains(name), "{name} is used, and need not say {why:?}");
    }
}
